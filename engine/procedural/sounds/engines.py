"""Combustion engines and rotors: pulses of each firing, through the pipes that carry them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from engine.procedural.builders import Chunk, Texture, bed
from engine.procedural.draws import Draws, draws_of
from engine.procedural.envelope import steady
from engine.procedural.family import SAMPLE_RATE_HZ, Family, Knobs, Signal, params
from engine.procedural.filters import band, formants, lowpass, saturate
from engine.procedural.noise import Curve, Rng, coloured, samples, white
from engine.procedural.pulses import Turning, cylinder_strengths, firing

WARM_SAMPLES = samples(0.15)
"""Rendered before each piece and thrown away, so that the filters ring as if they had always run."""


PIPES_HZ = ((50, 120), (120, 260), (260, 520), (550, 1_100), (1_200, 2_400), (2_500, 4_500))
"""Where the resonances of manifolds, pipes and silencers lie."""


def combustion(
    rng: Rng,
    p: Draws,
    knobs: Knobs,
    length: int,
    channels: int,
    *,
    cylinders: int,
    firings_hz: Callable[[Signal], Signal],
    load: Callable[[Signal], Signal],
) -> Chunk:
    """An engine that fires so often a second under a load (0 to 1), both functions of seconds."""
    wobble, unsteady = Curve(rng, length / SAMPLE_RATE_HZ + 1, 7.0), p("unsteady", 0.0, 0.06)
    turning = Turning(lambda t: firings_hz(t) * (1 + unsteady * (wobble(t) - 0.5)), length + 2 * WARM_SAMPLES)
    strengths = cylinder_strengths(rng, cylinders, turning.total, p("roughness", 0.03, 0.3))
    scale = knobs.size**-0.5
    hz = tuple(p(f"hz_{k}", *span, logarithmic=True) * scale for k, span in enumerate(PIPES_HZ))
    sharp, gains = p("sharp", 0.9, 6.0), tuple(p(f"gain_{k}", 0.1, 1.4) for k in range(len(PIPES_HZ)))
    width, puff, leak = p("pulse_width", 0.15, 0.4), p("puff", 0.05, 1.4), p("leak", 0.01, 0.3)
    clatter, low = p("clatter", 0.01, 0.4, logarithmic=True), p("clatter_hz", 600, 2_500, logarithmic=True)
    drive = p("drive", 0.6, 3.0) * (0.5 + 0.9 * knobs.intensity)
    road = p("road", 0.003, 0.08, logarithmic=True)

    def chunk(rng: Rng, start: int, size: int) -> Signal:
        total = size + WARM_SAMPLES
        pulses = firing(turning.samples(start, total), strengths, width)
        turbulence = white(rng, total)
        drive_in = pulses - width / 2 + turbulence * (puff * pulses + leak)
        exhaust = formants(drive_in, hz, tuple(f / sharp for f in hz), gains)
        t = (start + np.arange(total)) / SAMPLE_RATE_HZ
        push = load(t)
        mechanics = band(turbulence * (0.4 + lowpass(pulses, 300)), low, 8_000)
        out = saturate(2.2 * exhaust * (0.5 + 0.5 * push), drive) + clatter * mechanics * (0.5 + push)
        wide = np.broadcast_to(out[WARM_SAMPLES:], (channels, size))
        return wide + road * coloured(rng, size, -1.3, low_hz=40, high_hz=5_000, channels=channels)

    return chunk


def _idling(rng: Rng, p: Draws, length: int, rpm: float) -> Callable[[Signal], Signal]:
    """Revolutions a minute that wander a little."""
    wander, share = Curve(rng, length / SAMPLE_RATE_HZ + 1, 2.0), p("wander", 0.0, 0.08)
    return lambda t: rpm * (1 + share * (wander(t) - 0.5))


def idle(rng: Rng, knobs: Knobs, length: int, channels: int) -> Chunk:
    """Standing still; pace sets the revolutions."""
    p = draws_of(rng, "engine_idle")
    cylinders = int(rng.choice([4, 4, 6, 8])) if knobs.size > 0.6 else int(rng.choice([1, 2]))
    rpm = _idling(rng, p, length, p("rpm", 600, 1_300, logarithmic=True) * knobs.pace / knobs.size**0.3)
    return combustion(
        *(rng, p, knobs, length, channels),
        cylinders=cylinders,
        firings_hz=lambda t: rpm(t) / 120 * cylinders,
        load=np.zeros_like,
    )


def truck(rng: Rng, knobs: Knobs, length: int, channels: int) -> Chunk:
    """A large diesel standing still: slow, hard knocks."""
    p = draws_of(rng, "truck")
    cylinders = int(rng.choice([6, 6, 8]))
    rpm = _idling(rng, p, length, p("rpm", 450, 800, logarithmic=True) * knobs.pace / knobs.size**0.3)
    return combustion(
        *(rng, p, replace(knobs, size=1.6 * knobs.size), length, channels),
        cylinders=cylinders,
        firings_hz=lambda t: rpm(t) / 120 * cylinders,
        load=np.zeros_like,
    )


def _throttle(rng: Rng, knobs: Knobs, length: int, up_seconds: float) -> Callable[[Signal], Signal]:
    """The pedal goes down and comes up, again and again; 0 to 1."""
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
    for i, down in enumerate(pedal):  # a flywheel: quicker up under power than down by friction
        level += (down - level) * 0.01 / (up_seconds if down > level else 2 * up_seconds)
        throttle[i] = level
    return lambda t: np.interp(t, grid, throttle)


def rev(rng: Rng, knobs: Knobs, length: int, channels: int) -> Chunk:
    """A car's pedal."""
    p = draws_of(rng, "engine_rev")
    cylinders = int(rng.choice([4, 4, 6, 8])) if knobs.size > 0.6 else int(rng.choice([1, 2]))
    low = p("low_rpm", 750, 1_200) / knobs.size**0.3
    high = p("high_rpm", 1_500, 4_500) * (0.5 + knobs.intensity) / knobs.size**0.3
    throttle = _throttle(rng, knobs, length, p("up_seconds", 0.15, 0.35))
    return combustion(
        *(rng, p, knobs, length, channels),
        cylinders=cylinders,
        firings_hz=lambda t: (low + high * throttle(t)) / 120 * cylinders,
        load=throttle,
    )


