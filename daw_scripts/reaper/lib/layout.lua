-- Stems of a job laid on tracks as items with takes: all of it in one undo step, nothing of the user's touched.

local import = ...
local placement, sources, origin, undo, refuse =
  import("placement"), import("sources"), import("origin"), import("undo"), import("refuse")

local R = reaper
local layout = {}

local OURS = "P_EXT:cuewright_track"
local COLOUR_IS_SET = 0x1000000
local TIMEBASE_TIME = 0
local NO_AUTO_FADE = -1
local BUILD_MISSING_PEAKS = 40047

local function text_of(track, key)
  local _, value = R.GetSetMediaTrackInfo_String(track, key, "", false)
  return value
end

-- The first track whose text under a key is this, and its index.
local function found(key, wanted)
  for index = 0, R.CountTracks(0) - 1 do
    local track = R.GetTrack(0, index)
    if text_of(track, key) == wanted then return track, index end
  end
  return nil
end

local function new_track(index, name, mark)
  R.InsertTrackAtIndex(index, true)
  local track = R.GetTrack(0, index)
  R.GetSetMediaTrackInfo_String(track, "P_NAME", name, true)
  R.GetSetMediaTrackInfo_String(track, OURS, mark, true)
  local colour = placement.colour(name)
  R.SetMediaTrackInfo_Value(track, "I_CUSTOMCOLOR", R.ColorToNative(colour[1], colour[2], colour[3]) | COLOUR_IS_SET)
  return track
end

-- A track at the end of a folder of ours, which is made where it is missing. A folder's depth is 1, and the depth of
-- its last track is as many levels as end there, negative.
local function new_track_in(stem, name, mark)
  local folder, index = found(OURS, "folder:" .. stem)
  if folder and R.GetMediaTrackInfo_Value(folder, "I_FOLDERDEPTH") ~= 1 then folder = nil end
  if not folder then
    index = R.CountTracks(0)
    folder = new_track(index, "Cuewright " .. stem, "folder:" .. stem)
    R.SetMediaTrackInfo_Value(folder, "I_FOLDERDEPTH", 1)
    local track = new_track(index + 1, name, mark)
    R.SetMediaTrackInfo_Value(track, "I_FOLDERDEPTH", -1)
    return track
  end
  local level, last = 1, index
  while level > 0 and last + 1 < R.CountTracks(0) do
    last = last + 1
    level = level + R.GetMediaTrackInfo_Value(R.GetTrack(0, last), "I_FOLDERDEPTH")
  end
  local track = new_track(last + 1, name, mark)
  if level > 0 then return track end -- a folder that goes on to the end
  local before = R.GetTrack(0, last)
  R.SetMediaTrackInfo_Value(before, "I_FOLDERDEPTH", R.GetMediaTrackInfo_Value(before, "I_FOLDERDEPTH") + 1 - level)
  R.SetMediaTrackInfo_Value(track, "I_FOLDERDEPTH", level - 1)
  return track
end

local function free_name(name)
  local number = 2
  while found("P_NAME", ("%s (%d)"):format(name, number)) do number = number + 1 end
  return ("%s (%d)"):format(name, number)
end

-- The track of a name. One that the user named is used as it is; where the engine chose the name and a track of the
-- user's has it already, another is made, and `said` tells so.
local function track_named(name, wish, said)
  local mark = "stems:" .. name
  local track = found(wish.named and "P_NAME" or OURS, wish.named and name or mark)
  if track then return track end
  if found("P_NAME", name) then
    local other = free_name(name)
    said[#said + 1] = ("A track of yours is named %q already; the sounds are on %q."):format(name, other)
    name = other
  end
  if wish.folder then return new_track_in(wish.folder, name, mark) end
  return new_track(R.CountTracks(0), name, mark)
end

-- The stem that a UCS category belongs to.
local function stem_folder(category)
  if category:find("^FOLY") then return "FOLEY" end
  return category:find("^AMB") and "BG" or "FX"
end

-- A take of a file, its sound beginning where the item begins.
function layout.add_take(item, source, laid)
  local take = R.AddTakeToMediaItem(item)
  R.SetMediaItemTake_Source(take, source)
  R.GetSetMediaItemTakeInfo_String(take, "P_NAME", laid.name, true)
  R.SetMediaItemTakeInfo_Value(take, "D_STARTOFFS", laid.offset_seconds)
  R.SetMediaItemTakeInfo_Value(take, "D_PAN", laid.pan)
  return take
end

local function add_item(track, laid, opened, job, stems)
  local rate = laid.sample_rate_hz
  local item = R.AddMediaItemToTrack(track)
  R.SetMediaItemInfo_Value(item, "D_POSITION", laid.position_samples / rate)
  local play_rate = job.about.play_rate or 1.0 -- an edit of something that plays faster does so too
  R.SetMediaItemInfo_Value(item, "D_LENGTH", laid.length_samples / rate / play_rate)
  R.SetMediaItemInfo_Value(item, "B_LOOPSRC", 0)
  R.SetMediaItemInfo_Value(item, "C_BEATATTACHMODE", TIMEBASE_TIME)
  for _, fade in ipairs({ "D_FADEINLEN", "D_FADEOUTLEN" }) do
    R.SetMediaItemInfo_Value(item, fade, 0)
    R.SetMediaItemInfo_Value(item, fade .. "_AUTO", NO_AUTO_FADE)
  end
  for _, one in ipairs(laid.takes) do
    local take = layout.add_take(item, opened[one.path], {
      name = one.name, offset_seconds = one.offset_samples / rate, pan = one.pan,
    })
    R.SetMediaItemTakeInfo_Value(take, "D_PLAYRATE", play_rate)
    origin.mark_take(take, job, stems[one.path])
  end
  origin.mark_item(item, job)
end

-- Stems of finished jobs by path, and the paths in order.
function layout.by_path(jobs)
  local stems, paths = {}, {}
  for _, job in ipairs(jobs) do
    for _, stem in ipairs(job.stems) do
      if stem.kind ~= "mix" then stems[stem.path], paths[#paths + 1] = stem, stem.path end
    end
  end
  return stems, paths
end

-- Lay out one job's stems. Call it inside of an undo block, with the sources opened before.
function layout.lay(job, opened, stems, said)
  for _, laid in ipairs(placement.tracks(job.stems)) do
    local category = stems[laid.items[1].takes[1].path].category
    local wish = { named = job.about.keys.track ~= nil, folder = job.about.stem_folders and stem_folder(category) }
    if wish.named then wish.folder = nil end
    local track = track_named(laid.name, wish, said)
    for _, item in ipairs(laid.items) do add_item(track, item, opened, job, stems) end
  end
end

function layout.build_peaks()
  R.Main_OnCommandEx(BUILD_MISSING_PEAKS, 0, 0)
end

-- Place a finished job; returns what to tell the user, a sentence each.
function layout.place(job)
  local stems, paths = layout.by_path({ job })
  if #paths == 0 then refuse("Nothing was made, so nothing was placed.") end
  local opened, said = sources.open(paths), {}
  undo.block("Cuewright: " .. job.about.title, function() layout.lay(job, opened, stems, said) end)
  layout.build_peaks()
  return said
end

return layout
