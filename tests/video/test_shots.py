"""Transitions are found to the frame, and what happens within a shot is not taken for one."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import PictureUnreadable
from engine.evaluation.cut_clips import Drawing, Edit, edited, write
from engine.evaluation.cut_scores import Score, compare, match, score
from engine.evaluation.cut_tricks import TRICKS
from engine.picture import Picture
from engine.video.shots import ShotFinder, Transition, find_shots
from engine.video.shots_look import Look, colours_shared, likeness, look

Frame = np.ndarray[Any, np.dtype[np.uint8]]


@cache
def still(seed: int) -> Frame:
    """A picture of things of all sizes, 64 x 36."""
    (frame,) = Drawing(seed=seed).frames(0, 1, Fraction(25))
    return np.asarray(cv2.resize(frame, (64, 36), interpolation=cv2.INTER_AREA), np.uint8)


def mixed(one: Frame, other: Frame, share: Any) -> Frame:
    return np.clip(one * (1.0 - share) + other * np.asarray(share, float), 0, 255).astype(np.uint8)


def shots_in(
    frames: Iterable[Frame], times: Sequence[float] | None = None, rate: float = 25.0
) -> tuple[Transition, ...]:
    finder = ShotFinder()
    for k, frame in enumerate(frames):
        finder.add(times[k] if times else k / rate, frame)
    return finder.finish()


@given(
    gaps=st.lists(st.floats(0.008, 0.09), min_size=70, max_size=90),
    cut=st.integers(20, 45),
    seeds=st.tuples(st.integers(0, 50), st.integers(51, 99)),
)
@settings(max_examples=15, deadline=None)
def test_a_hard_cut_is_on_the_first_frame_of_the_new_shot_at_any_rate(
    gaps: list[float], cut: int, seeds: tuple[int, int]
) -> None:
    times = np.cumsum(gaps).tolist()
    one, other = still(seeds[0]), still(seeds[1])
    found = shots_in([one if k < cut else other for k in range(len(gaps))], times)
    assert found == (Transition(kind="hard", start_seconds=times[cut], end_seconds=times[cut]),)


@pytest.mark.parametrize("rate", [8.0, 24000 / 1001, 59.94, 240.0, 1000.0])
def test_two_cuts_at_slow_and_high_rates(rate: float) -> None:
    first, second, end = (round(seconds * rate) for seconds in (1.0, 2.2, 3.2))
    frames = (still(int(k >= first) + int(k >= second)) for k in range(end))
    assert [t.start_seconds for t in shots_in(frames, rate=rate)] == [first / rate, second / rate]


@pytest.mark.parametrize("seconds", [0.4, 0.8, 1.6])
@pytest.mark.parametrize("seed", range(4))
def test_a_dissolve_is_found_with_its_ends(seconds: float, seed: int) -> None:
    one, other, start, count = still(seed), still(seed + 100), 50, round(seconds * 25)
    shares = np.clip((np.arange(150) - start + 1) / (count + 1), 0, 1)
    (found,) = shots_in(mixed(one, other, share) for share in shares)
    assert found.kind == "dissolve"
    assert found.start_seconds == pytest.approx(start / 25, abs=0.06)
    assert found.end_seconds == pytest.approx((start + count) / 25, abs=0.06)
    assert found.middle_seconds == pytest.approx((start + count / 2) / 25, abs=0.03)


@pytest.mark.parametrize("direction", ["right", "down", "out"])
@pytest.mark.parametrize("seed", range(3))
def test_a_wipe_is_found(direction: str, seed: int) -> None:
    y, x = np.mgrid[0:36, 0:64]
    front = {"right": x / 63, "down": y / 35, "out": np.hypot(x / 63 - 0.5, y / 35 - 0.5) * 2**0.5}[direction]
    one, other = still(seed), still(seed + 100)
    frames = (mixed(one, other, (front < (k - 50) / 25)[..., None]) for k in range(130))
    (found,) = shots_in(frames)
    assert found.kind == "wipe"
    assert found.middle_seconds == pytest.approx(2.5, abs=0.12)


@pytest.mark.parametrize("colour", [0, 255])
@pytest.mark.parametrize("held", [0, 12, 400])  # longer than anything that is kept
def test_a_fade_through_an_even_colour(colour: int, held: int) -> None:
    even = np.full((36, 64, 3), colour, np.uint8)
    down, up = np.linspace(0, 1, 21)[1:], np.linspace(1, 0, 16)[1:-1]
    frames = [still(1)] * 50 + [mixed(still(1), even, s) for s in down] + [even] * held
    frames += [mixed(still(2), even, s) for s in up]
    end = len(frames)
    (found,) = shots_in([*frames, *[still(2)] * 70])
    assert found.kind == "fade"
    assert found.start_seconds == pytest.approx(50 / 25, abs=0.05)
    assert found.end_seconds == pytest.approx(end / 25, abs=0.05)


def test_fading_in_at_the_start_and_out_at_the_end_joins_no_shots() -> None:
    even = np.zeros((36, 64, 3), np.uint8)
    shares = np.interp(np.arange(150), (10, 40, 110, 140), (1, 0, 0, 1))
    assert shots_in(mixed(still(3), even, share) for share in shares) == ()


@pytest.mark.parametrize("trick", TRICKS)
@pytest.mark.parametrize("seed", range(2))
def test_what_happens_within_a_shot_is_no_cut(trick: str, seed: int) -> None:
    frames = Drawing(seed=seed).frames(0, 75, Fraction(25))
    frames = TRICKS[trick](frames, 25.0, np.random.default_rng(seed))
    assert shots_in(cv2.resize(f, (64, 36), interpolation=cv2.INTER_AREA) for f in frames) == ()


@pytest.mark.parametrize("frames", [[], [still(0)], [still(0), still(1)], [np.zeros((1, 1, 3), np.uint8)] * 9])
def test_next_to_nothing_holds_no_transition(frames: list[Frame]) -> None:
    assert shots_in(frames) == ()


def test_a_portrait_is_as_good(tmp_path: Path) -> None:
    one, other = (np.ascontiguousarray(still(k).transpose(1, 0, 2)) for k in (1, 2))
    assert [t.start_seconds for t in shots_in([one] * 30 + [other] * 30)] == [30 / 25]


def test_no_more_is_kept_of_a_long_picture() -> None:
    def looks() -> int:
        gc.collect()
        return sum(type(thing) is Look for thing in gc.get_objects())  # isinstance would ask torch's lazy things

    before, finder, kept = looks(), ShotFinder(), []
    for k in range(1800):
        finder.add(k / 25, still(5))
        if k in (900, 1350, 1799):
            kept.append(looks() - before)
    assert max(kept) <= 600


def test_likeness_outlasts_light_and_movement_but_not_a_cut() -> None:
    picture = np.tile(still(1), (2, 2, 1))
    here, there = look(0, picture[0:36, 0:64], None), look(0, np.roll(picture, (2, 6), (0, 1))[0:36, 0:64], None)
    dark = look(0, (picture[0:36, 0:64] * 0.4).astype(np.uint8), None)
    other = look(0, still(2), None)
    assert min(likeness(here, there), likeness(here, dark)) > 0.7
    assert likeness(here, other) < 0.5
    assert likeness(here, here) == pytest.approx(1, abs=1e-3)
    assert colours_shared(here, there) > 0.9
    assert colours_shared(here, here) == pytest.approx(1)


def test_reels_are_found_better_than_by_the_defaults_of_pyscenedetect() -> None:
    drawings = [Drawing(seed=k) for k in range(40)]
    scores = compare(drawings, [3], {"ours": lambda p: find_shots(Picture(path=str(p)))}, length_seconds=30)
    ours = scores["ours"]
    assert ours["hard"].made >= 4
    assert ours["hard"].f1 >= 0.98
    assert ours["all"].precision >= 0.9
    for name in ("content", "adaptive", "threshold"):
        assert ours["gradual"].recall > scores[name]["gradual"].recall


def test_a_reel_follows_from_its_seed_and_is_what_it_says(tmp_path: Path) -> None:
    drawings = [Drawing(seed=k) for k in range(5)]
    one, again, another = (edited(drawings, seed, length_seconds=8) for seed in (1, 1, 2))
    assert (one.edits, one.happenings, one.rate) == (again.edits, again.happenings, again.rate)
    assert one.edits != another.edits
    frames = list(one.frames)
    assert all(np.array_equal(a, b) for a, b in zip(frames, again.frames, strict=True))
    for edit in one.edits:
        assert 0 < edit.start_seconds <= edit.end_seconds < len(frames) / one.rate
        assert (edit.kind == "hard") == (edit.start_seconds == edit.end_seconds)
    write(another, tmp_path / "reel.mp4")
    assert (tmp_path / "reel.mp4").stat().st_size > 10_000


def test_a_file_without_a_picture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"not a video")
    with pytest.raises(PictureUnreadable):
        find_shots(Picture(path=str(tmp_path / "a.mp4")))


def cut(seconds: float, kind: str = "hard", length: float = 0.0) -> Edit:
    return Edit(kind=kind, start_seconds=seconds, end_seconds=seconds + length)


def test_scores_by_hand() -> None:
    made = [cut(1), cut(2), cut(5, "dissolve", 1), cut(9, "wipe", 0.5)]
    found = [cut(1.01), cut(1.015), cut(2.5), cut(5.7), cut(9.1, "dissolve", 0.3)]
    assert match(found, made, 0.02) == ((0, 0), (3, 2), (4, 3))
    scores = score(found, made, 0.02)
    assert scores["hard"] == Score(made=2, recalled=1, found=4, right=2, named=1)
    assert scores["gradual"] == Score(made=2, recalled=2, found=1, right=1, named=0)
    assert (scores["all"].precision, scores["all"].recall) == (3 / 5, 3 / 4)
    assert scores["all"].f1 == pytest.approx(2 / 3)
    assert scores["fade"].f1 == 1.0
    assert score([], made)["all"].f1 == 0.0


@given(times=st.lists(st.floats(0, 100), max_size=8, unique=True))
def test_what_was_made_scores_itself_fully(times: list[float]) -> None:
    made = [cut(t) for t in times]
    assert score(made, made, 0.0)["hard"] == Score(
        made=len(made), recalled=len(made), found=len(made), right=len(made), named=len(made)
    )
