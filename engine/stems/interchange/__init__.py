"""A finished job in the files by which DAWs hand sessions to each other.

timeline    where everything lies, read from the manifest
rpp         REAPER project: takes, markers, pan, the picture
aaf         AAF, linked or embedded (aaf_media: its sounds)
otio        OpenTimelineIO
edl         CMX3600 edit decision lists
dawproject  DAWproject
"""
