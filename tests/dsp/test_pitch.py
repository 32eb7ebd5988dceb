from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.audio import Audio, Samples
from engine.dsp.pitch import shift_pitch
from engine.errors import BadArgument
from engine.source import Held, collected

RATE = 48_000


def shifted(samples: np.ndarray, semitones: float, rate: int = RATE) -> Samples:
    source = Held(Audio(samples=np.atleast_2d(samples), sample_rate_hz=rate))
    made = collected(source, lambda known: shift_pitch(known, semitones=semitones)).samples
    assert made.shape == (source.channels, source.length_samples)
    return made


@pytest.mark.parametrize("semitones", [-12.0, -3.0, 0.5, 7.0, 12.0])
def test_a_tone_goes_where_it_should(semitones: float) -> None:
    time = np.arange(2 * RATE) / RATE
    made = shifted(0.3 * np.sin(2 * np.pi * 440 * time), semitones)[0].astype(np.float64)
    wanted = 440 * 2 ** (semitones / 12)
    part = slice(RATE // 2, RATE * 3 // 2)
    turned = made[part] * np.exp(-2j * np.pi * wanted * time[part])  # stands still if the pitch is right
    halves = [half.mean() for half in np.split(turned, 2)]
    drift_hz = np.angle(halves[1] / halves[0]) / (2 * np.pi * 0.5)
    assert abs(1_200 * np.log2(1 + drift_hz / wanted)) < 0.1
    assert abs(halves[0]) == pytest.approx(0.15, rel=0.01)


@pytest.mark.parametrize("semitones", [-12.0, -1.0, 5.0, 12.0])
def test_strikes_stay_where_they_are(semitones: float) -> None:
    sound = 0.001 * np.random.default_rng(7).standard_normal(2 * RATE)
    places = np.array([20_000, 41_000, 70_000])
    for place in places:
        sound[place : place + 2_400] += 0.5 * np.exp(-np.arange(2_400) / 300) * np.cos(np.arange(2_400) / 4)
    made = np.abs(shifted(sound, semitones)[0])
    for place in places:
        near = made[place - 2_400 : place + 2_400]
        assert abs(int(np.argmax(near > 0.1)) - 2_400) < 0.001 * RATE


@settings(max_examples=20, deadline=None)
@given(
    length=st.integers(1, 3_000),
    semitones=st.floats(-24, 24),
    rate=st.sampled_from([8_000, 44_100, 192_000]),
    channels=st.integers(1, 8),
)
def test_any_length_is_kept(length: int, semitones: float, rate: int, channels: int) -> None:
    sound = 0.1 * np.random.default_rng(length).standard_normal((channels, length))
    assert np.isfinite(shifted(sound, semitones, rate)).all()


@pytest.mark.parametrize("semitones", [-24.1, 25.0, float("nan"), float("inf")])
def test_too_much_is_refused(semitones: float) -> None:
    with pytest.raises(BadArgument) as error:
        shifted(np.zeros(100), semitones)
    assert error.value.field == "semitones"
