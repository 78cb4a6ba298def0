-- @noindex
-- Between REAPER and mixengine's Python, which decides everything: starts it, then does what it asks for, one question
-- after another, in files of a folder (mixengine/system/talk.py, wire.py). Nothing that arrives is run as code.
local here = debug.getinfo(1, "S").source:match("^@(.*[/\\])")
local M = { patience_s = 15 } -- how long Python may give no sign of life; as long again to start
local P, SET_UP = dofile(here .. "project.lua"), "run 'mixengine reaper install' in a terminal"
local R, panel = assert(loadfile(here .. "render.lua"))(P), assert(loadfile(here .. "panel.lua"))(M)

local function slurp(path)
  local file = io.open(path, "rb")
  return file and file:read("a"), file and file:close()
end

local function put(value, out)
  local kind = math.type(value) or type(value)
  if kind == "userdata" then kind, value = "string", P.word(value) end
  if kind == "string" then
    out[#out + 1] = #value .. ":" .. value
  elseif kind == "integer" then
    out[#out + 1] = ("i%d;"):format(value)
  elseif kind == "float" then
    out[#out + 1] = "f" .. string.pack("<d", value)
  elseif kind == "boolean" then
    out[#out + 1] = value and "T" or "F"
  elseif kind == "table" then
    local list = value.n or value[1] ~= nil or next(value) == nil
    out[#out + 1] = list and "l" or "d"
    for index = 1, list and (value.n or #value) or 0 do put(value[index], out) end
    for name, entry in pairs(list and {} or value) do
      put(name, out)
      put(entry, out)
    end
    out[#out + 1] = "e"
  else
    out[#out + 1] = "N"
  end
end

local function pack(value)
  local out = {}
  put(value, out)
  return table.concat(out)
end

local function take(text, at)
  local mark = text:sub(at, at)
  if mark == "l" or mark == "d" then
    local value, key = {}, nil
    at = at + 1
    while text:sub(at, at) ~= "e" do
      if mark == "d" then key, at = take(text, at) end
      value[key or #value + 1], at = take(text, at)
    end
    return value, at + 1
  elseif mark == "i" then
    local digits, after = text:match("^(%-?%d+);()", at + 1)
    return tonumber(digits), after
  elseif mark == "f" then
    return string.unpack("<d", text, at + 1)
  elseif mark:find("%d") then
    local size, start = text:match("^(%d+):()", at)
    return text:sub(start, start + tonumber(size) - 1), start + tonumber(size)
  end
  return mark == "T", at + 1
end

local function write(path, text) -- why it failed, or nothing
  local file, why = io.open(path, "wb")
  if not file then return why end
  local done, problem = file:write(text)
  local closed, late = file:close()
  if not (done and closed) then return problem or late or "not written" end
end

local function say(text) reaper.ShowMessageBox(text, "mixengine", 0) end

local DO = { read = P.read, execute = P.execute, render = R.render, panel = panel, ["end"] = function() end }

function DO.call(ask) return table.pack(P.call(ask)) end

function DO.call_all(ask) -- an undo block in it is closed whatever fails
  local problem
  for _, call in ipairs(ask.calls) do
    local ok, why = pcall(P.call, call)
    problem = problem or not ok and why
  end
  if problem then error(problem, 0) end
end

function DO.fail(ask) say(ask.text) end

function M.answer(question) -- and the question
  local ask = take(question, 1)
  local ok, value = pcall(DO[ask["do"]], ask)
  return pack(ok and { ok = true, value = value } or { ok = false, why = tostring(value) }), ask
end

local function talk(folder)
  local number, beat, beaten_s, ended = 1, nil, reaper.time_precise() + M.patience_s, false
  local function stop(text)
    ended, M.ended = true, true
    os.remove(folder .. "/start") -- Python looks whether it is there
    reaper.Help_Set("", false)
    if text then say(text) end
  end
  local function poll()
    local until_s = 0
    repeat
      local path = ("%s/ask-%d"):format(folder, number)
      local question = slurp(path)
      if question then
        os.remove(path)
        local answer, ask = M.answer(question)
        local why = write(("%s/answer-%d"):format(folder, number), answer)
        if why then return stop("mixengine cannot be answered: " .. why) end
        if ask["do"] == "end" or ask["do"] == "fail" then return stop() end
        beaten_s = reaper.time_precise()
        number, until_s = number + 1, ask.alone and 0 or beaten_s + 0.02 -- the next one often comes at once
      end
    until reaper.time_precise() >= until_s
    local now, now_s = slurp(folder .. "/beat"), reaper.time_precise()
    if now ~= beat then beat, beaten_s = now, now_s end
    if now_s - beaten_s > M.patience_s then
      local problem = (slurp(folder .. "/errors.txt") or ""):match("([^\r\n]+)%s*$") or SET_UP
      return stop("mixengine's Python ended without an answer: " .. problem)
    end
    reaper.defer(poll)
  end
  reaper.atexit(function() return ended or stop() end)
  poll()
end

function M.run(action)
  local place = reaper.GetResourcePath() .. "/Scripts/mixengine"
  local python = (slurp(place .. "/mixengine_python.txt") or ""):match("[^\r\n]+")
  if not python then return say("mixengine is not set up for this REAPER: " .. SET_UP) end
  if not slurp(python) then return say(python .. ": Python is not there any more; " .. SET_UP) end
  local folder = ("%s/talk/%d-%s"):format(place, os.time(), tostring({}):match("%w+$"))
  reaper.RecursiveCreateDirectory(folder, 0)
  local why = write(folder .. "/start", pack({ action = action }))
  if why then return say("mixengine cannot be started: " .. why) end
  reaper.Help_Set("mixengine: starting", false)
  reaper.ExecProcess(('"%s" -E "%s" "%s"'):format(python, here .. "mixengine_start.py", folder), -2)
  talk(folder)
end

return M
