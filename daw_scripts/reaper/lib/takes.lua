-- New takes beside those that an item has: of an edit, or more of the same.
--
-- The item keeps its place, its length and its takes; the new take is made active, to be heard.

local import = ...
local layout, sources, origin, undo = import("layout"), import("sources"), import("origin"), import("undo")

local R = reaper
local takes = {}

local KEPT = { "D_VOL", "D_PAN", "I_CHANMODE" }
local KEPT_WITH_RATE = { "D_PLAYRATE", "D_PITCH", "B_PPITCH", "I_PITCHMODE" }
local NEAR_SECONDS = 0.002

local function carry(names, from, to)
  for _, name in ipairs(names) do
    R.SetMediaItemTakeInfo_Value(to, name, R.GetMediaItemTakeInfo_Value(from, name))
  end
end

local function beside(job, stem, source)
  local about, rate = job.about, job.about.play_rate
  local take = layout.add_take(about.item, source, {
    name = ("%s: %s"):format(job.about.keys["do"], stem.label), offset_seconds = 0.0, pan = 0.0,
  })
  carry(KEPT, about.take, take)
  if rate ~= 1.0 then carry(KEPT_WITH_RATE, about.take, take) end
  origin.mark_take(take, job, stem)
  return take
end

local function is_there(about)
  return R.ValidatePtr2(0, about.item, "MediaItem*") and R.ValidatePtr2(0, about.take, "MediaItem_Take*")
end

-- Whether an edit is as long as what it was made of, so that it fits the item.
local function fits(job)
  for _, stem in ipairs(job.stems) do
    local length = stem.length_samples / stem.sample_rate_hz / job.about.play_rate
    if math.abs(length - job.about.length_seconds) > NEAR_SECONDS then return false end
  end
  return true
end

-- Edits as takes beside the original, all in one undo step. One that has another length than its original, or whose
-- item is gone, becomes an item on a track of its own.
function takes.place_edits(done)
  local stems, paths = layout.by_path(done)
  local opened, said = sources.open(paths), {}
  undo.block("Cuewright: " .. done[1].about.title, function()
    for _, job in ipairs(done) do
      if is_there(job.about) and fits(job) then
        local first
        for _, stem in ipairs(job.stems) do
          local take = beside(job, stem, opened[stem.path])
          first = first or take
        end
        R.SetActiveTake(first)
      else
        said[#said + 1] = is_there(job.about)
          and "The edit has another length than its item, so it lies on a track of its own."
          or "The item is gone, so its edit lies on a track of its own."
        layout.lay(job, opened, stems, said)
      end
    end
  end)
  layout.build_peaks()
  return said
end

-- More takes of what an item was made from: their onsets lie where that of its active take lies.
function takes.place_more(done)
  local stems, paths = layout.by_path(done)
  local opened = sources.open(paths)
  local said = {}
  undo.block("Cuewright: " .. done[1].about.title, function()
    for _, job in ipairs(done) do
      local about, first = job.about, nil
      for _, path in ipairs(paths) do
        local stem = stems[path]
        if is_there(about) and stem.job_id == job.id and stem.event == about.event then
          local onset = stem.onset_samples / stem.sample_rate_hz
          local offset = R.GetMediaItemTakeInfo_Value(about.take, "D_STARTOFFS") - about.onset_seconds + onset
          local take = layout.add_take(about.item, opened[path], {
            name = ("%s %d"):format(stem.label, R.CountTakes(about.item)), offset_seconds = offset,
            pan = stem.pan,
          })
          origin.mark_take(take, job, stem)
          first = first or take
        end
      end
      if first then R.SetActiveTake(first) else said[#said + 1] = "An item is gone, or nothing was made for it." end
    end
  end)
  layout.build_peaks()
  return said
end

return takes
