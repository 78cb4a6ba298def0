-- @noindex
-- What mixengine's Python asks of an open project: read it, and carry operations out as one undo step. Functions and
-- values of REAPER by name, nothing about mixing: what reader.py and executor.py in mixengine/hosts/reaper do.
local M, r = {}, reaper
local objects, words, count = {}, {}, 0

function M.word(object) -- by which Python knows an object of REAPER
  local key = tostring(object)
  if not words[key] then count, words[key] = count + 1, ("(object)0x%08X"):format(count + 1) end
  objects[words[key]] = object
  return words[key]
end
local word = M.word

function M.call(ask, value) -- a function of REAPER; a value goes into the slot
  local arguments = {}
  for index, given in ipairs(ask.arguments) do
    if index == ask.slot then given = value end
    arguments[index] = objects[given] or given
  end
  if not r[ask.name] then error("this REAPER has no function " .. ask.name, 0) end
  return r[ask.name](table.unpack(arguments))
end

function M.find(project) -- and its path, among the open ones, and whether one records; without a word the one in front
  local found, records = {}, false
  for index = project == "" and -1 or 0, 999 do
    local open, path = r.EnumProjects(index)
    if not open then break end
    if index < 0 or word(open) == project then found = { open, path } end
    records = records or r.GetPlayStateEx(open) & 4 ~= 0
  end
  return found[1], found[2], records
end

local function fx_text(track, index, what)
  local ok, text = r.TrackFX_GetNamedConfigParm(track, index, what)
  return ok and text or ""
end

local function envelope_texts(envelopes)
  local texts = {}
  for index, envelope in ipairs(envelopes) do texts[index] = select(2, r.GetEnvelopeStateChunk(envelope, "", false)) end
  return texts
end

local function wet(track, index) -- nothing where this REAPER does not tell it
  local number = r.TrackFX_GetParamFromIdent and r.TrackFX_GetParamFromIdent(track, index, ":wet") or -1
  return number >= 0 and r.TrackFX_GetParamNormalized(track, index, number) or nil
end

