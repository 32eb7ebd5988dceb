"""Fire: crackle of bursting fibres, now and then a pop, hiss of steam, the flapping of flames."""

from __future__ import annotations

import numpy as np

from engine.procedural.builders import PIECE_SAMPLES, Chunk, bed
from engine.procedural.draws import draws_of
from engine.procedural.envelope import steady
from engine.procedural.family import SAMPLE_RATE_HZ, Family, Knobs, Signal, params
from engine.procedural.filters import highpass
from engine.procedural.grains import RATE_HOP, Cloud, lognormal, pareto, ticks
from engine.procedural.noise import Curve, Rng, coloured, white


def fire(rng: Rng, knobs: Knobs, length: int, channels: int) -> Chunk:
    """A hearth at size 1, a blaze at 4."""
    p = draws_of(rng, "fire")
    longest, seconds = min(length, PIECE_SAMPLES), length / SAMPLE_RATE_HZ
    low, ms = p("snap_hz", 600, 3_000, logarithmic=True) / knobs.size**0.2, p("snap_ms", 1.2, 8.0, logarithmic=True)
    high = min(14_000.0, low * p("snap_span", 2.0, 10.0))
    least = p("snap_least_ms", 0.15, 1.0)
    snaps = Cloud(rng, ticks(rng, 14, ms=(least, ms), hz=(low, high), q=(0.5, 2.5)), longest, channels)
    pops = Cloud(rng, ticks(rng, 8, ms=(3, 18), hz=(250, 1_400), q=(1, 2)), longest, channels)
    flap_hz = p("flap_hz", 3, 14) / knobs.size**0.4
    life, lick, flap = (Curve(rng, seconds, rate) for rate in (1.2, 14.0, flap_hz))
    rate = p("snaps_hz", 15, 150, logarithmic=True) * (0.3 + 1.2 * knobs.intensity)
    burst, hiss = p("unevenness", 1.1, 3.0), p("hiss", 0.01, 0.3, logarithmic=True)
    roar, top = p("roar", 0.02, 0.5, logarithmic=True) * knobs.size**0.5, p("roar_hz", 120, 900, logarithmic=True)
    roar *= 0.4 + knobs.intensity
    popping, steam_hz = p("pops_hz", 0.3, 4.0, logarithmic=True), p("steam_hz", 600, 4_000, logarithmic=True)

    def chunk(rng: Rng, start: int, length: int) -> Signal:
        t = (start + np.arange(-(-length // RATE_HOP)) * RATE_HOP) / SAMPLE_RATE_HZ
        busy = 0.4 + 0.6 * life(t)
        crackle = snaps.scatter(rng, length, rate * busy, pareto(burst)) * (0.6 / np.sqrt(rate / 80))
        pop = pops.scatter(rng, length, popping * busy, lognormal(0.6))
        steam = highpass(white(rng, length), steam_hz) * (0.4 + 0.6 * lick.samples(start, length) ** 3)
        flames = coloured(rng, length, -1.8, low_hz=30, high_hz=top, channels=channels)
        flames *= 0.35 + 0.65 * flap.samples(start, length) ** 2
        whole: Signal = crackle + 0.25 * pop + 0.2 * hiss * steam + 0.6 * roar * steady(flames)
        return whole

    return chunk


FAMILIES = (
    Family(
        name="fire",
        label="Fire Crackle",
        category="FIRECrkl",
        heard_as=("Fire",),
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
