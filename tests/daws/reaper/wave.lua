-- Reads WAV files for the fake: what they hold, and single samples.

local wave = {}
local read = {}

-- `{ frames, rate, channels, bits, float, at, bytes }`; nil where a file is no WAV.
function wave.facts(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local bytes = file:read("a")
  file:close()
  if bytes:sub(1, 4) ~= "RIFF" and bytes:sub(1, 4) ~= "RF64" then return nil end
  local facts, at = { bytes = bytes }, 13
  while at + 7 <= #bytes do
    local name, size = string.unpack("<c4I4", bytes, at)
    if name == "fmt " then
      local kind
      kind, facts.channels, facts.rate, facts.bits = string.unpack("<I2I2I4xxxxxxI2", bytes, at + 8)
      if kind == 0xfffe then kind = string.unpack("<I2", bytes, at + 32) end
      facts.float = kind == 3
    elseif name == "data" then
      facts.at = at + 8
      facts.frames = size // (facts.channels * facts.bits // 8)
    end
    at = at + 8 + size + size % 2
  end
  return facts.frames and facts or nil
end

-- One sample, -1 to 1; silence beside the file.
function wave.sample(path, frame, channel)
  read[path] = read[path] or wave.facts(path)
  local facts = read[path]
  if frame < 0 or frame >= facts.frames then return 0.0 end
  local width = facts.bits // 8
  local at = facts.at + (frame * facts.channels + (channel - 1) % facts.channels) * width
  if facts.float then return (string.unpack("<f", facts.bytes, at)) end
  return string.unpack("<i" .. width, facts.bytes, at) / (1 << (facts.bits - 1))
end

return wave
