"""Steps are regular, swells have one hump, and what always moves is neither."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.video.kinds import spans, steps

TIMES = np.arange(0, 10, 0.04)


def moving(speed: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    same = np.ones_like(TIMES)
    return np.stack([TIMES, speed, 0.25 * same, 0.75 * same, 0.5 * same], 1)


@given(st.integers(4, 12), st.floats(0.3, 1.0))
def test_a_regular_series_is_steps(count: int, period: float) -> None:
    assert steps([period * k for k in range(count)]).all()


def test_three_are_no_series_and_neither_is_a_drum_roll() -> None:
    assert not steps([0.0, 0.5, 1.0]).any()
    assert not steps([0.1 * k for k in range(20)]).any()
    assert not steps([0.0, 0.5, 0.7, 1.9, 2.1, 3.5]).any()


def test_a_series_ends_where_it_is_broken() -> None:
    assert steps([0.0, 0.5, 1.0, 1.5, 2.9]).tolist() == [True] * 4 + [False]


def test_one_hump_is_a_swell_from_where_it_rises_to_where_it_ends() -> None:
    hump = 0.1 * np.exp(-(((TIMES - 5) / 0.8) ** 2))
    (found,) = spans(moving(hump), [])
    assert found.kind == "swell"
    assert 3.0 < found.start_seconds < 4.2
    assert 5.8 < found.end_seconds < 7.0
    assert (round(found.x, 2), round(found.y, 2)) == (0.25, 0.75)


def test_what_goes_on_is_a_movement() -> None:
    (found,) = spans(moving(np.where(TIMES > 6, 0.1, 0.0)), [])
    assert found.kind == "movement"


def test_what_always_moves_is_nothing() -> None:
    assert not spans(moving(np.full_like(TIMES, 0.2)), [])
    assert not spans(moving(0.004 * np.exp(-((TIMES - 5) ** 2))), [])


def test_where_impacts_are_there_is_no_span() -> None:
    hump = 0.1 * np.exp(-(((TIMES - 5) / 0.8) ** 2))
    assert not spans(moving(hump), [5.0])
    assert len(spans(moving(hump), [9.0])) == 1
