"""Whether there is mains hum in a sound, and its frequency as it drifts.

Many harmonics of one frequency must stand out of what is beside them, most of the time. Notes do so for a while; this
looks at a quarter of a minute at once. It knows nothing of how hum is taken away.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from engine.source import Source

Real = NDArray[np.float64]

MAINS_HZ = (50.0, 60.0)
_SPREAD = 0.012
"""Of the frequency, to each side: mains keep to 0.4 %, the rest is for tape."""
_STEP = 0.0002
_FRAME_SECONDS = 4.0
_SHORTEST_SECONDS = 0.25
_MOST_FRAMES = 4_000
"""Of a long sound: then there are gaps between the frames."""
_HARMONICS = 24
"""At most that are looked at to find the frequency."""
_BESIDE_HZ = (1.5, 8.0)
"""From a harmonic: what it must stand out of."""
_DYNAMIC_RANGE = 1e-8
_STANDS_OUT = 10.0
"""Times the power beside it."""
_ENOUGH, _OF_FIRST = 2, 6
"""Harmonics that stand out, among the lowest: high ones alone are notes."""
_WINDOW_FRAMES = 8
_SHARE_OF_TIME = 0.25
"""In which a harmonic may be covered."""
_DRIFT = 0.003
"""Of the frequency, to each side, within one sound."""


@dataclass(frozen=True, slots=True)
class Hum:
    """Its frequency at some moments, in samples, rising; between them it goes in straight lines."""

    at_samples: Real
    frequency_hz: Real

    def frequency_at(self, sample: Real) -> Real:
        """In Hz."""
        return np.interp(sample, self.at_samples, self.frequency_hz)


def find_hum(source: Source, near_hz: float | None = None) -> Hum | None:
    """The hum near a frequency, or near 50 or 60 Hz; None where there is none, or the sound is too short to tell.

    Parameters
    ----------
    near_hz
        When given, there is hum, and only how it drifts is found.
    """
    rate = source.sample_rate_hz
    if source.length_samples < _SHORTEST_SECONDS * rate:
        return None
    steps = np.arange(1 - _SPREAD, 1 + _SPREAD, _STEP)
    candidates = [near * steps for near in (MAINS_HZ if near_hz is None else (near_hz,)) if near < 0.4 * rate]
    centres, standing = _prominences(source, candidates)
    found = [_followed(grid, prominence) for grid, prominence in zip(candidates, standing, strict=True)]
    strength, frequency = max(found, key=lambda hum: hum[0])
    if strength < _ENOUGH and near_hz is None:
        return None
    return Hum(centres, frequency)


def _prominences(source: Source, candidates: list[Real]) -> tuple[Real, list[NDArray[np.float32]]]:
    """Centres of frames, and for each grid how far harmonics stand out, ``(frames, candidates, harmonics)``."""
    rate = source.sample_rate_hz
    frame = min(round(_FRAME_SECONDS * rate), source.length_samples)
    starts = np.arange(0, source.length_samples - frame + 1, max(1, frame // 2))
    starts = starts[:: math.ceil(starts.size / _MOST_FRAMES)]
    size = fft.next_fast_len(4 * frame, real=True)
    window = np.hanning(frame + 2)[1:-1].astype(np.float32)
    standing: list[list[NDArray[np.float32]]] = [[] for _ in candidates]
    for start in starts:
        sound = source.read(int(start), int(start) + frame)
        power = sum(np.square(np.abs(fft.rfft(channel * window, size, workers=1))) for channel in sound)
        for grid, frames in zip(candidates, standing, strict=True):
            frames.append(_standing_out(np.asarray(power), rate / size, grid, 2.0 * rate / frame))
    return starts.astype(np.float64) + frame / 2, [np.array(frames) for frames in standing]


def _standing_out(power: NDArray[np.float32], bin_hz: float, grid: Real, width_hz: float) -> NDArray[np.float32]:
    """Power at each harmonic of each candidate over that beside it, ``(candidates, harmonics)``."""
    top_hz = (power.size - 1) * bin_hz
    harmonics = range(1, min(_HARMONICS, int(0.95 * top_hz / grid[-1])) + 1)
    near, far = max(_BESIDE_HZ[0], width_hz), max(_BESIDE_HZ[1], 4 * width_hz)
    quietest = _DYNAMIC_RANGE * float(power.max()) + 1e-20
    logarithm = np.log(power + quietest)  # a peak is nearly a parabola in it
    found = np.empty((grid.size, len(harmonics)), np.float32)
    for harmonic in harmonics:
        low, high = harmonic * grid[0], harmonic * grid[-1]
        beside = [
            power[max(1, round((low - far) / bin_hz)) : max(2, round((low - near) / bin_hz))],
            power[round((high + near) / bin_hz) : round((high + far) / bin_hz)],
        ]
        floor = float(np.median(np.concatenate(beside))) + quietest
        places = harmonic * grid / bin_hz
        first = places.astype(int)
        share = places - first
        at = logarithm[first] * (1 - share) + logarithm[np.minimum(first + 1, power.size - 1)] * share
        found[:, harmonic - 1] = np.exp(at) / floor
    return found


def _followed(grid: Real, prominence: NDArray[np.float32]) -> tuple[float, Real]:
    """How many of the lowest harmonics stand out where they do most, and the frequency in each frame."""
    overall = np.log1p(prominence).sum(axis=2).mean(axis=0)
    centre = int(np.argmax(overall))
    reach = max(1, round(_DRIFT / _STEP))
    near = slice(max(0, centre - reach), min(grid.size, centre + reach + 1))
    score = np.log1p(prominence[:, near]).sum(axis=2)
    score = ndimage.uniform_filter1d(score, 3, axis=0, mode="nearest")
    best = np.argmax(score, axis=1)
    rows = np.arange(best.size)
    strength = _steady(prominence[rows, near.start + best, :_OF_FIRST])
    inner = np.clip(best, 1, max(1, score.shape[1] - 2))
    left, top, right = (score[rows, np.clip(inner + move, 0, score.shape[1] - 1)] for move in (-1, 0, 1))
    bend = left - 2 * top + right
    shift = np.where((bend < 0) & (best == inner), 0.5 * (left - right) / np.minimum(bend, -1e-9), 0.0)
    frequency = grid[near][best] + np.clip(shift, -0.5, 0.5) * (grid[1] - grid[0])
    return strength, ndimage.median_filter(frequency, 3, mode="nearest")


def _steady(prominence: NDArray[np.float32]) -> float:
    """Harmonics that stand out most of the time of some quarter of a minute, ``(frames, harmonics)``."""
    most = 0
    for start in range(0, max(1, prominence.shape[0] - _WINDOW_FRAMES + 1), _WINDOW_FRAMES // 4):
        low = np.quantile(prominence[start : start + _WINDOW_FRAMES], _SHARE_OF_TIME, axis=0)
        most = max(most, int((low >= _STANDS_OUT).sum()))
    return float(most)
