from __future__ import annotations

import numpy as np
import pytest

from engine.audio import Audio
from engine.dsp.transients import GAP_SECONDS, transients
from engine.source import Held

RATE = 48_000


def found(samples: np.ndarray, rate: int = RATE) -> list[int]:
    return transients(Held(Audio(samples=np.atleast_2d(samples), sample_rate_hz=rate))).tolist()


def tones(*pitches_hz: float, seconds: float = 4.0) -> np.ndarray:
    time = np.arange(round(seconds * RATE)) / RATE
    return 0.1 * np.sum([np.sin(2 * np.pi * hertz * time) for hertz in pitches_hz], axis=0)


@pytest.mark.parametrize("rate", [8_000, 48_000, 192_000])
@pytest.mark.parametrize("signs", [(1, 1), (1, -1), (0, 1)], ids=["together", "opposed", "one side"])
def test_a_strike_over_noise_is_found_to_the_sample(rate: int, signs: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    sound = 0.002 * rng.standard_normal((2, 3 * rate))
    places = [rate // 3, rate, 2 * rate + 123]
    decay = np.exp(-np.arange(rate // 10) / (0.01 * rate))
    for place in places:
        sound[:, place : place + decay.size] += 0.5 * np.outer(signs, decay)
    assert found(sound, rate) == [0, *places]  # the noise begins at once


@pytest.mark.parametrize(
    "steady",
    [
        np.zeros(RATE),
        np.full(RATE, 0.5),
        tones(55),
        tones(110, 138.59, 164.81),
        tones(880, 932, 988),
        0.1 * np.random.default_rng(2).standard_normal(4 * RATE),
        0.1 * np.random.default_rng(2).standard_normal(4 * RATE) * np.linspace(0, 1, 4 * RATE),
    ],
    ids=["silence", "constant", "bass", "low triad", "cluster", "noise", "swell"],
)
def test_what_does_not_strike_is_left_alone(steady: np.ndarray) -> None:
    after_the_start = [place for place in found(steady) if 0.03 * RATE < place < steady.size]
    assert after_the_start == []


def test_of_two_strikes_too_near_the_stronger_is_kept() -> None:
    sound = np.zeros(RATE)
    sound[10_000], sound[12_000], sound[20_000] = 0.2, 0.8, 0.2
    assert found(sound) == [12_000, 20_000]


def test_strikes_are_found_once_wherever_pages_end() -> None:
    rate = 8_000
    sound = np.zeros(25 * rate)
    places = np.arange(500, sound.size - 500, round(GAP_SECONDS * rate) + 30)
    sound[places] = 0.5
    assert found(sound, rate) == places.tolist()


def test_quiet_passages_are_judged_by_themselves() -> None:
    sound = np.zeros(40 * RATE)
    sound[RATE], sound[35 * RATE] = 0.9, 0.001
    assert found(sound) == [RATE, 35 * RATE]
