"""Sounds that denoisers are tried on, drawn anew from a generator: steps, music, speech, and four kinds of noise.

All are stereo, float32 ``(2, samples)``. Nothing here is recorded, so nothing here can have been learnt by heart. This
module knows nothing of denoisers or of scores.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from engine.audio import Samples
from engine.evaluation.denoise_bench.voice import voice

Real = NDArray[np.float64]
Draw = Callable[[int, int, np.random.Generator], Samples]
"""Samples, rate and chance to a sound."""

PEAK = 0.5
VOICES_OF_BABBLE = 8
HUM_HARMONICS = 30


def steps(length_samples: int, rate_hz: int, rng: np.random.Generator) -> Samples:
    """Somebody walking to and fro in a small room: a heel's thump and click, then the scuff of the toe."""
    dry = np.zeros((2, length_samples))
    at_seconds = rng.uniform(0.2, 0.5)
    sweep_hz = rng.uniform(0.08, 0.15)
    while (start := round(at_seconds * rate_hz)) < length_samples:
        step = rng.uniform(0.4, 1.0) * _step(rate_hz, rng)
        _place(dry, step, start, 0.5 + 0.25 * np.sin(2 * np.pi * sweep_hz * at_seconds))
        at_seconds += rng.uniform(0.45, 0.65)
    return _finished(_in_room(dry, rate_hz, rng, decay_seconds=0.25, wet=0.12))


