"""Combustion engines and rotors: pulses of each firing, through the pipes that carry them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.procedural.builders import Chunk, bed
from engine.procedural.envelope import steady
from engine.procedural.family import SAMPLE_RATE_HZ, Family, Knobs, Signal, params
from engine.procedural.filters import band, formants, lowpass, saturate
from engine.procedural.noise import Curve, Rng, coloured, pick, samples, white
from engine.procedural.pulses import Turning, cylinder_strengths, firing

WARM_SAMPLES = samples(0.15)
"""Rendered before each piece and thrown away, so that the filters ring as if they had always run."""


def _engine(
    rng: Rng,
    knobs: Knobs,
    length: int,
    channels: int,
    rpm: Callable[[Signal], Signal],
    load: Callable[[Signal], Signal],
) -> Chunk:
    """An engine at a speed and a load (0 to 1), both functions of seconds."""
    cylinders = int(rng.choice([4, 4, 6, 8])) if knobs.size > 0.6 else int(rng.choice([1, 2]))
    wobble = Curve(rng, length / SAMPLE_RATE_HZ + 1, 7.0)
    turning = Turning(lambda t: rpm(t) / 120 * cylinders * (1 + 0.02 * (wobble(t) - 0.5)), length + 2 * WARM_SAMPLES)
    strengths = cylinder_strengths(rng, cylinders, turning.total, rng.uniform(0.12, 0.2))
    scale = knobs.size**-0.5
    hz = tuple(
        pick(rng, low, high) * scale
        for low, high in ((68, 105), (150, 215), (310, 420), (720, 950), (1_500, 2_200), (2_700, 3_700))
    )
    sharp = rng.uniform(2.6, 4.2)
    gains = tuple(
        rng.uniform(a, b) for a, b in ((0.6, 1.0), (0.8, 1.3), (0.6, 1.0), (0.5, 0.9), (0.5, 0.9), (0.3, 0.6))
    )
    width, puff, leak = rng.uniform(0.2, 0.34), rng.uniform(0.4, 0.9), rng.uniform(0.08, 0.2)
    clatter, drive = rng.uniform(0.03, 0.07), 0.8 + 1.4 * knobs.intensity
    road = rng.uniform(0.015, 0.04)

    def chunk(rng: Rng, start: int, size: int) -> Signal:
        total = size + WARM_SAMPLES
        pulses = firing(turning.samples(start, total), strengths, width)
        turbulence = white(rng, total)
        drive_in = pulses - width / 2 + turbulence * (puff * pulses + leak)
        exhaust = formants(drive_in, hz, tuple(f / sharp for f in hz), gains)
        t = (start + np.arange(total)) / SAMPLE_RATE_HZ
        push = load(t)
        mechanics = band(turbulence * (0.4 + lowpass(pulses, 300)), 900, 7_500)
        out = saturate(2.2 * exhaust * (0.5 + 0.5 * push), drive) + clatter * mechanics * (0.5 + push)
        wide = np.broadcast_to(out[WARM_SAMPLES:], (channels, size))
        return wide + road * coloured(rng, size, -1.3, low_hz=40, high_hz=5_000, channels=channels)

    return chunk


def idle(rng: Rng, knobs: Knobs, length: int, channels: int) -> Chunk:
    """Standing still; pace sets the revolutions."""
    rpm = pick(rng, 650, 1_050) * knobs.pace / knobs.size**0.3
    wander = Curve(rng, length / SAMPLE_RATE_HZ + 1, 2.0)
    return _engine(rng, knobs, length, channels, lambda t: rpm * (1 + 0.05 * (wander(t) - 0.5)), np.zeros_like)


def rev(rng: Rng, knobs: Knobs, length: int, channels: int) -> Chunk:
    """The pedal goes down and comes up, again and again."""
    low, high = (
        pick(rng, 800, 1_000) / knobs.size**0.3,
        rng.uniform(2_000, 3_800) * (0.5 + knobs.intensity) / knobs.size**0.3,
    )
    seconds = length / SAMPLE_RATE_HZ + 1
    count = int(seconds * knobs.pace / 1.2) + 3
    gaps = rng.uniform(1.2, 2.4, count) / knobs.pace
    at = np.cumsum(gaps) - gaps[0] + 0.12
    held = rng.uniform(0.35, 0.5, count) * gaps
    grid = np.arange(0.0, seconds + 1, 0.01)
    pedal = np.zeros_like(grid)
    for a, h in zip(at, held, strict=True):
        pedal[(grid >= a) & (grid < a + h)] = 1.0
    throttle = np.zeros_like(grid)
    level = 0.0
    for i, p in enumerate(pedal):  # a flywheel: quicker up under power than down by friction
        level += (p - level) * 0.01 / (0.22 if p > level else 0.42)
        throttle[i] = level
    return _engine(
        rng,
        knobs,
        length,
        channels,
        lambda t: low + high * np.interp(t, grid, throttle),
        lambda t: np.interp(t, grid, throttle),
    )


def helicopter(rng: Rng, knobs: Knobs, length: int, channels: int) -> Chunk:
    """Blade slap at ten to twenty a second over the hiss of the wash and a turbine's whine."""
    beat = pick(rng, 10, 17) * knobs.pace / knobs.size**0.4
    wander = Curve(rng, length / SAMPLE_RATE_HZ + 1, 0.6)
    turning = Turning(lambda t: beat * (1 + 0.015 * (wander(t) - 0.5)), length + WARM_SAMPLES)
    hz = (pick(rng, 45, 60), pick(rng, 90, 120), pick(rng, 180, 260), pick(rng, 420, 600))
    whine = pick(rng, 380, 700)
    strengths = cylinder_strengths(rng, 4, turning.total, 0.06)

    def chunk(rng: Rng, start: int, size: int) -> Signal:
        total = size + WARM_SAMPLES
        turns = turning.samples(start, total)
        slap = firing(turns, strengths, 0.3)
        body = steady(
            formants(
                slap - 0.15 + 0.7 * white(rng, total) * slap**2, hz, tuple(f / 2.5 for f in hz), (1.0, 1.0, 0.9, 0.6)
            )
        )
        t = (start + np.arange(total)) / SAMPLE_RATE_HZ
        turbine = sum(g * np.sin(2 * np.pi * whine * q * t) for q, g in ((1.0, 0.04), (2.02, 0.03), (4.1, 0.02)))
        wash = coloured(rng, total, -1.0, low_hz=150, high_hz=3_500, channels=channels)
        out = body + turbine + (0.5 + 0.3 * knobs.intensity) * wash * (0.35 + 0.65 * slap)
        return out[:, WARM_SAMPLES:]

    return chunk


