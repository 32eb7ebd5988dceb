"""True peaks of signals whose peaks are known."""

from __future__ import annotations

import numpy as np
import pytest
import soxr
from hypothesis import given
from hypothesis import strategies as st

from engine.audio import Audio
from engine.dsp.true_peak import SILENCE_DBTP, measure_dbtp, peak_envelope, true_peak


def sound(samples: np.ndarray) -> Audio:
    return Audio(samples=np.atleast_2d(samples), sample_rate_hz=48_000)


def eased_sine(cycles_per_sample: float, phase: float, length: int = 4_000) -> np.ndarray:
    wave = np.sin(2 * np.pi * cycles_per_sample * np.arange(length) + phase)
    ease = np.minimum(1.0, np.minimum(np.arange(length), np.arange(length)[::-1]) / 200) ** 2
    return wave * ease


def test_a_quarter_rate_sine_peaks_3_db_between_its_samples() -> None:
    wave = eased_sine(0.25, np.pi / 4)
    assert 20 * np.log10(np.abs(wave).max()) == pytest.approx(-3.01, abs=0.01)
    assert measure_dbtp(sound(wave)) == pytest.approx(0.0, abs=0.02)


@given(frequency=st.floats(0.001, 0.45), phase=st.floats(0, 2 * np.pi))
def test_sines_read_as_four_times_oversampling_must(frequency: float, phase: float) -> None:
    """BS.1770-4 Annex 2: the under-read is at most 20 log10 cos(pi f / (4 fs))."""
    worst = 20 * np.log10(np.cos(np.pi * frequency / 4))
    assert worst - 0.02 <= measure_dbtp(sound(eased_sine(frequency, phase))) <= 0.02


@pytest.mark.parametrize("seed", range(3))
def test_agrees_with_another_resampler_on_band_limited_noise(seed: int) -> None:
    noise = soxr.resample(np.random.default_rng(seed).standard_normal(10_000), 24_000, 48_000, "VHQ")
    noise *= np.hanning(noise.size)
    other = np.abs(soxr.resample(noise, 48_000, 192_000, "VHQ")).max()
    assert true_peak(sound(noise)) == pytest.approx(other, rel=0.005)


@given(lead=st.integers(8_150, 8_230))
def test_blocks_join_without_a_seam(lead: int) -> None:
    wave = eased_sine(0.25, np.pi / 4, 64) * np.hanning(64)
    alone = true_peak(sound(np.pad(wave, 100)))
    assert true_peak(sound(np.pad(wave, (lead, 9_000)))) == pytest.approx(alone, rel=1e-6)


def test_what_begins_at_once_swings_before_its_first_sample() -> None:
    burst = np.sin(2 * np.pi * 0.45 * np.arange(400) + 1.8) * np.linspace(1, 0, 400) ** 2
    after_silence = true_peak(sound(np.pad(burst, (40, 0))))
    assert after_silence > 1.1
    assert true_peak(sound(burst)) == pytest.approx(after_silence, rel=1e-6)


def test_what_lies_above_the_limit_is_exact_and_the_rest_no_higher() -> None:
    noise = np.random.default_rng(5).standard_normal((2, 30_000)).astype(np.float32)
    noise[:, 7_000:20_000] *= 0.01
    exact, bounded = peak_envelope(noise), peak_envelope(noise, above=1.5)
    above = exact > 1.5
    assert above.any()
    assert np.array_equal(exact[above], bounded[above])
    assert (bounded <= exact).all()
    assert not np.array_equal(exact, bounded)  # something was saved


def test_never_under_the_sample_peak_and_silence_is_silence() -> None:
    impulse = np.zeros(1_000)
    impulse[0] = -0.5
    assert true_peak(sound(impulse)) == 0.5
    assert measure_dbtp(sound(np.zeros(100))) == pytest.approx(SILENCE_DBTP)
    assert measure_dbtp(sound(np.zeros((2, 0)))) == pytest.approx(SILENCE_DBTP)
