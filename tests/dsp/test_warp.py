from __future__ import annotations

import numpy as np
import pytest

from engine.audio import Audio, Samples
from engine.dsp.warp import warp
from engine.errors import BadArgument
from engine.source import Held, collected

RATE = 48_000
CLICKS = (20_000, 40_000, 60_000, 80_000, 100_000)


def warped(samples: np.ndarray, anchors: list[tuple[int, int]], length: int) -> Samples:
    source = Held(Audio(samples=np.atleast_2d(samples), sample_rate_hz=RATE))
    made = collected(source, lambda known: warp(known, anchors=anchors, length_samples=length)).samples
    assert made.shape[1] == length
    return made


def clicks() -> np.ndarray:
    sound = 0.001 * np.random.default_rng(6).standard_normal(120_000)
    sound[list(CLICKS)] = 0.9
    return sound


def loud(made: Samples) -> list[int]:
    return np.flatnonzero(np.abs(made[0]) > 0.6).tolist()


def test_anchored_strikes_land_to_the_sample_and_others_between_them() -> None:
    made = warped(clicks(), [(20_000, 26_000), (60_000, 54_000), (100_000, 103_000)], 120_000)
    assert loud(made) == [26_000, 40_000, 54_000, 78_500, 103_000]


def test_an_anchor_just_after_a_strike_takes_the_strike_along() -> None:
    made = warped(clicks(), [(40_700, 60_700)], 150_000)
    assert loud(made)[1] == 60_000


def test_an_anchor_in_a_sound_without_strikes_lands_too() -> None:
    # The loudest moment of a soft swell.
    time = np.arange(120_000)
    swell = 0.5 * np.exp(-(((time - 50_000) / 6_000) ** 2)) * np.sin(2 * np.pi * 440 * time / RATE)
    made = warped(swell, [(50_000, 65_000)], 120_000)[0].astype(np.float64)
    assert abs(int(np.abs(made).argmax()) - 65_000) < 0.01 * RATE
    assert np.abs(made).max() == pytest.approx(0.5, abs=0.05)


def test_no_anchors_and_the_same_length_is_the_same_sound() -> None:
    sound = clicks()
    assert np.abs(warped(sound, [], sound.size) - sound).max() < 1e-6
    assert np.abs(warped(sound, [(0, 0), (sound.size, sound.size)], sound.size) - sound).max() < 1e-6


@pytest.mark.parametrize(
    "anchors",
    [
        [(100, 200), (100, 300)],
        [(100, 200), (200, 200)],
        [(-1, 5)],
        [(5, -1)],
        [(120_001, 60_000)],
        [(60_000, 120_001)],
        [(60_000, 10_000)],
        [(10_000, 60_000)],
    ],
    ids=["same source", "same result", "before", "before the result", "after", "after the result", "short", "long"],
)
def test_anchors_that_cannot_be_met_are_refused(anchors: list[tuple[int, int]]) -> None:
    with pytest.raises(BadArgument) as error:
        warped(clicks(), anchors, 120_000)
    assert error.value.field == "anchors"
