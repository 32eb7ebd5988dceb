"""Drops and bubbles, the sound of liquids.

A bubble of radius r rings at about 3/r Hz and dies by radiation and heat; when it forms near the surface its pitch
rises. Source: K. van den Doel, "Physically based models for liquid sounds", ACM Trans. Applied Perception 2(4), 2005.
"""

from __future__ import annotations

import numpy as np

from engine.procedural.family import SAMPLE_RATE_HZ, Signal
from engine.procedural.noise import Rng, pick, samples, times


def minnaert_hz(radius_m: float) -> float:
    """Pitch of a bubble in water (Minnaert 1933): 1 mm rings at 3 kHz."""
    return 3.0 / radius_m


def damping(radius_m: float) -> float:
    """Decay of a bubble per second (van den Doel, eq. 4): ``0.13/r + 0.0072 r**-1.5``."""
    return float(0.13 / radius_m + 0.0072 * radius_m**-1.5)


def bubble(radius_m: float, rise: float = 0.0, ring: float = 1.0) -> Signal:
    """One bubble, peak about 1.

    Parameters
    ----------
    rise
        Share by which the pitch rises within one decay time.
    ring
        How much longer it rings than in open water.
    """
    d = damping(radius_m) / ring
    t = times(samples(min(0.25, 6.0 / d)))
    hz = minnaert_hz(radius_m) * (1 + rise * d * t)
    phase = 2 * np.pi * np.cumsum(hz) / SAMPLE_RATE_HZ
    x: Signal = np.sin(phase) * np.exp(-d * t) * np.minimum(1.0, t * minnaert_hz(radius_m) * 0.7)
    return x


def bubbles(rng: Rng, count: int, smallest_m: float, largest_m: float, *, rise: float = 0.08) -> list[Signal]:
    """Templates of many sizes; larger ones are louder, some rise in pitch."""
    found = []
    for _ in range(count):
        radius = pick(rng, smallest_m, largest_m)
        gain = (radius / largest_m) ** 0.7
        found.append(gain * bubble(radius, rise if rng.random() < 0.4 else 0.0))
    return found
