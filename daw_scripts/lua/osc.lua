-- OSC 1.0 packets to messages and back, within the bounds of the engine's own codec.
--
-- Values are strings, integers, floats and booleans; nil travels as `osc.null`, and bytes as `{ blob = "..." }`. This
-- module knows the format only, neither our addresses nor any DAW. Lua 5.3 and later.
--
-- Source: Open Sound Control 1.0 specification (M. Wright, CNMAT, 2002), with the tags T F N I of OSC 1.1.

local osc = {}

osc.MAX_PACKET_BYTES = 65536
osc.MAX_ARGUMENTS = 256
osc.MAX_MESSAGES = 64
osc.MAX_NESTING = 4

osc.null = setmetatable({}, { __tostring = function() return "nil" end })

local BUNDLE = "#bundle\0"
local TIMETAG_BYTES = 8
local NUMBERS = { i = ">i4", h = ">i8", f = ">f", d = ">d" }
local CONSTANTS = { T = true, F = false, N = osc.null, I = math.huge }

local function malformed(sentence)
  error({ code = "malformed_packet", sentence = sentence }, 0)
end

local function padded(text)
  return text .. ("\0"):rep(4 - #text % 4)
end

-- Decoding: `last` is the offset of the last byte of the element that is read; every size is checked before it is used.

local function read_string(data, offset, last)
  local stop = data:find("\0", offset, true)
  if not stop or stop > last then malformed("A string in the packet has no end.") end
  local text = data:sub(offset, stop - 1)
  if not utf8.len(text) then malformed("A string in the packet is not UTF-8.") end
  return text, offset + (stop - offset) // 4 * 4 + 4
end

local function read_blob(data, offset, last)
  if offset + 3 > last then malformed("The packet ends in the middle of a blob.") end
  local size = string.unpack(">I4", data, offset)
  offset = offset + 4
  if size > last - offset + 1 then malformed("The packet ends in the middle of a blob.") end
  return { blob = data:sub(offset, offset + size - 1) }, offset + (size + 3) // 4 * 4
end

local function read_value(tag, data, offset, last)
  if tag == "s" then return read_string(data, offset, last) end
  if tag == "b" then return read_blob(data, offset, last) end
  local constant = CONSTANTS[tag]
  if constant ~= nil then return constant, offset end
  local format = NUMBERS[tag]
  if not format then malformed(("Type tag %q is not one of i h f d s b T F N I."):format(tag)) end
  if offset + string.packsize(format) - 1 > last then malformed("The packet ends in the middle of a number.") end
  return string.unpack(format, data, offset)
end

local function read_message(data, offset, last)
  local address, tags
  address, offset = read_string(data, offset, last)
  if address:sub(1, 1) ~= "/" then malformed("An OSC address begins with '/'.") end
  local message = { address = address, arguments = {} }
  if offset > last then return message end -- some old senders leave the type tags out when there are no arguments
  tags, offset = read_string(data, offset, last)
  if tags:sub(1, 1) ~= "," then malformed("The type tags do not begin with ','.") end
  if #tags > osc.MAX_ARGUMENTS + 1 then
    malformed(("A message has at most %d arguments."):format(osc.MAX_ARGUMENTS))
  end
  for tag in tags:sub(2):gmatch(".") do
    message.arguments[#message.arguments + 1], offset = read_value(tag, data, offset, last)
  end
  if offset ~= last + 1 then malformed(("%d bytes follow the last argument."):format(last + 1 - offset)) end
  return message
end

local function read_element(data, offset, last, depth, messages)
  if data:sub(offset, math.min(last, offset + #BUNDLE - 1)) ~= BUNDLE then
    if #messages == osc.MAX_MESSAGES then
      malformed(("A packet holds at most %d messages."):format(osc.MAX_MESSAGES))
    end
    messages[#messages + 1] = read_message(data, offset, last)
    return
  end
  if depth == osc.MAX_NESTING then malformed(("Bundles are nested more than %d deep."):format(osc.MAX_NESTING)) end
  offset = offset + #BUNDLE + TIMETAG_BYTES
  if offset > last + 1 then malformed("A bundle ends before its timetag.") end
  while offset <= last do
    local size = string.unpack(">I4", data, offset)
    offset = offset + 4
    if size == 0 or size % 4 ~= 0 or size > last - offset + 1 then
      malformed(("A bundle's element says %d bytes where %d are left."):format(size, last - offset + 1))
    end
    read_element(data, offset, offset + size - 1, depth + 1, messages)
    offset = offset + size
  end
end

-- The messages of a packet, in order, those of bundles unpacked; or nil and an error `{ code, sentence }`.
function osc.decode(packet)
  local messages = {}
  local done, problem = pcall(function()
    if #packet == 0 or #packet % 4 ~= 0 then
      malformed(("An OSC packet is a multiple of 4 bytes; this one has %d."):format(#packet))
    end
    if #packet > osc.MAX_PACKET_BYTES then
      malformed(("A packet is at most %d bytes; this one has %d."):format(osc.MAX_PACKET_BYTES, #packet))
    end
    read_element(packet, 1, #packet, 0, messages)
  end)
  if done then return messages end
  if type(problem) ~= "table" then error(problem, 0) end
  return nil, problem
end

-- The value that 32 bits carry.
function osc.float32(value)
  return (string.unpack(">f", string.pack(">f", value)))
end

local function packed(value)
  local kind = math.type(value) or type(value)
  if value == osc.null then return "N", "" end
  if kind == "boolean" then return value and "T" or "F", "" end
  if kind == "string" then
    if value:find("\0", 1, true) then error("text in an OSC message cannot hold a null byte") end
    if not utf8.len(value) then error("text in an OSC message is UTF-8") end
    return "s", padded(value)
  end
  if kind == "integer" then
    if value >= -0x80000000 and value <= 0x7fffffff then return "i", string.pack(">i4", value) end
    return "h", string.pack(">i8", value)
  end
  if kind == "float" then
    if value ~= value or osc.float32(value) == value then return "f", string.pack(">f", value) end
    return "d", string.pack(">d", value)
  end
  if kind == "table" and type(value.blob) == "string" then
    return "b", string.pack(">I4", #value.blob) .. value.blob .. ("\0"):rep(-#value.blob % 4)
  end
  error(("a %s cannot travel in an OSC message"):format(kind))
end

-- The packet of one message. Whole numbers travel as i where they fit and else as h, others as f where that is exact
-- and else as d. Raises where a value cannot travel.
function osc.encode(address, arguments)
  if #arguments > osc.MAX_ARGUMENTS then error(("a message has at most %d arguments"):format(osc.MAX_ARGUMENTS)) end
  local tags, body = { "," }, {}
  for place, value in ipairs(arguments) do
    tags[place + 1], body[place] = packed(value)
  end
  return padded(address) .. padded(table.concat(tags)) .. table.concat(body)
end

-- A packet of packets, done in their order.
function osc.bundle(packets)
  local parts = { BUNDLE, "\0\0\0\0\0\0\0\1" }
  for _, packet in ipairs(packets) do parts[#parts + 1] = string.pack(">s4", packet) end
  return table.concat(parts)
end

return osc
