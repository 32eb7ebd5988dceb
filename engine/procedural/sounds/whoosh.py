"""A whoosh: turbulence past the ear, its band rising to the pass and falling after it."""

from __future__ import annotations

import numpy as np

from engine.procedural.builders import one_shot
from engine.procedural.family import SAMPLE_RATE_HZ, Family, Knobs, Signal, params
from engine.procedural.noise import Rng, bump, painted, pick, samples


def whoosh(rng: Rng, knobs: Knobs) -> Signal:
    """A stick at size 0.3, a sail at 3."""
    seconds = rng.uniform(0.5, 0.9) * knobs.size**0.5 / knobs.pace
    length = samples(seconds)
    centre, width = rng.uniform(0.45, 0.62), rng.uniform(0.13, 0.2)
    low, reach = pick(rng, 260, 600) / knobs.size**0.7, rng.uniform(1.0, 2.6) * (0.5 + knobs.intensity)
    air = rng.uniform(0.05, 0.25)

    def past(t: Signal, hz: Signal) -> Signal:
        u = t * SAMPLE_RATE_HZ / length
        e = np.exp(-(((u - centre) / np.where(u < centre, 1.3 * width, width)) ** 2))
        f = low * 2 ** (reach * e)
        shape: Signal = e * (bump(hz, f, 0.6) + 0.45 * bump(hz, 2.2 * f, 0.7) + air * e * bump(hz, 7_000.0, 0.9))
        return shape

    out = painted(rng, length, past, hop=256)[0]
    u = np.arange(length) / length
    whole: Signal = out * np.minimum(1.0, 20 * u) * np.minimum(1.0, 8 * (1 - u))
    return whole


FAMILIES = (
    Family(
        name="whoosh",
        label="Whoosh",
        category="WHSH",
        heard_as=("Whoosh, swoosh, swish",),
        words=("whoosh", "swoosh", "swish", "air swish", "sword swing", "swing", "fly by"),
        params=params(pace=1.0, wetness=0.1),
        sustained=False,
        length_seconds=1.0,
        interval_seconds=0.7,
        render=one_shot(whoosh),
    ),
)
