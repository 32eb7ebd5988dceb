"""How fast each family is, on this machine, on one core.

Each is timed as it is used: beds in stereo, single sounds mono, one after another until there is enough sound.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from engine.procedural.families import FAMILIES
from engine.procedural.family import SAMPLE_RATE_HZ, Family


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One family's speed: seconds of sound made in a second."""

    family: str
    realtime_factor: float


def benchmark(seconds: float = 10.0) -> tuple[Row, ...]:
    """Time every family over at least ``seconds`` of sound each, after one warm-up."""
    return tuple(Row(family=family.name, realtime_factor=_speed(family, seconds)) for family in FAMILIES.values())


def _speed(family: Family, seconds: float) -> float:
    knobs = family.knobs({"count": 0.0} if "count" in family.params else {})
    channels = 2 if family.sustained else 1
    length = round(seconds * SAMPLE_RATE_HZ)

    def render(seed: int) -> int:
        samples, _ = family.render(np.random.default_rng(seed), knobs, length, channels, _never)
        return int(samples.shape[1])

    render(0)
    made, seed = 0, 0
    began = time.perf_counter()
    while made < length:
        seed += 1
        made += render(seed)
    return made / SAMPLE_RATE_HZ / (time.perf_counter() - began)


def _never() -> None:
    """Nothing cancels a benchmark."""
