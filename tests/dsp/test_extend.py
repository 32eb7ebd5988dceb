"""An extended sound begins as it was, goes on alike, has no seam, and does not go round in a circle."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from engine.audio import Audio
from engine.dsp.extend import extended
from engine.source import Held, collected

RATE = 16_000


def wind(seconds: float, channels: int = 1) -> Audio:
    chance = np.random.default_rng(0)
    noise = chance.normal(size=(channels, round(seconds * RATE)))
    smooth = np.apply_along_axis(lambda row: np.convolve(row, np.hanning(16) / 8, "same"), 1, noise)
    return Audio(samples=(0.1 * smooth).astype(np.float32), sample_rate_hz=RATE)


def made(sound: Audio, length: int, seed: int = 0) -> np.ndarray:
    return collected(Held(sound), lambda source: extended(source, length, np.random.default_rng(seed))).samples


def test_it_begins_as_it_was_and_goes_on_as_loud() -> None:
    sound = wind(6.0, 2)
    long = made(sound, 30 * RATE)
    assert long.shape == (2, 30 * RATE)
    assert np.array_equal(long[:, : 5 * RATE], sound.samples[:, : 5 * RATE])
    levels = [np.sqrt(np.mean(long[:, at : at + RATE] ** 2)) for at in range(0, 30 * RATE, RATE)]
    assert max(levels) / min(levels) < 1.25
    assert np.abs(np.diff(long)).max() <= 1.5 * np.abs(np.diff(sound.samples)).max()


@pytest.mark.parametrize("seconds", [1.0, 2.0, 6.0])
def test_it_does_not_go_round_in_a_circle(seconds: float) -> None:
    sound = wind(seconds)
    rest = made(sound, 40 * RATE)[0, sound.length_samples :]
    spectrum = np.fft.rfft(rest, 2 * rest.size)
    echo = np.fft.irfft(np.abs(spectrum) ** 2)[: rest.size]
    assert echo[RATE // 4 :].max() / echo[0] < 0.4  # a loop would come near 1


def test_chance_is_the_seed() -> None:
    sound = wind(4.0)
    assert np.array_equal(made(sound, 12 * RATE, 1), made(sound, 12 * RATE, 1))
    assert not np.array_equal(made(sound, 12 * RATE, 1), made(sound, 12 * RATE, 2))


def test_it_goes_on_where_it_sounds_alike() -> None:
    t = np.arange(8 * RATE) / RATE
    tone = 0.1 * np.where(t < 4, np.sin(2 * np.pi * 200 * t), np.sin(2 * np.pi * 3_000 * t)).astype(np.float32)
    long = made(Audio(samples=tone[None], sample_rate_hz=RATE), 60 * RATE)[0]
    crossings = np.add.reduceat(np.diff(np.signbit(long)) != 0, np.arange(0, long.size - 1, RATE // 10)) > 200
    assert not crossings[:40].any()
    assert crossings[41:].all()  # it ends high, and the low half is unlike it


@hypothesis_settings(max_examples=40)
@given(length=st.integers(1, 9_000), wanted=st.integers(1, 30_000))
def test_any_length_of_any_length(length: int, wanted: int) -> None:
    sound = Audio(samples=np.full((1, length), 0.5, np.float32), sample_rate_hz=8_000)
    long = made(sound, wanted)
    assert long.shape == (1, wanted)
    assert long.max() <= 0.5 * 2**0.5 + 1e-6


@pytest.mark.parametrize("seconds", [0.3, 1.0])
def test_a_short_sound_goes_on_too(seconds: float) -> None:
    assert made(wind(seconds), 5 * RATE).shape == (1, 5 * RATE)
