-- A REAPER with one project in it, strict: a function that is not published, a wrong number of arguments and a wrong
-- type are errors, and so is a change of the project outside of an undo block (counted in `loose`).
--
-- It knows how REAPER behaves; `reaper_api.lua` knows what it publishes. `project` is what undo restores.

local api, socket, wave, strict = ...

local fake = {
  project = { tracks = {}, markers = {} },
  offline = {}, -- paths that cannot be read
  lengths = {}, -- seconds of files that are no WAV, by path
  listed = {}, ext = {}, boxes = {}, answers = {}, console = {}, ran = {}, commands = {}, opened = {},
  deferred = {}, exits = {}, loose = {}, undo = {}, depth = 0, refresh = 0, redrawn = 0, accessors = 0, skew = 0,
  cursor = 0.0, selection = { 0.0, 0.0 }, frame_rate = 25.0, drop = false, offset_timecode = "00:00:00:00",
  project_file = "", folder = "/nowhere", sample_rate = 48000, use_sample_rate = true, device_rate = nil,
  playing = false, play_position = 0.0, os = "Other", extensions = {}, clipboard = "", inputs = nil,
}

local ITEM = "D_POSITION D_LENGTH D_VOL B_MUTE B_LOOPSRC B_UISEL C_BEATATTACHMODE C_LOCK D_FADEINLEN D_FADEOUTLEN "
  .. "D_FADEINLEN_AUTO D_FADEOUTLEN_AUTO I_CURTAKE IP_ITEMNUMBER D_SNAPOFFSET "
local TAKE = "D_STARTOFFS D_VOL D_PAN D_PLAYRATE D_PITCH B_PPITCH I_CHANMODE I_PITCHMODE IP_TAKENUMBER "
local TRACK = "D_VOL D_PAN I_CUSTOMCOLOR I_FOLDERDEPTH IP_TRACKNUMBER B_MUTE I_SOLO I_SELECTED "
local DEFAULTS = { D_VOL = 1.0, D_PLAYRATE = 1.0, B_PPITCH = 1.0, B_LOOPSRC = 1.0, D_FADEINLEN = 0.01 }

local function object(kind, fields)
  fields.kind, fields.v, fields.s = kind, fields.v or {}, fields.s or {}
  return fields
end

local function copied(value, seen)
  if type(value) ~= "table" or value.kind == "PCM_source" then return value end
  if seen[value] then return seen[value] end
  local copy = {}
  seen[value] = copy
  for key, inner in pairs(value) do copy[copied(key, seen)] = copied(inner, seen) end
  return copy
end

