"""Water: a drip, a stream, pouring, a splash, waves.

Running water is bubbles of many sizes over the hiss of turbulence; breaking waves are noise painted in time and
frequency, the surge low, the foam high and later.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.procedural.bubbles import bubble, bubbles
from engine.procedural.builders import PIECE_SAMPLES, Chunk, bed, one_shot, repeating
from engine.procedural.draws import draws_of
from engine.procedural.envelope import add, attack_decay, decay, steady, unit
from engine.procedural.family import SAMPLE_RATE_HZ, Family, Knobs, Signal, params
from engine.procedural.filters import highpass
from engine.procedural.grains import RATE_HOP, Cloud, lognormal, pareto, ticks
from engine.procedural.noise import Curve, Rng, bump, coloured, painted, pick, samples, tilt, white


def dripper(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
    """One tap over one vessel: every drop a little different."""
    p = draws_of(rng, "water_drip")
    usual = p("radius_m", 0.0008, 0.0045, logarithmic=True) * knobs.size**0.5
    slap, slap_hz, rise = p("slap", 0.02, 1.5, logarithmic=True), p("slap_hz", 800, 5_000), p("rise", 0.02, 0.6)
    rings, late = p("rings", 0.7, 4.0), p("late_seconds", 0.003, 0.03, logarithmic=True)
    second, spray, spread = p("second", 0.0, 0.8), p("spray", 0.0, 6.0), p("spread", 0.02, 0.35)

    def drop(index: int) -> Signal:
        out = np.zeros(samples(0.3))
        n = samples(0.012)
        add(out, slap * unit(highpass(white(rng, n) * decay(n, 0.0015), slap_hz)), 0)
        radius = usual * rng.uniform(1 - spread, 1 + spread)
        add(out, bubble(radius, rise * rng.uniform(0.6, 1.5), rings), samples(late * rng.uniform(0.7, 1.4)))
        add(out, second * bubble(radius * rng.uniform(0.4, 0.8), rise, rings), samples(rng.uniform(0.03, 0.09)))
        for _ in range(int(rng.poisson(spray))):
            add(out, 0.12 * bubble(radius * rng.uniform(0.25, 0.5), 0.1), samples(rng.uniform(0.02, 0.13)))
        return out * rng.uniform(0.6, 1.0)

    return drop


def stream(rng: Rng, knobs: Knobs, length: int, channels: int) -> Chunk:
    """A brook at low intensity, a torrent at high."""
    size = min(length, PIECE_SAMPLES)
    scale = knobs.size**0.5
    fine = Cloud(rng, bubbles(rng, 14, 0.0005 * scale, 0.0022 * scale, rise=0.05), size, channels)
    large = Cloud(rng, bubbles(rng, 10, 0.002 * scale, 0.007 * scale, rise=0.1), size, channels)
    seconds = length / SAMPLE_RATE_HZ
    quick, slow = Curve(rng, seconds, 8.0), Curve(rng, seconds, 2.5)
    rate = pick(rng, 500, 900) * (0.4 + knobs.intensity)
    rush, gurgle = rng.uniform(0.25, 0.45) * (0.3 + knobs.intensity), pick(rng, 0.2, 0.45)

    def chunk(rng: Rng, start: int, length: int) -> Signal:
        t = (start + np.arange(-(-length // RATE_HOP)) * RATE_HOP) / SAMPLE_RATE_HZ
        out = 0.5 * steady(fine.scatter(rng, length, rate * (0.5 + quick(t)), lognormal(0.8)))
        out += gurgle * steady(large.scatter(rng, length, 40 * scale * (0.3 + 1.4 * slow(t)), lognormal(0.6)))
        flow = coloured(rng, length, -1.0, low_hz=250 / scale, high_hz=6_500, channels=channels)
        return out + rush * flow * (0.75 + 0.25 * quick.samples(start, length))

    return chunk


def pour(rng: Rng, knobs: Knobs, length: int, channels: int) -> Chunk:
    """Into a vessel that fills: its air column shortens, so its resonance climbs all the way."""
    flow = stream(rng, knobs, length, channels)
    low = pick(rng, 260, 420) / knobs.size**0.7
    climb = rng.uniform(1.0, 1.9)

    def chunk(rng: Rng, start: int, size: int) -> Signal:
        out = 0.55 * steady(flow(rng, start, size))

        def column(t: Signal, hz: Signal) -> Signal:
            f = low * 2 ** (climb * t * SAMPLE_RATE_HZ / length)
            shape: Signal = bump(hz, f, 0.16) + 0.6 * bump(hz, 2.7 * f, 0.2) + 0.25 * bump(hz, 4.9 * f, 0.25)
            return shape

        air = steady(painted(rng, size, column, start=start, channels=channels))
        return out + 0.4 * air * (0.6 + 0.4 * unit(np.abs(out)))

    return chunk


def splash(rng: Rng, knobs: Knobs) -> Signal:
    """Something falls in: the slap, the cavity closing, drops raining back."""
    p = draws_of(rng, "splash")
    big = knobs.size**0.5
    length = samples(p("seconds", 0.7, 1.4) * big + 0.3)
    low, high = p("slap_low_hz", 100, 500, logarithmic=True) / big, p("slap_high_hz", 2_500, 12_000, logarithmic=True)
    slap = coloured(rng, length, -p("slap_slope", 0.2, 1.4), low_hz=low, high_hz=high)[0]
    slap_s, rise = p("slap_seconds", 0.02, 0.25, logarithmic=True), p("slap_attack", 0.001, 0.03, logarithmic=True)
    out = slap * attack_decay(length, rise, slap_s * big) * (0.5 + 0.5 * knobs.intensity)
    spray_s, late = p("spray_seconds", 0.08, 0.6, logarithmic=True), p("spray_late", 0.01, 0.15)
    spray = highpass(white(rng, length), p("spray_hz", 800, 3_500)) * attack_decay(length, late, spray_s * big)
    spray *= 0.4 + 1.2 * Curve(rng, length / SAMPLE_RATE_HZ, p("spray_flutter_hz", 8, 40)).samples(0, length)
    smallest = p("drop_m", 0.0004, 0.0015, logarithmic=True)
    fine = Cloud(rng, bubbles(rng, 12, smallest, 0.003 * big, rise=0.08), length, 1)
    t = np.arange(-(-length // RATE_HOP)) * RATE_HOP / SAMPLE_RATE_HZ
    gulp = np.zeros(length)
    cavity, spread = p("cavity_m", 0.004, 0.016, logarithmic=True), p("gulp_seconds", 0.1, 0.4)
    for _ in range(int(rng.integers(2, 8))):
        radius = cavity * rng.uniform(0.6, 1.6) * big
        add(gulp, bubble(radius, 0.25, 1.3) * rng.uniform(0.4, 1.0), samples(rng.uniform(0.03, spread) * big))
    rate = p("drops_hz", 300, 4_000, logarithmic=True) * np.exp(-t / (p("drops_seconds", 0.1, 0.7) * big))
    drops = fine.scatter(rng, length, rate, lognormal(0.9))[0]
    low_hz = p("patter_hz", 700, 3_500, logarithmic=True)
    patter = Cloud(rng, ticks(rng, 8, ms=(0.3, 4.0), hz=(low_hz, 3.5 * low_hz), q=(0.5, 1.5)), length, 1)
    back = t / (p("patter_late", 0.03, 0.3) * big)  # what was thrown up comes down a little later
    falling = p("patter_rate_hz", 100, 4_000, logarithmic=True) * back * np.exp(1 - back)
    mix = unit(out) + p("patter", 0.05, 1.2, logarithmic=True) * unit(
        patter.scatter(rng, length, falling, pareto(1.6))[0]
    )
    for _ in range(int(p("lobes", 0.0, 5.99))):  # the crown breaks into sheets, each with a splash of its own
        n = samples(rng.uniform(0.06, 0.3) * big)
        lobe = coloured(rng, n, -0.7, low_hz=low * rng.uniform(1, 3), high_hz=high)[0] * attack_decay(n, 0.006, 0.06)
        add(mix, p("lobe", 0.1, 0.9) * rng.uniform(0.4, 1.0) * unit(lobe), samples(rng.uniform(0.04, 0.5) * big))
    mix += p("spray", 0.05, 1.2, logarithmic=True) * (0.4 + knobs.intensity) * spray / 3
    whole: Signal = mix + p("drops", 0.1, 1.0) * unit(drops) + p("gulp", 0.0, 0.7) * unit(gulp) * decay(length, 0.5)
    return whole


def waves(rng: Rng, knobs: Knobs, length: int, channels: int) -> Chunk:
    """Surf: each wave draws up, breaks and runs out, no two alike."""
    seconds = length / SAMPLE_RATE_HZ
    period = pick(rng, 3.0, 6.0) * knobs.size**0.4 / knobs.pace
    count = int(seconds / period * 1.6) + 4
    centres = np.cumsum(period * rng.uniform(0.6, 1.4, count)) - period * rng.uniform(0.5, 1.5)
    up = period * rng.uniform(0.16, 0.4, count)
    down = period * rng.uniform(0.2, 0.45, count)
    strength = rng.uniform(0.45, 1.0, count)
    lag = rng.uniform(0.2, 0.5)
    bright, low = pick(rng, 4_500, 7_000), pick(rng, 180, 420) / knobs.size**0.4
    foam, under = rng.uniform(0.09, 0.18), rng.uniform(0.1, 0.2)

    def swell(t: Signal) -> Signal:
        total = np.zeros_like(t)
        near = (centres > t.min() - 4 * down.max()) & (centres < t.max() + 4 * up.max())
        for c, u, d, s in zip(centres[near], up[near], down[near], strength[near], strict=True):
            x = t - c
            total += s * np.where(x < 0, np.exp(-((x / u) ** 2)), np.exp(-x / d))
        return total

    def chunk(rng: Rng, start: int, size: int) -> Signal:
        def sea(t: Signal, hz: Signal) -> Signal:
            e, late = swell(t), swell(t - lag)
            top = 400 + (0.4 + knobs.intensity) * 1_600 * e
            surge = e * tilt(hz, low, 20_000.0, -0.5) / np.sqrt(1 + (hz / top) ** 3)
            hiss = foam * late**1.4 / np.sqrt((1 + (1_300 / np.maximum(hz, 1)) ** 4) * (1 + (hz / bright) ** 4))
            shape: Signal = surge + hiss + under * tilt(hz, 60, 1_200, -1.3)
            return shape

        return painted(rng, size, sea, start=start, channels=channels, hop=1024)

    return chunk


FAMILIES = (
    Family(
        name="water_drip",
        label="Water Drip",
        category="WATRDrip",
        heard_as=(
            "Drip",
            "Plop",
            "Water tap, faucet",
        ),
        words=(
            "water drip",
            "drip",
            "dripping tap",
            "dripping faucet",
            "water drop",
            "droplet",
            "leak",
            "drop of water",
        ),
        params=params(pace=1.0, count=0, wetness=0.45),
        sustained=True,
        length_seconds=6.0,
        interval_seconds=0.8,
        render=repeating(
            dripper, interval_seconds=0.8, rhythm=lambda rng, n, gap: gap * rng.uniform(0.55, 1.6, n), variants=16
        ),
    ),
    Family(
        name="stream",
        label="Stream",
        category="WATRFlow",
        heard_as=(
            "Stream",
            "Water",
            "Trickle, dribble",
            "Gurgling",
        ),
        words=(
            "stream",
            "brook",
            "creek",
            "river",
            "running water",
            "flowing water",
            "babbling brook",
            "water flow",
            "waterfall",
            "fountain",
            "water",
            "rapids",
        ),
        params=params(wetness=0.0),
        sustained=True,
        length_seconds=10.0,
        interval_seconds=10.0,
        render=bed(stream),
    ),
    Family(
        name="water_pour",
        label="Water Pour",
        category="WATRPour",
        heard_as=(
            "Pour",
            "Fill (with liquid)",
            "Liquid",
            "Water",
        ),
        words=(
            "pour water",
            "pour",
            "filling a glass",
            "fill a glass",
            "pouring a drink",
            "pour tea",
            "pour coffee",
            "tap running",
            "faucet",
        ),
        params=params(wetness=0.12),
        sustained=True,
        length_seconds=5.0,
        interval_seconds=5.0,
        render=bed(pour),
    ),
    Family(
        name="splash",
        label="Water Splash",
        category="WATRSplsh",
        heard_as=("Splash, splatter",),
        words=(
            "splash",
            "water splash",
            "dive into water",
            "plunge",
            "fall into water",
            "stone into water",
            "jump into water",
        ),
        params=params(wetness=0.1),
        sustained=False,
        length_seconds=1.8,
        interval_seconds=1.2,
        render=one_shot(splash),
    ),
    Family(
        name="waves",
        label="Ocean Waves",
        category="WATRWave",
        heard_as=(
            "Waves, surf",
            "Ocean",
        ),
        words=("waves", "ocean wave", "sea", "surf", "ocean", "beach", "waves on shore", "waves crashing", "seashore"),
        params=params(pace=1.0, wetness=0.0),
        sustained=True,
        length_seconds=15.0,
        interval_seconds=15.0,
        render=bed(waves),
    ),
)
