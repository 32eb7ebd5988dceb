"""Align to picture in a fake REAPER beside the running engine: a take that is in time, or the reason for none."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from reaper_rig import Rig, lua

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "video"))
from footage import write_video
from strikes import Hammer

HITS = [0.9, 2.2, 3.1, 4.6]
LATE_SECONDS = 0.23
RATE = 48_000


@pytest.fixture(scope="module")
def picture(engine_home: Path) -> Path:
    return write_video(engine_home / "reaper-align.mp4", Hammer(HITS).draw, seconds=6.0)


def struck(path: Path, late_seconds: float) -> Path:
    time = np.arange(RATE // 4) / RATE
    strike = np.exp(-time / 0.03) * np.sin(2 * np.pi * 900 * time)
    sound = np.zeros(6 * RATE)
    for hit in HITS:
        begin = round((hit + late_seconds) * RATE)
        sound[begin : begin + strike.size] += 0.4 * strike
    soundfile.write(path, sound, RATE, subtype="PCM_24")
    return path


def put(reaper: Rig, track: str, path: Path, position: float, *, selected: bool = True) -> None:
    given = {"item": {"B_UISEL": int(selected), "D_POSITION": position, "B_LOOPSRC": 0, "D_LENGTH": 6.0}}
    reaper.run(f"fake.lengths[{lua(path)}] = 6.0")
    reaper.run(f"put({lua(track)}, {lua(path)}, {lua(given)})")


def align(reaper: Rig) -> None:
    reaper.act("Align")
    assert reaper.boxes == [], reaper.get("list(fake.console)")
    reaper.finish()


def item(reaper: Rig) -> Any:
    (found,) = reaper.track("Foley")["items"]
    return found


def test_a_late_item_gets_a_take_in_time_and_its_scores(reaper: Rig, picture: Path) -> None:
    put(reaper, "Video", picture, 20.0, selected=False)
    put(reaper, "Foley", struck(reaper.media / "late.wav", LATE_SECONDS), 20.0)
    before = reaper.project
    align(reaper)
    _, second = item(reaper)["takes"]
    assert second["active"]
    made = soundfile.read(second["path"])[0]
    for hit in HITS:
        begin = round((hit - 0.05) * RATE)
        onset = begin + int(np.argmax(np.abs(made[begin : begin + RATE // 5]) > 0.05))
        assert onset / RATE == pytest.approx(hit, abs=0.03)
    assert "Synchronisation 0.0" in item(reaper)["texts"]["P_NOTES"]
    assert "Synchronisation" in reaper.window
    assert reaper.undo_names == ["Cuewright: Align to picture"]
    reaper.undo()
    assert reaper.project == before


def test_an_item_in_time_stays_and_the_reason_is_told(reaper: Rig, picture: Path) -> None:
    put(reaper, "Video", picture, 20.0, selected=False)
    put(reaper, "Foley", struck(reaper.media / "good.wav", 0.0), 20.0)
    before = reaper.project
    align(reaper)
    assert "The original is kept: it fits as it is." in reaper.window
    assert reaper.project == before
    assert reaper.undo_names == []


def test_the_video_is_looked_at_where_the_item_lies(reaper: Rig, picture: Path) -> None:
    """The item begins 1.5 s after the video."""
    put(reaper, "Video", picture, 20.0, selected=False)
    path = struck(reaper.media / "cut.wav", LATE_SECONDS)
    given = {"item": {"B_UISEL": 1, "D_POSITION": 21.5, "B_LOOPSRC": 0, "D_LENGTH": 4.5}, "take": {"D_STARTOFFS": 1.5}}
    reaper.run(f"fake.lengths[{lua(path)}] = 6.0")
    reaper.run(f"put('Foley', {lua(path)}, {lua(given)})")
    align(reaper)
    _, second = item(reaper)["takes"]
    made = soundfile.read(second["path"])[0]
    begin = round((2.2 - 1.5 - 0.05) * RATE)
    onset = begin + int(np.argmax(np.abs(made[begin : begin + RATE // 5]) > 0.05))
    assert onset / RATE == pytest.approx(2.2 - 1.5, abs=0.03)


@pytest.mark.parametrize(
    ("position", "selected", "told"),
    [
        (20.0, False, "No sound is selected"),
        (90.0, True, "There is no video where"),
        (18.0, True, "begins before the video"),
    ],
)
def test_what_cannot_be_aligned_is_told_and_nothing_changes(
    reaper: Rig, picture: Path, position: float, selected: bool, told: str
) -> None:
    put(reaper, "Video", picture, 20.0, selected=False)
    put(reaper, "Foley", struck(reaper.media / "any.wav", 0.0), position, selected=selected)
    before = reaper.project
    reaper.act("Align")
    assert told in reaper.boxes[0]
    assert reaper.project == before
