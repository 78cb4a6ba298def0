-- @noindex
-- Lets REAPER render: the steps that Python words (mixengine/hosts/reaper/render_steps.py) in turn; what they
-- set is put back at the end whatever happens. No undo block is opened.
local P, M, r = ..., {}, reaper

local function files(step) -- how many files of a folder begin so and are as long as they should be
  local number, index = 0, 0
  r.EnumerateFiles(step.folder, -1) -- so that it reads the folder again
  local name = r.EnumerateFiles(step.folder, 0)
  while name do
    local file = name:sub(1, #step.start) == step.start and io.open(step.folder .. "/" .. name, "rb")
    if file and file:seek("end") >= step.min_bytes then number = number + 1 end
    if file then file:close() end
    index, name = index + 1, r.EnumerateFiles(step.folder, index + 1)
  end
  return number
end

local function plain(path) return (path:gsub("\\", "/"):lower()) end

local STEP = { call = function(step) P.call(step) end } -- word of a step → what does it; an answer ends the steps

function STEP.set(step, back) -- what stood there before is put back at the end
  local before = select(step.result, P.call(step.get))
  if type(before) == "userdata" then before = P.word(before) end
  if before == step.value then return end
  back[#back + 1] = function() P.call(step.put, before) end
  P.call(step.put, step.value)
end

function STEP.read(step, _, results) results[step.key] = (select(step.result, P.call(step))) end

function STEP.inside(step) -- nothing is to be written outside a folder
  for path in select(step.result, P.call(step)):gmatch("[^;]+") do
    if plain(path):match("^(.*)/") ~= plain(step.folder) then return "refused", "REAPER would write " .. path end
  end
end

function STEP.files(step) return files(step) < step.count and "stopped" or nil end

function M.render(ask)
  local back, results, why = {}, {}, ""
  local state, project = P.stale(ask)
  local done, problem = pcall(function()
    for _, step in ipairs(state and {} or ask.steps) do
      state, why = STEP[step["do"]](step, back, results)
      if state then break end
    end
  end)
  for index = #back, 1, -1 do -- an error in one must not keep the others from it
    if not pcall(back[index]) then pcall(back[index]) end
  end
  if not done then error(problem, 0) end
  results.state, results.why = state or "done", why
  results.changes = project and r.GetProjectStateChangeCount(project)
  return results
end

return M
