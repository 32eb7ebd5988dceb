"""Sounds that show what stretching does: strikes at known times, tones and chords, textures, music.

All are stereo, float32 ``(2, samples)`` at 48 kHz, drawn from a generator.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from engine.audio import Samples
from engine.evaluation.denoise_bench import signals

RATE_HZ = 48_000
BED_DB = -20.0
CHORDS_HZ: dict[str, tuple[float, ...]] = {
    **{f"{hertz:g} Hz": (hertz,) for hertz in (55.0, 440.0, 1_760.0, 8_000.0)},
    "low triad": (110.0, 138.59, 164.81),
    "low minor triad": (82.41, 123.47, 164.81),
    "triad": (440.0, 554.37, 659.26),
    "octaves": (55.0, 110.0, 880.0, 3_520.0, 7_040.0),
}
Real = NDArray[np.float64]


def strikes(seconds: float, rng: np.random.Generator) -> tuple[Samples, Real]:
    """Steps, and the seconds at which each begins; nothing sounds in between but their own decay."""
    out = np.zeros((2, round(seconds * RATE_HZ)), np.float32)
    at = np.cumsum(rng.uniform(0.35, 0.6, round(seconds / 0.475)))
    at = np.round(at[at < seconds - 0.5] * RATE_HZ) / RATE_HZ
    time = np.arange(round(0.3 * RATE_HZ)) / RATE_HZ
    for begin in at:
        sound = rng.standard_normal(time.size) * np.exp(-time / 0.003)
        for low, high, decay in ((70, 110, 0.035), (180, 260, 0.02), (500, 900, 0.01), (1_500, 3_000, 0.006)):
            sound += np.exp(-time / decay) * np.sin(2 * np.pi * rng.uniform(low, high) * time)
        side = rng.uniform(0.2, 0.8)
        place = round(begin * RATE_HZ)
        out[:, place : place + time.size] += (0.2 * np.outer((1 - side, side), sound)).astype(np.float32)
    return out, at


def over_noise(sound: Samples, rng: np.random.Generator) -> Samples:
    """The sound on a bed of white noise, 20 dB below it."""
    bed = 10 ** (BED_DB / 20) * sound.std() * rng.standard_normal(sound.shape)
    return np.asarray(sound + bed, np.float32)


def chord(pitches_hz: tuple[float, ...], seconds: float) -> Samples:
    """Steady tones together, one side softer."""
    time = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    tones = np.sum([np.sin(2 * np.pi * hertz * time + place) for place, hertz in enumerate(pitches_hz)], axis=0)
    tones *= 0.5 / len(pitches_hz) * np.minimum(1.0, 100 * np.minimum(time, time[::-1]))
    return np.stack([tones, 0.7 * tones]).astype(np.float32)


def rain(seconds: float, rng: np.random.Generator) -> Samples:
    """Thousands of drops, each a short ringing somewhere between the speakers, over hiss."""
    count = round(seconds * RATE_HZ)
    out = 0.15 * signals.pink(count, RATE_HZ, rng).astype(np.float64)
    time = np.arange(960) / RATE_HZ
    for _ in range(rng.poisson(2_000 * seconds)):
        hertz = np.exp(rng.uniform(np.log(800.0), np.log(9_000.0)))
        drop = rng.exponential() * np.exp(-time * hertz / 2.0) * np.sin(2 * np.pi * hertz * time)
        place, angle = int(rng.integers(0, count - time.size)), rng.uniform(0, np.pi / 2)
        out[:, place : place + time.size] += np.outer((np.cos(angle), np.sin(angle)), drop)
    return _level(out)


def applause(seconds: float, rng: np.random.Generator) -> Samples:
    """Thirty pairs of hands."""
    count = round(seconds * RATE_HZ)
    out = np.zeros((2, count + RATE_HZ))
    time = np.arange(2_400) / RATE_HZ
    for _ in range(30):
        pitch_hz, angle, at = rng.uniform(700, 2_200), rng.uniform(0, np.pi / 2), rng.uniform(0, 0.3)
        band = signal.butter(2, (0.7 * pitch_hz, 1.6 * pitch_hz), "band", fs=RATE_HZ, output="sos")
        every = rng.uniform(0.2, 0.33)
        while at < seconds:
            clap = signal.sosfilt(band, rng.standard_normal(time.size) * np.exp(-time / 0.006))
            place = round(at * RATE_HZ)
            out[:, place : place + time.size] += np.outer((np.cos(angle), np.sin(angle)), clap)
            at += every * rng.uniform(0.9, 1.1)
    return _level(out[:, :count])


def textures(seconds: float, rng: np.random.Generator) -> dict[str, Samples]:
    """Sounds without a moment that counts: their statistics should stay as they were."""
    count = round(seconds * RATE_HZ)
    return {
        "white noise": _level(signals.white(count, RATE_HZ, rng)),
        "pink noise": _level(signals.pink(count, RATE_HZ, rng)),
        "rain": rain(seconds, rng),
        "applause": applause(seconds, rng),
    }


def music(seconds: float, rng: np.random.Generator) -> Samples:
    """Chords under plucked notes."""
    return signals.music(round(seconds * RATE_HZ), RATE_HZ, rng)


def _level(sound: NDArray[np.floating]) -> Samples:
    return np.asarray(0.4 * sound / np.abs(sound).max(), np.float32)