local function chain(track, want, indices) -- of a container (from REAPER 7 on) also what is in it
  local plugins = {}
  for number = 1, indices and #indices or r.TrackFX_GetCount(track) do
    local index = indices and indices[number] or number - 1
    local function text(what) return fx_text(track, index, what) end
    local name, label = text("original_name"), text("renamed_name")
    local plugin = { name = name, label = label, parallel = text("parallel"), wet = wet(track, index), envelopes = {} }
    plugin.enabled, plugin.offline = r.TrackFX_GetEnabled(track, index), r.TrackFX_GetOffline(track, index)
    for _, part in ipairs(want.plugins) do if name:find(part, 1, true) then plugin.state = text("vst_chunk") end end
    for number = 0, plugin.state and r.TrackFX_GetNumParams(track, index) - 1 or -1 do
      table.insert(plugin.envelopes, r.GetFXEnvelope(track, index, number, false))
    end
    plugin.envelopes = envelope_texts(plugin.envelopes)
    local count, inside = tonumber(text("container_count")), {}
    for item = 1, count or 0 do inside[item] = tonumber(text("container_item." .. item - 1)) end
    plugin.inside = count and chain(track, want, inside)
    plugins[#plugins + 1] = plugin
  end
  return plugins
end

function M.read(ask)
  local project, path = M.find(ask.project)
  if not project then return end
  local want, master, selected = ask.request, r.GetMasterTrack(project), {}
  for index = 0, r.CountSelectedTracks(project) - 1 do selected[word(r.GetSelectedTrack(project, index))] = true end
  local values, envelopes = {}, {}
  local in_front = word(project) == word(r.EnumProjects(-1)) -- of which alone an action's state is told
  for index = 0, r.CountTrackEnvelopes(master) - 1 do envelopes[index + 1] = r.GetTrackEnvelope(master, index) end
  for _, name in ipairs(want.master) do values[name] = r.GetMediaTrackInfo_Value(master, name) end
  local changes, tracks, markers, memory = r.GetProjectStateChangeCount(project), {}, {}, {}
  for index = 0, r.CountTracks(project) - 1 do
    local track = r.GetTrack(project, index)
    local _, state = r.GetTrackStateChunk(track, "", false)
    tracks[index + 1] = { pointer = word(track), selected = selected[word(track)] or false, state = state }
  end
  for index = 0, r.CountProjectMarkers(project) - 1 do
    local _, is_region, start_s, end_s, name, number = r.EnumProjectMarkers3(project, index)
    markers[index + 1] = { is_region, start_s, end_s, name, number }
  end
  for _, key in ipairs(want.keys) do
    for number = 1, 99999 do
      local name = ("%s_%04d"):format(key, number)
      local _, line = r.GetProjExtState(project, want.section, name)
      if line == "" then break end
      memory[#memory + 1] = { name, line }
    end
  end
  return {
    project = word(project), path = path, record_folder = path == "" and r.GetProjectPathEx(project) or "",
    changes = changes, version = r.GetAppVersion(), tracks = tracks, markers = markers, ext_state = memory,
    sample_rate = r.GetSetProjectInfo(project, "PROJECT_SRATE", 0, false),
    sample_rate_in_force = r.GetSetProjectInfo(project, "PROJECT_SRATE_USE", 0, false),
    tempo_bpm = r.Master_GetTempo(), play_rate = r.Master_GetPlayRate(project), master_pointer = word(master),
    time_selection_s = { r.GetSet_LoopTimeRange2(project, false, false, 0, 0, false) },
    automation_override = r.GetGlobalAutomationOverride(), master = values,
    master_mono = in_front and r.GetToggleCommandState(want.mono) or -1, master_chain = chain(master, want),
    master_envelopes = { envelope_texts(envelopes), 0 }, -- none is left out: texts are of any length here
  }
end

local DO, run = {}, nil -- word of an operation → what carries it out; the request that is carried out

local function at(track) return track == run.master and r.GetMasterTrack(run.project) or run.tracks[track] end

local function unless(done, why) return done or table.insert(run.refused, why) end

function DO.insert_track(op)
  r.InsertTrackAtIndex(op.index, false)
  run.tracks[op.track] = r.GetTrack(run.project, op.index)
end

function DO.delete_track(op) run.tracks[op.track] = r.DeleteTrack(run.tracks[op.track]) end -- nil: it is gone

function DO.set_track_value(op) -- not one that belongs to what was refused
  return op.whole and run.refused[1] or r.SetMediaTrackInfo_Value(at(op.track), op.name, op.value)
end

function DO.set_track_state(op) unless(r.SetTrackStateChunk(at(op.track), op.state, false), op.refused) end

function DO.run_action(op) -- one of REAPER's actions on some tracks; the selection is put back
  local among, others, selected = {}, { r.GetMasterTrack(run.project) }, {}
  for index = 0, r.CountSelectedTracks2(run.project, true) - 1 do
    selected[index + 1] = r.GetSelectedTrack2(run.project, index, true)
  end
  for _, track in ipairs(op.tracks) do among[track] = true end
  for id, track in pairs(run.tracks) do others[#others + 1] = not among[id] and track or nil end
  local all = #others < #op.tracks
  r.Main_OnCommandEx(all and 40296 or 40297, 0, run.project) -- select, or unselect, all tracks
  for _, track in ipairs(all and others or op.tracks) do r.SetTrackSelected(all and track or at(track), not all) end
  r.Main_OnCommandEx(op.command, 0, run.project)
  r.Main_OnCommandEx(40297, 0, run.project)
  for _, track in ipairs(selected) do r.SetTrackSelected(track, true) end
end

function DO.set_envelope_state(op)
  local envelope = r.GetTrackEnvelopeByChunkName(at(op.track), op.envelope)
  if not envelope and op.command ~= 0 then -- "all tracks" left it out, a hidden one for example
    DO.run_action({ tracks = { op.track }, command = op.command })
    envelope = r.GetTrackEnvelopeByChunkName(at(op.track), op.envelope)
  end
  unless(envelope and r.SetEnvelopeStateChunk(envelope, op.state, false), envelope and op.refused or op.missing)
end

local function near(hint, size, fits) -- the first index that fits, the one where it should be before all others
  for number = -1, size - 1 do
    local index = number < 0 and hint or number
    if index < size and fits(index) then return index end
  end
end

local function find_fx(op)
  local track = at(op.track)
  return track, near(op.index, r.TrackFX_GetCount(track), function(index)
    return fx_text(track, index, "renamed_name") == op.label
      and fx_text(track, index, "original_name"):find(op.plugin, 1, true)
  end)
end

local function delete(op, way, track, what) unless(what and way(track, what), op.refused) end

function DO.delete_fx(op) delete(op, r.TrackFX_Delete, find_fx(op)) end

local function stand(track, index, parameters)
  for _, one in ipairs(parameters) do
    local value = r.TrackFX_GetParam(track, index, one.number)
    local allowed = math.max(1e-6 * math.max(math.abs(value), math.abs(one.value)), 1e-9)
    if math.abs(value - one.value) > allowed then return false end
  end
  return true
end

function DO.set_fx(op) -- its parameters, read back, else its whole state: a parameter's range can be smaller
  local track, index = find_fx(op)
  if not index then return unless(false, op.refused) end
  local first = #op.parameters > 0 and select(2, r.TrackFX_GetParamName(track, index, 0))
  if first and first:sub(1, #op.first_parameter) == op.first_parameter then
    for _, one in ipairs(op.parameters) do r.TrackFX_SetParam(track, index, one.number, one.value) end
    if stand(track, index, op.parameters) then return end
  end
  local done = r.TrackFX_SetNamedConfigParm(track, index, "vst_chunk", op.state)
  unless(done and stand(track, index, op.parameters), op.refused)
end

function DO.add_fx(op) -- loaded in a track of their own at the end and moved from there, the last one first
  local last = r.CountTracks(run.project)
  r.InsertTrackAtIndex(last, false)
  local loader = r.GetTrack(run.project, last)
  if r.SetTrackStateChunk(loader, op.state, false) and r.TrackFX_GetCount(loader) == #op.places then
    for number = #op.places, 1, -1 do
      r.TrackFX_CopyToTrack(loader, number - 1, at(op.places[number].track), op.places[number].index, true)
    end
    local left = r.TrackFX_GetCount(loader)
    unless(left == 0, ("REAPER did not move %d new plug-ins to their tracks"):format(left))
  else
    for _, place in ipairs(op.places) do unless(false, place.refused) end
  end
  r.DeleteTrack(loader)
end

function DO.set_fx_envelope(op) -- an envelope is only made where the parameter stands as it should
  local track, index = find_fx(op)
  local envelope = index and r.GetFXEnvelope(track, index, op.parameter, false)
  if index and not envelope and math.abs(r.TrackFX_GetParam(track, index, op.parameter) - op.value) < 1e-3 then
    envelope = r.GetFXEnvelope(track, index, op.parameter, true)
  end
  if not envelope then return unless(false, op.refused) end
  local lines, _, state = {}, r.GetEnvelopeStateChunk(envelope, "", false)
  for line in state:gmatch("%s*([^\r\n]+)") do
    if line:find("^ACT ") then line = "ACT 1 -1" end
    if not line:find("^PT ") then lines[#lines + 1] = line end
  end
  table.insert(lines, #lines, table.concat(op.points, "\n"))
  unless(r.SetEnvelopeStateChunk(envelope, table.concat(lines, "\n"), false), op.refused)
end

local function find_item(op)
  local track, item = at(op.track), nil
  local index = near(op.index, r.CountTrackMediaItems(track), function(number)
    item = r.GetTrackMediaItem(track, number)
    return select(2, r.GetSetMediaItemInfo_String(item, "GUID", "", false)) == op.item
  end)
  return track, index and item
end

function DO.delete_item(op) delete(op, r.DeleteTrackMediaItem, find_item(op)) end

function DO.set_item_state(op)
  local _, item = find_item(op)
  unless(item and r.SetItemStateChunk(item, op.state, false), op.refused)
end

function DO.add_item(op)
  local item = r.AddMediaItemToTrack(at(op.track))
  return unless(r.SetItemStateChunk(item, op.state, false), op.refused) or r.DeleteTrackMediaItem(at(op.track), item)
end

function DO.delete_marker(op) r.DeleteProjectMarker(run.project, op.number, op.is_region) end

function DO.add_marker(op)
  r.AddProjectMarker2(run.project, op.is_region, op.start_s, op.end_s, op.name, op.number, 0)
end

function DO.set_ext_state(op) r.SetProjExtState(run.project, op.section, op.key, op.value) end

function M.stale(ask) -- why a request cannot be carried out (nothing where it can), and its project
  local project, _, records = M.find(ask.project)
  local edited = project and r.GetProjectStateChangeCount(project) ~= ask.changes
  return not project and "closed" or records and "recording" or edited and "edited" or nil, project
end

function M.execute(ask)
  local state, project = M.stale(ask)
  local front = r.EnumProjects(-1)
  if state or #ask.operations == 0 then return { state = state or "done", refused = {} } end
  run = { project = project, master = ask.master, tracks = {}, refused = {} }
  for id, pointer in pairs(ask.tracks) do run.tracks[id] = objects[pointer] end
  local behind = word(front) ~= ask.project
  if behind then r.SelectProjectInstance(project) end -- new tracks and shown envelopes go to the tab in front
  r.Undo_BeginBlock2(project)
  r.PreventUIRefresh(1)
  local whole, why = pcall(function() for _, op in ipairs(ask.operations) do DO[op["do"]](op) end end)
  r.PreventUIRefresh(-1)
  r.TrackList_AdjustWindows(false)
  r.UpdateArrange()
  r.Undo_EndBlock2(project, ask.title, -1)
  if not whole then r.Undo_DoUndo2(project) end -- a plan is carried out as a whole or not at all
  if behind then r.SelectProjectInstance(front) end
  return whole and { state = "done", refused = run.refused } or error(why, 0)
end

return M
