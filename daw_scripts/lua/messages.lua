-- Requests and replies by name, as the protocol's table has them.
--
-- A request is checked before it is sent, so that a wrong key is an error in the script and not a round trip. What only
-- the engine can judge (a frame rate, a file that is not there) is left to it.

local import = ...
local osc, protocol = import("osc"), import("protocol")

local messages = {}

local ID = "^%w[%w._-]*$"
local MAX_ID_LENGTH = 64
local ENVELOPE = {}
for _, argument in ipairs(protocol.any_request) do ENVELOPE[argument.name] = argument end

local KEYS = {}
for address, request in pairs(protocol.requests) do
  KEYS[address] = {}
  for _, argument in ipairs(request.keys) do KEYS[address][argument.name] = argument end
end

local function refuse(code, sentence, field)
  error({ code = code, sentence = sentence, field = field or "" }, 0)
end

-- A bound may have travelled in 32 bits, which is a little beside it.
local function bounded(argument, value)
  if value ~= value or value == math.huge or value == -math.huge then return false end
  local least, most = argument.minimum or value, argument.maximum or value
  return value >= math.min(least, osc.float32(least)) and value <= math.max(most, osc.float32(most))
end

local function chosen(argument, value)
  for _, choice in ipairs(argument.choices or { value }) do
    if choice == value then return true end
  end
  return false
end

local TAKE = {}

function TAKE.string(argument, value)
  if type(value) ~= "string" then return nil end
  if argument.id and (#value > MAX_ID_LENGTH or not value:find(ID)) then return nil end
  return chosen(argument, value) and value or nil
end

function TAKE.boolean(_, value)
  if value == 0 or value == 1 then return value == 1 end
  if type(value) == "boolean" then return value end
  return nil
end

function TAKE.integer(argument, value)
  if type(value) ~= "number" or not bounded(argument, value) then return nil end
  return math.tointeger(value)
end

function TAKE.number(argument, value)
  if type(value) ~= "number" or not bounded(argument, value) then return nil end
  return value
end

local function take(argument, value)
  if value == osc.null and argument.nullable then return value end
  local taken = TAKE[argument.type](argument, value)
  if taken == nil then
    refuse("bad_argument", ("%q is %s."):format(argument.name, argument.expected), argument.name)
  end
  return taken
end

-- The fixed arguments of a message by name, and the place of the first key.
local function take_fixed(row, values)
  local required = 0
  for _, argument in ipairs(row.arguments) do required = required + (argument.required and 1 or 0) end
  if #values < required then
    local missing = row.arguments[#values + 1].name
    refuse("bad_argument", ("%q is missing."):format(missing), missing)
  end
  -- Pairs are even in number, so an odd rest begins with the optional argument.
  local count = required
  if required < #row.arguments and (#values - required) % 2 == 1 then count = required + 1 end
  if (#values - count) % 2 == 1 then
    local last = values[#values]
    refuse("bad_argument", "Keys and values come in pairs and one is left over.", type(last) == "string" and last)
  end
  local fixed = {}
  for place = 1, count do
    local argument = row.arguments[place]
    fixed[argument.name] = take(argument, values[place])
  end
  return fixed, count + 1
end

local function read(message)
  local row = protocol.requests[message.address]
  if not row then refuse("unknown_address", ("There is no address %q."):format(message.address)) end
  local values = message.arguments
  local fixed, first = take_fixed(row, values)
  local request = { address = message.address, fixed = fixed, keys = {}, envelope = {} }
  for place = first, #values, 2 do
    local key, value = values[place], values[place + 1]
    if type(key) ~= "string" then refuse("bad_argument", "A key is text.") end
    local argument, into = KEYS[message.address][key], request.keys
    if not argument then argument, into = ENVELOPE[key], request.envelope end
    if not argument then refuse("bad_argument", ("There is no key %q."):format(key), key) end
    if into[key] ~= nil then refuse("bad_argument", ("The key %q is given twice."):format(key), key) end
    into[key] = take(argument, value)
  end
  return request
end

local function caught(work, ...)
  local done, result = pcall(work, ...)
  if done then return result end
  if type(result) ~= "table" then error(result, 0) end
  return nil, result
end

-- The request that a message makes, `{ address, fixed, keys, envelope }`; or nil and `{ code, sentence, field }`.
function messages.read(message)
  return caught(read, message)
end

-- The packet of a request: fixed arguments in order, keys by name (those that are nil are left out); or nil and an
-- error. Keys travel in the order of their names, so that a request sent again is the same bytes.
function messages.request(address, fixed, keys)
  local arguments, names = table.move(fixed, 1, #fixed, 1, {}), {}
  for name in pairs(keys or {}) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    arguments[#arguments + 1] = name
    arguments[#arguments + 1] = keys[name]
  end
  local request, problem = messages.read({ address = address, arguments = arguments })
  if not request then return nil, problem end
  return osc.encode(address, arguments)
end

local function null_to_nil(value)
  if value == osc.null then return nil end
  return value
end

-- A reply of the engine by the names of its arguments, and what it says ("done") under `says`; nil where it is none.
-- What a later engine appends is left out.
function messages.reply(message)
  local row = protocol.replies[message.address]
  if not row or #message.arguments < #row.arguments then return nil end
  local reply = { says = message.address:match("[^/]+$") }
  for place, argument in ipairs(row.arguments) do reply[argument.name] = null_to_nil(message.arguments[place]) end
  return reply
end

return messages
