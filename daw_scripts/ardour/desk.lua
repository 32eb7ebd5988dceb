-- The hook's work, ten times a second: orders to the engine, replies to the timeline, and words to the user.
--
-- It holds nothing up: packets come and go as files, and no more than a few are read at a time. While a message is open
-- its own timer stands still; what the engine says meanwhile is read when the message is closed.

local import = ...
local settings, spool, jobs = import("settings"), import("spool"), import("jobs")
local orders, placing = import("orders"), import("placing")

local TICK_SECONDS = 0.1
local START_ENGINE_SECONDS = 1.5

local desk = { now = 0.0, messages = {}, windows = {}, finished = {} }

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
  desk.started_engine = true
  os.forkexec(table.unpack(settings.engine))
end

local function close_window(job)
  if desk.windows[job.id] then desk.windows[job.id]:done() end
  desk.windows[job.id] = nil
end

local function step_name(job)
  local words = job.about.words or ""
  return ("Cuewright: %s %s"):format(job.verb, #words > 40 and words:sub(1, 37) .. "..." or words)
end

local FINISH = {}

function FINISH.done(job)
  local done, result
  if job.verb == "spot" then
    done, result = pcall(placing.markers, job.cues, job.about.position_samples)
  else
    done, result = pcall(placing.stems, job.stems, step_name(job), job.about.track)
  end
  if not done then
    show("the result could not be placed", ("%s\nThe files are in %s."):format(result, job.about.folder),
      LuaDialog.MessageType.Warning)
  elseif result == 0 then
    show("nothing came of it", table.concat(job.warnings, "\n"))
  elseif #job.warnings > 0 then
    show("done, with a word of care", table.concat(job.warnings, "\n"))
  end
  desk.finished[job.verb] = job
  local file = io.open(settings.spool .. "/" .. job.about.session .. ".last", "wb")
  if file then -- for More takes and Open report, which run in a Lua of their own
    file:write(("return { id = %q, report = %q, verb = %q, placed = %s }\n"):format(
      job.id, job.result.report or "", job.verb, tostring(done)))
    file:close()
  end
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

-- One tick of the hook's timer. A window that is drawn may call it again from within; that tick is let go.
function desk.tick()
  if desk.busy then return end
  desk.busy = true
  desk.now = desk.now + TICK_SECONDS
  for _, order in ipairs(orders.take()) do take_order(order) end
  for _, reply in ipairs(desk.line:receive()) do
    local job = desk.book:receive(reply, desk.now)
    if job and FINISH[job.state] then finish(job) end
  end
  for _, job in ipairs(desk.book:tick(desk.now)) do
    show("the engine does not answer", ("The job goes on as soon as it does. Start it with: %s"):format(
      table.concat(settings.engine, " ")), LuaDialog.MessageType.Warning)
    close_window(job)
  end
  for _, job in ipairs(desk.book:open()) do
    if job.state == "pending" and desk.now - job.heard_at > START_ENGINE_SECONDS then start_engine() end
    if job.state ~= "lost" then show_progress(job) end
  end
  desk.busy = false
  show_next()
end

return desk
