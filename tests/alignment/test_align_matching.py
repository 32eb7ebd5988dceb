"""Delay and drift from onsets and moments: right where they are known, doubted where chance would do as well."""

from __future__ import annotations

import numpy as np
import pytest

from engine.alignment.matching import fit_of
from engine.trace import Moment

STEPS = (0.4, 1.1, 1.5, 2.9, 4.2, 4.9, 6.3, 7.1)
LENGTH = 8.0


def moments(*times: float, confidence: float = 0.9, strength: float = 1.0) -> tuple[Moment, ...]:
    inside = (time for time in times if time >= 0)
    return tuple(Moment(time_seconds=time, strength=strength, confidence=confidence) for time in inside)


@pytest.mark.parametrize("delay", [-0.5, -0.21, -0.02, 0.0, 0.013, 0.3, 0.5])
def test_a_delay_is_found_to_the_millisecond(delay: float) -> None:
    fit = fit_of(moments(*(time + delay for time in STEPS)), moments(*STEPS), LENGTH)
    assert fit is not None
    assert fit.delay_seconds == pytest.approx(delay, abs=1e-3)
    assert fit.rate == 1.0
    assert fit.confidence > 0.8
    assert fit.matched == sum(time + delay >= 0 for time in STEPS)


@pytest.mark.parametrize("rate", [0.98, 0.99, 1.01, 1.02])
@pytest.mark.parametrize("delay", [-0.3, 0.0, 0.25])
def test_a_drift_is_found_with_the_delay(rate: float, delay: float) -> None:
    fit = fit_of(moments(*(rate * time + delay for time in STEPS)), moments(*STEPS), LENGTH)
    assert fit is not None
    for time in (0.0, LENGTH / 2, LENGTH):
        assert fit.offset_seconds(time) == pytest.approx((rate - 1) * time + delay, abs=0.008)


def test_moments_that_tremble_have_no_drift() -> None:
    rng = np.random.default_rng(1)
    drifts = 0
    for _ in range(20):
        trembling = (time + rng.normal(0, 0.008) for time in STEPS)
        fit = fit_of(moments(*trembling), moments(*STEPS), LENGTH)
        assert fit is not None
        drifts += fit.rate != 1.0
        assert fit.offset_seconds(LENGTH / 2) == pytest.approx(0.0, abs=0.012)
    assert drifts <= 1


def test_what_is_seen_without_sound_and_heard_without_picture_does_not_mislead() -> None:
    heard = moments(*(time + 0.2 for time in STEPS)) + moments(0.9, 3.6, 5.5, confidence=0.5, strength=0.2)
    seen = moments(*STEPS[:6]) + moments(3.3, 5.8, confidence=0.3)
    fit = fit_of(sorted(heard, key=lambda m: m.time_seconds), sorted(seen, key=lambda m: m.time_seconds), LENGTH)
    assert fit is not None
    assert fit.offset_seconds(LENGTH / 2) == pytest.approx(0.2, abs=5e-3)
    assert fit.confidence > 0.5


@pytest.mark.parametrize("delay", [-0.2, 0.1, 0.2])
def test_even_steps_fit_a_beat_off_too_and_are_taken_the_shorter_way(delay: float) -> None:
    beat = 0.5
    steps = np.arange(0.5, 30, beat)
    fit = fit_of(moments(*(steps + delay)), moments(*steps), LENGTH)
    assert fit is not None
    assert fit.delay_seconds == pytest.approx(delay, abs=5e-3)


def test_what_has_nothing_in_common_is_not_believed() -> None:
    rng = np.random.default_rng(0)
    believed = 0
    for _ in range(60):
        heard, seen = (moments(*np.sort(rng.uniform(0, LENGTH, 8))) for _ in range(2))
        fit = fit_of(heard, seen, LENGTH)
        believed += fit is not None and fit.confidence >= 0.5
    assert believed <= 20  # of 60: eight onsets within a second of reach do meet by chance


def test_nothing_heard_or_nothing_seen_has_no_fit() -> None:
    assert fit_of((), moments(*STEPS), LENGTH) is None
    assert fit_of(moments(*STEPS), (), LENGTH) is None
    assert fit_of(moments(0.2), moments(7.0), LENGTH) is None


def test_an_hour_is_matched_as_a_clip_is() -> None:
    rng = np.random.default_rng(3)
    times = np.cumsum(rng.uniform(0.5, 4.0, 1500))
    fit = fit_of(
        tuple(Moment(time_seconds=1.0003 * t + 0.15, strength=1, confidence=0.9) for t in times),
        tuple(Moment(time_seconds=t, strength=1, confidence=0.9) for t in times),
        float(times[-1] + 2),
    )
    assert fit is not None
    for time in (0.0, times[-1]):
        assert fit.offset_seconds(float(time)) == pytest.approx(0.0003 * time + 0.15, abs=0.01)
