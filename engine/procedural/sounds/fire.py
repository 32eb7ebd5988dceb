"""Fire: crackle of bursting fibres, now and then a pop, hiss of steam, the flapping of flames."""

from __future__ import annotations

import numpy as np

from engine.procedural.builders import PIECE_SAMPLES, Chunk, bed
from engine.procedural.envelope import steady
from engine.procedural.family import SAMPLE_RATE_HZ, Family, Knobs, Signal, params
from engine.procedural.filters import highpass
from engine.procedural.grains import RATE_HOP, Cloud, lognormal, pareto, ticks
from engine.procedural.noise import Curve, Rng, coloured, pick, white


def fire(rng: Rng, knobs: Knobs, length: int, channels: int) -> Chunk:
    """A hearth at size 1, a blaze at 4."""
    longest, seconds = min(length, PIECE_SAMPLES), length / SAMPLE_RATE_HZ
    low = pick(rng, 1_500, 2_700) / knobs.size**0.2
    snaps = Cloud(rng, ticks(rng, 14, ms=(0.5, 5.5), hz=(low, 14_000), q=(0.5, 2.5)), longest, channels)
    pops = Cloud(rng, ticks(rng, 8, ms=(3, 16), hz=(250, 1_300), q=(1, 2)), longest, channels)
    life, lick, flap = (Curve(rng, seconds, rate) for rate in (1.2, 14.0, rng.uniform(8.0, 12.5) / knobs.size**0.4))
    rate = pick(rng, 50, 110) * (0.3 + 1.2 * knobs.intensity)
    burst, hiss = rng.uniform(1.45, 1.75), rng.uniform(0.14, 0.26)
    roar, top = rng.uniform(0.1, 0.2) * knobs.size**0.5 * (0.4 + knobs.intensity), pick(rng, 500, 720)

    def chunk(rng: Rng, start: int, length: int) -> Signal:
        t = (start + np.arange(-(-length // RATE_HOP)) * RATE_HOP) / SAMPLE_RATE_HZ
        busy = 0.4 + 0.6 * life(t)
        crackle = snaps.scatter(rng, length, rate * busy, pareto(burst)) * (0.6 / np.sqrt(rate / 80))
        pop = pops.scatter(rng, length, 1.2 * busy, lognormal(0.6))
        steam = highpass(white(rng, length), 1_200) * (0.4 + 0.6 * lick.samples(start, length) ** 3)
        flames = coloured(rng, length, -1.8, low_hz=30, high_hz=top, channels=channels)
        flames *= 0.35 + 0.65 * flap.samples(start, length) ** 2
        whole: Signal = crackle + 0.25 * pop + 0.12 * hiss * steam + 0.35 * roar * steady(flames)
        return whole

    return chunk


FAMILIES = (
    Family(
        name="fire",
        label="Fire Crackle",
        category="FIRECrkl",
        words=(
            "fire",
            "campfire",
            "fireplace",
            "bonfire",
            "flames",
            "fire crackle",
            "burning wood",
            "crackling fire",
            "crackling campfire",
            "crackle",
            "hearth",
            "burning",
            "torch",
        ),
        params=params(wetness=0.05),
        sustained=True,
        length_seconds=10.0,
        interval_seconds=10.0,
        render=bed(fire),
    ),
)
