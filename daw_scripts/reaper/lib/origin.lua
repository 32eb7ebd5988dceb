-- What an item's takes were made from, kept in the item itself: enough to ask for more of them, or to rebuild them.
--
-- REAPER keeps one line of text under a name, so keys are written as `name=type:value` with the bytes that could harm
-- a line escaped.

local R = reaper
local origin = {}

local PREFIX = "P_EXT:cuewright_"
local WRITE = { string = "s", boolean = "b", integer = "i", float = "f" }
local READ = {
  s = function(text) return text end,
  b = function(text) return text == "true" end,
  i = function(text) return math.tointeger(tonumber(text)) end,
  f = function(text) return tonumber(text) end,
}

local function escaped(text)
  return (text:gsub('[%%=&"`\'%c]', function(byte) return ("%%%02x"):format(byte:byte()) end))
end

local function unescaped(text)
  return (text:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

function origin.encode(keys)
  local parts = {}
  for name, value in pairs(keys) do
    local kind = math.type(value) or type(value)
    local text = kind == "float" and ("%.17g"):format(value) or tostring(value)
    parts[#parts + 1] = ("%s=%s:%s"):format(name, WRITE[kind], escaped(text))
  end
  table.sort(parts)
  return table.concat(parts, "&")
end

function origin.decode(text)
  local keys = {}
  for name, kind, value in text:gmatch("([%w_]+)=([sbif]):([^&]*)") do keys[name] = READ[kind](unescaped(value)) end
  return keys
end

-- Write fields into an item or take; `set` is REAPER's function for its kind.
local function write(set, thing, fields)
  for name, value in pairs(fields) do set(thing, PREFIX .. name, escaped(tostring(value)), true) end
end

-- `job` as the core has it, with `about.keys` of its request; `stem` is one of its stems' event and onset.
function origin.mark_take(take, job, stem)
  write(R.GetSetMediaItemTakeInfo_String, take, {
    job = job.id, verb = job.verb, keys = origin.encode(job.about.keys), event = stem.event or "",
    onset_seconds = ("%.9f"):format(stem.onset_samples / stem.sample_rate_hz),
  })
end

function origin.mark_item(item, job)
  local keys, result = job.about.keys, job.result
  write(R.GetSetMediaItemInfo_String, item, {
    job = job.id, prompt = keys.prompt or keys["do"] or "", seed = keys.seed or "", manifest = result.manifest,
    report = result.report,
  })
  local notes = ("%s\nseed %s\n%s"):format(keys.prompt or keys["do"] or "", keys.seed or "", result.manifest)
  R.GetSetMediaItemInfo_String(item, "P_NOTES", notes, true)
end

-- Add a line to the notes of an item, after those of the user.
function origin.add_note(item, line)
  local _, notes = R.GetSetMediaItemInfo_String(item, "P_NOTES", "", false)
  R.GetSetMediaItemInfo_String(item, "P_NOTES", notes == "" and line or notes .. "\n" .. line, true)
end

local function read(get, thing, name)
  local _, value = get(thing, PREFIX .. name, "", false)
  return unescaped(value)
end

-- `{ job, verb, keys, event, onset_seconds }` of a take; nil where it is none of ours.
function origin.of_take(take)
  local get = R.GetSetMediaItemTakeInfo_String
  local job = read(get, take, "job")
  if job == "" then return nil end
  return {
    job = job, verb = read(get, take, "verb"), keys = origin.decode(read(get, take, "keys")),
    event = read(get, take, "event"), onset_seconds = tonumber(read(get, take, "onset_seconds")) or 0.0,
  }
end

-- One field of an item; empty where it is none of ours.
function origin.of_item(item, name)
  return read(R.GetSetMediaItemInfo_String, item, name)
end

return origin
