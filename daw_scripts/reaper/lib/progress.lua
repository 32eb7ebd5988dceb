-- A small window that says how far the work is, with a button to cancel; and at the end what the user should know.

local import = ...
local canvas = import("canvas")

local R = reaper
local progress = {}

local WIDTH, HEIGHT, EDGE = 460, 150, 16
local MOST_LINES = 24
local ARRANGE = 1

local Progress = {}
Progress.__index = Progress

function progress.open(title)
  canvas.open("Cuewright: " .. title, WIDTH, HEIGHT)
  R.SetCursorContext(ARRANGE, nil) -- keys are REAPER's again: the space bar plays
  return setmetatable({ title = title, height = HEIGHT, status = "", fraction = 0.0, open = true }, Progress)
end

function Progress:show(status, fraction)
  self.status, self.fraction = status, fraction
end

-- Leave sentences for the user: in the window, which grows for them; in the console what it cannot hold, and all of it
-- where the window was closed meanwhile.
function Progress:tell(said)
  local text = table.concat(said, "\n")
  local lines = self.open and canvas.lines(text, WIDTH - 2 * EDGE) or {}
  if not self.open or #lines > MOST_LINES then R.ShowConsoleMsg("Cuewright: " .. text .. "\n") end
  if not self.open then return end
  if #lines > MOST_LINES then
    lines = table.move(lines, 1, MOST_LINES - 1, 1, { [MOST_LINES] = "... all of it is in the console." })
  end
  self.said, self.height = lines, math.max(HEIGHT, 2 * EDGE + #lines * canvas.LINE_POINTS + 44)
  if self.height > HEIGHT then canvas.open("Cuewright: " .. self.title, WIDTH, self.height) end
end

function Progress:close()
  if self.open then canvas.close() end
  self.open = false
end

-- Draw and listen; whether the window is still there.
function Progress:cycle()
  if not self.open then return false end
  local event = canvas.poll()
  if event.closed then self.open = false return false end
  canvas.clear()
  canvas.draw_lines(self.said or canvas.lines(self.status, WIDTH - 2 * EDGE), EDGE, EDGE)
  if not self.said then canvas.bar(EDGE, 64, WIDTH - 2 * EDGE, 14, self.fraction) end
  local label = self.said and "Close" or "Cancel"
  local clicked = canvas.button(label, WIDTH - 100 - EDGE, self.height - 44, 100, 28, event)
  if clicked or event.key == "escape" or (self.said and event.key == "enter") then
    if self.said then self:close() else self.wants_cancel = true end
  end
  canvas.flush()
  return self.open
end

return progress
