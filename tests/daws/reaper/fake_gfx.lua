-- REAPER's `gfx` with no screen: what is drawn is kept as text with its place, keys and mouse come from the test.
-- A function or a variable that REAPER does not have is an error.

local KNOWN = {}
for name in ([[arc blit blurto circle clienttoscreen deltablit dock drawchar drawnumber drawstr getchar getfont
getimgdim getpixel gradrect init line lineto loadimg measurechar measurestr muladdrect printf quit rect rectto
roundrect screentoclient set setcursor setfont setimgdim setpixel showmenu transformblit triangle update]])
  :gmatch("%S+") do KNOWN[name] = true end

local VARIABLES = { x = 0, y = 0, w = 0, h = 0, mouse_x = 0, mouse_y = 0, mouse_cap = 0, mouse_wheel = 0,
  ext_retina = 0 }
local CHARACTER = 7

-- `scale` is how many pixels a point has; `counts_points` is a Mac, where the size of a window is told in points.
-- `widths` are those of letters in pixels at a font size of one, by their codepoint, where a test wants real ones.
local screen = { keys = {}, drawn = {}, shown = {}, open = false, menu = 0, scale = 1, counts_points = false }
local G = {}
local colour, font_pixels = { 0, 0, 0 }, 15

-- Of a window that is open only the title changes.
function G.init(title, width, height, _, left, top)
  screen.title = title
  if screen.open then return end
  screen.open, screen.left, screen.top, screen.drawn = true, left, top, {}
  local wants_pixels = VARIABLES.ext_retina ~= 0
  local size = wants_pixels and screen.counts_points and screen.scale or 1
  VARIABLES.w, VARIABLES.h = width * size, height * size
  if wants_pixels then VARIABLES.ext_retina = screen.scale end
end

function G.quit() screen.open = false end
function G.setfont(_, _, pixels) font_pixels = pixels end

function G.dock(state, ...)
  assert(state == -1 and select("#", ...) == 4, "only the place of the window is told here")
  return 0, screen.left, screen.top, VARIABLES.w, VARIABLES.h
end

function G.set(r, g, b)
  assert(r <= 1 and g <= 1 and b <= 1)
  colour = { r, g, b }
end

function G.rect(x, y, width, height)
  assert(screen.open, "drawn where there is no window")
  table.insert(screen.drawn, { x = x, y = y, width = width, height = height, colour = colour })
end

function G.measurestr(text)
  local sum = 0
  for _, code in utf8.codes(text) do
    sum = sum + (screen.widths and (screen.widths[code] or 0.6) * font_pixels or CHARACTER * screen.scale)
  end
  return sum, font_pixels
end

function G.drawstr(text)
  assert(screen.open, "drawn where there is no window")
  table.insert(screen.drawn, { text = text, x = VARIABLES.x, y = VARIABLES.y, size = font_pixels, colour = colour })
end

function G.update()
  screen.shown, screen.drawn = screen.drawn, {}
end

function G.showmenu(choices)
  screen.offered = choices
  return screen.menu
end

function G.getchar()
  VARIABLES.mouse_cap = screen.mouse and 1 or 0
  if screen.mouse then VARIABLES.mouse_x, VARIABLES.mouse_y = screen.mouse[1], screen.mouse[2] end
  screen.mouse = nil
  if not screen.open then return -1, 0 end
  local key = table.remove(screen.keys, 1)
  if not key then return 0, 0 end
  VARIABLES.mouse_cap = VARIABLES.mouse_cap | (key.cap or 0)
  return key.code, key.unicode or 0
end

-- What is written in the window, in the order in which it was drawn.
function screen.text()
  local parts = {}
  for _, one in ipairs(screen.shown) do parts[#parts + 1] = one.text end
  return table.concat(parts, "\n")
end

-- Click on what is drawn; an error where it is not.
function screen.click(text)
  for _, one in ipairs(screen.shown) do
    if one.text == text then
      screen.mouse = { one.x + 2, one.y + 2 }
      return
    end
  end
  error("there is no " .. text .. " in\n" .. screen.text())
end

local NAMED = { enter = 13, tab = 9, escape = 27, backspace = 8, left = "left", right = "rght", up = "up",
  down = "down", home = "home", ["end"] = "end", delete = "del" }

-- Press a key by name: "enter", "control v", "shift left".
function screen.press(name)
  local shift, plain = name:match("^(shift )(.*)$")
  plain = plain or name
  local letter = plain:match("^control (%l)$")
  local code = letter and letter:byte() - 96 or NAMED[plain]
  if type(code) == "string" then
    local sum = 0
    for _, byte in ipairs({ code:byte(1, -1) }) do sum = sum << 8 | byte end
    code = sum
  end
  table.insert(screen.keys, { code = code, cap = (shift and 8 or 0) | (letter and 4 or 0) })
end

function screen.type(text)
  for _, code in utf8.codes(text) do
    local as_key = code < 256 and code or ("u"):byte() << 24 | code
    table.insert(screen.keys, { code = as_key, unicode = code < 256 and 0 or code })
  end
end

screen.gfx = setmetatable({}, {
  __index = function(_, name)
    if VARIABLES[name] then return VARIABLES[name] end
    if not KNOWN[name] then error("there is no gfx." .. name, 2) end
    return G[name] or error("gfx." .. name .. " is not in this fake", 2)
  end,
  __newindex = function(_, name, value)
    if not VARIABLES[name] then error("there is no gfx." .. name, 2) end
    VARIABLES[name] = value
  end,
})

return screen
