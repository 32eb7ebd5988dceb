"""Pro Tools, driven from outside through its scripting interface (PTSL, gRPC), by the package py-ptsl.

link       a registered connection: one command, one answer, Pro Tools' errors as ours
session    what is open and selected: rates, start, selection, markers, the clip under the selection
placing    a finished job onto new tracks, each clip on its sample; taken back whole where a step fails
"""
