-- New takes beside those that an item has: of an edit, of what was aligned, or more of the same.
--
-- The item keeps its place, its length and its takes; the new take is made active, to be heard.

local import = ...
local layout, sources, origin, undo, region =
  import("layout"), import("sources"), import("origin"), import("undo"), import("region")

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
    name = ("%s: %s"):format(about.keys["do"] or about.title, stem.label), offset_seconds = 0.0, pan = 0.0,
  })
  carry(KEPT, about.take, take)
  if rate ~= 1.0 then carry(KEPT_WITH_RATE, about.take, take) end
  origin.mark_take(take, job, stem)
  return take
end

-- Whether an edit is as long as what it was made of, so that it fits the item.
local function fits(job)
  for _, stem in ipairs(job.stems) do
    local length = stem.length_samples / stem.sample_rate_hz / job.about.play_rate
    if math.abs(length - job.about.length_seconds) > NEAR_SECONDS then return false end
  end
  return true
end

-- What a take adds to its file, the new one has not: told where there is any.
local function plays_more_than_its_file(take)
  return R.TakeFX_GetCount(take) > 0 or R.CountTakeEnvelopes(take) > 0
end

local function place_beside(job, opened, said)
  if plays_more_than_its_file(job.about.take) then
    said[#said + 1] = "The original take has effects or envelopes of its own; the new take has none of them."
  end
  local first
  for _, stem in ipairs(job.stems) do
    local take = beside(job, stem, opened[stem.path])
    first = first or take
  end
  R.SetActiveTake(first)
  if job.result.verdict ~= "" then origin.add_note(job.about.item, job.result.verdict) end
end

-- Edits as takes beside the original, all in one undo step. One that has another length than its original, or whose
-- item is gone, becomes an item on a track of its own. A job may have found nothing better, and says why.
function takes.place_edits(done)
  local said, made = {}, {}
  for _, job in ipairs(done) do
    if #job.stems > 0 then made[#made + 1] = job end
    if job.result.verdict ~= "" then said[#said + 1] = ("%s: %s"):format(job.about.name, job.result.verdict) end
  end
  if #made == 0 then return said end
  local stems, paths = layout.by_path(made)
  local opened = sources.open(paths)
  undo.block("Cuewright: " .. made[1].about.title, function()
    for _, job in ipairs(made) do
      local is_there = region.is_there(job.about)
      if is_there and fits(job) then
        place_beside(job, opened, said)
      else
        said[#said + 1] = is_there and "The edit has another length than its item, so it lies on a track of its own."
          or "The item is gone, so its edit lies on a track of its own."
        layout.lay(job, opened, stems, said)
      end
    end
  end)
  layout.build_peaks()
  return said
end

-- More takes of what an item was made from: their onsets lie where that of its active take lies, and they play as fast.
function takes.place_more(done)
  local said, wanted, paths = {}, {}, {}
  for _, job in ipairs(done) do
    local stems = {}
    for _, stem in ipairs(region.is_there(job.about) and job.stems or {}) do
      if stem.kind ~= "mix" and stem.event == job.about.event then
        stems[#stems + 1], paths[#paths + 1] = stem, stem.path
      end
    end
    if #stems > 0 then wanted[#wanted + 1] = { job = job, stems = stems } end
    if #stems == 0 then said[#said + 1] = "An item is gone, or nothing was made for it." end
  end
  if #wanted == 0 then return said end
  local opened = sources.open(paths)
  undo.block("Cuewright: " .. done[1].about.title, function()
    for _, one in ipairs(wanted) do
      local about, first = one.job.about, nil
      for _, stem in ipairs(one.stems) do
        local onset = stem.onset_samples / stem.sample_rate_hz
        local offset = R.GetMediaItemTakeInfo_Value(about.take, "D_STARTOFFS") - about.onset_seconds + onset
        local take = layout.add_take(about.item, opened[stem.path], {
          name = ("%s %d"):format(stem.label, R.CountTakes(about.item)), offset_seconds = offset, pan = stem.pan,
        })
        carry(KEPT_WITH_RATE, about.take, take)
        origin.mark_take(take, one.job, stem)
        first = first or take
      end
      R.SetActiveTake(first)
    end
  end)
  layout.build_peaks()
  return said
end

return takes
