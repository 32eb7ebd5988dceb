-- @description Cuewright: Align to picture
-- @version 0.1.0
-- @author Cuewright
-- @about Sounds moved onto their moments in the picture.
-- @noindex

local here = debug.getinfo(1, "S").source:match("^@?(.*[/\\])")
dofile(here .. "lib/start.lua")(here, "align")
