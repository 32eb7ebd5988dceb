-- The engine as an action sees it: asked over the spool folder or UDP, started when nobody answers.

local import = ...
local jobs, spool, udp, refuse = import("jobs"), import("spool"), import("udp"), import("refuse")

local R = reaper
local engine = {}

engine.ANSWER_SECONDS = 2.0
engine.GIVE_UP_SECONDS = 6.0
engine.START_SECONDS = 90.0

local Engine = {}
Engine.__index = Engine

-- As good as never used twice.
function engine.new_id()
  return "reaper-" .. R.genGuid(""):gsub("[^%w-]", ""):lower()
end

local function transport_of(options)
  if options.transport == "spool" then return spool.new(options.spool_folder, engine.new_id()) end
  local done, socket = pcall(require, "socket.core")
  if not done then
    refuse("UDP needs the LuaSocket library, which REAPER does not find: choose the transport \"spool\" in Settings.")
  end
  local made, problem = udp.new(socket, options.port)
  return made or refuse("No socket can be had (%s): choose the transport \"spool\" in Settings.", problem)
end

function engine.new(options, now)
  local made = setmetatable({ options = options, transport = transport_of(options), began_at = now }, Engine)
  made.book = jobs.new(function(packet, label) return made.transport:send(packet, label) end, options.token)
  return made
end

-- Where it is looked for.
function Engine:place()
  if self.options.transport == "udp" then return ("port %d"):format(self.options.port) end
  return ("the spool folder %s"):format(self.options.spool_folder)
end

function Engine:can_start()
  return self.options.engine_command ~= ""
end

function Engine:start(now)
  if not self:can_start() or self.started_at then return end
  self.started_at = now
  if not R.ExecProcess(self.options.engine_command, -1) then self.could_not_start = true end
end

-- Take what was answered and send again what was not; call it every cycle. Where nobody ever answered it raises a
-- refusal, and what was asked is taken back.
function Engine:tick(now)
  for _, reply in ipairs(self.transport:receive()) do
    self.heard, self.started_at = true, nil
    self.book:receive(reply, now)
  end
  for _, job in ipairs(self.book:tick(now)) do -- those that lost their engine
    if job.cancelling then self:drop(job) else self:start(now) end
  end
  if self.heard then return end
  if now - self.began_at >= engine.ANSWER_SECONDS then self:start(now) end
  local patience = self.started_at and not self.could_not_start and engine.START_SECONDS or engine.GIVE_UP_SECONDS
  if now - self.began_at < patience then return end
  self:take_back()
  if self:can_start() then
    refuse("The engine does not start. Its command is\n%s\nTry it in a terminal, or run `cuewright doctor`.",
      self.options.engine_command)
  end
  refuse("No engine answers at %s. Start one with `cuewright serve`, or name its command in \"Cuewright: Settings\".",
    self:place())
end

-- Nothing that was asked and not read will be done.
function Engine:take_back()
  for _, job in ipairs(self.book:open()) do self.transport:withdraw(job.id) end
end

-- Cancel all that is open; where no engine is there it is taken back here.
function Engine:cancel()
  for _, job in ipairs(self.book:open()) do
    if self.heard and job.state ~= "lost" then self.book:cancel(job.id) else self:drop(job) end
  end
end

-- End a job here, since no engine is there to end it.
function Engine:drop(job)
  self.transport:withdraw(job.id)
  job.state = "cancelled"
end

function Engine:close()
  self.transport:close()
end

-- Where a job is, in words.
function Engine:status(job)
  if job.state == "lost" then
    return self.started_at and "The engine stopped; it is being started again."
      or "The engine does not answer. Start it again with `cuewright serve`: the job goes on."
  end
  if not self.heard then return self.started_at and "Starting the engine ..." or "Asking the engine ..." end
  if job.cancelling then return "Cancelling ..." end
  if job.state == "running" then return ("%s %d %%"):format(job.stage, math.floor(job.fraction * 100)) end
  return "Waiting for its turn ..."
end

return engine
