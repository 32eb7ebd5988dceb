-- Stems onto tracks, in one step to undo; cues to markers.
--
-- Files are embedded where they lie, inside the session's folder. Tracks that are missing are made; Ardour has no undo
-- for a new track, so it stays when its regions are undone. Takes of a sound lie on each other, the first on top, the
-- others muted. No fade is put on a transient.

local import = ...
local placement = import("placement")

local placing = {}

local MARKER_SLOP_SAMPLES = 1

local function make_track(name, channels)
  local mode = ARDOUR.TrackMode.Normal
  local made = Session:new_audio_track(channels, 2, nil, 1, name, ARDOUR.PresentationInfo.max_order, mode, true)
  if made:empty() then error(("Ardour made no track %q."):format(name), 0) end
  return made:front()
end

-- The route as a track that plays so many channels, or nil: a mono track plays the left of a stereo sound alone.
local function fitting(route, channels)
  local track = route:to_track()
  if track:isnil() or not track:to_midi_track():isnil() then return nil end
  if track:n_inputs():n_audio() < channels then return nil end
  return track
end

-- The track of that name; made where there is none. What has the name and does not fit keeps it; the track is numbered,
-- and a sentence says so.
local function track_for(name, channels)
  local wanted, number = name, 1
  while true do
    local route = Session:route_by_name(wanted)
    local track = route:isnil() and make_track(wanted, channels) or fitting(route, channels)
    if track then
      local said = ("%q is a bus, a MIDI track or has too few channels; the sounds lie on %q."):format(name, wanted)
      return track, number > 1 and said or nil
    end
    number = number + 1
    wanted = ("%s %d"):format(name, number)
  end
end

local function exists(path)
  local file = io.open(path, "rb")
  return file ~= nil and file:close()
end

local function whole_regions()
  local found = {}
  for _, region in ARDOUR.RegionFactory.regions():iter() do
    if region:whole_file() then
      local file = region:source(0):to_filesource()
      if not file:isnil() then found[file:path()] = region end
    end
  end
  return found
end

-- Whole-file regions of the paths, by path; those that the session does not have yet are embedded.
local function regions_of(paths)
  local known, files, missing = whole_regions(), C.StringVector(), 0
  for _, path in ipairs(paths) do
    if not exists(path) then error(("%s is no longer there: ask for it again."):format(path), 0) end
    if not known[path] then
      files:push_back(path)
      missing = missing + 1
    end
  end
  if missing > 0 then
    Editor:do_embed(files, Editing.ImportDistinctFiles, Editing.ImportAsRegion, Temporal.timepos_t(0),
      ARDOUR.PluginInfo(), ARDOUR.Track())
    known = whole_regions()
  end
  for _, path in ipairs(paths) do
    if not known[path] then error(("Ardour cannot read %s."):format(path), 0) end
  end
  return known
end

local function add(playlist, whole, take, position, muted)
  local region = ARDOUR.RegionFactory.clone_region(whole, false, false)
  region:set_name(take.name)
  local audio = region:to_audioregion()
  audio:set_fade_in_active(false)
  audio:set_fade_out_active(false)
  playlist:add_region(region, Temporal.timepos_t(position), 1, false, 0, 0, false)
  if muted then region:set_muted(true) end
end

local function in_one_step(name, work)
  Session:begin_reversible_command(name)
  local done, problem = pcall(work)
  if done then
    if not Session:abort_empty_reversible_command() then Session:commit_reversible_command(nil) end
    return
  end
  Session:abort_reversible_command()
  error(problem, 0)
end

-- The most channels that a track has to play.
local function channels_of(track)
  local most = 1
  for _, item in ipairs(track.items) do
    for _, take in ipairs(item.takes) do most = math.max(most, take.channels) end
  end
  return most
end

-- Lay out the stems of a job; returns how many sounds there are, and sentences for the user. Raises a sentence where
-- that cannot be done, and then nothing has changed but for tracks that were made.
function placing.stems(stems, name, only_track)
  local tracks = placement.tracks(stems)
  local paths = {}
  for _, track in ipairs(tracks) do
    for _, item in ipairs(track.items) do
      for _, take in ipairs(item.takes) do paths[#paths + 1] = take.path end
    end
  end
  local whole = regions_of(paths)
  local laid, said = {}, {}
  for place, track in ipairs(tracks) do
    laid[place], said[#said + 1] = track_for(only_track or track.name, channels_of(track))
  end
  in_one_step(name, function()
    for place, track in ipairs(tracks) do
      local playlist = laid[place]:playlist()
      playlist:to_stateful():clear_changes()
      for _, item in ipairs(track.items) do
        for number = #item.takes, 1, -1 do
          local take = item.takes[number]
          add(playlist, whole[take.path], take, item.position_samples - take.offset_samples, number > 1)
        end
      end
      Session:add_stateful_diff_command(playlist:to_statefuldestructible())
    end
  end)
  return placement.count(tracks), said
end

-- A marker for each cue; returns how many. Ardour keeps a step to undo for each of them, whatever stands around it.
function placing.markers(cues, position_samples)
  for _, cue in ipairs(cues) do
    local at = Temporal.timepos_t(position_samples + cue.start_samples)
    Editor:mouse_add_new_marker(at, ARDOUR.LocationFlags.IsMark, 0)
    local mark = Session:locations():mark_at(at, Temporal.timecnt_t(MARKER_SLOP_SAMPLES))
    if mark then mark:set_name(cue.label ~= "" and cue.label or cue.kind) end
  end
  return #cues
end

return placing
