"""Aligning the selected clip to the video above it: a fake Live and a real engine over UDP."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from live_rig import Rig
from live_set import Clip

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "video"))
from footage import write_video
from strikes import Hammer

HITS = [0.9, 2.2, 3.1, 4.6]
RATE = 48_000


@pytest.fixture(scope="module")
def picture(engine_home: Path) -> Path:
    return write_video(engine_home / "live-align.mp4", Hammer(HITS).draw, seconds=6.0)


def foley(live: Rig, late_seconds: float, beat: float) -> Clip:
    """Strikes on the hits, so much too late, on a track of the user's; the clip is the one in the Clip View."""
    time = np.arange(RATE // 4) / RATE
    strike = np.exp(-time / 0.03) * np.sin(2 * np.pi * 900 * time)
    sound = np.zeros(6 * RATE)
    for hit in HITS:
        begin = round((hit + late_seconds) * RATE)
        sound[begin : begin + strike.size] += 0.4 * strike
    path = live.folder / "foley.wav"
    soundfile.write(path, sound, RATE, subtype="PCM_24")
    clip = live.clip_by_user(live.users, path, beat, sample_length=6 * RATE, loop_end=6.0)
    live.song.state["view"].state["detail_clip"] = clip
    return clip


def video(live: Rig, path: Path, beat: float) -> None:
    live.clip_by_user(live.users, path, beat, sample_length=6 * RATE, loop_end=6.0)


def takes(live: Rig) -> list[Clip]:
    return [clip for lane in live.users.state["lanes"] for clip in lane.state["clips"]]


def test_a_late_clip_gets_a_take_in_time(live: Rig, picture: Path) -> None:
    video(live, picture, 20.0)
    foley(live, 0.23, 20.0)
    before = live.shown()
    live.finish("cw align")
    (take,) = takes(live)
    assert take.state["start_time"] == 20.0
    made = soundfile.read(take.state["file_path"])[0]
    for hit in HITS:
        begin = round((hit - 0.05) * RATE)
        onset = begin + int(np.argmax(np.abs(made[begin : begin + RATE // 5]) > 0.05))
        assert onset / RATE == pytest.approx(hit, abs=0.03)
    assert live.said("Synchronisation 0.0")
    assert live.document.opened == 1
    live.document.undo()
    assert live.shown() == before


def test_a_clip_in_time_stays_and_the_reason_is_told(live: Rig, picture: Path) -> None:
    video(live, picture, 20.0)
    foley(live, 0.0, 20.0)
    before = live.shown()
    live.finish("cw align")
    assert live.said("The original is kept: it fits as it is.")
    assert live.shown() == before
    assert live.document.opened == 0


@pytest.mark.parametrize(
    ("beat", "told"), [(60.0, "no video above this clip"), (19.0, "The clip begins before the video")]
)
def test_what_lies_under_no_video_is_refused(live: Rig, picture: Path, beat: float, told: str) -> None:
    video(live, picture, 20.0)
    foley(live, 0.0, beat)
    before = live.shown()
    live.finish("cw align")
    assert live.said(told)
    assert live.shown() == before


def test_a_video_that_is_named_is_looked_at(live: Rig, picture: Path) -> None:
    foley(live, 0.23, 20.0)
    live.finish(f'cw align video="{picture}" threshold=0.8')
    assert len(takes(live)) == 1
