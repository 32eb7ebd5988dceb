-- @description Cuewright: More takes
-- @version 0.1.0
-- @author Cuewright
-- @about More takes of what the selected items were made from.
-- @noindex

local here = debug.getinfo(1, "S").source:match("^@?(.*[/\\])")
dofile(here .. "lib/start.lua")(here, "more")
