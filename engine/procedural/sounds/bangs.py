"""Gunshot and explosion: a shock, burning gas, and the land that answers.

The shock is a Friedlander wave: ``(1 - t/T) exp(-t/T)``. Source: F. G. Friedlander, Proc. R. Soc. A 186, 1946.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.procedural.builders import one_shot, repeating
from engine.procedural.draws import draws_of
from engine.procedural.envelope import add, decay, steady, unit
from engine.procedural.family import SAMPLE_RATE_HZ, Family, Knobs, Signal, params
from engine.procedural.filters import bandpass, highpass, lowpass, saturate, soften
from engine.procedural.grains import ticks
from engine.procedural.noise import Curve, Rng, coloured, pick, samples, times, white


def friedlander(length: int, positive_seconds: float) -> Signal:
    """Blast wave of unit overpressure."""
    u = times(length) / positive_seconds
    wave: Signal = (1 - u) * np.exp(-u)
    return wave


def gun(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
    """One gun in one place: a pistol at size 0.7, a cannon at 4."""
    p = draws_of(rng, "gunshot")
    shock = p("shock_seconds", 0.0003, 0.003, logarithmic=True) * knobs.size**0.5
    gas = p("gas_seconds", 0.001, 0.01, logarithmic=True)
    burn = p("burn_seconds", 0.01, 0.06, logarithmic=True) * knobs.size**0.4
    boom = p("boom_seconds", 0.04, 0.3, logarithmic=True) * knobs.size**0.3
    top = p("top_hz", 3_000, 16_000, logarithmic=True)
    mid = p("boom_hz", 500, 4_000, logarithmic=True) / knobs.size**0.3
    blast, crack, body = p("blast", 0.2, 4.0), p("crack", 0.3, 3.0), p("body", 0.1, 1.5)
    roll, low = p("roll", 0.05, 2.0), p("low", 0.0, 2.0)
    drive, echo = p("drive", 0.8, 6.0) * (0.6 + 0.6 * knobs.intensity), p("echo", 0.0, 0.8)
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


def fireworks(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
    """A shell climbs, bursts high up, and its stars crackle down."""
    p = draws_of(rng, "fireworks")
    climb_hz, climb = p("whistle_hz", 1_200, 3_500) / knobs.size**0.4, p("whistle", 0.0, 0.2)
    climb_s, boom = p("climb_seconds", 0.25, 0.9), p("boom_seconds", 0.08, 0.5, logarithmic=True) * knobs.size**0.3
    dull, low = p("burst_hz", 500, 3_500, logarithmic=True), p("low", 0.0, 1.5)
    snap, stars = p("snap_seconds", 0.004, 0.04, logarithmic=True), p("stars_hz", 20, 350, logarithmic=True)
    crackle, late, fall = p("crackle", 0.02, 0.6), p("late_seconds", 0.05, 0.5), p("fall_seconds", 0.2, 0.8)
    star_hz, echo = p("star_hz", 1_200, 5_000, logarithmic=True), p("echo", 0.0, 0.7)
    bits = ticks(rng, 12, ms=(0.5, 3.0), hz=(star_hz, 2.5 * star_hz), q=(0.6, 2.0))

    def shell(index: int) -> Signal:
        rise = samples(climb_s * rng.uniform(0.8, 1.2))
        u = np.arange(rise) / rise
        tone = np.sin(2 * np.pi * np.cumsum(climb_hz * rng.uniform(0.9, 1.1) * (1 + 0.5 * u)) / SAMPLE_RATE_HZ)
        length = samples(1.9)
        t = times(length)
        air = white(rng, length)
        burst = unit(lowpass(air * (np.exp(-t / snap) + 0.35 * np.exp(-t / boom)), dull * rng.uniform(0.8, 1.25)))
        n = samples(0.7)
        thump = unit(coloured(rng, n, -1.8, low_hz=35, high_hz=300)[0] * np.exp(-t[:n] / (0.7 * boom)))
        burst[:n] += low * thump
        out = burst * (0.6 + 0.7 * knobs.intensity)
        for at in late + rng.gamma(2.0, fall / 2, int(rng.poisson(stars * 2 * fall))):
            add(out, crackle * rng.random() ** 2 * np.exp(-at) * bits[int(rng.integers(len(bits)))], samples(at))
        add(out, echo * 0.3 * soften(burst, 700), samples(rng.uniform(0.15, 0.45)))
        hiss = highpass(white(rng, rise), 2_500)
        return np.concatenate([climb * np.hanning(rise) * (tone + 0.4 * hiss), out])

    return shell


FAMILIES = (
    Family(
        name="gunshot",
        label="Gunshot",
        category="GUNPis",
        heard_as=("Gunshot, gunfire",),
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
        heard_as=("Explosion",),
        words=("explosion", "blast", "bomb", "detonation", "explode", "boom", "grenade", "cannon"),
        params=params(distance_m=15.0, wetness=0.03),
        sustained=False,
        length_seconds=4.5,
        interval_seconds=3.0,
        render=one_shot(explosion),
    ),
    Family(
        name="fireworks",
        label="Fireworks",
        category="FRWKComr",
        heard_as=("Fireworks", "Firecracker"),
        words=("fireworks", "firework", "firecracker", "fireworks display", "skyrocket"),
        params=params(pace=1.0, count=0, distance_m=30.0, wetness=0.3),
        sustained=True,
        length_seconds=7.0,
        interval_seconds=0.9,
        render=repeating(
            fireworks, interval_seconds=0.9, rhythm=lambda rng, n, gap: gap * rng.uniform(0.3, 1.9, n), variants=8
        ),
    ),
)
