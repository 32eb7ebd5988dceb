"""Textures of noises of which everything is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from engine.audio import Samples
from engine.dsp.texture import texture

RATE = 16_000


def noise(seconds: float, channels: int = 1, seed: int = 0) -> Samples:
    made = np.random.default_rng(seed).standard_normal((channels, round(seconds * RATE)))
    return np.asarray(0.1 * signal.lfilter([1.0], [1.0, -0.7], made), np.float32)


def made(before: Samples, after: Samples, length: int, seed: int = 0) -> Samples:
    return np.concatenate(list(texture(before, after, length, RATE, np.random.default_rng(seed))), axis=1)


def band_db(sound: Samples) -> np.ndarray:
    power = signal.welch(sound, RATE, nperseg=512)[1]
    return 10 * np.log10(power.reshape(*power.shape[:-1], -1)[..., 1:])


@pytest.mark.parametrize("seconds", [0.05, 0.5, 4.0])
def test_the_spectrum_is_that_of_the_sides(seconds: float) -> None:
    around = noise(seconds, seed=1), noise(seconds, seed=2)
    apart = band_db(made(*around, 6 * RATE)) - band_db(noise(20.0, seed=3))
    assert np.abs(apart).mean() < (4.0 if seconds < 0.1 else 1.5)


@pytest.mark.parametrize("length", [1, 799, 16_001])
def test_the_length_is_exact(length: int) -> None:
    assert made(noise(1.0), noise(1.0), length).shape == (1, length)


def test_an_event_is_not_said_again() -> None:
    """A bird, 30 dB above the noise in its band, three times before the gap and once after."""
    before, after = noise(5.0, seed=4), noise(5.0, seed=5)
    quiet = band_db(made(before, after, 4 * RATE))
    time = np.arange(round(0.15 * RATE)) / RATE
    chirp = np.asarray(0.3 * np.hanning(time.size) * np.sin(2 * np.pi * (3_000 + 4_000 * time) * time), np.float32)
    for sound, start in ((before, 8_000), (before, 40_000), (before, 70_000), (after, 20_000)):
        sound[:, start : start + chirp.size] += chirp
    assert (band_db(made(before, after, 4 * RATE)) - quiet).max() < 4.0


def test_a_click_is_not_said_again() -> None:
    before, after = noise(4.0, seed=6), noise(4.0, seed=7)
    before[:, 12_345] = after[:, 23_456] = 1.0
    assert np.abs(made(before, after, 10 * RATE)).max() < 0.9


def test_the_level_goes_in_a_straight_line_in_db() -> None:
    before, after = noise(3.0, 2, seed=8), 0.01 * noise(3.0, 2, seed=9)
    pieces = made(before, after, 8 * RATE).reshape(2, 8, -1).std(axis=2)
    line = 20 * np.log10(noise(20.0).std()) - 40 * (np.arange(8) + 0.5) / 8
    assert np.abs(20 * np.log10(pieces) - line).max() < 1.5


def test_where_one_side_is_not_there_the_other_goes_on() -> None:
    pieces = made(noise(3.0), np.zeros((1, 0), np.float32), 4 * RATE).reshape(4, -1).std(axis=1)
    assert 20 * np.log10(pieces / noise(20.0).std()) == pytest.approx(np.zeros(4), abs=1.0)


@pytest.mark.parametrize("seconds", [0.3, 3.0])
def test_the_stereo_image_stays(seconds: float) -> None:
    one, other = noise(seconds, 2, seed=10)
    wide = np.array([one, 0.5 * (0.9 * one + np.sqrt(1 - 0.81) * other)])
    sound = made(wide, wide, 4 * RATE)
    assert np.corrcoef(sound)[0, 1] == pytest.approx(np.corrcoef(wide)[0, 1], abs=0.06)
    assert sound[0].std() / sound[1].std() == pytest.approx(wide[0].std() / wide[1].std(), rel=0.08)


def test_of_little_there_is_it_does_not_go_round_in_a_circle() -> None:
    sound = made(noise(0.6, seed=11), noise(0.6, seed=12), 8 * RATE)[0]
    spectrum = np.abs(np.fft.rfft(sound / np.sqrt(np.square(sound).sum()), 2 * sound.size)) ** 2
    alike = np.abs(np.fft.irfft(spectrum)[RATE // 10 : sound.size])
    assert alike.max() < 0.2


def test_a_tone_in_it_keeps_its_level() -> None:
    """Grains begin where the tone goes on, so it does not swell and fade where they meet."""
    time = np.arange(3 * RATE) / RATE
    side = np.asarray(0.05 * noise(3.0) + 0.2 * np.sin(2 * np.pi * 437 * time), np.float32)
    sound = made(side, np.zeros((1, 0), np.float32), 4 * RATE)[0]
    levels = np.abs(signal.hilbert(sound))[800:-800]
    assert levels.min() > 0.8 * np.median(levels)


def test_silence_has_silent_texture() -> None:
    assert not made(np.zeros((2, 9_000), np.float32), np.zeros((2, 9_000), np.float32), 20_000).any()
