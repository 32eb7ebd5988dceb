"""Things that turn or fire: phases that run on across pieces of any length, and trains of pulses.

Source for firing as pulses into resonances: S. Baldan et al., "Physically informed car engine sound synthesis", 2015.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.procedural.family import SAMPLE_RATE_HZ, Signal
from engine.procedural.noise import Rng, lines

HOP = 64


class Turning:
    """The turns made by something whose speed changes, at every sample of a sound of any length.

    Parameters
    ----------
    speed_hz
        Turns a second as a function of seconds.
    length
        Samples it must cover.
    """

    def __init__(self, speed_hz: Callable[[Signal], Signal], length: int) -> None:
        seconds = np.arange(length // HOP + 3) * HOP / SAMPLE_RATE_HZ
        self._speed = speed_hz(seconds)
        self._turns = np.concatenate([[0.0], np.cumsum(self._speed)[:-1]]) * HOP / SAMPLE_RATE_HZ

    def samples(self, start: int, length: int) -> Signal:
        """Turns so far at each sample."""
        first = start // HOP
        last = first + length // HOP + 3
        return lines(self._turns[first:last], HOP)[start - first * HOP :][:length]

    @property
    def total(self) -> int:
        """Whole turns over all of it, rounded up."""
        return int(self._turns[-1]) + 2


def firing(turns: Signal, strengths: Signal, width: float) -> Signal:
    """One raised-cosine pulse a turn, lasting ``width`` of it, as strong as ``strengths[turn]``."""
    whole = np.floor(turns)
    part = turns - whole
    pulse: Signal = np.where(part < width, np.sin(np.pi * np.minimum(part / width, 1.0)) ** 2, 0.0)
    return pulse * strengths[whole.astype(np.int64) % strengths.size]


def cylinder_strengths(rng: Rng, cylinders: int, turns: int, roughness: float) -> Signal:
    """No two cylinders are alike, and none fires twice the same; about 1."""
    each = rng.uniform(1 - 2 * roughness, 1.0, cylinders)
    count = max(cylinders, turns)
    strengths: Signal = each[np.arange(count) % cylinders] * (1 + roughness * rng.standard_normal(count))
    return strengths


def harmonics(turns: Signal, gains: Signal) -> Signal:
    """Sum over k of ``gains[k] sin(2 pi (k + 1) turns)``, by the recurrence of Chebyshev."""
    angle = 2 * np.pi * turns
    double = 2 * np.cos(angle)
    before, now = np.zeros_like(angle), np.sin(angle)
    out = gains[0] * now
    for gain in gains[1:]:
        before, now = now, double * now - before
        out += gain * now
    whole: Signal = out
    return whole
