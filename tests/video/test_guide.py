"""Onsets of the guide track lie where they sound, by the clock of the picture; what has none is said."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from footage import clicks, numbered, write_video

from engine.cue import Cue
from engine.errors import Cancelled, CuewrightError, PictureUnreadable
from engine.handle import Handle
from engine.picture import Picture
from engine.video.guide import guide_cues

RATE = 48_000
TIMES = (0.5, 1.25, 2.0, 3.3, 4.1, 5.75, 7.2)
CONTAINERS: dict[str, dict[str, Any]] = {
    "aac.mp4": {},
    "pcm.mov": {},
    "pcm.mkv": {},
    "opus.webm": {"codec": "libvpx", "options": {"deadline": "realtime", "cpu-used": "8"}},
    "pcm.avi": {"codec": "mpeg4"},
    "b_frames.avi": {"codec": "mpeg4", "options": {"bf": "2"}},
    "mp2.mpg": {"codec": "mpeg2video"},
    "mp2.ts": {},
    "pcm.mxf": {"codec": "mpeg2video"},
    "sound_late.mkv": {"sound_start": 0.3},
    "sound_late.mp4": {"sound_start": 0.3},
    "picture_late.mp4": {"times": [1 + Fraction(k, 25) for k in range(200)]},
    "both_late.mkv": {"times": [2 + Fraction(k, 25) for k in range(200)], "sound_start": 2.5},
}


def seconds_of(path: Path, **slice_of: Any) -> list[float]:
    return [cue.start_samples / RATE for cue in cues_of(path, **slice_of)]


def cues_of(path: Path, **slice_of: Any) -> tuple[Cue, ...]:
    return guide_cues(Picture(path=str(path), **slice_of), sample_rate_hz=RATE)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight seconds with a click at each of TIMES."""
    path = tmp_path_factory.mktemp("guide") / "clip.mp4"
    return write_video(path, numbered(), seconds=8, sound=clicks(*TIMES, seconds=8))


@pytest.mark.parametrize("name", CONTAINERS)
def test_sound_and_picture_are_in_sync_in_every_container(tmp_path: Path, name: str) -> None:
    options = CONTAINERS[name]
    path = write_video(tmp_path / name, numbered(), seconds=8, gop=25, sound=clicks(*TIMES, seconds=8), **options)
    offset = float(options.get("sound_start", 0) - options.get("times", [0])[0])
    heard = [time + offset for time in TIMES if 0 <= time + offset < 8]
    assert seconds_of(path) == pytest.approx(heard, abs=0.002)
    part = seconds_of(path, offset_seconds=1.9, length_seconds=2)
    assert part == pytest.approx([time - 1.9 for time in heard if 1.9 <= time < 3.9], abs=0.002)
    fast = seconds_of(path, offset_seconds=5, play_rate=2)
    assert fast == pytest.approx([(time - 5) / 2 for time in heard if time >= 5], abs=0.002)


def test_a_cue_says_what_it_is(tmp_path: Path) -> None:
    sound = clicks(0.5, seconds=2) + 0.25 * clicks(1.2, seconds=2)
    path = write_video(tmp_path / "two.mkv", seconds=2, sound=sound)
    loud, soft = cues_of(path)
    assert (loud.id, loud.kind, loud.origin, loud.strength) == ("guide-1", "onset", "guide", 1)
    assert (soft.id, soft.length_samples) == ("guide-2", 0)
    assert soft.strength == pytest.approx(2 ** (20 * np.log10(0.25) / 10), abs=0.02)
    assert loud.confidence > soft.confidence > 0.5


def test_a_slice_cut_on_an_attack_begins_with_it(clip: Path) -> None:
    assert seconds_of(clip, offset_seconds=2.005, length_seconds=1) == [0]


def test_what_sounds_already_does_not_begin_with_the_slice(tmp_path: Path) -> None:
    sound = np.zeros(4 * RATE, np.float32)
    sound[RATE:] = 0.3 * np.random.default_rng(0).standard_normal(3 * RATE)
    path = write_video(tmp_path / "rain.mkv", seconds=4, sound=sound)
    assert seconds_of(path) == pytest.approx([1], abs=0.003)
    assert seconds_of(path, offset_seconds=2) == []