def music(length_samples: int, rate_hz: int, rng: np.random.Generator) -> Samples:
    """Chords held under plucked notes in a hall: there is hardly a moment without sound."""
    dry = np.zeros((2, length_samples))
    root_hz, beat_seconds = rng.uniform(90.0, 140.0), rng.uniform(0.4, 0.6)
    scale = np.array([0, 2, 4, 5, 7, 9, 11])
    bar_seconds = 4 * beat_seconds

    def pitch_hz(degree: int, octave: int) -> float:
        return float(root_hz * 2.0 ** (octave + degree // 7 + scale[degree % 7] / 12))

    for bar in range(int(length_samples / rate_hz / bar_seconds) + 1):
        chord, start = int(rng.integers(0, 6)), round(bar * bar_seconds * rate_hz)
        for third in (0, 2, 4):
            _place(dry, 0.12 * _held(pitch_hz(chord + third, 1), bar_seconds, rate_hz, rng), start, 0.2 + 0.15 * third)
        _place(dry, 0.35 * _plucked(pitch_hz(chord, 0), bar_seconds, rate_hz, rng), start, 0.5)
        for eighth in np.flatnonzero(rng.random(8) < 0.8):
            note = _plucked(pitch_hz(chord + int(rng.choice([0, 2, 4, 7, 9])), 2), 1.2, rate_hz, rng)
            _place(dry, 0.2 * note, start + round(eighth * beat_seconds / 2 * rate_hz), rng.uniform(0.25, 0.75))
    return _finished(_in_room(dry, rate_hz, rng, decay_seconds=0.8, wet=0.15))


def speech(length_samples: int, rate_hz: int, rng: np.random.Generator) -> Samples:
    """One person talking, a little left of the middle."""
    said = voice(length_samples, rate_hz, rng)
    return _finished(_in_room(np.array([0.8 * said, 0.6 * said]), rate_hz, rng, decay_seconds=0.2, wet=0.06))


def white(length_samples: int, rate_hz: int, rng: np.random.Generator) -> Samples:
    """Equal power at all frequencies, partly the same in both channels."""
    return _wide(*rng.standard_normal((2, length_samples)))


def pink(length_samples: int, rate_hz: int, rng: np.random.Generator) -> Samples:
    """Power falls with frequency, from 20 Hz."""
    spectrum = np.fft.rfft(rng.standard_normal((2, length_samples)))
    spectrum /= np.sqrt(np.maximum(np.fft.rfftfreq(length_samples, 1 / rate_hz), 20.0))
    return _wide(*np.fft.irfft(spectrum, length_samples))


def hum(length_samples: int, rate_hz: int, rng: np.random.Generator) -> Samples:
    """Mains hum, 50 or 60 Hz and its harmonics, over a little hiss."""
    fundamental_hz = rng.choice([50.0, 60.0]) * rng.uniform(0.999, 1.001)
    time = np.arange(length_samples) / rate_hz
    orders = np.arange(1, HUM_HARMONICS + 1)
    strengths = np.where(orders < 4, 0.6, 0.8 / orders) * rng.uniform(0.7, 1.3, orders.size)
    tone = np.zeros(length_samples)
    for order, strength in zip(orders, strengths, strict=True):
        tone += strength * np.sin(2 * np.pi * order * fundamental_hz * time + rng.uniform(0, 2 * np.pi))
    hiss = 0.03 * tone.std() * rng.standard_normal((2, length_samples))
    return _unit(np.array([tone, 0.9 * tone]) + hiss)


def babble(length_samples: int, rate_hz: int, rng: np.random.Generator) -> Samples:
    """Many people talking at once."""
    sides = np.zeros((2, length_samples))
    for side in sides:
        for _ in range(VOICES_OF_BABBLE):
            said = voice(length_samples, rate_hz, rng)
            side += rng.uniform(0.7, 1.3) * said / (said.std() + 1e-12)
    left, right = sides
    return _unit(np.array([0.9 * left + 0.43 * right, 0.43 * left + 0.9 * right]))


SOUNDS: dict[str, Draw] = {"steps": steps, "music": music, "speech": speech}
NOISES: dict[str, Draw] = {"white": white, "pink": pink, "hum": hum, "babble": babble}


def _step(rate_hz: int, rng: np.random.Generator) -> Real:
    time = np.arange(round(0.3 * rate_hz)) / rate_hz
    made = 0.9 * rng.standard_normal(time.size) * np.exp(-time / 0.0025)
    for low_hz, high_hz, decay_seconds, strength in (
        (70, 110, 0.035, 1.0),
        (180, 260, 0.02, 0.6),
        (500, 900, 0.01, 0.4),
        (1_500, 3_000, 0.006, 0.25),
    ):
        made += strength * np.exp(-time / decay_seconds) * np.sin(2 * np.pi * rng.uniform(low_hz, high_hz) * time)
    top_hz = min(9_000.0, 0.45 * rate_hz)
    band = signal.butter(2, [min(1_500.0, top_hz / 2), top_hz], "band", fs=rate_hz, output="sos")
    since_toe = time - rng.uniform(0.07, 0.1)
    scuff = np.where(since_toe > 0, np.exp(-since_toe / 0.03) * np.minimum(1, since_toe / 0.004), 0)
    made += 0.35 * scuff * signal.sosfilt(band, rng.standard_normal(time.size))
    return np.asarray(made * np.minimum(1, (0.3 - time) / 0.005))


def _plucked(pitch_hz: float, length_seconds: float, rate_hz: int, rng: np.random.Generator) -> Real:
    time = np.arange(round(length_seconds * rate_hz)) / rate_hz
    made = np.zeros(time.size)
    for order in range(1, 16):
        partial_hz = pitch_hz * order * np.sqrt(1 + 3e-4 * order**2)
        if partial_hz < 0.45 * rate_hz:
            decay = np.exp(-time * (1.2 + 0.5 * order)) / order
            made += decay * np.sin(2 * np.pi * partial_hz * time + rng.uniform(0, 2 * np.pi))
    return np.asarray(made * np.minimum(1, time / 0.002) * np.minimum(1, (length_seconds - time) / 0.005))


def _held(pitch_hz: float, length_seconds: float, rate_hz: int, rng: np.random.Generator) -> Real:
    time = np.arange(round(length_seconds * rate_hz)) / rate_hz
    made = np.zeros(time.size)
    for order in range(1, 16):
        if pitch_hz * order < 0.45 * rate_hz:
            vibrato = 0.15 * order * np.sin(2 * np.pi * 5 * time + rng.uniform(0, 2 * np.pi))
            made += order**-1.6 * np.sin(2 * np.pi * pitch_hz * order * time + vibrato + rng.uniform(0, 2 * np.pi))
    return np.asarray(made * np.minimum(1, time / 0.12) * np.minimum(1, (length_seconds - time) / 0.25))


def _place(sides: Real, mono: Real, start: int, position: float) -> None:
    """Add a sound where it begins; what reaches over the end is lost."""
    length = max(0, min(mono.size, sides.shape[1] - start))
    for side, gain in zip(sides, (np.cos(position * np.pi / 2), np.sin(position * np.pi / 2)), strict=True):
        side[start : start + length] += gain * mono[:length]


def _in_room(dry: Real, rate_hz: int, rng: np.random.Generator, *, decay_seconds: float, wet: float) -> Real:
    time = np.arange(round(decay_seconds * rate_hz)) / rate_hz
    room = rng.standard_normal((2, time.size)) * np.exp(-6.9 * time / decay_seconds) * (time > 0.004)
    room /= np.sqrt(np.square(room).sum(axis=1, keepdims=True))
    return np.asarray(dry + wet * signal.fftconvolve(dry, room, axes=1)[:, : dry.shape[1]])


def _finished(sound: Real) -> Samples:
    return np.asarray(PEAK * sound / (np.abs(sound).max(initial=0.0) + 1e-12), np.float32)


def _wide(middle: Real, side: Real) -> Samples:
    return _unit(np.array([0.8 * middle + 0.6 * side, 0.8 * middle - 0.6 * side]))


def _unit(noise: Real) -> Samples:
    return np.asarray(noise / (noise.std() + 1e-12), np.float32)
