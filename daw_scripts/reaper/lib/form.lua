-- What is asked of the user before a job: words, and a few choices. Pure, but for what REAPER keeps between two times.
--
-- Two windows show it: REAPER's own (`prompt`) and ReaImGui's (`prompt_imgui`).

local import = ...
local field, options, presets, refuse = import("field"), import("options"), import("presets"), import("refuse")

local R = reaper
local form = {}

local HISTORY = 30
local NO_PRESET = "No preset"
local MAX_SEED = 9007199254740992

local Form = {}
Form.__index = Form

local function history()
  local found = {}
  for place = 1, HISTORY do
    local said = R.GetExtState(options.SECTION, "history_" .. place)
    if said ~= "" then found[#found + 1] = said end
  end
  return found
end

local function remember(said, before)
  local kept = {}
  for _, one in ipairs(before) do
    if one ~= said then kept[#kept + 1] = one end
  end
  kept[#kept + 1] = said
  for place = 1, math.min(HISTORY, #kept) do
    R.SetExtState(options.SECTION, "history_" .. place, kept[#kept - math.min(HISTORY, #kept) + place], true)
  end
end

-- `about` has `title`, the label of the words, and which rows are wanted: `presets`, `takes` (a number to begin with),
-- `track` (a name to begin with), `cues` (choices of where cues come from); `words_may_lack` where something else says
-- what should sound.
function form.new(about)
  local made = { title = about.title, words_may_lack = about.words_may_lack, rows = {}, choices = {}, focus = 1 }
  setmetatable(made, Form)
  made.history = history()
  made:add("words", about.words or "What should be heard", "", made.history)
  if about.takes then made:add("takes", "Takes", tostring(about.takes)) end
  made:add("seed", "Seed (empty: a new one)", "")
  if about.track then made:add("track", "Track (empty: one a sound)", about.track) end
  if about.presets then
    local titles = { NO_PRESET }
    for _, preset in ipairs(presets) do titles[#titles + 1] = preset.title end
    made.choices[#made.choices + 1] = { name = "preset", label = "Preset", titles = titles, chosen = 1 }
  end
  if about.cues then
    made.choices[#made.choices + 1] = { name = "cues", label = "Cues from", titles = about.cues, chosen = 1 }
  end
  return made
end

function Form:add(name, label, text, before)
  self.rows[#self.rows + 1] = { name = name, label = label, field = field.new(text, before) }
end

function Form:row(name)
  for _, row in ipairs(self.rows) do
    if row.name == name then return row end
  end
  return nil
end

local function text_of(self, name)
  local row = self:row(name)
  return row and row.field:text():match("^%s*(.-)%s*$") or ""
end

local function whole(text, least, most, what)
  local number = math.tointeger(tonumber(text))
  if not number or number < least or number > most then
    refuse("%s is a whole number from %d to %d; %q is not.", what, least, most, text)
  end
  return number
end

-- From REAPER's own chance: Lua 5.3 would begin with the same numbers every time.
function form.new_seed() return tonumber(R.genGuid(""):match("%x%x%x%x%x%x%x"), 16) end

-- Keys of a request, as the user filled them in; a refusal says what has to be changed.
function Form:keys()
  local keys = { prompt = text_of(self, "words"), seed = form.new_seed() }
  for _, choice in ipairs(self.choices) do
    if choice.name == "preset" and choice.chosen > 1 then keys.preset = presets[choice.chosen - 1].name end
  end
  if keys.prompt == "" and not keys.preset and not self.words_may_lack then
    refuse("There are no words yet: write what should be heard, such as \"heavy oak door slam, dry\".")
  end
  if text_of(self, "takes") ~= "" then keys.takes = whole(text_of(self, "takes"), 1, 16, "Takes") end
  if text_of(self, "seed") ~= "" then keys.seed = whole(text_of(self, "seed"), 0, MAX_SEED, "The seed") end
  if text_of(self, "track") ~= "" then keys.track = text_of(self, "track") end
  if keys.prompt ~= "" then remember(keys.prompt, self.history) end
  return keys
end

-- The title chosen in a list.
function Form:chosen(name)
  for _, choice in ipairs(self.choices) do
    if choice.name == name then return choice.titles[choice.chosen] end
  end
  return nil
end

function Form:next(by) self.focus = (self.focus - 1 + by) % #self.rows + 1 end

return form
