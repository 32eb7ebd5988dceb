-- The hook's work, ten times a second: orders to the engine, replies to the timeline, and words to the user.
--
-- It holds nothing up: packets come and go as files, and no more than a few are read at a time. While a message is open
-- its own timer stands still; what the engine says meanwhile is read when the message is closed.

local import = ...
local settings, spool, jobs = import("settings"), import("spool"), import("jobs")
local orders, placing = import("orders"), import("placing")

local TICK_SECONDS = 0.1
local START_ENGINE_SECONDS = 1.5

local desk = { now = 0.0, messages = {}, windows = {} }

local function show(title, text, kind)
  desk.messages[#desk.messages + 1] = { title = title, text = text, kind = kind or LuaDialog.MessageType.Info }
end

local function show_next()
  if desk.showing or #desk.messages == 0 then return end
  desk.showing = true
  local message = table.remove(desk.messages, 1)
  LuaDialog.Message("Cuewright: " .. message.title, message.text, message.kind, LuaDialog.ButtonType.Close):run()
  desk.showing = false
end

local function start_engine()
  if desk.started_engine or #settings.engine == 0 then return end
  desk.started_engine = true -- until it is heard: one that dies later is started again
  os.forkexec(table.unpack(settings.engine))
end

local function lost_text()
  if #settings.engine == 0 then return "The job goes on when there is one: start it with cuewright serve." end
  return ("It is started again, and the job goes on then. By hand: %s"):format(table.concat(settings.engine, " "))
end

local function close_window(job)
  if desk.windows[job.id] then desk.windows[job.id]:done() end
  desk.windows[job.id] = nil
end

local function step_name(job)
  local words = job.about.words or ""
  return ("Cuewright: %s %s"):format(job.verb, #words > 40 and words:sub(1, 37) .. "..." or words)
end

-- For More takes and Open report, which run in a Lua of their own.
local function remember(job, ending, text)
  local file = io.open(("%s/%s.%s"):format(settings.spool, job.about.session, ending), "wb")
  if not file then return end
  file:write(text)
  file:close()
end

local FINISH = {}

function FINISH.done(job)
  local done, result, said
  if job.verb == "spot" then
    done, result = pcall(placing.markers, job.cues, job.about.position_samples)
  else
    done, result, said = pcall(placing.stems, job.stems, step_name(job), job.about.track)
  end
  if not done then
    show("the result could not be placed", ("%s\nThe files are in %s."):format(result, job.about.folder),
      LuaDialog.MessageType.Warning)
  else
    local words = table.move(said or {}, 1, #(said or {}), #job.warnings + 1, job.warnings)
    if result == 0 then
      show("nothing came of it", table.concat(words, "\n"))
    elseif #words > 0 then
      show("done, with a word of care", table.concat(words, "\n"))
    end
  end
  if job.verb == "generate" or job.verb == "compose" then
    remember(job, "last", orders.written({ verb = job.verb, keys = job.about.keys }))
  end
  if (job.result.report or "") ~= "" then remember(job, "report", job.result.report) end
end

function FINISH.failed(job)
  local field = job.problem.field ~= "" and (" (%s)"):format(job.problem.field) or ""
  show("it could not be done", job.problem.sentence .. field, LuaDialog.MessageType.Warning)
end

function FINISH.cancelled() end

local function finish(job)
  close_window(job)
  FINISH[job.state](job)
  desk.line:forget(job.id)
  desk.line:forget(job.id .. "-cancel")
end

local function take_order(order)
  if order.cancel then
    for _, job in ipairs(desk.book:open()) do desk.book:cancel(job.id) end
    return
  end
  local job, problem = desk.book:submit(order, desk.now)
  if not job then show("it was not asked", problem.sentence, LuaDialog.MessageType.Warning) end
end

local function show_progress(job)
  local window = desk.windows[job.id]
  if not window then
    window = LuaDialog.ProgressWindow("Cuewright: " .. job.verb, true)
    desk.windows[job.id] = window
  end
  local stage = job.state == "lost" and "the engine does not answer; waiting for it"
    or job.stage ~= "" and job.stage or "waiting for the engine"
  window:progress(job.fraction, stage)
  if window:canceled() and not job.cancelling then desk.book:cancel(job.id) end
end

function desk.open()
  desk.line = spool.new(settings.spool, orders.new_id())
  desk.book = jobs.new(function(packet, label)
    local sent = desk.line:send(packet, label)
    if not sent then start_engine() end -- the folder is made by the first engine
    return sent
  end, settings.token)
end

local function work()
  desk.now = desk.now + TICK_SECONDS
  for _, order in ipairs(orders.take()) do take_order(order) end
  for _, reply in ipairs(desk.line:receive()) do
    desk.started_engine = false
    local job = desk.book:receive(reply, desk.now)
    if job and FINISH[job.state] then finish(job) end
  end
  for _, job in ipairs(desk.book:tick(desk.now)) do
    show("the engine does not answer", lost_text(), LuaDialog.MessageType.Warning)
    start_engine()
    close_window(job)
  end
  for _, job in ipairs(desk.book:open()) do
    if job.state == "pending" and desk.now - job.heard_at > START_ENGINE_SECONDS then start_engine() end
    if job.state ~= "lost" then show_progress(job) end
  end
end

-- One tick of the hook's timer. A window that is drawn may call it again from within; that tick is let go. Ardour takes
-- a hook that raises out of its list without a word, so a function that this Ardour lacks is told here instead.
function desk.tick()
  if desk.busy then return end
  desk.busy = true
  local done, problem = pcall(work)
  desk.busy = false
  if not done and not desk.told then
    desk.told = true
    show("a defect of the scripts", ("Please report it, with the version of Ardour: %s"):format(problem),
      LuaDialog.MessageType.Warning)
  end
  show_next()
end

return desk
