"""How tokens are scored: by hand on cases whose answer is known."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from engine.evaluation.token_scores import Heard, chance_row, pooled_f, row
from engine.training.video_tokens.onsets import Known, learn

RATE_HZ = 50.0
QUIET, STRUCK, RINGING = 0, 1, 2


def heard(true: tuple[float, ...], predicted: tuple[float, ...], sure: tuple[float, ...] | None = None) -> Heard:
    return Heard(true=true, predicted=predicted, confidence=sure or (1.0,) * len(predicted), duration_seconds=4.0)


def test_all_hit_is_one_and_none_is_zero() -> None:
    whole = row("all", [heard((1.0, 2.0), (1.05, 1.95))])
    assert (whole.accuracy, whole.average_precision, whole.f100) == (1.0, 1.0, 1.0)
    none = row("none", [heard((1.0, 2.0), ())])
    assert (none.accuracy, none.average_precision, none.f100) == (0.0, 0.0, 0.0)
    missed = row("missed", [heard((1.0, 2.0), (0.5, 3.0))])
    assert (missed.accuracy, missed.f100) == (0.0, 0.0)


def test_who_predicts_everywhere_wins_nothing() -> None:
    """CondFoleyGen's accuracy alone would be 1."""
    grid = tuple(np.arange(0.0, 4.0, 0.1).tolist())
    clip = heard((1.03, 2.03), grid, tuple(np.linspace(1.0, 0.5, len(grid)).tolist()))
    got = row("everywhere", [clip])
    assert got.accuracy == 0.0  # the surest two are at the beginning
    assert got.f100 == pytest.approx(2 * 2 / 42)
    assert got.predicted == 40


def test_the_surest_are_kept_in_the_order_of_time() -> None:
    cut = heard((1.0, 2.0), (0.5, 1.0, 2.0, 3.0), (0.1, 0.8, 0.9, 0.2)).surest()
    assert cut.predicted == (1.0, 2.0)
    assert cut.confidence == (0.8, 0.9)


def test_false_onsets_where_nothing_happens_count_in_f_alone() -> None:
    clips = [heard((1.0,), (1.0,)), heard((), (1.0, 2.0))]
    got = row("two", clips)
    assert got.accuracy == 1.0
    assert got.f100 == pooled_f(clips) == pytest.approx(2 * 1 / (1 + 3))


def test_chance_is_near_what_can_be_counted() -> None:
    """One onset in 4 s, hit within 0.1 s on either side by one guess anywhere: 0.2 / 4, a little less at the edges."""
    clips = [heard((2.0,), ())] * 200
    got = chance_row(clips)
    assert got.predicted == got.true == 200
    assert got.accuracy == pytest.approx(0.05, abs=0.015)
    assert got.f100 == pytest.approx(0.05, abs=0.015)


def struck_at(*places: int, length: int = 120) -> Known:
    units = np.full(length, QUIET, np.int64)
    for place in places:
        units[place] = STRUCK
        units[place + 1 : place + 12] = RINGING
    return Known(units=units, onsets_seconds=tuple((place + 0.5) / RATE_HZ for place in places))


def test_onsets_are_read_where_the_units_that_mark_them_are() -> None:
    chance = np.random.default_rng(0)
    training = [struck_at(*sorted(chance.choice(np.arange(10, 100, 14), 3, replace=False))) for _ in range(40)]
    reader = learn(training, 3, RATE_HZ)
    unseen = struck_at(20, 75)
    got = reader.read(unseen.units, unseen.onsets_seconds, 2.4)
    assert got.predicted == pytest.approx(unseen.onsets_seconds, abs=0.021)
    assert got.true == unseen.onsets_seconds
    assert len(got.confidence) == 2


def test_nothing_is_read_where_nothing_is_struck_or_nothing_was_said() -> None:
    reader = learn([struck_at(20, 75), struck_at(40)], 3, RATE_HZ)
    assert reader.read(np.full(120, QUIET, np.int64), (), 2.4).predicted == ()
    assert reader.read(np.zeros(0, np.int64), (), 2.4).predicted == ()


def test_two_onsets_are_no_nearer_than_a_tenth_of_a_second() -> None:
    reader = learn([struck_at(20, 75), struck_at(40)], 3, RATE_HZ)
    units = np.full(120, QUIET, np.int64)
    units[50:60] = STRUCK
    times = reader.read(units, (), 2.4).predicted
    assert times
    assert all(later - earlier >= 0.1 - 1e-9 for earlier, later in pairwise(times))
