-- @description mixengine: balance, ducking, EQ and more, each with its reasons
-- @version 0.1.0
-- @author mixengine
-- @about
--   Levels tracks by loudness and role, lowers music under speech, makes room by EQ, cleans dialogue, renders stems.
--   Each action shows what it would change and why, and applies it as one undo step.
--   The work is done by a Python program. Run the action 'mixengine set up' once: it shows the commands that install
--   it, and runs them after your yes.
-- @provides
--   [nomain] front.lua
--   [nomain] project.lua
--   [nomain] render.lua
--   [nomain] panel.lua
--   [nomain] mixengine_start.py
--   [main] mixengine_*.lua
--   [data] /reaper_scripts/toolbar/*.png > toolbar_icons/
--   [data] /reaper_scripts/toolbar/150/*.png > toolbar_icons/150/
--   [data] /reaper_scripts/toolbar/200/*.png > toolbar_icons/200/
local SOURCE = "https://github.invalid/OWNER/mixengine/archive/main.zip"
local windows, home = reaper.GetOS():find("^Win"), os.getenv("USERPROFILE") or os.getenv("HOME") or ""
local function native(path) return windows and path:gsub("/", "\\") or path end -- cmd.exe takes / for a switch
local resource = native(reaper.GetResourcePath())
local place, exe = native(resource .. "/Scripts/mixengine"), windows and ".exe" or ""
local install = ' reaper install --by-reapack --resource-path "' .. resource .. '"'
local folders = { home .. "/.local/bin/", home .. "/.cargo/bin/", "/opt/homebrew/bin/", "/usr/local/bin/", "/usr/bin/",
  "C:/Windows/", (os.getenv("LOCALAPPDATA") or "") .. "/Programs/Python/Launcher/" }
local function by(question) -- the program that was installed, where the installer says that it puts programs
  -- cmd.exe takes the outermost quotes away
  return windows and [[for /f "delims=" %%d in ('""{it}" ]] .. question .. [["') do "%%d\mixengine.exe"]]
    or '"$("{it}" ' .. question .. ')/mixengine"'
end
local own = '"' .. place .. (windows and "\\python\\Scripts\\python.exe" or "/python/bin/python") .. '" -m '
local WAYS = { -- what is looked for, and what it runs
  { "uv", '"{it}" tool install --force "' .. SOURCE .. '"', by("tool dir --bin") },
  { "pipx", '"{it}" install --force "' .. SOURCE .. '"', by("environment --value PIPX_BIN_DIR") },
  { windows and "py" or "python3", '"{it}" -m venv "' .. native(place .. "/python") .. '"',
    own .. 'pip install "' .. SOURCE .. '"', own .. "mixengine" },
}

local function say(text, kind) return reaper.ShowMessageBox(text, "mixengine", kind or 0) end

local function slurp(path)
  local file = io.open(path, "rb")
  return file and file:read("a"), file and file:close()
end

local function find(name)
  for _, folder in ipairs(folders) do
    if slurp(native(folder .. name .. exe)) then return native(folder .. name .. exe) end
  end
end

local function commands()
  for _, way in ipairs(WAYS) do
    local program = find(table.remove(way, 1))
    if program then return (table.concat(way, "\n") .. install):gsub("{it}", function() return program end) end
  end
end

local lines = commands()
if not lines then return say("uv, pipx and Python are not on this computer: install one (docs.astral.sh/uv)") end
if say("This would run, for a few minutes:\n\n" .. lines:gsub("\n", "\n\n") .. "\n\nRun it?", 4) ~= 6 then return end
reaper.RecursiveCreateDirectory(place, 0)
local script = native(place .. (windows and "/setup.bat" or "/setup.sh"))
local log, done = native(place .. "/setup.log"), native(place .. "/setup.done")
os.remove(done)
local file, why = io.open(script, "wb")
if not file then return say("mixengine cannot be set up: " .. why) end
if windows then
  local all = lines:gsub("\n", " && ") -- in one line: a ^ at its end would quote the first character of the next one
  file:write("@echo off\r\nchcp 65001 >nul\r\n", all, '\r\necho %errorlevel% > "', done, '"\r\n')
else
  file:write("{\n", (lines:gsub("\n", " && \\\n")), '\n} > "', log, '" 2>&1\necho $? > "', done, '"\n')
end
file:close()
reaper.ExecProcess((windows and 'cmd.exe /S /C ""%s" > "%s" 2>&1"' or '/bin/sh "%s"'):format(script, log), -2)

local function poll()
  local code = slurp(done)
  reaper.Help_Set(code and "" or "mixengine is being installed", false)
  if not code or code == "" then return reaper.defer(poll) end
  if code:match("^0") then return say("mixengine is set up: try its other actions.") end
  say("It did not work:\n\n" .. (slurp(log) or ""):sub(-700) .. "\n\nAll of it is in " .. log)
end
poll()
