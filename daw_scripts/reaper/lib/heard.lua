-- Writes what an item plays into a file of its own, where its source alone does not tell: stretched, reversed, looped.
--
-- A block a cycle, so that REAPER goes on meanwhile. The effects, volume and pan of the take are not in it; they stay
-- on the take. Source: REAPER's help on `GetAudioAccessorSamples` ("immediately pre-FX").

local import = ...
local refuse, regions = import("refuse"), import("region")

local R = reaper
local heard = {}

local BLOCK_FRAMES = 16384
local FLOAT_FORMAT, FLOAT_BYTES = 3, 4
local MOST_BYTES = 0x7fffffff

local open -- the reading under way

-- End what is under way; what was not finished is removed.
function heard.stop()
  if not open then return end
  R.DestroyAudioAccessor(open.accessor)
  open.file:close()
  os.remove(open.path)
  open = nil
end

local function header(rate, channels, frames)
  local bytes = frames * channels * FLOAT_BYTES
  local form = string.pack("<I2I2I4I4I2I2I2", FLOAT_FORMAT, channels, rate, rate * channels * FLOAT_BYTES,
    channels * FLOAT_BYTES, 8 * FLOAT_BYTES, 0)
  local chunks = string.pack("<c4s4c4I4I4c4I4", "fmt ", form, "fact", 4, frames, "data", bytes)
  return string.pack("<c4I4c4", "RIFF", 4 + #chunks + bytes, "WAVE") .. chunks
end

-- Write a region into a WAV file of 32-bit floats; yields a sentence between its blocks.
function heard.write(region, path)
  local channels = math.max(1, R.GetMediaSourceNumChannels(region.root.source))
  local rate = math.floor(R.GetMediaSourceSampleRate(region.root.source))
  local frames = math.floor(region.length_seconds * rate + 0.5)
  if frames * channels * FLOAT_BYTES > MOST_BYTES then refuse("%s is too long: select a shorter part.", region.name) end
  local file, problem = io.open(path .. ".part", "wb")
  if not file then
    refuse("What %s plays cannot be written (%s): see whether the project's folder may be written.", region.name,
      problem)
  end
  open = { file = file, path = path .. ".part", accessor = R.CreateTakeAudioAccessor(region.take) }
  local written = file:write(header(rate, channels, frames))
  local buffer = R.new_array(BLOCK_FRAMES * channels)
  for done = 0, frames - 1, BLOCK_FRAMES do
    local count = math.min(BLOCK_FRAMES, frames - done)
    if not regions.is_there(region) or R.AudioAccessorStateChanged(open.accessor) then
      heard.stop()
      refuse("%s was changed or removed while it was read: ask again.", region.name)
    end
    local answer = R.GetAudioAccessorSamples(open.accessor, rate, channels, done / rate, count, buffer)
    local samples = {}
    for place = 1, count * channels do samples[place] = answer == 1 and buffer[place] or 0.0 end
    for from = 1, #samples, 128 do
      local to = math.min(from + 127, #samples)
      written = written and file:write(string.pack("<" .. ("f"):rep(to - from + 1), table.unpack(samples, from, to)))
    end
    coroutine.yield(("Reading %s ..."):format(region.name))
  end
  written = written and file:flush()
  if not written then
    heard.stop()
    refuse("What %s plays cannot be written to %s: is the disk full?", region.name, path)
  end
  R.DestroyAudioAccessor(open.accessor)
  file:close()
  open = nil
  if not os.rename(path .. ".part", path) then refuse("%s cannot be written.", path) end
end

return heard
