"""The metrics of onsets, against values that can be worked out by hand and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.evaluation.onset import average_precision, best_lag, chance_f, condfoley, match

ONSETS = st.lists(st.floats(0, 20).map(lambda t: round(t, 3)), max_size=12, unique=True)


def test_one_prediction_cannot_be_two_hits() -> None:
    found = match([1.0, 1.04], [1.02], 0.05)
    assert (found.hits, found.recall, found.precision) == (1, 0.5, 1.0)
    assert found.f == pytest.approx(2 / 3)


def test_as_many_as_can_be_are_matched() -> None:
    """Nearest first would give 1.05 to 1.06 and leave 1.0 and 1.1 alone."""
    assert match([1.0, 1.06], [1.05, 1.1], 0.05).hits == 2


def test_errors_say_how_late_the_predictions_are() -> None:
    assert match([1.0, 2.0], [1.03, 1.96], 0.05).errors == pytest.approx((0.03, -0.04))


@pytest.mark.parametrize(("true", "predicted"), [([], []), ([1.0], []), ([], [1.0])])
def test_nothing_to_match_is_zero(true: list[float], predicted: list[float]) -> None:
    found = match(true, predicted, 0.05)
    assert (found.f, found.hits) == (0.0, 0)


@given(ONSETS, ONSETS)
def test_a_wider_window_never_matches_less(true: list[float], predicted: list[float]) -> None:
    assert match(true, predicted, 0.05).hits <= match(true, predicted, 0.1).hits


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([0.1, 0.2, 0.5, 0.9])), min_size=1, max_size=20))
def test_average_precision_is_that_of_scikit_learn(rows: list[tuple[bool, float]]) -> None:
    from sklearn.metrics import average_precision_score

    labels, scores = zip(*rows, strict=True)
    expected = average_precision_score(labels, scores) if any(labels) else 0.0
    assert average_precision(labels, scores) == pytest.approx(expected)


def test_condfoley_by_hand() -> None:
    """Hit, miss and a false one that is less sure than the hit: precision 1 up to half of the recall, then 2/3."""
    figures = condfoley([1.0, 3.0], [1.05, 2.0], [0.9, 0.5])
    assert (figures.same_count, figures.accuracy) == (True, 0.5)
    assert figures.average_precision == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)


def test_condfoley_drops_doubles_and_gives_each_truth_the_surest() -> None:
    figures = condfoley([1.0], [0.98, 1.01], [0.5, 0.9])
    assert (figures.same_count, figures.average_precision) == (True, 1.0)


def test_a_prediction_that_is_right_is_precise_however_much_is_missed() -> None:
    figures = condfoley([1.0, 2.0, 3.0], [1.0], [1.0])
    assert (figures.accuracy, figures.average_precision) == (pytest.approx(1 / 3), 1.0)


@given(st.lists(st.integers(1, 60), min_size=1, max_size=8, unique=True), st.integers(-20, 20))
def test_the_best_lag_is_the_one_put_in(at: list[int], lag: int) -> None:
    true = [float(t) for t in at]
    late = [t + lag / 100 for t in true]
    assert abs(best_lag(true, late) - lag / 100) <= 0.05 + 1e-9
    assert best_lag(true, true) == 0.0


def test_of_equal_lags_the_smallest() -> None:
    assert best_lag([1.0], [1.1]) == pytest.approx(0.05)
    assert best_lag([1.0], [5.0]) == 0.0


def test_chance_is_what_the_window_covers() -> None:
    """One onset and one guess in 10 s: the guess is near by one time in 50."""
    rng = np.random.default_rng(1)
    assert chance_f([5.0], 1, 10.0, 0.1, rng, rounds=20_000) == pytest.approx(0.02, abs=0.004)
    assert chance_f([5.0], 0, 10.0, 0.1, rng) == 0.0
