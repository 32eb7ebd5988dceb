-- Packets in a stream of bytes, between two END bytes each.
--
-- Source: RFC 1055 (SLIP); OSC 1.1 (Freed and Schmeder, NIME 2009) for the double END.

local slip = {}

local END, ESC = "\xc0", "\xdb"
local ESCAPED = { [END] = ESC .. "\xdc", [ESC] = ESC .. "\xdd" }
local MEANT = { ["\xdc"] = END, ["\xdd"] = ESC }

-- A packet ready for a stream.
function slip.frame(packet)
  return END .. packet:gsub("[\xc0\xdb]", ESCAPED) .. END
end

-- The whole packets of some bytes, and what follows the last of them, to be put before the next bytes. A frame with an
-- escape that means nothing is left out.
function slip.unframe(bytes)
  local packets, from = {}, 1
  while true do
    local stop = bytes:find(END, from, true)
    if not stop then return packets, bytes:sub(from) end
    local raw, sound = bytes:sub(from, stop - 1), true
    local packet = raw:gsub(ESC .. "(.?)", function(escape)
      sound = sound and MEANT[escape] ~= nil
      return MEANT[escape]
    end)
    if sound and #packet > 0 then packets[#packets + 1] = packet end
    from = stop + 1
  end
end

return slip
