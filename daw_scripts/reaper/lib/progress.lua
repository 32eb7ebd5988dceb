-- A small window that says how far the work is, with a button to cancel; and at the end what the user should know.

local import = ...
local canvas = import("canvas")

local R = reaper
local progress = {}

local WIDTH, HEIGHT = 460, 150

local Progress = {}
Progress.__index = Progress

function progress.open(title)
  canvas.open("Cuewright: " .. title, WIDTH, HEIGHT)
  return setmetatable({ status = "", fraction = 0.0, open = true }, Progress)
end

function Progress:show(status, fraction)
  self.status, self.fraction = status, fraction
end

-- Leave sentences for the user; in the console where the window was closed meanwhile.
function Progress:tell(said)
  self.said = table.concat(said, "\n")
  if not self.open then R.ShowConsoleMsg("Cuewright: " .. self.said .. "\n") end
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
  canvas.wrapped(self.said or self.status, 16, 16, WIDTH - 32)
  if not self.said then canvas.bar(16, 64, WIDTH - 32, 14, self.fraction) end
  local clicked = canvas.button(self.said and "Close" or "Cancel", WIDTH - 116, HEIGHT - 44, 100, 28, event)
  if clicked or event.key == "escape" then
    if self.said then self:close() else self.wants_cancel = true end
  end
  canvas.flush()
  return self.open
end

return progress
