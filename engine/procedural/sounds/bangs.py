"""Gunshot and explosion: a shock, burning gas, and the land that answers.

The shock is a Friedlander wave: ``(1 - t/T) exp(-t/T)``. Source: F. G. Friedlander, Proc. R. Soc. A 186, 1946.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.procedural.builders import one_shot, repeating
from engine.procedural.envelope import add, decay, steady
from engine.procedural.family import SAMPLE_RATE_HZ, Family, Knobs, Signal, params
from engine.procedural.filters import bandpass, lowpass, saturate, soften
from engine.procedural.noise import Curve, Rng, coloured, pick, samples, times, white


def friedlander(length: int, positive_seconds: float) -> Signal:
    """Blast wave of unit overpressure."""
    u = times(length) / positive_seconds
    wave: Signal = (1 - u) * np.exp(-u)
    return wave


def gun(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
    """One gun in one place: a pistol at size 0.7, a cannon at 4."""
    shock, gas = pick(rng, 0.0005, 0.0008) * knobs.size**0.5, pick(rng, 0.0036, 0.0052)
    burn, boom = pick(rng, 0.022, 0.05) * knobs.size**0.4, pick(rng, 0.15, 0.21) * knobs.size**0.3
    top, mid = pick(rng, 4_200, 7_500), pick(rng, 1_350, 2_400) / knobs.size**0.3
    blast, crack, body, roll, low = (
        rng.uniform(a, b) for a, b in ((0.9, 3.0), (1.1, 1.9), (0.4, 0.6), (1.0, 1.45), (0.25, 0.6))
    )
    drive, echo = rng.uniform(2.4, 3.6) * (0.6 + 0.6 * knobs.intensity), rng.uniform(0.3, 0.55)
    echoes = np.sort(rng.gamma(1.5, 0.12, 10))

    def shot(index: int) -> Signal:
        length = samples(1.2 * knobs.size**0.3)
        air = white(rng, length)
        x = blast * friedlander(length, shock) + air * (crack * decay(length, gas) + body * decay(length, burn))
        x += lowpass(air, mid) * roll * decay(length, boom)
        n = samples(0.4)
        deep = coloured(rng, n, -1.8, low_hz=40, high_hz=400)[0] * decay(n, pick(rng, 0.05, 0.12))
        x[:n] += low * knobs.size**0.5 * deep
        out = saturate(x, drive)
        slap = soften(air[: samples(0.25)], pick(rng, 700, 2_600)) * decay(samples(0.25), 0.05)
        for at in echoes:
            add(out, echo * rng.uniform(0.6, 1.0) * np.exp(-5 * at) * slap, samples(at))
        return soften(out, top)

    return shot


def explosion(rng: Rng, knobs: Knobs) -> Signal:
    """A blast, a fireball that rumbles away, debris."""
    length = samples(3.4 * knobs.size**0.3)
    t = times(length)
    force = 0.5 + 0.7 * knobs.intensity
    scale = knobs.size**0.3
    air = white(rng, length)
    blast = air * (2.5 * force * decay(length, 0.008) + decay(length, pick(rng, 0.05, 0.1) * scale))
    blast += 3 * friedlander(length, pick(rng, 0.0015, 0.004) * scale)
    fire = lowpass(air, pick(rng, 900, 2_200) / scale) * decay(length, pick(rng, 0.25, 0.45) * scale)
    burn = fire + coloured(rng, length, -1.8, low_hz=35 / scale, high_hz=500)[0] * decay(
        length, pick(rng, 0.3, 0.5) * scale
    )
    billow = Curve(rng, length / SAMPLE_RATE_HZ, rng.uniform(7, 13)).samples(0, length)
    roll = coloured(rng, length, -1.4, low_hz=40 / scale, high_hz=pick(rng, 300, 700))[0]
    roll *= np.minimum(1.0, t / 0.08) * decay(length, pick(rng, 0.7, 1.1) * scale) * (0.2 + 0.8 * billow)
    out = saturate(blast + 1.3 * burn, 1.8 + 1.6 * force) + 0.5 * roll
    for when in 0.25 + rng.gamma(1.5, 0.45, int(rng.integers(15, 45) * force)):
        n = samples(rng.uniform(0.005, 0.04))
        bit = bandpass(white(rng, n) * np.exp(-5 * np.arange(n) / n), pick(rng, 300, 3_500), 1.4)
        add(out, 0.2 * rng.random() ** 2 * steady(bit), samples(when))
    whole: Signal = out * np.minimum(1.0, (length - np.arange(length)) / (0.3 * length)) ** 1.5
    return whole


FAMILIES = (
    Family(
        name="gunshot",
        label="Gunshot",
        category="GUNPis",
        words=(
            "gunshot",
            "gun",
            "shot",
            "pistol",
            "rifle",
            "gun fire",
            "shooting",
            "firearm",
            "shotgun",
            "revolver",
            "gunfire",
        ),
        params=params(pace=1.0, count=1, distance_m=8.0, wetness=0.03),
        sustained=False,
        length_seconds=2.0,
        interval_seconds=0.35,
        render=repeating(gun, interval_seconds=0.35, variants=6),
    ),
    Family(
        name="explosion",
        label="Explosion",
        category="EXPLReal",
        words=("explosion", "blast", "bomb", "detonation", "explode", "boom", "grenade", "cannon"),
        params=params(distance_m=15.0, wetness=0.03),
        sustained=False,
        length_seconds=4.5,
        interval_seconds=3.0,
        render=one_shot(explosion),
    ),
)
