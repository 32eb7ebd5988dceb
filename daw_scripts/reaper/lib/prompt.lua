-- The window that asks for words, in REAPER's own graphics.

local import = ...
local canvas, options = import("canvas"), import("options")

local R = reaper
local prompt = {}

local WIDTH, EDGE, LABEL_WIDTH, ROW_HEIGHT = 580, 16, 190, 34
local FIELD_X, FIELD_WIDTH = EDGE + LABEL_WIDTH, WIDTH - 2 * EDGE - LABEL_WIDTH

local Prompt = {}
Prompt.__index = Prompt

-- Show a form; `submit` is called once with its keys, and may refuse, which leaves the window open.
function prompt.open(asked, submit)
  local self = setmetatable({ form = asked, submit = submit }, Prompt)
  self:show()
  self:cycle()
end

-- Open the window as high as its rows and what is said below them.
function Prompt:show(problem)
  self.problem = problem and canvas.lines(problem, WIDTH - 2 * EDGE) or {}
  self.height = 2 * EDGE + (#self.form.rows + #self.form.choices) * ROW_HEIGHT + #self.problem * canvas.LINE_POINTS + 40
  canvas.open("Cuewright: " .. self.form.title, WIDTH, self.height)
end

function Prompt:send()
  local done, problem = pcall(function() return self.submit(self.form) end)
  if done then return true end
  if type(problem) ~= "table" then error(problem, 0) end
  self:show(problem.sentence)
  return false
end

-- The system's clipboard where the SWS extension gives it, else what was copied in one of our fields.
local function clipboard(field)
  if R.APIExists("CF_GetClipboard") then return R.CF_GetClipboard("") end
  return field.clipboard ~= "" and field.clipboard or R.GetExtState(options.SECTION, "clipboard")
end

function Prompt:press(event)
  local field = self.form.rows[self.form.focus].field
  if event.text then field:insert(event.text) end
  if not event.key then return end
  if event.key == "tab" then
    self.form:next(event.shift and -1 or 1)
  elseif event.key == "control v" then
    field:insert(clipboard(field))
  elseif field:press(event.key, event.shift) and (event.key == "control c" or event.key == "control x") then
    R.SetExtState(options.SECTION, "clipboard", field.clipboard, false)
  end
end

-- Where in a field's text a click at some pixels from its start falls.
local function place_at(field, pixels)
  for place = 1, #field.codes do
    if canvas.width(field:before(place)) > pixels then return place - 1 end
  end
  return #field.codes
end

local function draw_field(row, y, focused, event)
  local field = row.field
  canvas.text(row.label, EDGE, y + 5, canvas.FAINT)
  canvas.box(FIELD_X, y, FIELD_WIDTH, 27, canvas.FIELD)
  local inner = FIELD_WIDTH - 12
  -- The text slides to the left until the cursor is inside.
  local slid = math.max(0, canvas.width(field:before(field.cursor)) - inner)
  local function x_of(place) return FIELD_X + 6 + canvas.width(field:before(place)) - slid end
  if event.down and canvas.inside(event, FIELD_X, y, FIELD_WIDTH, 27) then
    field:point(place_at(field, event.x - FIELD_X - 6 + slid), not event.clicked or event.shift)
  end
  if focused then
    local from, to = field:selection()
    local left, right = math.max(FIELD_X, x_of(from)), math.min(FIELD_X + FIELD_WIDTH, x_of(to))
    if to > from then canvas.box(left, y + 3, right - left, 21, canvas.ACCENT) end
    canvas.box(x_of(field.cursor), y + 4, 1, 19, canvas.INK)
  end
  local shown = field:text()
  while slid > 0 and canvas.width(shown) > inner do shown = shown:sub(utf8.offset(shown, 2)) end
  canvas.text(shown, FIELD_X + 6, y + 5)
end

function Prompt:draw(event)
  local form, y = self.form, EDGE
  canvas.clear()
  for place, row in ipairs(form.rows) do
    if event.clicked and canvas.inside(event, FIELD_X, y, FIELD_WIDTH, 27) then form.focus = place end
    draw_field(row, y, form.focus == place, event)
    y = y + ROW_HEIGHT
  end
  for _, choice in ipairs(form.choices) do
    canvas.text(choice.label, EDGE, y + 5, canvas.FAINT)
    if canvas.list(choice.titles[choice.chosen], FIELD_X, y, FIELD_WIDTH, 27, event) then
      choice.chosen = canvas.menu(choice.titles, FIELD_X, y + 27) or choice.chosen
    end
    y = y + ROW_HEIGHT
  end
  canvas.draw_lines(self.problem, EDGE, y, canvas.WARNING)
  local bottom = self.height - 44
  local cancelled = canvas.button("Cancel", WIDTH - 232, bottom, 100, 28, event)
  return canvas.button("Go", WIDTH - 116, bottom, 100, 28, event), cancelled
end

function Prompt:cycle()
  local event = canvas.poll()
  if event.closed then return end
  self:press(event)
  local go, cancelled = self:draw(event)
  canvas.flush()
  if cancelled or event.key == "escape" then return canvas.close() end
  if (go or event.key == "enter") and self:send() then return end
  R.defer(function() self:cycle() end)
end

return prompt
