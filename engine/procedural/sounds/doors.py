"""Doors: a knock, a slam, a creak.

A door is a heavily damped wooden plate over an air cavity. A creak is stick-slip: the hinge sticks, slips and excites
the plate many times a second, at a rate that follows the hand. Source: A. Farnell, *Designing Sound*, ch. 30-32.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.procedural.builders import even, one_shot, repeating
from engine.procedural.envelope import add, arch, attack_decay, decay, unit
from engine.procedural.family import SAMPLE_RATE_HZ, Family, Knobs, Signal, params
from engine.procedural.filters import bandpass, formants, highpass, lowpass
from engine.procedural.grains import tick
from engine.procedural.noise import Curve, Rng, coloured, pick, samples, white


def knocker(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
    """One door and one set of knuckles."""
    f0 = pick(rng, 90, 160) / knobs.size
    ratios = np.array((1.0, 1.9, 3.1, 4.7, 7.5, 12.0, 20.0)) * rng.uniform(0.94, 1.06, 7)
    hz = tuple(float(f) for f in f0 * ratios)
    gains = (1.2, 1.2, 0.9, 0.6, 0.35, 0.2 * (0.5 + knobs.hardness), 0.1 * (0.5 + knobs.hardness))
    touch = pick(rng, 0.0025, 0.005) * (1.4 - 0.8 * knobs.hardness)
    sharp = rng.uniform(4.5, 8.0)

    def knock(index: int) -> Signal:
        length = samples(0.16 * knobs.size**0.5)
        blow = white(rng, length) * decay(length, touch)
        blow[:3] += 5.0
        body = formants(blow, hz, tuple(f / sharp for f in hz), gains)
        knuckles = bandpass(blow, 2_400, 0.5) * (0.06 + 0.1 * knobs.intensity)
        return unit(body + knuckles) * (1.0 if index == 0 else rng.uniform(0.7, 1.0))

    return knock


def slam(rng: Rng, knobs: Knobs) -> Signal:
    """The leaf hits its frame, the room answers, the latch rattles in its plate."""
    length = samples(0.9 * knobs.size**0.4)
    hard = 0.4 + 0.8 * knobs.intensity
    near = white(rng, length)
    bang = lowpass(
        near * (decay(length, pick(rng, 0.012, 0.02)) + rng.uniform(0.3, 0.7) * decay(length, pick(rng, 0.06, 0.1))),
        pick(rng, 1_300, 2_300) * (0.6 + 0.7 * hard),
    )
    air = coloured(rng, length, -1.5, low_hz=35, high_hz=pick(rng, 330, 460) / knobs.size**0.4)[0]
    air *= attack_decay(length, 0.002, pick(rng, 0.07, 0.1))
    blow = white(rng, length) * decay(length, 0.004)
    hz = tuple(
        pick(rng, low, high) / knobs.size**0.7 for low, high in ((75, 115), (170, 230), (400, 540), (900, 1_300))
    )
    leaf = formants(blow, hz, tuple(f / 5 for f in hz), (2.0, 1.6, 1.2, 0.8))
    out = rng.uniform(0.6, 0.9) * unit(bang) + rng.uniform(0.6, 0.9) * hard * unit(air) + 0.35 * unit(leaf)
    latch = tuple(pick(rng, low, high) for low, high in ((1_250, 1_600), (2_600, 3_300), (5_200, 6_800)))
    for at, gain in ((0.0, 0.3), (0.014, 0.5), (0.055, 0.28), (0.1, 0.2), (0.17, 0.1)):
        rattle = sum(np.pad(x, (0, 2_400 - x.size)) for x in (tick(rng, 0.003, f, 6.0)[:2_400] for f in latch))
        add(out, 0.42 * gain * unit(np.asarray(rattle)), round(at * rng.uniform(0.8, 1.25) * SAMPLE_RATE_HZ))
    whole: Signal = out
    return whole


def creak(rng: Rng, knobs: Knobs) -> Signal:
    """Stick-slip of a dry hinge, in two or three pulls."""
    hz = tuple(
        pick(rng, low, high) / knobs.size**0.6
        for low, high in ((360, 500), (1_000, 1_280), (1_700, 2_000), (3_000, 3_300), (3_500, 5_000))
    )
    sharp = tuple(f / pick(rng, 4.5, 8.0) for f in hz)
    gains = tuple(
        rng.uniform(low, high) for low, high in ((0.6, 0.95), (0.2, 0.7), (0.35, 0.95), (0.6, 1.0), (0.4, 0.9))
    )
    pulls: list[Signal] = []
    for _ in range(int(rng.integers(3, 5))):
        seconds = rng.uniform(0.4, 0.75) * knobs.size**0.3 / knobs.pace
        length = samples(seconds)
        u = np.arange(length) / length
        wander = Curve(rng, seconds, pick(rng, 3.0, 5.0)).samples(0, length)
        chatter = Curve(rng, seconds, 40.0).samples(0, length)
        rate = (
            pick(rng, 180, 480)
            / knobs.size**0.5
            * 2 ** ((wander - 0.5) * rng.uniform(1.2, 2.4) + 0.8 * np.sin(np.pi * u) - 0.4)
        )
        turns = np.cumsum(rate * (1 + rng.uniform(0.25, 0.4) * (chatter - 0.5))) / SAMPLE_RATE_HZ
        slips = np.flatnonzero(np.diff(np.floor(turns)) > 0)
        force = np.zeros(length)
        force[slips] = rng.uniform(0.5, 1.0, slips.size)
        force *= arch(length, 0.08, 0.15) * (1 - 0.4 * Curve(rng, seconds, 9.0).samples(0, length))
        scrape = 0.05 * white(rng, length) * np.abs(lowpass(force, 300.0)) * 20
        pulls += [
            unit(highpass(formants(force + scrape, hz, sharp, gains), 200.0)),
            np.zeros(samples(rng.uniform(0.04, 0.3))),
        ]
    return np.concatenate(pulls)


FAMILIES = (
    Family(
        name="door_knock",
        label="Door Knock",
        category="DOORKnck",
        words=(
            "door knock",
            "knock on door",
            "knock",
            "rap on door",
            "knuckles on door",
            "pounding on door",
            "knock on wood",
        ),
        params=params(pace=1.0, count=1, hardness=0.5, wetness=0.22),
        sustained=False,
        length_seconds=0.7,
        interval_seconds=0.24,
        render=repeating(knocker, interval_seconds=0.24, rhythm=even(0.08), variants=8),
    ),
    Family(
        name="door_slam",
        label="Door Slam",
        category="DOORWood",
        words=("door slam", "slam", "door shut", "door close", "door bang", "gate slam", "car door"),
        params=params(wetness=0.5),
        sustained=False,
        length_seconds=1.8,
        interval_seconds=1.5,
        render=one_shot(slam),
    ),
    Family(
        name="door_creak",
        label="Door Creak",
        category="DOORCreak",
        words=(
            "door creak",
            "creak",
            "creaky hinge",
            "squeaky door",
            "squeaky hinge",
            "squeak",
            "door open",
            "creaking floorboard",
        ),
        params=params(pace=1.0, wetness=0.2),
        sustained=False,
        length_seconds=2.5,
        interval_seconds=2.5,
        render=one_shot(creak),
    ),
)
