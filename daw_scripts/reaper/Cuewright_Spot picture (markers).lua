-- @description Cuewright: Spot picture (markers)
-- @version 0.1.0
-- @author Cuewright
-- @about Markers where something should sound in a video.
-- @noindex

local here = debug.getinfo(1, "S").source:match("^@?(.*[/\\])")
dofile(here .. "lib/start.lua")(here, "spot")
