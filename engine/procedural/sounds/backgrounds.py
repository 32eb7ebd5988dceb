"""Sounds that lie under others: a dark drone, the tone of an empty room."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.procedural.builders import Chunk, bed
from engine.procedural.family import SAMPLE_RATE_HZ, Family, Knobs, Signal, params
from engine.procedural.noise import Curve, Rng, coloured, pick
from engine.procedural.pulses import Turning


def drone(rng: Rng, knobs: Knobs, length: int, channels: int) -> Chunk:
    """Low partials that come and go, each drifting by itself, over a dark wind."""
    f0 = pick(rng, 40, 75) / knobs.size**0.5
    seconds = length / SAMPLE_RATE_HZ + 1
    partials = []
    for k in range(1, 9):
        drift = Curve(rng, seconds, 0.3)
        ratio = k * (1 + rng.uniform(-0.004, 0.004)) * (1.0 if k < 6 else rng.choice([1.0, 1.02, 1.06]))
        turning = Turning(_drifting(f0 * ratio, drift), length)
        sway = [Curve(rng, seconds, rng.uniform(0.15, 0.6)) for _ in range(channels)]
        partials.append((turning, sway, k ** -(1.5 - 0.8 * knobs.intensity)))
    air = rng.uniform(0.15, 0.35)

    def chunk(rng: Rng, start: int, size: int) -> Signal:
        out = air * coloured(rng, size, -2.0, low_hz=35, high_hz=400, channels=channels)
        for turning, sway, gain in partials:
            tone = np.sin(2 * np.pi * turning.samples(start, size))
            for channel, curve in enumerate(sway):
                out[channel] += gain * tone * (0.25 + 0.75 * curve.samples(start, size, 512))
        return out

    return chunk


def _drifting(hz: float, drift: Curve) -> Callable[[Signal], Signal]:
    return lambda t: hz * (1 + 0.004 * (drift(t) - 0.5))


def room_tone(rng: Rng, knobs: Knobs, length: int, channels: int) -> Chunk:
    """Air, a ventilator far off, mains hum: what is there when nothing is."""
    slope = -rng.uniform(1.1, 1.7)
    mains = float(rng.choice([50.0, 60.0]))
    hum = rng.uniform(0.01, 0.06) * (0.3 + knobs.intensity)
    fan_hz = pick(rng, 90, 240) / knobs.size**0.3
    fan = rng.uniform(0.05, 0.3) * knobs.intensity
    breath = Curve(rng, length / SAMPLE_RATE_HZ + 1, 0.4)

    def chunk(rng: Rng, start: int, size: int) -> Signal:
        t = (start + np.arange(size)) / SAMPLE_RATE_HZ
        air = coloured(rng, size, slope, low_hz=35, high_hz=6_000, channels=channels)
        duct = coloured(rng, size, -0.5, low_hz=fan_hz, high_hz=2 * fan_hz, channels=channels)
        tones = sum(np.sin(2 * np.pi * mains * k * t + k) / k for k in (1, 2, 3, 4))
        whole: Signal = air * (0.9 + 0.1 * breath.samples(start, size, 512)) + fan * duct + hum * tones
        return whole

    return chunk


FAMILIES = (
    Family(
        name="drone",
        label="Drone",
        category="DSGNDron",
        words=(
            "drone",
            "dark drone",
            "low drone",
            "ominous drone",
            "eerie drone",
            "rumble",
            "low rumble",
            "ominous tone",
        ),
        params=params(wetness=0.3),
        sustained=True,
        length_seconds=15.0,
        interval_seconds=15.0,
        render=bed(drone, join_seconds=0.1, coherent=True),
    ),
    Family(
        name="room_tone",
        label="Room Tone",
        category="AMBRoom",
        words=(
            "room tone",
            "quiet room",
            "ventilation",
            "air conditioning",
            "hum",
            "electric hum",
            "fan",
            "empty room",
            "silence of a room",
            "air vent",
        ),
        params=params(wetness=0.0),
        sustained=True,
        length_seconds=15.0,
        interval_seconds=15.0,
        render=bed(room_tone),
    ),
)
