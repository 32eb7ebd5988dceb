"""Electric machines: vacuum cleaner, hair dryer, blender, drill, sewing machine.

A fast motor is a row of harmonics of its turning and of its blades or brushes, over the noise of the air it moves; what
it works on slows it and rattles. Source: A. Farnell, *Designing Sound*, ch. 39-42; fans: S. Glegg, W. Devenport,
*Aeroacoustics of Low Mach Number Flows*, 2017.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.procedural.builders import Chunk, Texture, bed
from engine.procedural.draws import draws_of
from engine.procedural.envelope import steady
from engine.procedural.family import SAMPLE_RATE_HZ, Family, Knobs, Signal, params
from engine.procedural.filters import formants, saturate
from engine.procedural.noise import Curve, Rng, coloured, samples
from engine.procedural.pulses import Turning, firing, harmonics

Range = tuple[float, float]
WARM_SAMPLES = samples(0.1)
"""Rendered before each piece and thrown away, so that the filters ring as if they had always run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Motor:
    """What tells one motor from another.

    Parameters
    ----------
    turns_hz
        Of the strongest line: shaft, blades or brushes.
    air
        Noise against the lines.
    body_hz
        Resonances of the housing.
    labour
        Share by which work slows it.
    work_hz
        How often the work changes.
    """

    turns_hz: Range
    air: Range
    body_hz: tuple[Range, ...]
    labour: Range = (0.0, 0.05)
    work_hz: Range = (0.3, 2.0)


VACUUM = Motor(turns_hz=(120, 500), air=(0.5, 8.0), body_hz=((180, 600), (600, 1_800), (1_800, 4_500)))
DRYER = Motor(turns_hz=(180, 700), air=(3.0, 60.0), body_hz=((300, 1_000), (1_000, 2_600), (2_600, 6_500)))
BLENDER = Motor(
    turns_hz=(150, 600),
    air=(0.2, 3.0),
    body_hz=((250, 900), (900, 2_200), (2_200, 5_000)),
    labour=(0.0, 0.2),
    work_hz=(2.0, 9.0),
)
DRILL = Motor(
    turns_hz=(120, 900),
    air=(0.05, 2.0),
    body_hz=((300, 1_000), (1_000, 2_400), (2_400, 5_500)),
    labour=(0.05, 0.45),
    work_hz=(0.5, 3.0),
)


def motor(kind: Motor, family: str) -> Texture:
    """A motor that runs and works."""

    def texture(rng: Rng, knobs: Knobs, length: int, channels: int) -> Chunk:
        p = draws_of(rng, family)
        seconds = length / SAMPLE_RATE_HZ + 1
        hz = p("turns_hz", *kind.turns_hz, logarithmic=True) * knobs.pace / knobs.size**0.4
        work, flutter = Curve(rng, seconds, p("work_hz", *kind.work_hz)), Curve(rng, seconds, 9.0)
        labour, unsteady = p("labour", *kind.labour) * (0.5 + knobs.intensity), p("unsteady", 0.0, 0.02)
        speed = Turning(
            lambda t: hz * (1 - labour * work(t)) * (1 + unsteady * (flutter(t) - 0.5)), length + 2 * WARM_SAMPLES
        )
        slope, even = p("slope", 0.1, 1.6), p("even_lines", 0.2, 1.0)
        k = np.arange(1, 25)
        gains = k**-slope * rng.uniform(0.4, 1.0, k.size) * np.where(k % 2, 1.0, even)
        below, shaft = p("below", 0.0, 0.8), int(p("shaft", 2.0, 5.99))
        drawn = [p(f"body_{i}_hz", *span, logarithmic=True) for i, span in enumerate(kind.body_hz)]
        body = tuple(f / knobs.size**0.3 for f in drawn)
        weights, sharp = tuple(p(f"body_{i}", 0.1, 1.2) for i in range(len(body))), p("sharp", 0.8, 6.0)
        air, air_slope = p("air", *kind.air, logarithmic=True), p("air_slope", 0.0, 1.4)
        top, direct = p("air_top_hz", 2_500, 14_000, logarithmic=True), p("direct", 0.05, 1.0)
        drive = p("drive", 0.4, 2.5)
        surge, rattle = p("surge", 0.0, 0.5), p("rattle", 0.0, 0.6)

        def chunk(rng: Rng, start: int, size: int) -> Signal:
            total = size + WARM_SAMPLES
            turns = speed.samples(start, total)
            lines = harmonics(turns, gains) + below * np.sin(2 * np.pi * turns / shaft)
            wind = coloured(rng, total, -air_slope, low_hz=120, high_hz=top)[0]
            load = 1 - surge * work.samples(start, total)
            grind = rattle * coloured(rng, total, -0.3, low_hz=800)[0] * (1 - load) * (0.5 + 0.5 * lines)
            source = steady(lines) + air * wind * load + grind
            out = direct * source + formants(source, body, tuple(f / sharp for f in body), weights)
            out = saturate(0.4 * steady(out), drive)[WARM_SAMPLES:]
            wide = coloured(rng, size, -air_slope, low_hz=300, high_hz=top, channels=channels)
            whole: Signal = np.broadcast_to(out, (channels, size)) + 0.04 * min(air, 2.0) * wide
            return whole

        return chunk

    return texture


