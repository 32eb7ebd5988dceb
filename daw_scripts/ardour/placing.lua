-- Stems onto tracks, in one step to undo.
--
-- Files are embedded where they lie, inside the session's folder. Tracks that are missing are made. Takes of a sound
-- lie on each other, the first on top, the others muted. No fade is put on a transient. Whatever can be known to fail
-- is looked at before anything is changed; what fails later is taken back.

local import = ...
local placement, api = import("placement"), import("api")

local placing = {}

local WAVE_HEADER = "<c4 I4 c4"
local NO_SIZE = 0xffffffff -- of a file that is larger than its header can say

-- The route as a track that plays so many channels, or nil: a mono track plays the left of a stereo sound alone.
local function fitting(route, channels)
  local track = route:to_track()
  if track:isnil() or not track:to_midi_track():isnil() then return nil end
  if track:n_inputs():n_audio() < channels then return nil end
  return track
end

-- The track of that name; made where there is none, and then added to `made`. What has the name and does not fit keeps
-- it; the track is numbered, and a sentence says so.
local function track_for(name, channels, made)
  local wanted, number = name, 1
  while true do
    local route = Session:route_by_name(wanted)
    local track
    if route:isnil() then
      track = api.make_track(wanted, channels) or error(("Ardour made no track %q."):format(wanted), 0)
      made[#made + 1] = track
    else
      track = fitting(route, channels)
    end
    if track then
      local said = ("%q is a bus, a MIDI track or has too few channels; the sounds lie on %q."):format(name, wanted)
      return track, number > 1 and said or nil
    end
    number = number + 1
    wanted = ("%s %d"):format(name, number)
  end
end

-- Raises a sentence where there is no whole WAV file; Ardour would ask or complain in windows of its own.
local function expect_wave(path)
  local file = io.open(path, "rb")
  if not file then error(("%s is no longer there: ask for it again."):format(path), 0) end
  local header, length = file:read(WAVE_HEADER:packsize()) or "", file:seek("end")
  file:close()
  if #header == WAVE_HEADER:packsize() then
    local magic, size, kind = WAVE_HEADER:unpack(header)
    local whole = size == NO_SIZE or size + 8 <= length
    if (magic == "RIFF" or magic == "RF64") and kind == "WAVE" and whole then return end
  end
  error(("%s is not a whole sound file: ask for it again."):format(path), 0)
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
  for _, path in ipairs(paths) do expect_wave(path) end
  local known, files, missing = whole_regions(), C.StringVector(), 0
  for _, path in ipairs(paths) do
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

-- Do what changes the playlists as one step to undo; where it raises, they are as they were and there is no step.
local function in_one_step(name, playlists, work)
  for _, playlist in ipairs(playlists) do playlist:to_stateful():clear_changes() end
  Session:begin_reversible_command(name)
  local done, problem = pcall(work)
  local changes = {}
  for place, playlist in ipairs(playlists) do
    changes[place] = Session:add_stateful_diff_command(playlist:to_statefuldestructible())
  end
  if done then
    if not Session:abort_empty_reversible_command() then Session:commit_reversible_command(nil) end
    return
  end
  for _, change in ipairs(changes) do change:undo() end
  Session:abort_reversible_command() -- forgets the changes, and takes none back
  error(problem, 0)
end

-- What the tracks of all jobs need: paths, and by the name of a track the most channels it has to play.
local function needs(tracks)
  local paths, channels = {}, {}
  for _, track in ipairs(tracks) do
    for _, item in ipairs(track.items) do
      for _, take in ipairs(item.takes) do
        paths[#paths + 1] = take.path
        channels[track.name] = math.max(channels[track.name] or 1, take.channels)
      end
    end
  end
  return paths, channels
end

local function lay(track, playlist, whole)
  for _, item in ipairs(track.items) do
    for number = #item.takes, 1, -1 do
      local take = item.takes[number]
      add(playlist, whole[take.path], take, item.position_samples - take.offset_samples, number > 1)
    end
  end
end

-- Playlists by the name of a track; sentences for the user go into `said`, tracks that were made into `made`.
local function playlists_for(tracks, channels, said, made)
  local by_name, all = {}, {}
  for _, track in ipairs(tracks) do
    if not by_name[track.name] then
      local found
      found, said[#said + 1] = track_for(track.name, channels[track.name], made)
      by_name[track.name] = found:playlist()
      all[#all + 1] = by_name[track.name]
    end
  end
  return by_name, all
end

-- Lay out what several jobs brought, a list of stems for each; returns how many sounds there are, and sentences for the
-- user. Raises a sentence where that cannot be done, and then nothing has changed. Ardour 7 cannot take a new track
-- away: should one be left, the sentence says so.
function placing.stems(jobs, name)
  local tracks = {}
  for _, stems in ipairs(jobs) do -- one after the other, for the events of two jobs may have the same name
    local more = placement.tracks(stems)
    table.move(more, 1, #more, #tracks + 1, tracks)
  end
  local paths, channels = needs(tracks)
  local whole = regions_of(paths)
  local said, made = {}, {}
  local done, problem = pcall(function()
    local by_name, all = playlists_for(tracks, channels, said, made)
    in_one_step(name, all, function()
      for _, track in ipairs(tracks) do lay(track, by_name[track.name], whole) end
    end)
  end)
  if not done then
    for _, track in ipairs(made) do
      local left = (" The new track %q is left, empty."):format(track:name())
      if not api.remove_track(track) then problem = problem .. left end
    end
    error(problem, 0)
  end
  return placement.count(tracks), said
end

return placing
