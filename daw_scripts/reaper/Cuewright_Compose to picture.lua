-- @description Cuewright: Compose to picture
-- @version 0.1.0
-- @author Cuewright
-- @about Sounds on the moments of a video or of markers, each onset on its cue.
-- @noindex

local here = debug.getinfo(1, "S").source:match("^@?(.*[/\\])")
dofile(here .. "lib/start.lua")(here, "compose")
