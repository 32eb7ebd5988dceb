"""Story 1 in REAPER: a door on a frame, four takes in one item, one undo."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from reaper_rig import Rig

from engine.cli.process import EngineProcess

RATE = 48_000
CURSOR_TIMECODE_SAMPLES = 179_243_064  # 01:02:10:12 at 23.976
START_SAMPLES = 172_972_800  # 01:00:00:00
CURSOR = (CURSOR_TIMECODE_SAMPLES - START_SAMPLES) / RATE
CLEAR = 0.01


@pytest.mark.parametrize("transport", ["spool", "udp"])
def test_story_1(reaper: Rig, running: EngineProcess, transport: str) -> None:
    reaper.option(transport=transport, port=running.port)
    reaper.set(
        no_sockets=transport == "spool",
        frame_rate=24_000 / 1001,
        offset_timecode="01:00:00:00",
        cursor=CURSOR,
    )
    reaper.run("add_track('FX_DOOR').v.I_SELECTED = 1")
    before = reaper.project
    reaper.do("Generate", "heavy oak door slam, dry")
    assert reaper.boxes == []
    assert reaper.window == ""
    (track,) = reaper.project["tracks"]
    (item,) = track["items"]
    assert len(item["takes"]) == 4
    for take in item["takes"]:
        path = Path(take["path"])
        assert path.parent == reaper.media / "Cuewright"
        assert path.name.startswith("DOORWood_")
        samples = np.abs(soundfile.read(path, always_2d=True)[0]).max(axis=1)
        sounding = int(np.argmax(samples > samples.max() * CLEAR)) / RATE
        heard_at = item["values"]["D_POSITION"] + sounding - take["values"]["D_STARTOFFS"]
        assert abs(heard_at - CURSOR) < 0.001
    assert len(reaper.undo_names) == 1
    reaper.undo()
    assert reaper.project == before
