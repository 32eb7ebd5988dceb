"""Heard before it is printed.

knobs       what moves while a sound plays
grains      a sound read at any pace and pitch, from anywhere, without a click
space       a room whose decay moves
candidate   the sounds to choose from
desk        all of it in blocks: the same moves give the same samples; no device, no clock
pass_of     once round the loop, to be printed
output      devices, and a clock where there is none
making      what takes a while: files read, built-in sounds made, prints written
messages    what the engine and the player say to each other
player      the process that plays
service     the player as the engine sees it: started, told, listened to, started again
"""