local function changed(what)
  if fake.depth == 0 then fake.loose[#fake.loose + 1] = what end
  if fake.refuses == what then error("REAPER refuses " .. what, 0) end
end

local function items()
  local found = {}
  for _, track in ipairs(fake.project.tracks) do
    for _, item in ipairs(track.items) do found[#found + 1] = item end
  end
  return found
end

local function selected(list, key)
  local found = {}
  for _, one in ipairs(list) do
    if one.v[key] == 1 then found[#found + 1] = one end
  end
  return found
end

local function info(known, value, key)
  if not (" " .. known):find(" " .. key .. " ", 1, true) then error("there is no parameter " .. key, 0) end
  return value.v[key] or DEFAULTS[key] or 0.0
end

local function set_info(known, value, key, number)
  info(known, value, key)
  changed(key)
  value.v[key] = number
  return true
end

local function text(value, key, given, set)
  if key ~= "P_NAME" and key ~= "P_NOTES" and not key:find("^P_EXT:[%w_]+$") then error("no text " .. key, 0) end
  if set then
    if given:find("[\r\n]") and key ~= "P_NOTES" then error("REAPER keeps no lines in " .. key, 0) end
    changed(key)
    value.s[key] = given
  end
  return value.s[key] ~= nil or key == "P_NAME", value.s[key] or ""
end

local R = {}

function R.CountTracks() return #fake.project.tracks end
function R.GetTrack(_, index) return fake.project.tracks[index + 1] end
function R.GetSelectedTrack(_, index) return selected(fake.project.tracks, "I_SELECTED")[index + 1] end
function R.CountMediaItems() return #items() end
function R.GetMediaItem(_, index) return items()[index + 1] end
function R.CountSelectedMediaItems() return #selected(items(), "B_UISEL") end
function R.GetSelectedMediaItem(_, index) return selected(items(), "B_UISEL")[index + 1] end
function R.GetMediaItem_Track(item) return item.track end
function R.CountTakes(item) return #item.takes end
function R.GetMediaItemTake(item, index) return item.takes[index + 1] end
function R.GetActiveTake(item) return item.active or item.takes[1] end
function R.GetMediaItemTake_Source(take) return take.source end
function R.GetTakeNumStretchMarkers(take) return take.stretch or 0 end
function R.TakeFX_GetCount(take) return take.fx or 0 end
function R.CountTakeEnvelopes(take) return take.envelopes or 0 end
function R.TakeIsMIDI(take) return take.source ~= nil and take.source.type == "MIDI" end

function R.InsertTrackAtIndex(index)
  changed("InsertTrackAtIndex")
  table.insert(fake.project.tracks, index + 1, object("MediaTrack", { items = {} }))
end

function R.AddMediaItemToTrack(track)
  changed("AddMediaItemToTrack")
  local item = object("MediaItem", { track = track, takes = {} })
  table.insert(track.items, item)
  return item
end

function R.AddTakeToMediaItem(item)
  changed("AddTakeToMediaItem")
  local take = object("MediaItem_Take", { item = item })
  table.insert(item.takes, take)
  return take
end

function R.SetMediaItemTake_Source(take, source)
  changed("SetMediaItemTake_Source")
  take.source = source
  return true
end

function R.SetActiveTake(take)
  changed("SetActiveTake")
  take.item.active = take
end

function R.GetMediaItemInfo_Value(item, key) return info(ITEM, item, key) end
function R.SetMediaItemInfo_Value(item, key, number) return set_info(ITEM, item, key, number) end
function R.GetMediaItemTakeInfo_Value(take, key) return info(TAKE, take, key) end
function R.SetMediaItemTakeInfo_Value(take, key, number) return set_info(TAKE, take, key, number) end
function R.SetMediaTrackInfo_Value(track, key, number) return set_info(TRACK, track, key, number) end
function R.GetSetMediaItemInfo_String(item, key, given, set) return text(item, key, given, set) end
function R.GetSetMediaItemTakeInfo_String(take, key, given, set) return text(take, key, given, set) end
function R.GetSetMediaTrackInfo_String(track, key, given, set) return text(track, key, given, set) end

function R.GetMediaTrackInfo_Value(track, key)
  if key ~= "IP_TRACKNUMBER" then return info(TRACK, track, key) end
  for place, one in ipairs(fake.project.tracks) do
    if one == track then return place + 0.0 end
  end
  return 0.0
end

-- Sources

local function is_wave(path) return path:lower():find("%.wav$") end

function R.PCM_Source_CreateFromFile(path)
  local read = is_wave(path) and wave.facts(path)
  local kind = is_wave(path) and "WAVE" or "VIDEO"
  local seconds = read and read.frames / read.rate or fake.lengths[path]
  if not seconds or fake.offline[path] then return nil end
  return object("PCM_source", { path = path, type = kind, seconds = seconds, facts = read })
end

function R.PCM_Source_Destroy(source) source.kind = "destroyed" end
function R.GetMediaSourceParent(source) return source.parent end
function R.GetMediaSourceType(source) return source.type end
function R.GetMediaSourceFileName(source) return source.path or "" end
function R.GetMediaSourceLength(source) return source.seconds, false end
function R.GetMediaSourceNumChannels(source) return source.facts and source.facts.channels or 2 end
function R.GetMediaSourceSampleRate(source) return source.facts and source.facts.rate or 48000 end

function R.PCM_Source_GetSectionInfo(source)
  if source.type ~= "SECTION" then return false, 0.0, 0.0, false end
  return true, source.offset, source.seconds, source.reversed
end

function R.CreateTakeAudioAccessor(take)
  fake.accessors = fake.accessors + 1
  return object("AudioAccessor", { take = take })
end

function R.DestroyAudioAccessor(accessor)
  fake.accessors = fake.accessors - 1
  accessor.kind = "destroyed"
end

function R.AudioAccessorStateChanged(accessor) return accessor.changed == true end

function R.GetAudioAccessorSamples(accessor, rate, channels, start, count, buffer)
  if #buffer < count * channels then error("the buffer is too small", 0) end
  fake.most_samples = math.max(fake.most_samples or 0, count)
  local take, source = accessor.take, accessor.take.source
  local root = source.parent or source
  for frame = 0, count - 1 do
    local at = info(TAKE, take, "D_STARTOFFS") + (start + frame / rate) * info(TAKE, take, "D_PLAYRATE")
    if source.reversed then at = source.seconds - at - 1 / root.facts.rate end
    at = at + (source.offset or 0.0)
    for channel = 1, channels do
      buffer[frame * channels + channel] = wave.sample(root.path, math.floor(at * root.facts.rate + 0.5), channel)
    end
  end
  return 1
end

-- The project

fake.home = object("ReaProject", {})
fake.active = fake.home
function R.EnumProjects() return fake.active, fake.project_file end
function R.GetProjectName() return fake.project_file:match("[^/]*$") end
function R.GetProjectPathEx() return fake.folder end
function R.GetProjectTimeOffset() return 3603.6 end
function R.GetCursorPositionEx() return fake.cursor end
function R.TimeMap_curFrameRate() return fake.frame_rate, fake.drop end
function R.GetAudioDeviceInfo() return fake.device_rate ~= nil, tostring(fake.device_rate or "") end

function R.GetSetProjectInfo(_, key, _, set)
  if set then error("the scripts set nothing of the project", 0) end
  local known = { PROJECT_SRATE = fake.sample_rate, PROJECT_SRATE_USE = fake.use_sample_rate and 1.0 or 0.0 }
  return known[key] or error("no project info " .. key, 0)
end

function R.GetSet_LoopTimeRange2(_, set)
  if set then error("the scripts leave the time selection alone", 0) end
  return fake.selection[1], fake.selection[2]
end

function R.format_timestr_pos(seconds, _, mode)
  if seconds ~= 0 or mode ~= 5 then error("only the start of the project is known", 0) end
  return fake.offset_timecode
end

function R.AddProjectMarker2(_, region, position, ending, name, wanted, colour)
  changed("AddProjectMarker2")
  local index = wanted >= 0 and wanted or #fake.project.markers + 1
  table.insert(fake.project.markers, {
    region = region, position = position, ending = ending, name = name, index = index, colour = colour,
  })
  table.sort(fake.project.markers, function(one, other) return one.position < other.position end)
  return index
end

function R.EnumProjectMarkers3(_, index)
  local one = fake.project.markers[index + 1]
  if not one then return 0, false, 0.0, 0.0, "", 0, 0 end
  return index + 1, one.region, one.position, one.ending, one.name, one.index, one.colour
end

function R.ColorToNative(red, green, blue) return red | green << 8 | blue << 16 end

function R.Undo_BeginBlock2()
  if fake.depth == 0 then fake.before = copied(fake.project, {}) end
  fake.depth = fake.depth + 1
end

function R.Undo_EndBlock2(_, name, flags)
  if fake.depth == 0 then error("no undo block is open", 0) end
  fake.depth = fake.depth - 1
  if fake.depth == 0 and flags ~= 0 then table.insert(fake.undo, { name = name, before = fake.before }) end
end

function R.Undo_DoUndo2()
  local last = table.remove(fake.undo)
  if not last then return 0 end
  fake.project = last.before
  return 1
end

function R.Undo_CanUndo2() return #fake.undo > 0 and fake.undo[#fake.undo].name or nil end

function R.Main_OnCommandEx(command)
  if command ~= 40047 then error("an action that the fake does not know", 0) end
  fake.commands[#fake.commands + 1] = command
end

function R.SetCursorContext(mode) fake.focus = mode end
function R.PreventUIRefresh(by) fake.refresh = fake.refresh + by end
function R.UpdateArrange() fake.redrawn = fake.redrawn + 1 end
function R.UpdateTimeline() fake.redrawn = fake.redrawn + 1 end

-- All items are those of the first project.
function R.ValidatePtr2(project, value, kind)
  if kind:gsub("%*$", "") ~= value.kind then return false end
  if value.kind == "ReaProject" then return not fake.closed end
  if fake.closed or (project == 0 and fake.active or project) ~= fake.home then return false end
  for _, track in ipairs(fake.project.tracks) do
    if track == value then return true end
    for _, item in ipairs(track.items) do
      if item == value then return true end
      for _, take in ipairs(item.takes) do
        if take == value then return true end
      end
    end
  end
  return false
end

-- Playing

function R.SetEditCurPos2(_, seconds) fake.cursor = seconds end
function R.GetPlayStateEx() return fake.playing and 1 or 0 end
function R.GetPlayPositionEx() return fake.play_position end
function R.OnPlayButtonEx() fake.playing, fake.play_position = true, fake.cursor end
function R.OnStopButtonEx() fake.playing = false end

-- The machine, the screen

function R.time_precise() return socket.gettime() + fake.skew end
function R.GetOS() return fake.os end
function R.GetAppVersion() return "7.40/linux-x86_64" end
function R.APIExists(name) return R[name] ~= nil and (api.native[name] ~= nil or fake.extensions[name] ~= nil) end
function R.new_array(size)
  return setmetatable({ kind = "ReaperArray" }, { __len = function() return size end })
end

function R.genGuid()
  return ("{%08X-%04X-%04X}"):format(math.random(0, 0xffffffff), math.random(0, 0xffff), math.random(0, 0xffff))
end

function R.file_exists(path)
  if fake.offline[path] then return false end
  local file = io.open(path, "rb")
  local is_file = file ~= nil and file:seek("end") < 0x7fffffffffffffff -- a folder can be opened, and has no end
  return is_file and file:close()
end

function R.RecursiveCreateDirectory(path)
  return os.execute(("mkdir -p '%s' 2>/dev/null"):format(path)) and 1 or 0
end

function R.EnumerateFiles(path, index)
  for name in io.popen(("ls -p '%s' | grep -v /"):format(path)):lines() do
    if index == 0 then return name end
    index = index - 1
  end
  return nil
end

function R.AddRemoveReaScript(_, section, path, is_last)
  if fake.offline[path] then return 0 end
  fake.listed[#fake.listed + 1] = { section = section, path = path, written = is_last }
  return 50000 + #fake.listed
end

function R.ExecProcess(command, milliseconds)
  if milliseconds ~= -1 and milliseconds ~= -2 then error("this would hold REAPER up", 0) end
  fake.ran[#fake.ran + 1] = command
  if fake.runs then os.execute(command .. " >/dev/null 2>&1 & echo $! >>" .. fake.runs) end
  return "0"
end

function R.SetExtState(section, key, value)
  if value:find("[\r\n]") then error("REAPER keeps no lines", 0) end
  fake.ext[section .. "/" .. key] = value
end

function R.GetExtState(section, key) return fake.ext[section .. "/" .. key] or "" end
function R.HasExtState(section, key) return fake.ext[section .. "/" .. key] ~= nil end
function R.DeleteExtState(section, key) fake.ext[section .. "/" .. key] = nil end
function R.ShowConsoleMsg(message) fake.console[#fake.console + 1] = message end

function R.ShowMessageBox(message, title, kind)
  fake.boxes[#fake.boxes + 1] = { message = message, title = title, kind = kind }
  return table.remove(fake.answers, 1) or 1
end

function R.GetUserInputs(_, count, captions, values)
  fake.asked = { count = count, captions = captions, values = values }
  return fake.inputs ~= nil, fake.inputs or ""
end

function R.defer(work) fake.deferred[#fake.deferred + 1] = work end
function R.atexit(work) fake.exits[#fake.exits + 1] = work end
-- Flag 1: run again, the script ends instead. Here it is the one that runs.
function R.set_action_options(flag) fake.ends_when_run_again = flag & 1 == 1 end
function R.CF_GetClipboard() return fake.clipboard end
function R.CF_ShellExecute(path)
  fake.opened[#fake.opened + 1] = path
  return true
end
function R.CF_CreatePreview(source) return object("CF_Preview", { source = source }) end
function R.CF_Preview_SetValue() return true end
function R.CF_Preview_Play(preview)
  fake.previewed = preview.source.path
  return true
end
function R.CF_Preview_StopAll()
  fake.previewed = nil
  return true
end

fake.reaper = strict(api, fake, R)
fake.object, fake.items, fake.work = object, items, R
return fake
