-- Sounds moved onto their moments in the picture.

local import = ...
local protocol, refuse = import("protocol"), import("refuse")

local align = {}

function align.run()
  if not protocol.requests["/cuewright/align"] then
    refuse("This engine cannot align sounds to the picture yet. Until it can: \"Spot picture (markers)\", move the "
      .. "markers, then \"Compose to picture\", which puts every onset on its marker.")
  end
  refuse("These scripts are older than what they were installed from: run `cuewright install reaper`.")
end

return align