def motorcycle(rng: Rng, knobs: Knobs, length: int, channels: int) -> Chunk:
    """Two cylinders at uneven times, little silencer, a quick throttle."""
    p = draws_of(rng, "motorcycle")
    low = p("low_rpm", 900, 2_200, logarithmic=True) / knobs.size**0.4
    high = p("high_rpm", 1_500, 7_000, logarithmic=True) * (0.5 + knobs.intensity) / knobs.size**0.3
    throttle = _throttle(rng, knobs, length, p("up_seconds", 0.1, 0.3))
    return combustion(
        *(rng, p, replace(knobs, size=0.8 * knobs.size), length, channels),
        cylinders=2,
        firings_hz=lambda t: (low + high * throttle(t)) / 60,
        load=throttle,
    )


def chainsaw(rng: Rng, knobs: Knobs, length: int, channels: int) -> Chunk:
    """One two-stroke cylinder at many thousand revolutions, now free, now held back by the wood."""
    p = draws_of(rng, "chainsaw")
    rpm, bite = p("rpm", 3_500, 11_000, logarithmic=True) / knobs.size**0.3, p("bite", 0.05, 0.5)
    throttle = _throttle(rng, knobs, length, p("up_seconds", 0.1, 0.4))
    least = p("idle_share", 0.3, 1.0)
    return combustion(
        *(rng, p, replace(knobs, size=0.6 * knobs.size), length, channels),
        cylinders=1,
        firings_hz=lambda t: rpm / 60 * (least + (1 - least) * throttle(t)) * (1 - bite * throttle(t) ** 3),
        load=throttle,
    )


