-- REAPER's `gfx` with no screen: what is drawn is kept as text with its place, keys and mouse come from the test.
-- A function or a variable that REAPER does not have is an error.

local KNOWN = {}
for name in ([[arc blit blurto circle clienttoscreen deltablit dock drawchar drawnumber drawstr getchar getfont
getimgdim getpixel gradrect init line lineto loadimg measurechar measurestr muladdrect printf quit rect rectto
roundrect screentoclient set setcursor setfont setimgdim setpixel showmenu transformblit triangle update]])
  :gmatch("%S+") do KNOWN[name] = true end

local VARIABLES = { x = 0, y = 0, w = 0, h = 0, mouse_x = 0, mouse_y = 0, mouse_cap = 0, mouse_wheel = 0 }
local CHARACTER = 7

local screen = { keys = {}, drawn = {}, shown = {}, open = false, menu = 0 }
local G = {}

function G.init(title, width, height)
  screen.title, screen.open = title, true
  VARIABLES.w, VARIABLES.h = width, height
end

function G.quit() screen.open = false end
function G.setfont() end
function G.set(r, g, b) assert(r <= 1 and g <= 1 and b <= 1) end
function G.rect(x, y, width, height) assert(x and y and width and height) end
function G.measurestr(text) return utf8.len(text) * CHARACTER, 15 end

function G.drawstr(text)
  assert(screen.open, "drawn where there is no window")
  table.insert(screen.drawn, { text = text, x = VARIABLES.x, y = VARIABLES.y })
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
  for place, one in ipairs(screen.shown) do parts[place] = one.text end
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
