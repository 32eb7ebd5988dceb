"""What is a dropout and what is none."""

from __future__ import annotations

import numpy as np
import pytest

from engine.audio import Audio, Samples
from engine.dsp.dropouts import find_gaps
from engine.source import BLOCK_SAMPLES, Held

RATE = 48_000


def sounding(seconds: float = 2.0, channels: int = 2) -> Samples:
    return 0.1 * np.random.default_rng(0).standard_normal((channels, round(seconds * RATE))).astype(np.float32)


def found(samples: Samples) -> tuple[tuple[int, int], ...]:
    return find_gaps(Held(Audio(samples=samples, sample_rate_hz=RATE)))


@pytest.mark.parametrize("start", [1_000, BLOCK_SAMPLES - 100, BLOCK_SAMPLES, BLOCK_SAMPLES + 1])
@pytest.mark.parametrize("length", [48, 500, 40_000 - 1])
@pytest.mark.parametrize("value", [0.0, 0.0123])
def test_a_run_of_one_value_in_sound_is_one_to_the_sample(start: int, length: int, value: float) -> None:
    sound = sounding(3)
    sound[:, start : start + length] = value
    assert found(sound) == ((start, start + length),)


def test_there_may_be_many() -> None:
    sound = sounding()
    gaps = tuple((start, start + 60) for start in range(500, 90_000, 1_000))
    for start, end in gaps:
        sound[:, start:end] = 0.0
    assert found(sound) == gaps


def test_a_channel_that_is_silent_throughout_does_not_hide_one() -> None:
    sound = sounding(channels=3)
    sound[2] = 0.0
    sound[:, 5_000:5_100] = 0.0
    assert found(sound) == ((5_000, 5_100),)


def silent_start(sound: Samples) -> None:
    sound[:, :500] = 0.0


def silent_end(sound: Samples) -> None:
    sound[:, -500:] = 0.0


def all_silent(sound: Samples) -> None:
    sound[:] = 0.0


def too_short(sound: Samples) -> None:
    sound[:, 5_000:5_040] = 0.0


def long_pause(sound: Samples) -> None:
    sound[:, 5_000 : 5_000 + RATE + 1] = 0.0


def died_away(sound: Samples) -> None:
    sound[:, 20_000:30_000] *= np.exp(-np.arange(10_000) / 800).astype(np.float32)
    sound[:, 30_000:40_000] = 0.0


def gated(sound: Samples) -> None:
    """The end of a sound cut off when it has become soft, and the next one 30 dB louder."""
    sound[:, :30_000] *= 0.03
    sound[:, 30_000:36_000] = 0.0


def one_channel(sound: Samples) -> None:
    sound[0, 5_000:6_000] = 0.0


def clipped(sound: Samples) -> None:
    sound[:] = np.clip(3 * np.sin(2 * np.pi * 50 * np.arange(sound.shape[1]) / RATE), -1, 1)


def square(sound: Samples) -> None:
    sound[:] = 0.5 * np.sign(np.sin(2 * np.pi * 100 * np.arange(sound.shape[1]) / RATE + 0.1))


def in_steps(sound: Samples) -> None:
    sound[:] = np.repeat(sound[:, ::64], 64, axis=1)


@pytest.mark.parametrize(
    "change",
    [
        silent_start,
        silent_end,
        all_silent,
        too_short,
        long_pause,
        died_away,
        gated,
        one_channel,
        clipped,
        square,
        in_steps,
    ],
)
def test_what_is_none(change: object) -> None:
    sound = sounding()
    change(sound)  # type: ignore[operator]
    assert found(sound) == ()


def test_silence_that_a_sound_dies_into_and_begins_from_within_milliseconds_is_none() -> None:
    """As a codec leaves it between two blocks: all of it smooth, and nothing jumps."""
    rng = np.random.default_rng(5)
    noise = 0.1 * rng.standard_normal(RATE)
    fade = np.ones(RATE)
    fade[RATE // 2 - 96 : RATE // 2] = np.exp(-np.arange(96) / 6)
    fade[RATE // 2 : RATE // 2 + 240] = 0
    fade[RATE // 2 + 240 : RATE // 2 + 336] = np.exp(-np.arange(96)[::-1] / 6)
    smooth = Held(Audio(samples=(noise * fade)[None].astype(np.float32), sample_rate_hz=RATE))
    assert find_gaps(smooth) == ()
    cut = noise.copy()
    cut[RATE // 2 : RATE // 2 + 240] = 0
    sharp = Held(Audio(samples=cut[None].astype(np.float32), sample_rate_hz=RATE))
    assert find_gaps(sharp) == ((RATE // 2, RATE // 2 + 240),)
