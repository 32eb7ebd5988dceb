-- @description Cuewright: Open report
-- @version 0.1.0
-- @author Cuewright
-- @about The page that plays the picture with the stems.
-- @noindex

local here = debug.getinfo(1, "S").source:match("^@?(.*[/\\])")
dofile(here .. "lib/start.lua")(here, "report")
