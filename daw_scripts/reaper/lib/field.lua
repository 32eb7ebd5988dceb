-- A line of text that is edited: cursor, selection, clipboard, history. Pure: keys come in by name.

local field = {}

local Field = {}
Field.__index = Field

local function codepoints(text)
  local found = {}
  for _, code in utf8.codes(text, true) do
    found[#found + 1] = code < 32 and 32 or code -- a line has no ends within
  end
  return found
end

-- `history` is what was typed before, oldest first.
function field.new(text, history)
  local made = setmetatable({ history = history or {}, clipboard = "" }, Field)
  made:set(text)
  return made
end

function Field:set(text)
  self.codes = codepoints(utf8.len(text) and text or "")
  self.cursor, self.anchor = #self.codes, #self.codes
end

-- The text before a place, of the cursor or of the anchor of the selection.
function Field:before(place)
  return utf8.char(table.unpack(self.codes, 1, place))
end

function Field:text() return self:before(#self.codes) end

-- First and last places of the selection; the same where there is none.
function Field:selection()
  return math.min(self.cursor, self.anchor), math.max(self.cursor, self.anchor)
end

function Field:selected_text()
  local from, to = self:selection()
  return utf8.char(table.unpack(self.codes, from + 1, to))
end

local function remove(self, from, to)
  for _ = from + 1, to do table.remove(self.codes, from + 1) end
  self.cursor, self.anchor = from, from
end

-- Put text in the place of the selection.
function Field:insert(text)
  if not utf8.len(text) then return end
  remove(self, self:selection())
  for _, code in ipairs(codepoints(text)) do
    table.insert(self.codes, self.cursor + 1, code)
    self.cursor = self.cursor + 1
  end
  self.anchor = self.cursor
end

local function moved_to(self, place, extend)
  self.cursor = math.max(0, math.min(#self.codes, place))
  if not extend then self.anchor = self.cursor end
end

local function erase(self, by)
  local from, to = self:selection()
  if from == to then from, to = math.max(0, math.min(from, from + by)), math.min(#self.codes, math.max(to, to + by)) end
  remove(self, from, to)
end

local function recall(self, by)
  local place = (self.place or #self.history + 1) + by
  if place < 1 or place > #self.history + 1 then return end
  if not self.place then self.draft = self:text() end
  self:set(place > #self.history and self.draft or self.history[place])
  self.place = place <= #self.history and place or nil
end

local KEYS = {
  left = function(self, shift) moved_to(self, self.cursor - 1, shift) end,
  right = function(self, shift) moved_to(self, self.cursor + 1, shift) end,
  home = function(self, shift) moved_to(self, 0, shift) end,
  ["end"] = function(self, shift) moved_to(self, #self.codes, shift) end,
  backspace = function(self) erase(self, -1) end,
  delete = function(self) erase(self, 1) end,
  up = function(self) recall(self, -1) end,
  down = function(self) recall(self, 1) end,
  ["control a"] = function(self) self.anchor, self.cursor = 0, #self.codes end,
  ["control c"] = function(self) self.clipboard = self:selected_text() end,
  ["control x"] = function(self)
    self.clipboard = self:selected_text()
    remove(self, self:selection())
  end,
}

-- Take a key; whether it means anything here. Pasting is `insert`, since only the script knows a clipboard.
function Field:press(key, shift)
  if not KEYS[key] then return false end
  KEYS[key](self, shift)
  return true
end

-- Put the cursor at a place, as a click does; `extend` selects up to it, as a drag does.
function Field:point(place, extend) moved_to(self, place, extend) end

return field
