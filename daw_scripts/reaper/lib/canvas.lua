-- REAPER's native window (`gfx`): keys and mouse as events, and the few things that are drawn.

local canvas = {}

local FONT, FONT_PIXELS, LINE_PIXELS = "Arial", 15, 19
local INK, FAINT, GROUND, FIELD, ACCENT = 0xe6e6e6, 0x9a9a9a, 0x2b2b2b, 0x1c1c1c, 0x4a8fd9
local LEFT_BUTTON, SHIFT, CONTROL = 1, 8, 4
canvas.LINE_PIXELS, canvas.INK, canvas.FAINT, canvas.FIELD, canvas.ACCENT = LINE_PIXELS, INK, FAINT, FIELD, ACCENT

local NAMED = { [8] = "backspace", [9] = "tab", [13] = "enter", [27] = "escape" }
for name, key in pairs({ left = "left", rght = "right", up = "up", down = "down", home = "home", ["end"] = "end",
  del = "delete" }) do
  local code = 0
  for _, byte in ipairs({ name:byte(1, -1) }) do code = code << 8 | byte end
  NAMED[code] = key
end

local was_down = false

function canvas.open(title, width, height)
  gfx.init(title, width, height, 0, 200, 200)
  gfx.setfont(1, FONT, FONT_PIXELS)
  was_down = false
end

function canvas.close() gfx.quit() end

-- What `gfx.getchar` gave, as `key` (named, or a letter with control held) or `text` to be typed.
local function key_of(event, code, unicode)
  event.shift = gfx.mouse_cap & SHIFT ~= 0
  event.key = NAMED[code]
  if event.key then return end
  if code >= 1 and code <= 26 then
    event.key = "control " .. string.char(code + 96)
  elseif unicode and unicode >= 32 then
    event.text = utf8.char(unicode)
  elseif code >> 24 == ("u"):byte() then
    event.text = utf8.char(code & 0xffffff)
  elseif code >= 32 and code < 256 and gfx.mouse_cap & CONTROL == 0 then
    event.text = utf8.char(code)
  end
end

-- One key and the mouse since the last call: `{ closed, key, text, shift, clicked, down, x, y }`.
function canvas.poll()
  local code, unicode = gfx.getchar()
  local event = { x = gfx.mouse_x, y = gfx.mouse_y, closed = code < 0 }
  if code > 0 then key_of(event, code, unicode) end
  event.down = gfx.mouse_cap & LEFT_BUTTON ~= 0
  event.clicked = event.down and not was_down
  was_down = event.down
  return event
end

local function paint(colour)
  gfx.set((colour >> 16) / 255, (colour >> 8 & 255) / 255, (colour & 255) / 255, 1)
end

function canvas.clear() canvas.box(0, 0, gfx.w, gfx.h, GROUND) end
function canvas.flush() gfx.update() end
function canvas.width(text) return (gfx.measurestr(text)) end

function canvas.box(x, y, width, height, colour)
  paint(colour)
  gfx.rect(x, y, width, height, true)
end

function canvas.text(text, x, y, colour)
  paint(colour or INK)
  gfx.x, gfx.y = x, y
  gfx.drawstr(text)
end

-- Text broken into lines at spaces.
function canvas.wrapped(text, x, y, width)
  for paragraph in (text .. "\n"):gmatch("(.-)\n") do
    local line = ""
    for word in paragraph:gmatch("%S+") do
      local longer = line == "" and word or line .. " " .. word
      if line ~= "" and canvas.width(longer) > width then
        canvas.text(line, x, y)
        line, y = word, y + LINE_PIXELS
      else
        line = longer
      end
    end
    canvas.text(line, x, y)
    y = y + LINE_PIXELS
  end
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

-- A menu of choices under a place; the one chosen, or nil.
function canvas.menu(choices, x, y)
  gfx.x, gfx.y = x, y
  local shown = {}
  for place, choice in ipairs(choices) do shown[place] = choice:gsub("^[#!<>]", ""):gsub("|", "/") end
  local chosen = gfx.showmenu(table.concat(shown, "|"))
  return chosen > 0 and chosen or nil
end

return canvas
