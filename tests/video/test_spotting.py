"""Spotting finds a hammer's contacts to within a frame, in any container of frames, and says when there is nothing."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from footage import write_video
from strikes import Hammer, texture

from engine.errors import Cancelled
from engine.handle import Handle
from engine.picture import Picture
from engine.video import blocks
from engine.video.spotting import Spotted, spot

RATE_HZ = 48_000
HITS = (0.8, 1.7, 2.4, 3.6)


def spotted(path: Path, *, sensitivity: float = 0.5, **picture: Any) -> Spotted:
    return spot(Picture(path=str(path), **picture), sample_rate_hz=RATE_HZ, sensitivity=sensitivity)


def impacts(found: Spotted) -> list[float]:
    return [cue.start_samples / RATE_HZ for cue in found.cues if cue.kind in ("impact", "step")]


def test_contacts_are_found_within_a_frame_and_where_they_are(tmp_path: Path) -> None:
    found = spotted(write_video(tmp_path / "a.mp4", Hammer(HITS, at=0.3).draw, seconds=4.4, fps=25))
    assert impacts(found) == pytest.approx(HITS, abs=0.04)
    for cue in found.cues:
        assert cue.x == pytest.approx(0.3, abs=0.05)
        assert 0.4 < cue.y < 0.75
        assert cue.strength > 0.8  # they are equally hard
        assert cue.shot == 1
    assert found.length_samples == 44 * RATE_HZ // 10
    assert found.shots_samples == (0,)
    assert len(found.motion) == 110
    assert not found.warnings


@pytest.mark.parametrize("fps", [15, 60])
def test_the_frame_rate_does_not_matter(tmp_path: Path, fps: int) -> None:
    found = spotted(write_video(tmp_path / "a.mp4", Hammer(HITS).draw, seconds=4.5, fps=fps))
    assert impacts(found) == pytest.approx(HITS, abs=0.04)


def test_portrait_pictures_at_variable_rates(tmp_path: Path) -> None:
    """Every blow, whatever the timing of the frames; a hammer that turns at the top is rarely taken for another."""
    extra = 0
    draws = [(seed, size) for seed in range(3, 9) for size in ((120, 214), (360, 640))]
    for seed, size in draws:
        pauses = np.random.default_rng(seed).choice([25, 33, 50], 110)
        times = [Fraction(0), *(Fraction(int(t), 1000) for t in np.cumsum(pauses))]
        found = impacts(spotted(write_video(tmp_path / "a.mp4", Hammer(HITS[:3], size=size).draw, times=times)))
        hits = [min(found, key=lambda at, hit=hit: abs(at - hit)) for hit in HITS[:3]]
        assert hits == pytest.approx(HITS[:3], abs=0.05)
        extra += len(found) - 3
    assert extra <= 0.1 * 3 * len(draws)


def test_a_thousand_frames_a_second(tmp_path: Path) -> None:
    drawn = Hammer((0.4,), size=(160, 90))
    found = spotted(write_video(tmp_path / "a.mp4", drawn.draw, seconds=0.8, fps=1000))
    assert impacts(found) == pytest.approx((0.4,), abs=0.04)


def test_five_frames_a_second_are_warned_of(tmp_path: Path) -> None:
    found = spotted(write_video(tmp_path / "a.mp4", Hammer(HITS, size=(160, 90)).draw, seconds=4.4, fps=5))
    assert any("5.0 frames a second" in sentence for sentence in found.warnings)


def test_a_slice_counts_from_its_own_beginning(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", Hammer(HITS).draw, seconds=4.5, fps=25)
    found = spotted(path, offset_seconds=1.0, length_seconds=2.0)
    assert impacts(found) == pytest.approx((0.7, 1.4), abs=0.04)
    assert found.length_samples == 2 * RATE_HZ


def test_nothing_is_told_at_a_cut_but_the_cut(tmp_path: Path) -> None:
    hammer, other = Hammer((0.8,)), texture(320, 180, seed=9, cell=12)

    def draw(seconds: float) -> np.ndarray[Any, Any]:
        return hammer.draw(seconds) if seconds < 1.6 else np.repeat(255 - other[..., None], 3, 2)

    found = spotted(write_video(tmp_path / "a.mp4", draw, seconds=3.2, fps=25))
    assert [(cue.kind, cue.shot) for cue in found.cues] == [("impact", 1), ("cut", 2)]
    assert found.shots_samples == (0, round(1.6 * RATE_HZ))
    assert found.cues[1].start_samples == found.shots_samples[1]


@pytest.mark.parametrize("level", [0, 128])
def test_an_even_picture_has_no_cue_and_says_so(tmp_path: Path, level: int) -> None:
    even = np.full((48, 64, 3), level, np.uint8)
    found = spotted(write_video(tmp_path / "a.mp4", lambda seconds: even, seconds=1.5), sensitivity=1.0)
    assert found.cues == ()
    assert any("Nothing moves" in sentence for sentence in found.warnings)


def test_noise_everywhere_has_no_impact(tmp_path: Path) -> None:
    """Water and leaves: much moves, all the time."""
    rng = np.random.default_rng(1)
    ground = texture(160, 90, seed=1).astype(int)

    def draw(seconds: float) -> np.ndarray[Any, Any]:
        return np.repeat(np.clip(ground + rng.normal(0, 25, ground.shape), 0, 255).astype(np.uint8)[..., None], 3, 2)

    assert impacts(spotted(write_video(tmp_path / "a.mp4", draw, seconds=4))) == []


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_few_frames_are_no_trouble(tmp_path: Path, count: int) -> None:
    found = spotted(write_video(tmp_path / "a.mp4", Hammer((0.04,)).draw, seconds=count / 25))
    assert found.length_samples == count * RATE_HZ // 25
    assert len(impacts(found)) <= 1  # it does come down


def test_more_sensitivity_keeps_what_less_found(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", Hammer(HITS).draw, seconds=4.5, fps=12)
    found = [set(impacts(spotted(path, sensitivity=s))) for s in (0.1, 0.5, 0.9)]
    assert found[0] <= found[1] <= found[2]
    assert len(found[2]) > len(found[0])


def test_a_long_shot_is_measured_in_parts_and_says_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_video(tmp_path / "a.mp4", Hammer(HITS, size=(160, 90)).draw, seconds=4.5, fps=25)
    sizes: list[int] = []
    take = blocks.MotionMeter.take

    def counted(meter: Any, count: int | None = None) -> Any:
        sizes.append(meter.frames)
        return take(meter, count)

    monkeypatch.setattr(blocks.MotionMeter, "take", counted)
    whole = impacts(spotted(path))
    monkeypatch.setattr(blocks, "_BLOCK_FRAMES", 50)
    sizes.clear()
    parts = impacts(spotted(path))
    assert whole == pytest.approx(HITS, abs=0.04)
    assert parts == pytest.approx(HITS, abs=0.04)
    assert max(sizes) <= 50  # however long the picture


def test_a_cancel_ends_it(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", Hammer(HITS, size=(160, 90)).draw, seconds=4.5, fps=25)
    polled: list[bool] = []

    def cancelled() -> bool:
        polled.append(True)
        return len(polled) > 20

    with pytest.raises(Cancelled):
        spot(Picture(path=str(path)), sample_rate_hz=RATE_HZ, handle=Handle(is_cancelled=cancelled))
