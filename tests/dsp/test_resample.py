from __future__ import annotations

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.audio import Audio, Samples
from engine.dsp.resample import resampled
from engine.errors import BadArgument
from engine.source import Held

RATES = (8_000, 44_100, 48_000, 96_000, 192_000)


def at_rate(samples: np.ndarray, rate: int, wanted: int) -> Samples:
    source = Held(Audio(samples=np.atleast_2d(samples), sample_rate_hz=rate))
    return np.concatenate(list(resampled(source, wanted)), axis=1)


@settings(max_examples=40, deadline=None)
@given(
    length=st.integers(1, 5_000),
    rate=st.sampled_from(RATES),
    wanted=st.sampled_from(RATES),
    channels=st.integers(1, 8),
)
def test_the_length_is_exact(length: int, rate: int, wanted: int, channels: int) -> None:
    sound = 0.1 * np.random.default_rng(length).standard_normal((channels, length))
    made = at_rate(sound, rate, wanted)
    assert made.shape == (channels, max(1, round(length * wanted / rate)))
    assert np.isfinite(made).all()


def test_block_by_block_is_the_same_as_at_once() -> None:
    sound = 0.1 * np.random.default_rng(8).standard_normal((2, 300_000)).astype(np.float32)
    made = at_rate(sound, 48_000, 44_100)
    assert np.abs(made - soxr.resample(sound.T, 48_000, 44_100, quality="VHQ").T).max() < 1e-6


@pytest.mark.parametrize("wanted", [44_100, 96_000])
def test_nothing_is_delayed_and_nothing_added(wanted: int) -> None:
    tone = 0.5 * np.sin(2 * np.pi * 997 * np.arange(48_000) / 48_000)
    exact = 0.5 * np.sin(2 * np.pi * 997 * np.arange(wanted) / wanted)
    error = (at_rate(tone, 48_000, wanted)[0] - exact)[wanted // 10 : -wanted // 10]
    assert 20 * np.log10(error.std() / exact.std()) < -120


def test_the_same_rate_is_the_same_sound() -> None:
    sound = np.random.default_rng(9).uniform(-1, 1, (3, 70_000)).astype(np.float32)
    assert np.array_equal(at_rate(sound, 44_100, 44_100), sound)


@pytest.mark.parametrize("wanted", [0, 7_999, 192_001])
def test_other_rates_are_refused(wanted: int) -> None:
    with pytest.raises(BadArgument) as error:
        at_rate(np.zeros(10), 48_000, wanted)
    assert error.value.field == "sample_rate"
