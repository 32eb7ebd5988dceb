"""Doors: a knock, a slam, a creak.

A door is a heavily damped wooden plate over an air cavity. A creak is stick-slip: the hinge sticks, slips and excites
the plate many times a second, at a rate that follows the hand. Source: A. Farnell, *Designing Sound*, ch. 30-32.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.procedural.builders import even, one_shot, repeating
from engine.procedural.draws import draws_of
from engine.procedural.envelope import add, arch, attack_decay, decay, unit
from engine.procedural.family import SAMPLE_RATE_HZ, Family, Knobs, Signal, params
from engine.procedural.filters import bandpass, formants, highpass, lowpass
from engine.procedural.grains import tick
from engine.procedural.modal import ring
from engine.procedural.noise import Curve, Rng, coloured, pick, samples, white


def knocker(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
    """One door and one set of knuckles."""
    p = draws_of(rng, "door_knock")
    f0 = p("pitch_hz", 60, 260, logarithmic=True) / knobs.size
    ratios = np.array((1.0, 1.9, 3.1, 4.7, 7.5, 12.0, 20.0)) * rng.uniform(0.94, 1.06, 7)
    hz = tuple(float(f) for f in f0 * ratios)
    slope = p("slope", 0.1, 1.2) * (1.3 - 0.6 * knobs.hardness)
    gains = tuple(float(r**-slope * rng.uniform(0.7, 1.2)) for r in ratios)
    touch = p("touch_seconds", 0.0006, 0.008, logarithmic=True) * (1.4 - 0.8 * knobs.hardness)
    sharp, first = p("sharp", 1.5, 14.0, logarithmic=True), p("first", 0.0, 9.0)
    knuckle = p("knuckle", 0.02, 0.6) * (0.4 + knobs.intensity)
    knuckle_hz = p("knuckle_hz", 900, 4_000, logarithmic=True)
    cavity_hz, cavity = p("cavity_hz", 60, 220, logarithmic=True) / knobs.size, p("cavity", 0.0, 1.2)
    cavity_loss = p("cavity_decay", 20, 80, logarithmic=True)

    def knock(index: int) -> Signal:
        length = samples(0.16 * knobs.size**0.5)
        blow = white(rng, length) * decay(length, touch)
        blow[:3] += first
        body = formants(blow, hz, tuple(f / sharp for f in hz), gains)
        body = unit(body) + knuckle * unit(bandpass(blow, knuckle_hz, 0.5))
        body += cavity * ring(cavity_hz, cavity_loss, 1.0, length)
        return unit(body) * (1.0 if index == 0 else rng.uniform(0.7, 1.0))

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
    """Stick-slip of a dry hinge in a few pulls: the longer it stuck, the harder it slips and rings the leaf."""
    p = draws_of(rng, "door_creak")
    bands = ((250, 700), (700, 1_300), (1_300, 2_200), (2_200, 3_500), (3_500, 6_000))
    hz = tuple(p(f"hz_{k}", low, high) / knobs.size**0.6 for k, (low, high) in enumerate(bands))
    sharp = p("sharp", 2.0, 30.0, logarithmic=True)
    gains = tuple(p(f"gain_{k}", 0.1, 1.2) for k in range(len(bands)))
    usual, rate = p("seconds", 0.3, 2.0), p("slips_hz", 15, 600, logarithmic=True)
    wander_hz, depth, arc = p("wander_hz", 1, 7), p("depth_octaves", 0.2, 3.0), p("arc_octaves", -0.6, 1.6)
    chatter, scrape, stuck = p("chatter", 0.0, 1.2), p("scrape", 0.0, 0.3), p("stuck", 0.0, 1.6)
    faint, pause = p("faint", 0.0, 0.9), p("pause_seconds", 0.02, 0.4)
    pulls: list[Signal] = []
    for _ in range(round(p("pulls", 1.0, 4.0))):
        seconds = usual * rng.uniform(0.75, 1.25) * knobs.size**0.3 / knobs.pace
        length = samples(seconds)
        u = np.arange(length) / length
        wander = Curve(rng, seconds, wander_hz).samples(0, length) - 0.5
        uneven = Curve(rng, seconds, 40.0).samples(0, length) - 0.5
        slipping = rate / knobs.size**0.5 * 2 ** (depth * wander + arc * (np.sin(np.pi * u) - 0.5))
        turns = np.cumsum(slipping * np.maximum(0.2, 1 + chatter * uneven)) / SAMPLE_RATE_HZ
        slips = np.flatnonzero(np.diff(np.floor(turns)) > 0)
        waits = np.diff(slips, prepend=0) / SAMPLE_RATE_HZ * rate
        force = np.zeros(length)
        force[slips] = rng.uniform(0.5, 1.0, slips.size) * np.minimum(waits, 4.0) ** stuck
        force *= arch(length, 0.1, 0.15) * (1 - faint * Curve(rng, seconds, 9.0).samples(0, length))
        rub = scrape * white(rng, length) * np.abs(lowpass(force, 300.0)) * 20
        leaf = formants(force + rub, hz, tuple(f / sharp for f in hz), gains)
        pulls += [unit(highpass(leaf, 150.0)), np.zeros(samples(pause * rng.uniform(0.5, 1.5)))]
    return np.concatenate(pulls)


FAMILIES = (
    Family(
        name="door_knock",
        label="Door Knock",
        category="DOORKnck",
        heard_as=(
            "Knock",
            "Tap",
        ),
        words=(
            "door knock",
            "knock on door",
            "knock",
            "rap on door",
            "knuckles on door",
            "pounding on door",
            "knock on wood",
        ),
        params=params(pace=1.0, count=1, hardness=0.5, wetness=0.4),
        sustained=False,
        length_seconds=0.7,
        interval_seconds=0.24,
        render=repeating(knocker, interval_seconds=0.24, rhythm=even(0.08), variants=8),
    ),
    Family(
        name="door_slam",
        label="Door Slam",
        category="DOORWood",
        heard_as=(
            "Slam",
            "Door",
        ),
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
        heard_as=(
            "Creak",
            "Squeak",
            "Door",
        ),
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
