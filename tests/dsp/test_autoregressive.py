"""Models of sounds whose models are known, and their systems solved the long way."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from engine.dsp import autoregressive as ar

KNOWN = np.array([1.0, -1.6, 0.9])
"""A resonance at 0.09 of the rate."""


def resonance(length: int, seed: int = 0) -> np.ndarray:
    return signal.lfilter([1.0], KNOWN, np.random.default_rng(seed).standard_normal(length + 500))[500:]


@pytest.mark.parametrize("fit", [ar.burg, ar.levinson])
def test_the_model_of_a_resonance_is_found(fit: object) -> None:
    assert fit(resonance(50_000), 2) == pytest.approx(KNOWN, abs=0.02)  # type: ignore[operator]


@pytest.mark.parametrize("fit", [ar.burg, ar.levinson])
def test_silence_has_the_model_of_nothing(fit: object) -> None:
    assert fit(np.zeros(400), 20).tolist() == [1.0]  # type: ignore[operator]


def test_burg_does_not_take_more_than_a_third_of_the_samples() -> None:
    assert ar.burg(resonance(30), 64).size == 11


def test_what_is_new_comes_back_out_of_the_model() -> None:
    new = np.random.default_rng(1).standard_normal(300)
    assert ar.residual(signal.lfilter([1.0], KNOWN, new), KNOWN) == pytest.approx(new[2:])


def test_the_scale_of_what_is_new_does_not_hear_a_few_events() -> None:
    new = np.random.default_rng(2).standard_normal(20_000)
    new[:500] = 100.0
    assert ar.scale_of(new) == pytest.approx(1.0, abs=0.06)


def test_a_sine_goes_on_as_a_sine() -> None:
    sine = np.sin(0.2 * np.arange(900))
    assert ar.extrapolated(sine[:600], ar.burg(sine[:600], 60), 300) == pytest.approx(sine[600:], abs=0.02)


def test_an_extrapolation_with_what_is_new_is_what_was_there() -> None:
    sound = resonance(500)
    assert ar.extrapolated(sound[:300], KNOWN, 200, ar.residual(sound, KNOWN)[298:]) == pytest.approx(sound[300:])


def dense(order: int, gap: int) -> np.ndarray:
    """Forecast errors of all samples of a gap and ``order`` after it, as a matrix of samples from ``order`` before."""
    rows = gap + order
    return np.array([np.concatenate([np.zeros(row), KNOWN[::-1], np.zeros(rows - row - 1)]) for row in range(rows)])


def test_the_refined_gap_is_the_one_of_least_forecast_error() -> None:
    """Janssen eq. 9: the errors' squares are least; solved here by the whole matrix."""
    sound, gap = resonance(400), 40
    before, after = sound[:180], sound[220:]
    matrix = dense(2, gap)
    outside = np.concatenate([before[-2:], np.zeros(gap), after[:2]])
    least = np.linalg.lstsq(matrix[:, 2:-2], -matrix @ outside, rcond=None)[0]
    for guess in (np.zeros(gap), 3.0 * np.ones(gap)):
        expected, _ = ar.refined(before, guess, after, KNOWN, np.zeros(gap + 2))
        assert expected == pytest.approx(least, abs=1e-5)


def test_the_drawn_deviation_has_the_covariance_that_the_model_leaves_open() -> None:
    gap = 6
    matrix = dense(2, gap)[:, 2:-2]
    covariance = np.linalg.inv(matrix.T @ matrix)
    unit = np.eye(gap + 2)
    draws = np.array([ar.refined(np.ones(9), np.zeros(gap), np.ones(9), KNOWN, new)[1] for new in unit]).T
    assert draws @ draws.T == pytest.approx(covariance, abs=1e-6)


def test_wandering_begins_and_ends_small_and_is_loud_between() -> None:
    new = np.random.default_rng(3).standard_normal((200, 400))
    power = np.square([ar.wandering(KNOWN, row) for row in new]).mean(axis=0)
    usual = np.square(resonance(100_000)).mean()
    assert power[[0, -1]].max() < 0.2 * usual
    assert power[100:300].mean() == pytest.approx(usual, rel=0.15)


def test_scattered_samples_of_a_tone_are_restored() -> None:
    tone = np.sin(0.3 * np.arange(600)) + 0.5 * np.sin(0.71 * np.arange(600))
    missing = np.array([100, 101, 102, 250, 252, 400, 599])
    broken = tone.copy()
    broken[missing] = 9.0
    assert ar.restored(broken, missing[:-1], ar.burg(tone, 4)) == pytest.approx(tone[missing[:-1]], abs=0.01)
