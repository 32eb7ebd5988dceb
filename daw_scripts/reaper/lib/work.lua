-- An action under way: asks the engine, shows how far it is, and hands over what was made. Nothing here waits: REAPER
-- calls one short cycle after another.
--
-- The running scripts and "Cancel" find each other by two of REAPER's own keys: a heartbeat, and the time of a cancel.

local import = ...
local engine, options, project, progress = import("engine"), import("options"), import("project"), import("progress")

local R = reaper
local work = {}

local HEARTBEAT_SECONDS = 0.5
local STALE_SECONDS = 3.0
local ENDED = { done = true, failed = true, cancelled = true }

local Work = {}
Work.__index = Work

local function ext(key) return tonumber(R.GetExtState(options.SECTION, key)) or -math.huge end

-- Whether a script is at work, this one or another.
function work.is_running()
  return R.time_precise() - ext("heartbeat") < STALE_SECONDS
end

function work.cancel_all()
  R.SetExtState(options.SECTION, "cancel", ("%.6f"):format(R.time_precise()), false)
end

-- Begin. `task` has
--   title    of the window and the undo step
--   prepare  gives the requests, a list of `{ verb, keys, about }`; it may yield between its steps (optional: `asks`)
--   cleanup  ends what `prepare` left open, where it did not come to its end (optional)
--   finish   takes the jobs that are done, changes the project, and gives sentences for the user
function work.run(task)
  local self = setmetatable({
    task = task, project = project.current(), session_keys = project.session_keys(), jobs = {},
    began_at = R.time_precise(),
  }, Work)
  self.view = progress.open(task.title)
  self.preparing = coroutine.create(function() return task.prepare and task.prepare() or task.asks end)
  R.atexit(function() self:close() end)
  self:cycle()
  return self
end

function Work:submit(asks)
  local now, read = R.time_precise(), options.read()
  self.engine = engine.new(read, now)
  for _, ask in ipairs(asks) do
    local id = engine.new_id()
    ask.keys.session = id
    ask.about = ask.about or {}
    ask.about.keys, ask.about.title = ask.keys, self.task.title
    ask.about.stem_folders = read.stem_folders == "yes"
    local session = { id = id, keys = self.session_keys }
    local job, problem = self.engine.book:submit({
      id = id, verb = ask.verb, keys = ask.keys, about = ask.about, session = session,
    }, now)
    if not job then error({ sentence = problem.sentence }, 0) end
    self.jobs[#self.jobs + 1] = job
  end
end

function Work:prepare()
  if self.cancelled then return self:tell({ "Cancelled." }) end
  if not project.is_open(self.project) then
    error({ sentence = "The project was closed, so nothing was asked for." }, 0)
  end
  local done, asks = coroutine.resume(self.preparing)
  if not done then error(asks, 0) end
  if coroutine.status(self.preparing) ~= "dead" then
    self.view:show(tostring(asks), 0.0)
    return
  end
  self.preparing = nil
  self:submit(asks)
end

local function ended(jobs)
  for _, job in ipairs(jobs) do
    if not ENDED[job.state] then return false end
  end
  return true
end

-- What was made goes where it was asked for, so another project that is in front has to wait.
function Work:project_is_there()
  if not project.is_open(self.project) then
    error({ sentence = "The project was closed; the sounds are in its media folder, in \"Cuewright\"." }, 0)
  end
  return project.current() == self.project
end

function Work:hand_over()
  local done, said, cancelled = {}, {}, 0
  for _, job in ipairs(self.jobs) do
    if job.state == "done" then
      done[#done + 1] = job
      if job.result.report ~= "" then R.SetExtState(options.SECTION, "report", job.result.report, true) end
    end
    if job.state == "failed" then said[#said + 1] = job.problem.sentence end
    if job.state == "cancelled" then cancelled = cancelled + 1 end
    for _, sentence in ipairs(job.warnings) do said[#said + 1] = sentence end
  end
  if cancelled > 0 then said[#said + 1] = "Cancelled." end
  if #done > 0 then
    for _, sentence in ipairs(self.task.finish(done) or {}) do said[#said + 1] = sentence end
  end
  self:tell(said)
end

function Work:follow(now)
  self.engine:tick(now)
  if ended(self.jobs) then
    if self:project_is_there() then return self:hand_over() end
    self.view:show("Done. Go back to the project that asked: the sounds are placed then.", 1.0)
    return
  end
  local fraction, shown = 0.0, nil
  for _, job in ipairs(self.jobs) do
    fraction = fraction + (ENDED[job.state] and 1.0 or job.fraction) / #self.jobs
    if not ENDED[job.state] then shown = shown or job end
  end
  self.view:show(self.engine:status(shown), fraction)
end

-- Sentences at the end: the window stays open for them, and goes where there are none.
function Work:tell(said)
  self.over = true
  if #said > 0 then self.view:tell(said) else self.view:close() end
end

function Work:listen(now)
  if now - (self.beat_at or -math.huge) >= HEARTBEAT_SECONDS then
    self.beat_at = now
    R.SetExtState(options.SECTION, "heartbeat", ("%.6f"):format(now), false)
  end
  if not self.cancelled and (self.view.wants_cancel or ext("cancel") >= self.began_at) then
    self.cancelled = true
    if self.engine then self.engine:cancel() end
  end
end

function Work:step()
  local now = R.time_precise()
  self:listen(now)
  if self.preparing then self:prepare() else self:follow(now) end
end

function Work:cycle()
  if not self.over then
    local done, problem = xpcall(self.step, function(raised)
      return type(raised) == "table" and raised.sentence or "A defect of the script; please report it: "
        .. debug.traceback(tostring(raised))
    end, self)
    if not done then self:tell({ problem }) end
  end
  if self.over then self:close() end
  if self.view:cycle() or not self.over then R.defer(function() self:cycle() end) end
end

function Work:close()
  if self.task.cleanup then self.task.cleanup() end
  if self.engine then self.engine:close() end
  self.engine = nil
end

return work
