-- @noindex
-- A window with a table whose rows are ticked, drawn by the extension ReaImGui where that is installed. The words, the
-- rows and their order come from Python, which also does what follows from an answer.
local front, r = ..., reaper
local shown = { state = "closed", ticked = {} } -- what stands in the window, and how it is answered

local function tick_all(value)
  for number = 1, #shown.rows do shown.ticked[number] = value end
end

local function row(ctx, number, cells)
  r.ImGui_TableNextRow(ctx)
  r.ImGui_TableNextColumn(ctx)
  r.ImGui_PushID(ctx, tostring(number)) -- tracks can have one name
  local _, ticked = r.ImGui_Checkbox(ctx, "##tick", shown.ticked[number])
  shown.ticked[number] = ticked
  r.ImGui_PopID(ctx)
  for _, text in ipairs(cells) do
    r.ImGui_TableNextColumn(ctx)
    r.ImGui_Text(ctx, text)
  end
end

local function rows(ctx)
  local flags = r.ImGui_TableFlags_Borders() | r.ImGui_TableFlags_RowBg() | r.ImGui_TableFlags_Resizable()
  flags = flags | r.ImGui_TableFlags_ScrollX() | r.ImGui_TableFlags_ScrollY()
  local below = -1.5 * r.ImGui_GetFrameHeightWithSpacing(ctx) -- leaves room for the buttons
  if not r.ImGui_BeginTable(ctx, "tracks", #shown.headings + 1, flags, 0, below) then return end
  r.ImGui_TableSetupScrollFreeze(ctx, 2, 1)
  r.ImGui_TableSetupColumn(ctx, "")
  for _, heading in ipairs(shown.headings) do r.ImGui_TableSetupColumn(ctx, heading) end
  r.ImGui_TableHeadersRow(ctx)
  for number, cells in ipairs(shown.rows) do row(ctx, number, cells) end
  r.ImGui_EndTable(ctx)
end

local function draw(ctx)
  r.ImGui_TextWrapped(ctx, shown.text)
  if r.ImGui_Button(ctx, shown.all) then tick_all(true) end
  r.ImGui_SameLine(ctx)
  if r.ImGui_Button(ctx, shown.none) then tick_all(false) end
  rows(ctx)
  for number, button in ipairs(shown.buttons) do
    if number > 1 then r.ImGui_SameLine(ctx) end
    if r.ImGui_Button(ctx, button[2]) then shown.state = button[1] end
  end
end

local function window(ctx)
  r.ImGui_SetNextWindowSize(ctx, 1000, 600, r.ImGui_Cond_FirstUseEver())
  local is_visible, is_open = r.ImGui_Begin(ctx, shown.title .. "###mixengine", true)
  if is_visible then
    draw(ctx)
    r.ImGui_End(ctx)
  end
  if not is_open then shown.state = "closed" end
end

local function turn(ctx)
  if front.ended then return end -- Python is gone, and with it whoever reads the answer
  if not pcall(window, ctx) then shown.state = "failed" end -- a version of ReaImGui that lacks something
  if shown.state == "open" then r.defer(function() turn(ctx) end) end
end

return function(ask)
  if not r.ImGui_CreateContext then return { here = false, state = "failed", ticked = {} } end
  if ask.shown then
    shown = ask.shown
    shown.state = "open"
    local ok, ctx = pcall(function()
      return r.ImGui_CreateContext("mixengine", r.ImGui_ConfigFlags_NavEnableKeyboard())
    end)
    if ok then turn(ctx) else shown.state = "failed" end
  end
  return { here = true, state = shown.state, ticked = shown.ticked }
end
