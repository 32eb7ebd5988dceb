-- Jobs as a script sees them: sent, accepted, under way, ended; and what to do when the engine does not answer.
--
-- Pure: time comes in as seconds and packets go out through a function. The same request may be sent again, because the
-- same id is the same job; a job of an engine that died goes on when one is there again.

local import = ...
local messages, osc = import("messages"), import("osc")

local jobs = {}

jobs.RESEND_SECONDS = 1.0
jobs.ASK_SECONDS = 3.0
jobs.LOST_SECONDS = 12.0

local ENDED = { done = true, failed = true, cancelled = true }

local Jobs = {}
Jobs.__index = Jobs

-- `send` takes a packet and a label: what has one label says one thing, and is not sent twice while it waits unread.
-- `token` goes with every request, where the engine was started with one; nil or empty is none.
function jobs.new(send, token)
  return setmetatable({ send = send, token = token ~= "" and token or nil, by_id = {} }, Jobs)
end

-- The keys of a request stay as they were: they may be kept with what was made, and the token must not.
function Jobs:request(address, fixed, keys)
  local told = { token = self.token }
  for name, value in pairs(keys or {}) do told[name] = value end
  return messages.request(address, fixed, told)
end

-- Ask for a job; returns it, or nil and an error. `asked` has
--   id       chosen by the script
--   verb     "generate", "compose", "spot", "edit" ...
--   keys     of the request, by name
--   session  `{ id, keys }`, told along with every sending, or nil
--   about    whatever the script wants to find with the job
--
-- A job's `state` is one of pending, accepted, running, lost, done, failed, cancelled; it has `fraction` and `stage`,
-- `stems` and `cues` in their order, `warnings`, and at its end `result` (of done) or `problem` (of failed).
function Jobs:submit(asked, now)
  local packet, problem = self:request("/cuewright/" .. asked.verb, { asked.id }, asked.keys)
  if not packet then return nil, problem end
  if asked.session then
    local session
    session, problem = self:request("/cuewright/session", { asked.session.id }, asked.session.keys)
    if not session then return nil, problem end
    packet = osc.bundle({ session, packet })
  end
  local job = {
    id = asked.id, verb = asked.verb, about = asked.about, packet = packet,
    state = "pending", fraction = 0.0, stage = "", sequence = -1,
    stems = {}, cues = {}, warnings = {}, paths = {},
    heard_at = now, spoke_at = now,
  }
  self.by_id[asked.id] = job
  self.send(packet, asked.id)
  return job
end

function Jobs:cancel(id)
  local job = self.by_id[id]
  if not job or ENDED[job.state] then return end
  job.cancelling = true
  self.send((self:request("/cuewright/cancel", { id })), id .. "-cancel")
end

-- What was asked for and has not ended.
function Jobs:open()
  local found = {}
  for _, job in pairs(self.by_id) do
    if not ENDED[job.state] then found[#found + 1] = job end
  end
  table.sort(found, function(one, other) return one.id < other.id end)
  return found
end

local ON = {}

function ON.accepted(job, reply)
  if job.state == "pending" or job.state == "lost" then job.state = "accepted" end
  if ENDED[reply.state] then job.stage = "" end
end

function ON.progress(job, reply)
  if reply.sequence <= job.sequence then return end
  job.state, job.sequence, job.fraction, job.stage = "running", reply.sequence, reply.fraction, reply.stage
end

function ON.stem(job, reply)
  if job.paths[reply.path] then return end -- it may come twice
  job.paths[reply.path] = true
  job.stems[#job.stems + 1] = reply
end

function ON.cue(job, reply)
  job.cues[reply.index] = reply
end

function ON.warning(job, reply)
  for _, sentence in ipairs(job.warnings) do
    if sentence == reply.sentence then return end
  end
  job.warnings[#job.warnings + 1] = reply.sentence
end

function ON.done(job, reply)
  if #job.stems < reply.stems_count or #job.cues < reply.cues_count then
    job.asking = true -- some were lost on their way
    return
  end
  job.asking = nil
  table.sort(job.stems, function(one, other) return one.index < other.index end)
  job.state, job.fraction, job.result = "done", 1.0, reply
end

function ON.failed(job, reply)
  job.state, job.problem = "failed", { code = reply.code, sentence = reply.sentence, field = reply.field }
end

function ON.cancelled(job)
  job.state = "cancelled"
end

-- Take a reply; returns the job whose state it changed, or nil. An error about a request fails the job it names; a job
-- that has ended stays as it ended.
function Jobs:receive(reply, now)
  local job = reply.job_id and self.by_id[reply.job_id]
  if not job then return nil end
  job.heard_at = now
  if ENDED[job.state] then return nil end
  local before = job.state
  if before == "lost" then job.state = "accepted" end
  if reply.says == "error" then
    ON.failed(job, reply)
  elseif ON[reply.says] then
    ON[reply.says](job, reply)
  end
  return job
end

-- Send again what was not answered, and say which jobs have lost their engine since the last call: call it often.
function Jobs:tick(now)
  local lost = {}
  for _, job in ipairs(self:open()) do
    local urgent = job.state == "pending" or job.state == "lost" or job.asking
    local since = job.asking and job.spoke_at or math.max(job.heard_at, job.spoke_at)
    if now - since >= (urgent and jobs.RESEND_SECONDS or jobs.ASK_SECONDS) then
      job.spoke_at = now
      -- The request itself, not a question: an engine that has it answers with all of it, another takes it up.
      self.send(job.packet, job.id)
      if job.cancelling then self:cancel(job.id) end
    end
    if job.state ~= "lost" and now - job.heard_at >= jobs.LOST_SECONDS then
      job.state = "lost"
      lost[#lost + 1] = job
    end
  end
  return lost
end

return jobs
