-- Lets a script call only what REAPER publishes, with as many arguments and of the types that it takes.

local function is(kind, value)
  if kind == "integer" then return math.type(value) == "integer" or (type(value) == "number" and value % 1 == 0) end
  if kind == "size" then return math.type(value) == "integer" end
  if kind == "number" or kind == "string" or kind == "boolean" or kind == "function" then return type(value) == kind end
  if kind == "ReaProject" then return value == 0 or (type(value) == "table" and value.kind == kind) end
  if kind == "identifier" then return type(value) == "table" and value.kind ~= nil end
  return type(value) == "table" and value.kind == kind
end

local function checked(name, kinds, work)
  local expected, least = {}, 0
  for kind in kinds:gmatch("%S+") do
    expected[#expected + 1] = kind:gsub("%?$", "")
    if not kind:find("%?$") then least = #expected end
  end
  return function(...)
    local given = select("#", ...)
    if given < least or given > #expected then
      error(("reaper.%s takes %d arguments, not %d"):format(name, #expected, given), 2)
    end
    for place, kind in ipairs(expected) do
      local value = select(place, ...)
      if not is(kind, value) and not (place > least and value == nil) then
        error(("reaper.%s: argument %d is %s, not %s"):format(name, place, kind, tostring(value)), 2)
      end
    end
    return work(...)
  end
end

-- The table `reaper` for a script: the functions of `work` behind the signatures of `api`, and those of the extensions
-- that `fake` has installed; others of an extension are not there.
return function(api, fake, work)
  local named = {}
  for name in api.names:gmatch("%S+") do named[name] = true end
  return setmetatable({}, { __index = function(_, name)
    local kinds = api.native[name] or fake.extensions[name]
    if kinds then return checked(name, kinds, work[name]) end
    if api.sws[name] or api.imgui[name] then return nil end
    error(("reaper.%s %s"):format(name, named[name] and "is not in this fake" or "is no function of REAPER"), 2)
  end })
end