def helicopter(rng: Rng, knobs: Knobs, length: int, channels: int) -> Chunk:
    """Blade slap at ten to twenty a second over the hiss of the wash and a turbine's whine."""
    p = draws_of(rng, "helicopter")
    beat = p("beats_hz", 8, 22, logarithmic=True) * knobs.pace / knobs.size**0.4
    wander = Curve(rng, length / SAMPLE_RATE_HZ + 1, 0.6)
    turning = Turning(lambda t: beat * (1 + 0.015 * (wander(t) - 0.5)), length + WARM_SAMPLES)
    hz = (p("hz_0", 35, 80), p("hz_1", 80, 170), p("hz_2", 170, 350), p("hz_3", 380, 900))
    gains = (1.0, p("gain_1", 0.3, 1.4), p("gain_2", 0.2, 1.4), p("gain_3", 0.1, 1.2))
    whine, turbine_gain = p("whine_hz", 300, 1_200, logarithmic=True), p("whine", 0.002, 0.1, logarithmic=True)
    strengths = cylinder_strengths(rng, 4, turning.total, p("roughness", 0.02, 0.15))
    width, puff, sharp = p("slap_width", 0.12, 0.5), p("puff", 0.1, 1.5), p("sharp", 1.0, 4.0)
    wash_gain = p("wash", 0.1, 1.6, logarithmic=True) * (0.6 + 0.7 * knobs.intensity)
    still, top = p("still", 0.1, 0.8), p("wash_hz", 1_500, 7_000, logarithmic=True)

    def chunk(rng: Rng, start: int, size: int) -> Signal:
        total = size + WARM_SAMPLES
        turns = turning.samples(start, total)
        slap = firing(turns, strengths, width)
        blow = slap - width / 2 + puff * white(rng, total) * slap**2
        body = steady(formants(blow, hz, tuple(f / sharp for f in hz), gains))
        t = (start + np.arange(total)) / SAMPLE_RATE_HZ
        turbine = sum(g * np.sin(2 * np.pi * whine * q * t) for q, g in ((1.0, 1.0), (2.02, 0.7), (4.1, 0.5)))
        wash = coloured(rng, total, -1.0, low_hz=150, high_hz=top, channels=channels)
        out = body + turbine_gain * turbine + wash_gain * wash * (still + (1 - still) * slap)
        return out[:, WARM_SAMPLES:]

    return chunk


def _motor(
    name: str, label: str, category: str, words: tuple[str, ...], texture: Texture, heard_as: tuple[str, ...]
) -> Family:
    return Family(
        name=name,
        label=label,
        category=category,
        heard_as=heard_as,
        words=words,
        params=params(pace=1.0, distance_m=5.0, wetness=0.1),
        sustained=True,
        length_seconds=6.0,
        interval_seconds=6.0,
        render=bed(texture, join_seconds=0.03, coherent=True),
    )


FAMILIES = (
    Family(
        name="engine_idle",
        label="Engine Idle",
        category="VEHCar",
        heard_as=(
            "Idling",
            "Engine",
            "Car",
            "Vehicle",
        ),
        words=(
            "engine idle",
            "idling car",
            "car engine",
            "engine",
            "motor",
            "car",
            "diesel engine",
            "tractor",
            "generator",
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
        heard_as=(
            "Accelerating, revving, vroom",
            "Engine",
            "Car",
            "Vehicle",
        ),
        words=(
            "engine rev",
            "revving",
            "car rev",
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
        heard_as=("Helicopter",),
        words=("helicopter", "chopper", "rotor blades", "helicopter rotor"),
        params=params(pace=1.0, distance_m=20.0, wetness=0.08),
        sustained=True,
        length_seconds=8.0,
        interval_seconds=8.0,
        render=bed(helicopter, join_seconds=0.03, coherent=True),
    ),
    _motor(
        "truck",
        "Truck Idle",
        "VEHTruck",
        ("truck", "truck idle", "lorry", "semi truck", "diesel truck", "bus", "idling truck", "big rig"),
        truck,
        ("Truck", "Bus", "Engine"),
    ),
    _motor(
        "motorcycle",
        "Motorcycle",
        "VEHMoto",
        ("motorcycle", "motorbike", "motorcycle rev", "dirt bike", "moped", "motor scooter"),
        motorcycle,
        ("Motorcycle",),
    ),
    _motor(
        "chainsaw",
        "Chainsaw",
        "TOOLGrdn",
        ("chainsaw", "chain saw", "power saw", "lawnmower", "lawn mower", "hedge trimmer", "leaf blower"),
        chainsaw,
        ("Chainsaw", "Lawn mower"),
    ),
)
