"""What is seen as what is heard: the middle is neutral, and more never sounds like less."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scenes import RATE, cue

from engine.backends.base import Match
from engine.planning.perspective import LOUDER_DB, SOFTER_DB, WIDEST_PAN, Perspective

MATCH = Match(
    score=1.0,
    sources=("x",),
    label="X",
    category="DOORWood",
    accepts={"intensity": (0.0, 1.0), "distance_m": (0.3, 20.0)},
    length_seconds=1.0,
    interval_seconds=1.0,
    sustained=False,
)


def strong(*strengths: float) -> Perspective:
    return Perspective([cue(f"c{i}", i, strength=s) for i, s in enumerate(strengths)], (0,))


def test_the_usual_strength_is_neutral_and_the_extremes_are_the_bounds() -> None:
    view = strong(0.0, 0.5, 1.0)
    assert [view.gain_db(cue("x", 1, strength=s)) for s in (0.0, 0.5, 1.0)] == [SOFTER_DB, 0.0, LOUDER_DB]
    forces = [view.params(cue("x", 1, strength=s), MATCH, {})["intensity"] for s in (0.0, 0.5, 1.0)]
    assert forces == pytest.approx([0.3, 0.5, 0.7])


@pytest.mark.parametrize("strength", [0.0, 0.33, 1.0])
def test_where_all_are_alike_none_is_louder_or_harder(strength: float) -> None:
    view = strong(strength, strength)
    assert view.gain_db(cue("x", 1, strength=strength)) == 0.0
    assert "intensity" not in view.params(cue("x", 1, strength=strength), MATCH, {})


def test_the_force_varies_around_what_the_words_say_and_within_the_bounds() -> None:
    view = strong(0.0, 0.5, 1.0)

    def force(strength: float, told: float) -> float:
        return view.params(cue("x", 1, strength=strength), MATCH, {"intensity": told})["intensity"]

    assert force(0.5, 0.25) == 0.25
    assert force(1.0, 0.25) == pytest.approx(0.45)
    assert force(1.0, 0.95) == 1.0


def test_one_cue_more_changes_no_other() -> None:
    before, after = strong(0.2, 0.5, 0.52, 0.9), strong(0.2, 0.5, 0.52, 0.9, 0.55)
    for strength in (0.2, 0.5, 0.9):
        assert before.gain_db(cue("x", 1, strength=strength)) == after.gain_db(cue("x", 1, strength=strength))


def test_pan_follows_the_picture_and_stays_moderate() -> None:
    view = strong(0.5)
    assert [view.pan(cue("c", 1, x=x)) for x in (0.0, 0.25, 0.5, 1.0)] == [-WIDEST_PAN, -0.35, 0.0, WIDEST_PAN]
    assert view.pan(cue("c", 1, x=1.0, size=0.3)) == WIDEST_PAN
    assert view.pan(cue("c", 1, x=1.0, size=1.0)) == 0.0, "what fills the picture is heard from its middle"


def test_small_is_far_and_half_the_size_twice_as_far() -> None:
    view = strong(0.5)
    distances = [view.params(cue("c", 1, size=size), MATCH, {})["distance_m"] for size in (1.0, 0.5, 0.25, 0.001)]
    assert distances == [1.0, pytest.approx(2.0, abs=0.01), pytest.approx(4.0, abs=0.01), 20.0]


def test_a_size_may_tremble() -> None:
    view = strong(0.5)
    assert len({view.params(cue("c", 1, size=size), MATCH, {})["distance_m"] for size in (0.43, 0.5, 0.58)}) == 1


def test_a_cue_of_unknown_size_is_as_far_as_is_usual_in_its_shot() -> None:
    cues = [cue("a", 1, size=1.0), cue("b", 2, size=1.0), cue("c", 3, size=0.1), cue("d", 7, size=0.25), cue("e", 8)]
    view = Perspective(cues, (0, 5 * RATE))

    def distance(seconds: float) -> float:
        return view.params(cue("x", seconds), MATCH, {})["distance_m"]

    assert distance(4.9) == 1.0
    assert distance(5.0) == pytest.approx(4.0, abs=0.01)
    assert "distance_m" not in strong(0.5).params(cue("x", 1), MATCH, {})


def test_what_the_words_say_of_the_distance_stands_and_what_is_not_accepted_is_not_set() -> None:
    view = strong(0.0, 1.0)
    assert "distance_m" not in view.params(cue("c", 1, size=0.5), MATCH, {"distance_m": 60.0})
    assert view.params(cue("c", 1, size=0.5), MATCH.model_copy(update={"accepts": {}}), {}) == {}


@given(strengths=st.lists(st.floats(0, 1), min_size=1, max_size=20), sizes=st.lists(st.floats(0, 1), max_size=5))
def test_more_is_never_less(strengths: list[float], sizes: list[float]) -> None:
    view = strong(*strengths)
    gains = [view.gain_db(cue("x", 1, strength=s)) for s in sorted(strengths)]
    forces = [view.params(cue("x", 1, strength=s), MATCH, {}).get("intensity", 0.5) for s in sorted(strengths)]
    far = [view.params(cue("x", 1, size=s), MATCH, {})["distance_m"] for s in sorted(sizes)]
    assert all(a <= b for a, b in pairwise(gains))
    assert all(a <= b for a, b in pairwise(forces))
    assert all(a >= b for a, b in pairwise(far))
    assert all(SOFTER_DB <= gain <= LOUDER_DB for gain in gains)
