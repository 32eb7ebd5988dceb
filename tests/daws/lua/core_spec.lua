-- The job book and the placement, held to what a DAW script needs of them.
dofile(arg[2])
local osc, messages, jobs, placement = import("osc"), import("messages"), import("jobs"), import("placement")

local function equal(one, other, what)
  if one ~= other then error(("%s: %s, not %s"):format(what, tostring(one), tostring(other)), 2) end
end

local function book()
  local sent = {}
  return jobs.new(function(packet, label) sent[#sent + 1] = { packet = packet, label = label } return true end), sent
end

local function asked(id) return { id = id, verb = "generate", keys = { prompt = "a knock", folder = "/tmp" } } end

local function stem(index, changes)
  local made = {
    kind = "stem", path = ("/tmp/%d.wav"):format(index), event = "e" .. index, take = 1, index = index,
    track = "Doors", label = "Knock", position_samples = 1000 * index, onset_samples = 10, length_samples = 500,
    sample_rate_hz = 48000, channels = 1, sha256 = "", job_id = "a",
  }
  for key, value in pairs(changes or {}) do made[key] = value end
  return made
end

local function told(says, fields)
  fields = fields or {}
  fields.says, fields.job_id = says, fields.job_id or "a"
  return fields
end

do -- a job from request to end; what comes twice counts once, and late progress is none
  local work, sent = book()
  local job = assert(work:submit(asked("a"), 0.0))
  equal(job.state, "pending", "state")
  equal(sent[1].label, "a", "label")
  work:receive(told("accepted", { state = "queued" }), 0.1)
  equal(job.state, "accepted", "state")
  work:receive(told("progress", { sequence = 5, fraction = 0.5, stage = "rendering" }), 0.2)
  work:receive(told("progress", { sequence = 4, fraction = 0.1, stage = "planning" }), 0.3)
  equal(job.fraction, 0.5, "fraction")
  equal(job.stage, "rendering", "stage")
  for _ = 1, 2 do work:receive({ says = "stem", job_id = "a", path = "/tmp/1.wav", index = 1 }, 0.4) end
  for _ = 1, 2 do work:receive(told("warning", { sentence = "Mind this." }), 0.4) end
  equal(#job.stems, 1, "stems")
  equal(#job.warnings, 1, "warnings")
  equal(work:receive(told("done", { stems_count = 2, cues_count = 0 }), 0.5), job, "job")
  equal(job.state, "running", "a job that lacks a stem is not done")
  equal(#work:tick(0.6), 0, "lost")
  equal(#sent, 1, "sent before a second has gone")
  work:tick(1.6)
  equal(#sent, 2, "sent")
  equal(sent[2].packet, sent[1].packet, "asked again")
  work:receive({ says = "stem", job_id = "a", path = "/tmp/2.wav", index = 2 }, 1.7)
  work:receive(told("done", { stems_count = 2, cues_count = 0 }), 1.8)
  equal(job.state, "done", "state")
  equal(work:receive(told("failed", { code = "x", sentence = "", field = "" }), 1.9), nil, "after its end")
  equal(job.state, "done", "state")
  equal(#work:open(), 0, "open")
end

do -- stems are in their order, whichever came first
  local work = book()
  local job = assert(work:submit(asked("a"), 0.0))
  for _, index in ipairs({ 2, 1 }) do
    work:receive({ says = "stem", job_id = "a", path = index .. ".wav", index = index }, 0.1)
  end
  work:receive(told("done", { stems_count = 2, cues_count = 0 }), 0.2)
  equal(job.stems[1].index, 1, "first stem")
end

do -- an engine that is not there, and one that comes back
  local work, sent = book()
  local job = assert(work:submit(asked("a"), 0.0))
  for second = 1, 11 do equal(#work:tick(second + 0.0), 0, "lost at " .. second) end
  equal(#sent, 12, "sent once a second")
  equal(work:tick(12.0)[1], job, "lost")
  equal(job.state, "lost", "state")
  equal(#work:tick(13.0), 0, "said once")
  work:receive(told("accepted", { state = "queued" }), 14.0)
  equal(job.state, "accepted", "state")
  equal(#work:tick(16.0), 0, "quiet")
  local before = #sent
  work:tick(17.1)
  equal(#sent, before + 1, "asked after three quiet seconds")
  work:receive(told("failed", { code = "backend_failed", sentence = "It broke.", field = "" }), 18.0)
  equal(job.problem.code, "backend_failed", "code")
end

do -- cancelling, and a request that is refused
  local work, sent = book()
  local job = assert(work:submit(asked("a"), 0.0))
  work:cancel("a")
  equal(sent[2].label, "a-cancel", "label")
  equal(osc.decode(sent[2].packet)[1].address, "/cuewright/cancel", "address")
  work:receive(told("cancelled"), 0.1)
  equal(job.state, "cancelled", "state")
  work:cancel("a")
  equal(#sent, 2, "nothing more is sent")
  local other = assert(work:submit(asked("b"), 0.0))
  work:receive({ says = "error", job_id = "b", code = "bad_argument", sentence = "No.", field = "takes" }, 0.1)
  equal(other.state, "failed", "state")
  equal(other.problem.field, "takes", "field")
  local none, problem = work:submit({ id = "c", verb = "generate", keys = { takse = 1 } }, 0.0)
  equal(none, nil, "a job with a wrong key")
  equal(problem.field, "takse", "field")
  equal(#work:open(), 0, "open")
end

do -- requests sent again are the same bytes, whatever the order of their keys
  local one = assert(messages.request("/cuewright/cancel", { "a" }, { token = "t", reply_port = 5 }))
  local other = assert(messages.request("/cuewright/cancel", { "a" }, { reply_port = 5, token = "t" }))
  equal(one, other, "bytes")
end

do -- takes of one event are one item, which begins with the latest of them; the mix is no item
  local tracks = placement.tracks({
    stem(1), stem(2, { event = "e1", take = 2, position_samples = 1300, length_samples = 900 }),
    stem(3, { track = "Rain" }), stem(4, { kind = "mix" }), stem(5, { position_samples = 10 }),
  })
  equal(#tracks, 2, "tracks")
  equal(tracks[2].name, "Rain", "second track")
  equal(placement.count(tracks), 3, "items")
  equal(tracks[1].items[1].position_samples, 10, "items are in time")
  local item = tracks[1].items[2]
  equal(item.position_samples, 1300, "position")
  equal(item.length_samples, 900, "length")
  equal(item.takes[1].offset_samples, 300, "offset of the first take")
  equal(item.takes[2].offset_samples, 0, "offset of the second")
  equal(item.takes[2].name, "Knock 2", "name")
  equal(tracks[2].items[1].takes[1].name, "Knock", "a lone take has no number")
  equal(placement.colour("Rain")[1], placement.colour("Rain")[1], "colour")
end

print("all held")
