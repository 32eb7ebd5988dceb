-- The hook's work, ten times a second: orders to the engine, replies to the timeline, and words to the user.
--
-- It holds nothing up: packets come and go as files, and no more than a few are read at a time. While a message is open
-- its own timer stands still; what the engine says meanwhile is read when the message is closed.

local import = ...
local settings, spool, jobs = import("settings"), import("spool"), import("jobs")
local orders, placing, marking = import("orders"), import("placing"), import("marking")

local TICK_SECONDS = 0.1
local NAMES_SECONDS = 1.0
local START_AGAIN_SECONDS = 60.0
local QUIET_SECONDS = { pending = 2.5 } -- an engine that answers nothing for so long is started; a second one ends
local QUIET_SECONDS_ELSE = 6.0

local desk = { now = 0.0, start_again_at = 0.0, names_at = 0.0, messages = {}, windows = {}, batches = {}, names = {} }

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

-- The engine is started outside of Ardour, and stays when Ardour is closed.
local function start_engine()
  if not settings.start or desk.now < desk.start_again_at then return end
  desk.start_again_at = desk.now + START_AGAIN_SECONDS
  os.execute(settings.start)
end

local function lost_text()
  local by_hand = ("start it with: %s"):format(table.concat(settings.engine, " "))
  if not settings.start then return "The job goes on when there is one; " .. by_hand end
  return ("It is started, and the job goes on then. What it says is in %s. Should it not come, %s"):format(
    settings.log, by_hand)
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

-- Jobs that were asked for at once are placed at once, when the last of them has ended: one step to undo.
local function batch_of(order)
  local id = order.about.batch or order.id
  local batch = desk.batches[id] or { id = id, left = order.about.batch_size or 1, done = {}, words = {} }
  desk.batches[id] = batch
  return batch
end

local function lay_out(batch)
  local first = batch.done[1]
  if first.verb == "spot" then
    local count, names = marking.cues(first.cues, first.about.position_samples)
    for sample, name in pairs(names) do desk.names[sample] = name end
    return count
  end
  local stems = {}
  for place, job in ipairs(batch.done) do stems[place] = job.stems end
  local count, said = placing.stems(stems, step_name(first))
  table.move(said, 1, #said, #batch.words + 1, batch.words)
  return count
end

local function end_one(batch)
  batch.left = batch.left - 1
  if batch.left > 0 then return end
  desk.batches[batch.id] = nil
  if #batch.done == 0 then return end
  local done, result = pcall(lay_out, batch)
  if not done then
    show("the result could not be placed", ("%s\nThe files are in %s."):format(result, batch.done[1].about.folder),
      LuaDialog.MessageType.Warning)
  elseif result == 0 then
    show("nothing came of it", table.concat(batch.words, "\n"))
  elseif #batch.words > 0 then
    show("done", table.concat(batch.words, "\n"))
  end
end

local FINISH = {}

function FINISH.done(job)
  local batch = batch_of(job)
  batch.done[#batch.done + 1] = job
  if (job.result.verdict or "") ~= "" then
    batch.words[#batch.words + 1] = ("%s: %s"):format(job.about.name, job.result.verdict)
  end
  table.move(job.warnings, 1, #job.warnings, #batch.words + 1, batch.words)
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
  end_one(batch_of(job))
  desk.line:forget(job.id)
  desk.line:forget(job.id .. "-cancel")
end

-- Where no engine is, nobody says that a job is cancelled: it ends here. An engine that comes back ends it too.
local function cancel(job)
  desk.book:cancel(job.id)
  if job.state ~= "pending" and job.state ~= "lost" then return end
  desk.line:withdraw(job.id)
  job.state = "cancelled"
  finish(job)
end

local function take_order(order)
  if order.cancel then
    for _, job in ipairs(desk.book:open()) do cancel(job) end
    return
  end
  local job, problem = desk.book:submit(order, desk.now)
  if not job then
    show("it was not asked", problem.sentence, LuaDialog.MessageType.Warning)
    end_one(batch_of(order))
  end
end

local function show_progress(job)
  local window = desk.windows[job.id]
  if not window then
    window = LuaDialog.ProgressWindow("Cuewright: " .. job.verb, true)
    desk.windows[job.id] = window
  end
  local starting = job.state == "pending" and desk.now < desk.start_again_at
  local stage = starting and "starting the engine" or job.stage ~= "" and job.stage or "waiting for the engine"
  window:progress(job.fraction, stage)
  if window:canceled() and not job.cancelling then cancel(job) end
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
    desk.start_again_at = 0.0 -- one that dies later is started at once
    local job = desk.book:receive(reply, desk.now)
    if job and FINISH[job.state] then finish(job) end
  end
  for _, job in ipairs(desk.book:tick(desk.now)) do
    show("the engine does not answer", lost_text(), LuaDialog.MessageType.Warning)
    close_window(job)
  end
  for _, job in ipairs(desk.book:open()) do
    if desk.now - job.heard_at > (QUIET_SECONDS[job.state] or QUIET_SECONDS_ELSE) then start_engine() end
    if job.state ~= "lost" then show_progress(job) end
  end
  if desk.now >= desk.names_at then
    desk.names_at = desk.now + NAMES_SECONDS
    marking.name_again(desk.names)
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
