-- REAPER's native window (`gfx`): keys and mouse as events, and the few things that are drawn.
--
-- Everything here is in points; a screen of high resolution has more pixels to a point, and only this file knows.

local R = reaper
local canvas = {}

local FONT, FONT_POINTS, LINE_POINTS = "Arial", 15, 19
local INK, FAINT, WARNING = 0xe6e6e6, 0x9a9a9a, 0xe6b35c
local GROUND, FIELD, ACCENT = 0x2b2b2b, 0x1c1c1c, 0x4a8fd9
local LEFT_BUTTON, CONTROL, SHIFT, ALT = 1, 4, 8, 16
canvas.LINE_POINTS, canvas.INK, canvas.FAINT, canvas.WARNING = LINE_POINTS, INK, FAINT, WARNING
canvas.FIELD, canvas.ACCENT = FIELD, ACCENT

local NAMED = { [8] = "backspace", [9] = "tab", [13] = "enter", [27] = "escape" }
for name, key in pairs({ left = "left", rght = "right", up = "up", down = "down", home = "home", ["end"] = "end",
  del = "delete" }) do
  local code = 0
  for _, byte in ipairs({ name:byte(1, -1) }) do code = code << 8 | byte end
  NAMED[code] = key
end

local is_open, was_down, scale = false, false, 1
local left, top = 200, 200

local function init(title, width, height)
  gfx.ext_retina = 1 -- asks for the pixels of the screen; REAPER puts their number to a point in its place
  gfx.init(title, width, height, 0, left, top)
  scale = math.max(1, gfx.ext_retina)
  local counts_points = R.GetOS():find("OSX") or R.GetOS():find("macOS")
  if scale > 1 and not counts_points then
    gfx.quit()
    gfx.init(title, math.floor(width * scale), math.floor(height * scale), 0, left, top)
  end
  gfx.setfont(1, FONT, math.floor(FONT_POINTS * scale))
end

-- Open the window; one that is open already goes, since REAPER would give it the new title alone.
function canvas.open(title, width, height)
  canvas.close()
  init(title, width, height)
  is_open, was_down = true, true -- a button that is held is of the window before
end

function canvas.close()
  if is_open then
    local _, x, y = gfx.dock(-1, 0, 0, 0, 0)
    left, top = x, y
    gfx.quit()
  end
  is_open = false
end

-- What `gfx.getchar` gave, as `key` (named, or a letter with control held) or `text` to be typed.
local function key_of(event, code, unicode)
  local held = gfx.mouse_cap
  event.shift = held & SHIFT ~= 0
  event.key = NAMED[code]
  if event.key then return end
  local control = held & CONTROL ~= 0 and held & ALT == 0 -- both together are AltGr, which writes letters
  if code >= 1 and code <= 26 then
    event.key = "control " .. string.char(code + 96)
  elseif control and code >= 97 and code <= 122 then
    event.key = "control " .. string.char(code)
  elseif unicode and unicode >= 32 then
    event.text = utf8.char(unicode)
  elseif code >> 24 == ("u"):byte() then
    event.text = utf8.char(code & 0xffffff)
  elseif code >= 32 and code < 256 and not control then
    event.text = utf8.char(code)
  end
end

-- One key and the mouse since the last call: `{ closed, key, text, shift, clicked, down, x, y }`.
function canvas.poll()
  local code, unicode = gfx.getchar()
  local event = { x = gfx.mouse_x / scale, y = gfx.mouse_y / scale, closed = code < 0 }
  if event.closed then is_open = false end
  if code > 0 then key_of(event, code, unicode) end
  event.down = gfx.mouse_cap & LEFT_BUTTON ~= 0
  event.clicked = event.down and not was_down
  was_down = event.down
  return event
end

local function paint(colour)
  gfx.set((colour >> 16) / 255, (colour >> 8 & 255) / 255, (colour & 255) / 255, 1)
end

function canvas.clear()
  paint(GROUND)
  gfx.rect(0, 0, gfx.w, gfx.h, true)
end

function canvas.flush() gfx.update() end
function canvas.width(text) return gfx.measurestr(text) / scale end

function canvas.box(x, y, width, height, colour)
  paint(colour)
  gfx.rect(math.floor(x * scale), math.floor(y * scale), math.ceil(width * scale), math.ceil(height * scale), true)
end

function canvas.text(text, x, y, colour)
  paint(colour or INK)
  gfx.x, gfx.y = math.floor(x * scale), math.floor(y * scale)
  gfx.drawstr(text)
end

-- As much of a word as fits a width, at least a letter, and the rest of it.
local function broken(word, width)
  local fits = utf8.offset(word, 2) or #word + 1
  for at in utf8.codes(word, true) do
    if at > 1 and canvas.width(word:sub(1, at - 1)) > width then break end
    fits = math.max(fits, at)
  end
  return word:sub(1, fits - 1), word:sub(fits)
end

-- Text broken into lines at spaces, and within a word that is too long for one, such as a path.
function canvas.lines(text, width)
  local lines = {}
  for paragraph in (text .. "\n"):gmatch("(.-)\n") do
    local line = ""
    for word in paragraph:gmatch("%S+") do
      local longer = line == "" and word or line .. " " .. word
      if line ~= "" and canvas.width(longer) > width then
        lines[#lines + 1], longer = line, word
      end
      while canvas.width(longer) > width do
        lines[#lines + 1], longer = broken(longer, width)
      end
      line = longer
    end
    lines[#lines + 1] = line
  end
  return lines
end

function canvas.draw_lines(lines, x, y, colour)
  for place, line in ipairs(lines) do canvas.text(line, x, y + (place - 1) * LINE_POINTS, colour) end
end

function canvas.bar(x, y, width, height, fraction)
  canvas.box(x, y, width, height, FIELD)
  canvas.box(x, y, math.floor(width * math.min(1.0, math.max(0.0, fraction))), height, ACCENT)
end

function canvas.inside(event, x, y, width, height)
  return event.x >= x and event.x < x + width and event.y >= y and event.y < y + height
end

-- Draw a button; whether it was clicked.
function canvas.button(label, x, y, width, height, event)
  canvas.box(x, y, width, height, canvas.inside(event, x, y, width, height) and ACCENT or FIELD)
  canvas.text(label, x + math.floor((width - canvas.width(label)) / 2), y + 6)
  return event.clicked and canvas.inside(event, x, y, width, height)
end

-- Draw what is chosen of a list; whether it was clicked.
function canvas.list(chosen, x, y, width, height, event)
  canvas.box(x, y, width, height, canvas.inside(event, x, y, width, height) and ACCENT or FIELD)
  canvas.text(chosen, x + 6, y + 5)
  canvas.text("▼", x + width - 20, y + 5, FAINT)
  return event.clicked and canvas.inside(event, x, y, width, height)
end

-- A menu of choices under a place; the one chosen, or nil.
function canvas.menu(choices, x, y)
  gfx.x, gfx.y = math.floor(x * scale), math.floor(y * scale)
  local shown = {}
  for place, choice in ipairs(choices) do shown[place] = choice:gsub("^[#!<>]", ""):gsub("|", "/") end
  local chosen = gfx.showmenu(table.concat(shown, "|"))
  return chosen > 0 and chosen or nil
end

return canvas
