"""When things are struck, and the smooth paths of what moves without striking."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from engine.training.performed.sprites import Point

LAST_SECONDS = 0.03
"""A contact so near to the end is not seen."""
_LEFT_OUT = 0.08
_SHORTEST = 0.45


def rhythm(chance: np.random.Generator, duration_seconds: float, least: float = 0.3, most: float = 1.8) -> list[float]:
    """Times of strikes, seconds: regular, nearly so or hardly so, ``least`` to ``most`` apart, some left out."""
    apart = math.exp(chance.uniform(math.log(least), math.log(most)))
    unrest = float(chance.choice([0.02, 0.08, 0.3]))
    now, times = float(chance.uniform(0, apart)), []
    while now < duration_seconds - LAST_SECONDS:
        if chance.random() > _LEFT_OUT:
            times.append(now)
        now += apart * max(_SHORTEST, 1 + unrest * float(chance.standard_normal()))
    return times


def wander(
    chance: np.random.Generator, duration_seconds: float, between_seconds: float, spread: float, width: int = 2
) -> Callable[[float], Point]:
    """A smooth random path: ``(width,)`` at each time, turning about every ``between_seconds``."""
    from scipy.interpolate import CubicSpline

    knots = spread * chance.standard_normal((int(duration_seconds / between_seconds) + 4, width))
    path = CubicSpline(between_seconds * np.arange(len(knots)), knots)
    return lambda now: np.asarray(path(now))


def eased(share: float) -> float:
    """From 0 to 1 with the least jerk, as arms move (Flash and Hogan, The Coordination of Arm Movements, 1985)."""
    share = min(1.0, max(0.0, share))
    return share**3 * (10 - 15 * share + 6 * share**2)
