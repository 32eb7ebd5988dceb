-- Loads the shared core as a DAW script does, for the programs beside this file: `arg[1]` is its folder.
local folder = arg[1]
local loaded = {}

function import(name) -- luacheck: globals import
  if loaded[name] == nil then
    loaded[name] = assert(loadfile(folder .. "/" .. name .. ".lua"))(import)
  end
  return loaded[name]
end

local function json_string(text)
  return '"' .. text:gsub('[%c"\\]', function(c) return ("\\u%04x"):format(c:byte()) end) .. '"'
end

-- A value as JSON; a table is a list where it has a first element or says so by `n`.
function json(value) -- luacheck: globals json
  local osc = import("osc")
  if value == osc.null or value == nil then return "null" end
  if type(value) == "string" then return json_string(value) end
  if math.type(value) == "float" then
    if value ~= value then return "NaN" end
    if value == math.huge then return "Infinity" end
    return ("%.17g"):format(value):gsub("^(-?%d+)$", "%1.0") .. ""
  end
  if type(value) ~= "table" then return tostring(value) end
  local parts = {}
  if value[1] ~= nil or value.n then
    for place = 1, value.n or #value do parts[place] = json(value[place]) end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  for key, inner in pairs(value) do parts[#parts + 1] = json_string(tostring(key)) .. ":" .. json(inner) end
  return "{" .. table.concat(parts, ",") .. "}"
end
