"""Tone, distance and room of what is heard, moved by knobs: blocks in, blocks out, at rest the very same.

Knows no sound's place and no effects; :mod:`engine.preview.knobs` says what there is to move.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.signal import lfilter

from engine.audio import Samples
from engine.dsp.decibels import amplitude
from engine.dsp.distance import air_corner_hz
from engine.preview.knobs import KNOBS
from engine.preview.space import Room

_BRIGHT_HZ = 2_500.0
_LATE_SHARE = 0.5
"""Of the room beside the sound itself, at full wetness."""
_WET_BY_DISTANCE_M = 12.0
"""So far away, the room is half as loud as at full wetness, even where none was asked for."""


class Colour:
    """What knobs do to blocks of ``(2, samples)`` at one rate."""

    def __init__(self, sample_rate_hz: int) -> None:
        self._rate = sample_rate_hz
        self._room = Room(sample_rate_hz)
        self._dark, self._far = np.zeros((2, 1)), np.zeros((2, 1))

    def process(self, block: Samples, before: Mapping[str, float], now: Mapping[str, float]) -> Samples:
        """The next block, while the knobs go from where they were ``before`` it to where they are ``now``."""
        x = block
        bright = amplitude(before["brightness_db"]), amplitude(now["brightness_db"])
        low, self._dark = self._one_pole(x, _BRIGHT_HZ, self._dark)
        if bright != (1.0, 1.0):
            x = (low + (x - low) * line(*bright, x.shape[1])).astype(np.float32)
        metres = before["distance_m"], now["distance_m"]
        far, self._far = self._one_pole(x, min(air_corner_hz(metres[1]), 0.45 * self._rate), self._far)
        if metres != (1.0, 1.0):
            shares = min(1.0, (metres[0] - 1.0) / 3.0), min(1.0, (metres[1] - 1.0) / 3.0)
            x = x + (far - x) * line(*shares, x.shape[1])
        levels = _LATE_SHARE * _wetness(before), _LATE_SHARE * _wetness(now)
        late = self._room.process(np.asarray(x, np.float32), (before["tail_seconds"], now["tail_seconds"]))
        if metres != (1.0, 1.0):
            x = x * line(1 / metres[0], 1 / metres[1], x.shape[1])
        if levels != (0.0, 0.0):
            x = x + late * line(*levels, x.shape[1])
        gains = amplitude(before["gain_db"]), amplitude(now["gain_db"])
        if gains != (1.0, 1.0):
            x = x * line(*gains, x.shape[1])
        return np.asarray(x, np.float32)

    def _one_pole(self, x: Samples, corner_hz: float, state: np.ndarray) -> tuple[Samples, np.ndarray]:
        pole = np.exp(-2 * np.pi * corner_hz / self._rate)
        out, state = lfilter([1 - pole], [1.0, -pole], x, axis=1, zi=state)
        return np.asarray(out, np.float32), state


def line(first: float, last: float, length: int) -> Samples:
    """From behind ``first`` to ``last``, in as many steps."""
    return np.linspace(first, last, length, endpoint=False, dtype=np.float32) + np.float32((last - first) / length)


def _wetness(knobs: Mapping[str, float]) -> float:
    far = knobs["distance_m"] - KNOBS["distance_m"].low
    return knobs["wetness"] + (1 - knobs["wetness"]) * 0.5 * far / (far + _WET_BY_DISTANCE_M)