FAMILIES = (
    Family(
        name="engine_idle",
        label="Engine Idle",
        category="VEHCar",
        words=(
            "engine idle",
            "idling car",
            "car engine",
            "engine",
            "motor",
            "truck idle",
            "car",
            "diesel engine",
            "tractor",
            "generator",
            "truck",
            "motor running",
        ),
        params=params(pace=1.0, wetness=0.1),
        sustained=True,
        length_seconds=8.0,
        interval_seconds=8.0,
        render=bed(idle, join_seconds=0.03, coherent=True),
    ),
    Family(
        name="engine_rev",
        label="Engine Rev",
        category="VEHCar",
        words=(
            "engine rev",
            "revving",
            "car rev",
            "motorcycle",
            "motorbike",
            "accelerating car",
            "acceleration",
            "racing car",
            "revving engine",
        ),
        params=params(pace=1.0, wetness=0.12),
        sustained=True,
        length_seconds=5.0,
        interval_seconds=5.0,
        render=bed(rev, join_seconds=0.03, coherent=True),
    ),
    Family(
        name="helicopter",
        label="Helicopter",
        category="AEROHeli",
        words=("helicopter", "chopper", "rotor blades", "helicopter rotor"),
        params=params(pace=1.0, distance_m=20.0, wetness=0.08),
        sustained=True,
        length_seconds=8.0,
        interval_seconds=8.0,
        render=bed(helicopter, join_seconds=0.03, coherent=True),
    ),
)