def sewing(rng: Rng, knobs: Knobs, length: int, channels: int) -> Chunk:
    """Stitches: needle, hook and feed knock in turn, many times a second, over a small motor."""
    p = draws_of(rng, "sewing_machine")
    seconds = length / SAMPLE_RATE_HZ + 1
    rate = p("stitches_hz", 5, 22, logarithmic=True) * knobs.pace
    pedal, sway = Curve(rng, seconds, 0.8), p("pedal", 0.0, 0.5)
    speed = Turning(lambda t: rate * (1 - sway * pedal(t)), length + 2 * WARM_SAMPLES)
    strengths = rng.uniform(0.7, 1.0, speed.total + 1)
    hz = tuple(
        p(f"hz_{k}", *span, logarithmic=True) / knobs.size**0.4
        for k, span in enumerate(((150, 500), (500, 1_400), (1_400, 3_200), (3_200, 6_500)))
    )
    weights, sharp = tuple(p(f"gain_{k}", 0.1, 1.2) for k in range(4)), p("sharp", 1.0, 8.0)
    hook, feed = (p("hook_at", 0.25, 0.5), p("hook", 0.1, 1.0)), (p("feed_at", 0.55, 0.85), p("feed", 0.1, 0.9))
    width, hum, gear = p("knock_share", 0.03, 0.2), p("hum", 0.02, 0.6), int(p("gear", 6, 20))
    whirr, slope = p("whirr", 0.02, 0.5), p("whirr_slope", 0.0, 1.4)
    gains = np.arange(1, 13.0) ** -p("hum_slope", 0.3, 1.5)

    def chunk(rng: Rng, start: int, size: int) -> Signal:
        total = size + WARM_SAMPLES
        turns = speed.samples(start, total)
        push = sum(g * firing(turns + at, strengths, width) for at, g in ((0.0, 1.0), hook, feed))
        noise = coloured(rng, total, 0.0)[0]
        knocks = formants(push**2 * noise, hz, tuple(f / sharp for f in hz), weights)
        out = steady(knocks) + hum * steady(harmonics(gear * turns, gains))
        out += whirr * coloured(rng, total, -slope, low_hz=200, high_hz=7_000)[0] * (0.5 + push)
        air = coloured(rng, size, -1.0, channels=channels)
        whole: Signal = np.broadcast_to(out[WARM_SAMPLES:], (channels, size)) + 0.01 * air
        return whole

    return chunk


def _family(
    name: str, label: str, category: str, words: tuple[str, ...], texture: Texture, heard_as: tuple[str, ...]
) -> Family:
    return Family(
        name=name,
        label=label,
        category=category,
        heard_as=heard_as,
        words=words,
        params=params(pace=1.0, wetness=0.2),
        sustained=True,
        length_seconds=5.0,
        interval_seconds=5.0,
        render=bed(texture, join_seconds=0.03, coherent=True),
    )


FAMILIES = (
    _family(
        "vacuum_cleaner",
        "Vacuum Cleaner",
        "MACHAppl",
        ("vacuum cleaner", "vacuum", "hoover", "vacuuming"),
        motor(VACUUM, "vacuum_cleaner"),
        ("Vacuum cleaner",),
    ),
    _family(
        "hair_dryer",
        "Hair Dryer",
        "MACHAppl",
        ("hair dryer", "hairdryer", "blow dryer", "hand dryer"),
        motor(DRYER, "hair_dryer"),
        ("Hair dryer",),
    ),
    _family(
        "blender",
        "Blender",
        "MACHAppl",
        ("blender", "food processor", "mixer", "kitchen mixer"),
        motor(BLENDER, "blender"),
        ("Blender",),
    ),
    _family(
        "drill",
        "Drill",
        "TOOLPowr",
        ("drill", "power drill", "electric drill", "drilling", "screwdriver", "power tool"),
        motor(DRILL, "drill"),
        ("Drill", "Power tool", "Dental drill, dentist's drill"),
    ),
    _family(
        "sewing_machine",
        "Sewing Machine",
        "MACHMech",
        ("sewing machine", "sewing", "stitching machine"),
        sewing,
        ("Sewing machine",),
    ),
)
