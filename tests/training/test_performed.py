"""Rendered performances: what is heard is where the formulas put it, and the picture shows it there."""

from __future__ import annotations

import math
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.training.performed.clip import ACTS, HEIGHT, WIDTH, Act, perform
from engine.training.performed.performers import Falling, Gun, Performer, Player, Walker
from engine.training.performed.rhythm import LAST_SECONDS, eased, rhythm, wander
from engine.training.performed.sprites import Sprite
from engine.training.performed.striker import Striker, Struck

SECONDS, SIZE = 6.0, 60.0
AT = np.array([160.0, 120.0])
FRAME = np.array([WIDTH, HEIGHT], float)
WALL = 300.0  # lighter than any sprite
STILL = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def drawn(performer: Performer, now: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    canvas = np.full((HEIGHT, WIDTH), WALL, np.float32)
    performer.draw(canvas, now, STILL)
    return canvas


def test_the_same_seed_is_the_same_clip() -> None:
    one, same, other = perform(3), perform(3), perform(4)
    assert one.onsets_seconds == same.onsets_seconds != other.onsets_seconds
    assert all(np.array_equal(a, b) for a, b in zip(one.frames, same.frames, strict=True))


@pytest.mark.parametrize("act", get_args(Act))
def test_every_act_is_played_and_measured(act: Act) -> None:
    clip = perform(11, act)
    end = len(clip.frames) / clip.fps
    assert clip.act == act
    assert bool(clip.onsets_seconds) == (act != "nothing")
    assert all(LAST_SECONDS < at < end - LAST_SECONDS for at in clip.onsets_seconds)
    assert list(clip.onsets_seconds) == sorted(clip.onsets_seconds)
    assert all(frame.shape == (HEIGHT, WIDTH) for frame in clip.frames)
    motion = clip.motion()
    assert len(motion.times) == len(clip.frames)
    assert motion.change.max() > 1  # something moves


def test_the_shares_of_the_acts_are_a_whole() -> None:
    assert math.isclose(sum(ACTS.values()), 1)
    assert set(ACTS) == set(get_args(Act))


@given(st.integers(0, 500), st.sampled_from(["stay", "rebound", "quick"]), st.booleans())
@settings(max_examples=10, deadline=None)
def test_a_tool_is_down_at_its_onsets_and_nowhere_else_farther(seed: int, manner: str, gently: bool) -> None:
    chance = np.random.default_rng(seed)
    onsets = rhythm(chance, SECONDS)
    striker = Striker(chance, SECONDS, onsets, SIZE, AT, manner=manner, gently=gently)  # type: ignore[arg-type]
    assert [striker.lowered(onset) for onset in onsets] == pytest.approx([1.0] * len(onsets))
    everywhere = [striker.lowered(float(now)) for now in np.arange(0, SECONDS, 0.02)]
    assert min(everywhere) >= 0
    assert max(everywhere) <= 1
    for onset in onsets:
        assert striker.lowered(onset - 0.03) < 1  # it comes from above


def test_what_falls_is_on_the_floor_when_it_is_heard() -> None:
    """It hides the wall from a line that it first reaches when it lands."""
    for seed in range(12):
        thing = Falling(np.random.default_rng(seed), SECONDS, SIZE, FRAME)
        thing._hand, thing._x, thing._drift, thing._spin = None, WIDTH / 2, 0.0, 0.0
        if not thing.onsets:
            continue
        landing = thing.onsets[0]
        first, last, landed = (
            int(np.flatnonzero(np.abs(drawn(thing, landing + late) - WALL).max(1) > 30).max())
            for late in (-0.1, -0.01, 0.0)
        )
        assert first + 4 < last
        assert last == pytest.approx(landed, abs=7)  # it does not jump
        assert landed == pytest.approx(thing._floor, abs=3)


@pytest.mark.parametrize("kind", [Walker, Gun, Player])
def test_the_others_move_about_their_onsets(kind: type[Walker] | type[Gun] | type[Player]) -> None:
    performer = kind(np.random.default_rng(5), SECONDS, SIZE, AT)
    assert performer.onsets
    for onset in performer.onsets:
        assert np.abs(drawn(performer, onset + 0.04) - drawn(performer, onset - 0.04)).mean() > 0.05


def test_a_gun_kicks_after_its_shot_not_before() -> None:
    gun = Gun(np.random.default_rng(2), SECONDS, SIZE, AT)
    gun._flashes = False
    gun._sway = lambda now: np.zeros(2)
    shot = gun.onsets[1]
    before = np.abs(drawn(gun, shot) - drawn(gun, shot - 0.02)).mean()
    after = np.abs(drawn(gun, shot + 0.02) - drawn(gun, shot)).mean()
    assert before == 0 < after


def test_what_is_struck_is_still_until_then() -> None:
    struck = Struck(np.random.default_rng(0), [2.0], SIZE, AT)
    struck._shows, struck._shakes = True, 3.0
    assert np.array_equal(drawn(struck, 1.9), drawn(struck, 2.0))
    assert not np.array_equal(drawn(struck, 2.0), drawn(struck, 2.01))


def test_a_rhythm_is_sorted_apart_and_inside() -> None:
    for seed in range(20):
        times = rhythm(np.random.default_rng(seed), 60.0, 0.5, 0.5)
        assert all(0 <= time < 60 - LAST_SECONDS for time in times)
        assert np.diff([-1.0, *times]).min() > 0.5 * 0.44


def test_easing_and_wandering_are_smooth() -> None:
    assert [eased(share) for share in (-1.0, 0.0, 0.5, 1.0, 2.0)] == [0.0, 0.0, 0.5, 1.0, 1.0]
    path = wander(np.random.default_rng(0), SECONDS, 0.5, 1.0)
    steps = np.abs(np.diff([path(float(now)) for now in np.arange(0, SECONDS, 0.01)], axis=0))
    assert steps.max() < 0.2


def test_a_sprite_hides_what_is_behind_it_and_ends_where_it_should() -> None:
    box = Sprite.painted(np.random.default_rng(0), 40.0, 10.0, "box", tone=250.0)
    canvas = np.zeros((60, 100), np.float32)
    box.draw(canvas, np.array([20.0, 30.0]), 0.0, STILL)
    seen = np.argwhere(canvas > 60)
    (top, left), (bottom, right) = seen.min(0), seen.max(0)
    assert (top, bottom, left, right) == pytest.approx((25, 34, 20, 59), abs=2)
    untouched = canvas.copy()
    box.draw(canvas, np.array([500.0, 30.0]), 0.0, STILL)
    assert np.array_equal(canvas, untouched)