def test_what_begins_behind_the_slice_is_not_at_its_end(clip: Path) -> None:
    assert seconds_of(clip, length_seconds=2) == pytest.approx([0.5, 1.25], abs=0.002)


def test_sound_beyond_the_picture_is_no_cue_and_its_lack_no_error(tmp_path: Path) -> None:
    sound = clicks(*TIMES, seconds=8)
    longer = write_video(tmp_path / "longer.mp4", seconds=3, sound=sound)
    shorter = write_video(tmp_path / "shorter.mp4", seconds=8, sound=sound[: 3 * RATE])
    for path in (longer, shorter):
        assert seconds_of(path) == pytest.approx(TIMES[:3], abs=0.002)


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 192_000])
def test_any_sample_rate_will_do(tmp_path: Path, rate_hz: int) -> None:
    sound = clicks(*TIMES, seconds=8, rate_hz=rate_hz)
    path = write_video(tmp_path / "rate.mkv", seconds=8, sound=sound, sound_rate_hz=rate_hz)
    assert seconds_of(path) == pytest.approx(TIMES, abs=0.002)


def test_silence_has_no_cues(tmp_path: Path) -> None:
    silent = write_video(tmp_path / "silent.mkv", seconds=1, sound=np.zeros(RATE, np.float32))
    assert cues_of(silent) == ()


def test_no_sound_is_said(tmp_path: Path) -> None:
    with pytest.raises(PictureUnreadable, match="has no sound") as raised:
        cues_of(write_video(tmp_path / "mute.mp4"))
    assert raised.value.field == "video"


def test_sensitivity_decides_on_the_faint(tmp_path: Path) -> None:
    noise = 0.02 * np.random.default_rng(0).standard_normal(8 * RATE).astype(np.float32)
    sound = noise + clicks(1, 3, seconds=8) + 0.12 * clicks(5, seconds=8)
    path = write_video(tmp_path / "faint.mkv", seconds=8, sound=sound)

    def heard(sensitivity: float) -> list[int]:
        cues = guide_cues(Picture(path=str(path)), sample_rate_hz=RATE, sensitivity=sensitivity)
        return [round(cue.start_samples / RATE) for cue in cues]

    assert heard(0) == [1, 3]
    assert heard(1) == [1, 3, 5]


def test_a_cancel_stops_and_progress_never_falls(clip: Path) -> None:
    fractions: list[float] = []
    handle = Handle(on_progress=lambda fraction, _: fractions.append(fraction))
    guide_cues(Picture(path=str(clip)), sample_rate_hz=RATE, handle=handle)
    assert fractions
    assert all(a <= b for a, b in pairwise(fractions))
    with pytest.raises(Cancelled):
        guide_cues(Picture(path=str(clip)), sample_rate_hz=RATE, handle=Handle(is_cancelled=lambda: True))


def test_no_damage_whatever_is_more_than_an_error(tmp_path: Path, clip: Path) -> None:
    whole = clip.read_bytes()
    path, dice, ends = tmp_path / "hurt.mp4", random.Random(2), set()
    for k in range(25):
        hurt = bytearray(whole[: dice.randrange(len(whole))] if k % 4 == 0 else whole)
        for _ in range(200 if k % 4 and hurt else 0):
            hurt[dice.randrange(len(hurt))] = dice.randrange(256)
        path.write_bytes(hurt)
        try:
            ends.add(isinstance(cues_of(path), tuple))
        except CuewrightError as error:
            ends.add(error.field)
    assert {True} < ends <= {True, "video", "video_offset"}


def test_damaged_sound_is_told(tmp_path: Path, clip: Path) -> None:
    hurt = bytearray(clip.read_bytes())
    dice = random.Random(3)
    for _ in range(400):
        hurt[dice.randrange(1_000, len(hurt) // 2)] = dice.randrange(256)
    path = tmp_path / "hurt.mp4"
    path.write_bytes(hurt)
    told: list[str] = []
    guide_cues(Picture(path=str(path)), sample_rate_hz=RATE, warn=told.append)
    assert "is damaged" in told[0]
