-- @description Cuewright: Generate at cursor / in time selection
-- @version 0.1.0
-- @author Cuewright
-- @about Sounds from words, as an item with takes at the cursor or in the time selection.
-- @noindex

local here = debug.getinfo(1, "S").source:match("^@?(.*[/\\])")
dofile(here .. "lib/start.lua")(here, "generate")
