-- Prints packets of requests in hexadecimal, a line each.
dofile(arg[2])
local messages, jobs = import("messages"), import("jobs")

local function show(packet)
  print((packet:gsub(".", function(c) return ("%02x"):format(c:byte()) end)))
end

show(assert(messages.request("/cuewright/ping", {})))
local book = jobs.new(show)
assert(book:submit({
  id = "reaper-1", verb = "generate",
  keys = { prompt = 'Tür knallt "laut"', folder = "/tmp", takes = 3, duration = 2.5, mix = false, session = "s1" },
  session = { id = "s1", keys = { sample_rate = 48000, frame_rate = "23.976", start_timecode = "01:00:00:00" } },
}, 0.0))
