"""Clicks put into sounds, and sounds that are not clicks."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from engine.audio import Audio, Samples
from engine.dsp.declick import declick
from engine.errors import BadArgument
from engine.source import Held, collected

RATE = 48_000


def declicked(sound: Samples, rate: int = RATE, sensitivity: float = 0.5) -> Samples:
    held = Held(Audio(samples=sound, sample_rate_hz=rate))
    return collected(held, lambda source: declick(source, sensitivity=sensitivity)).samples


def chord(seconds: float = 2.0, rate: int = RATE, seed: int = 0) -> Samples:
    """Harmonics and a little hiss."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * rate)) / rate
    made = 0.002 * rng.standard_normal(time.size)
    for order in range(1, 12):
        made += 0.2 / order * np.sin(2 * np.pi * 131 * order * time + rng.uniform(0, 6))
    return made[None].astype(np.float32)


def steps(seconds: float = 4.0, seed: int = 0) -> Samples:
    """Sharp attacks that ring on: a thump and a burst of noise each."""
    rng = np.random.default_rng(seed)
    made = 1e-4 * rng.standard_normal(round(seconds * RATE))
    time = np.arange(round(0.25 * RATE)) / RATE
    for start in range(10_000, made.size - time.size, 20_011):
        made[start : start + time.size] += np.exp(-time / 0.04) * np.sin(2 * np.pi * 90 * time) * 0.5
        made[start : start + time.size] += np.exp(-time / 0.006) * rng.standard_normal(time.size) * 0.3
    return made[None].astype(np.float32)


def clicked(sound: Samples, rate: int = RATE, every: int = 4_801) -> Samples:
    """Of up to 0.4 ms."""
    rng = np.random.default_rng(1)
    made = sound.copy()
    for start in range(rate // 20, sound.shape[1] - 100, every):
        length = int(rng.integers(1, 2 + rate // 2_500))
        made[:, start : start + length] += rng.uniform(0.2, 0.8) * rng.choice([-1, 1], length)
    return made


def snr_db(truth: Samples, made: Samples) -> float:
    return float(10 * np.log10(np.square(truth).sum() / (np.square(made - truth).sum() + 1e-20)))


@pytest.mark.parametrize("rate", [8_000, 44_100, 192_000])
def test_clicks_are_taken_out_at_every_rate(rate: int) -> None:
    sound = chord(1.0, rate)
    broken = clicked(sound, rate, every=rate // 9)
    assert snr_db(sound, declicked(broken, rate)) > snr_db(sound, broken) + 15


def test_clicks_between_steps_are_taken_out_and_the_steps_stay() -> None:
    sound = steps()
    broken = clicked(sound, every=20_011)
    assert snr_db(sound, declicked(broken)) > snr_db(sound, broken) + 12


@pytest.mark.parametrize("sensitivity", [0.0, 0.5, 1.0])
@pytest.mark.parametrize(
    "sound", [chord(1.0), steps(2.0), np.zeros((1, 9_000), np.float32)], ids=["chord", "steps", "0"]
)
def test_without_clicks_nothing_changes(sound: Samples, sensitivity: float) -> None:
    made = declicked(sound, sensitivity=sensitivity)
    assert np.abs(made - sound).max() < 0.01
    assert np.mean(made != sound) < 1e-3


def test_a_tone_that_begins_at_once_is_not_a_click() -> None:
    """Its first samples are unexpected, and over at once; but they lead to what follows."""
    time = np.arange(RATE) / RATE
    sound = 1e-3 * np.random.default_rng(0).standard_normal(RATE)
    for start, hz in ((10_000, 700.0), (22_000, 1_900.0), (35_000, 300.0)):
        sound[start:] += 0.4 * np.exp(-8 * time[: RATE - start]) * np.cos(2 * np.pi * hz * time[: RATE - start])
    given = np.asarray(sound, np.float32)[None]
    assert np.array_equal(declicked(given, sensitivity=1.0), given)


def test_a_click_beside_another_is_found_too() -> None:
    sound = chord(0.5)
    broken = sound.copy()
    for start in (10_000, 10_060, 10_130):
        broken[:, start : start + 5] += 0.5
    assert np.abs(declicked(broken) - sound).max() < 0.2


def test_the_pulses_of_a_voice_stay() -> None:
    pulses = np.zeros(RATE)
    pulses[::437] = 1.0
    voice = signal.lfilter(
        [1.0], np.poly([0.98 * np.exp(2j * np.pi * f / RATE) for f in (700, -700, 1_200, -1_200)]).real, pulses
    )
    voice += 1e-3 * np.random.default_rng(0).standard_normal(RATE) * np.abs(voice).max()
    sound = np.asarray(0.3 * voice / np.abs(voice).max(), np.float32)[None]
    assert np.array_equal(declicked(sound), sound)


@pytest.mark.parametrize("start", [0, 7_678, 7_680, 7_681, 15_359, RATE - 3])
def test_a_click_on_the_edge_of_a_block_or_of_the_sound_goes_too(start: int) -> None:
    sound = chord(1.0)
    broken = sound.copy()
    broken[:, start : start + 4] += 0.7
    assert np.abs(declicked(broken) - sound).max() < 0.1


def test_only_the_channel_with_the_click_changes() -> None:
    sound = np.concatenate([chord(0.5, seed=seed) for seed in range(8)])
    broken = sound.copy()
    broken[3, 9_000:9_005] += 0.6
    made = declicked(broken)
    assert np.array_equal(np.delete(made, 3, axis=0), np.delete(sound, 3, axis=0))
    assert np.abs(made[3] - sound[3]).max() < 0.03


def test_more_sensitivity_finds_smaller_clicks() -> None:
    sound = chord(1.0)
    broken = sound.copy()
    broken[:, 20_000:20_003] += np.array([0.025, -0.03, 0.025], np.float32)
    assert np.array_equal(declicked(broken, sensitivity=0.0), broken)
    assert np.abs(declicked(broken, sensitivity=1.0) - sound).max() < 0.012


def test_a_sound_of_nothing_but_clicks_is_left_as_it_is() -> None:
    rng = np.random.default_rng(0)
    sparse = np.where(rng.random((1, RATE)) < 0.2, rng.standard_normal((1, RATE)), 0.0).astype(np.float32)
    assert np.mean(declicked(sparse, sensitivity=1.0) != sparse) < 0.2


@pytest.mark.parametrize("sensitivity", [-0.1, 1.1])
def test_a_sensitivity_out_of_bounds_is_refused(sensitivity: float) -> None:
    with pytest.raises(BadArgument, match="sensitivity is 0 to 1"):
        declick(Held(Audio(samples=chord(0.1), sample_rate_hz=RATE)), sensitivity=sensitivity)
