"""Rain, wind and thunder.

Rain is drops by the thousand on a ground that colours them. Wind is turbulence whose bands climb and whistle with the
gusts. Thunder is a crooked channel of air that bursts: N-waves from every part of it, spread over seconds by their
distances. Source: H. S. Ribner, D. Roy, "Acoustics of thunder", JASA 72(6), 1982.
"""

from __future__ import annotations

import numpy as np
from scipy.signal import fftconvolve

from engine.procedural.bubbles import bubbles
from engine.procedural.builders import PIECE_SAMPLES, Chunk, bed, one_shot
from engine.procedural.draws import draws_of
from engine.procedural.envelope import add, arch, decay, steady, unit
from engine.procedural.family import SAMPLE_RATE_HZ, Family, Knobs, Signal, params
from engine.procedural.filters import lowpass, soften
from engine.procedural.grains import Cloud, lognormal, ticks
from engine.procedural.noise import Curve, Rng, bump, coloured, painted, pick, samples, tilt, times, white
from engine.procedural.room import tail


def rain(rng: Rng, knobs: Knobs, length: int, channels: int) -> Chunk:
    """Drizzle to downpour by intensity; drops grow with size."""
    longest = min(length, PIECE_SAMPLES)
    low = pick(rng, 600, 1_100) / knobs.size**0.5
    drops = Cloud(
        rng,
        ticks(rng, 14, ms=(0.4, 2.6), hz=(low, min(low * pick(rng, 4.0, 7.0), 14_000)), q=(0.6, 2.5)),
        longest,
        channels,
    )
    plops = Cloud(rng, bubbles(rng, 10, 0.0006, 0.0022 * knobs.size**0.5, rise=0.0), longest, channels)
    breath = Curve(rng, length / SAMPLE_RATE_HZ, 1.5)
    rate = 300 * 22**knobs.intensity * pick(rng, 0.75, 1.35)
    hiss = (0.15 + 0.5 * knobs.intensity) * rng.uniform(0.8, 1.2)
    slope, high = -rng.uniform(0.35, 0.8), pick(rng, 5_000, 11_000)
    puddle, rumble = rng.uniform(0.05, 0.2), rng.uniform(0.04, 0.14) * knobs.intensity

    def chunk(rng: Rng, start: int, length: int) -> Signal:
        far = coloured(rng, length, slope, low_hz=150, high_hz=high, channels=channels)
        far *= 0.85 + 0.15 * breath.samples(start, length)
        near = steady(drops.scatter(rng, length, rate, lognormal(1.0)))
        wet = steady(plops.scatter(rng, length, 12 + 40 * knobs.intensity, lognormal(0.6)))
        low_end = coloured(rng, length, -1.6, low_hz=40, high_hz=220, channels=channels)
        whole: Signal = hiss * far + 0.6 * near + puddle * wet + rumble * low_end
        return whole

    return chunk


def wind(rng: Rng, knobs: Knobs, length: int, channels: int) -> Chunk:
    """A breeze at low intensity, a howling gale at high."""
    seconds = length / SAMPLE_RATE_HZ
    p = draws_of(rng, "wind")
    gusts, flutter = Curve(rng, seconds, p("gusts_hz", 0.3, 2.0) * knobs.pace), Curve(rng, seconds, 5.0)
    width = p("howl_octaves", 0.05, 0.5, logarithmic=True)
    bands = [
        (p(f"howl_{k}_hz", 150, 1_600, logarithmic=True) / knobs.size**0.4, width, p(f"howl_{k}", 0.0, 1.6))
        for k in range(3)
    ]
    depth, sway, bend = p("depth", 0.3, 0.95), p("sway", 0.2, 1.5), p("bend", 0.7, 2.5)
    slope, high = -p("slope", 1.0, 2.6), p("top_hz", 300, 3_000, logarithmic=True) * (0.5 + knobs.intensity)
    howl, leaves = 0.5 + 1.6 * knobs.intensity**1.5, p("leaves", 0.002, 0.08, logarithmic=True)

    def air(t: Signal, hz: Signal) -> Signal:
        g = gusts(t)
        force = 1 - depth + depth * (0.85 * g**bend + 0.15 * flutter(t))
        shape = force * tilt(hz, 60, high, slope)
        for centre, width, gain in bands:
            moved = centre * (1 + sway * (g - 0.4)) * (0.7 + 0.6 * knobs.intensity)
            shape = shape + 0.25 * howl * gain * force**1.7 * bump(hz, moved, width)
        return shape + leaves * force**2 * bump(hz, 4_500.0, 1.2)

    return lambda rng, start, size: painted(rng, size, air, start=start, channels=channels, hop=1024)


def thunder(rng: Rng, knobs: Knobs) -> Signal:
    """A crack when near, a roll when far, in the moving air of its storm; farther parts of the channel arrive later."""
    p = draws_of(rng, "thunder")
    length = samples(p("seconds", 4.5, 7.0) * knobs.size**0.3)
    t = times(length)
    far = float(np.clip(np.log10(knobs.distance_m / 2) / 2.5 + 0.25, 0.0, 1.0))
    out: Signal = np.zeros(length)
    count, spread = int(p("branch_waves", 20, 110, logarithmic=True)), p("spread_seconds", 0.05, 0.8, logarithmic=True)
    longest, fade = p("wave_seconds", 0.015, 0.09, logarithmic=True), p("fade_per_second", 0.1, 1.0)
    bursts = [(0.0, 1.0)] + [(rng.uniform(0.3, 3.2), rng.uniform(0.3, 0.9)) for _ in range(int(p("branches", 0, 6.99)))]
    for at, gain in bursts:
        for when in at + rng.gamma(1.2, spread, count):
            n = samples(rng.uniform(0.004, longest))
            add(out, gain * rng.exponential() * np.exp(-fade * when) * np.linspace(1, -1, n), samples(when))
    out = steady(soften(out, p("channel_hz", 100, 1_500, logarithmic=True) * (1.2 - 0.7 * far)))
    swell = Curve(rng, length / SAMPLE_RATE_HZ, p("swell_hz", 1.5, 8.0)).samples(0, length, 256)
    roll = np.exp(-t / p("roll_seconds", 0.8, 4.0)) * np.clip(1.6 * swell - 0.2, 0.05, 1.0)
    roll *= np.minimum(1.0, t / p("roll_attack_seconds", 0.02, 0.6, logarithmic=True))
    top = p("rumble_hz", 80, 600, logarithmic=True)
    rumble = roll * coloured(rng, length, -p("rumble_slope", 1.0, 2.8), low_hz=30, high_hz=top)[0]
    n = samples(0.7)
    tear = white(rng, n) * decay(n, p("tear_seconds", 0.03, 0.3, logarithmic=True))
    tear *= np.repeat(rng.random(n // 600 + 1), 600)[:n]
    crack = lowpass(tear, p("crack_hz", 1_200, 6_000, logarithmic=True)) * (1 - far) * (0.4 + knobs.intensity)
    mix = p("channel", 0.1, 1.5) * out + p("rumble", 0.3, 4.0) * rumble
    mix[:n] += p("crack", 0.0, 3.5) * crack
    valley = tail(rng, p("valley_seconds", 1.0, 4.0), 1)[0]
    mix += p("valley", 0.1, 2.0) * fftconvolve(mix, valley)[:length]
    mix[: samples(0.004)] *= np.linspace(0, 1, samples(0.004))
    mix *= np.minimum(1.0, (length - np.arange(length)) / (0.3 * length)) ** 1.5
    air = coloured(rng, length, -1.0, low_hz=60, high_hz=6_000)[0] * arch(length, 0.02, 0.4)
    whole: Signal = unit(mix) + p("storm_air", 0.001, 0.012, logarithmic=True) * air
    return whole


FAMILIES = (
    Family(
        name="rain",
        label="Rain",
        category="RAIN",
        heard_as=("Rain",),
        words=(
            "rain",
            "rainfall",
            "downpour",
            "drizzle",
            "rain on roof",
            "rain shower",
            "raindrop",
            "rainstorm",
            "storm rain",
            "pouring rain",
        ),
        params=params(wetness=0.0),
        sustained=True,
        length_seconds=12.0,
        interval_seconds=12.0,
        render=bed(rain),
    ),
    Family(
        name="wind",
        label="Wind",
        category="WIND",
        heard_as=("Wind",),
        words=("wind", "breeze", "gust of wind", "gale", "howling wind", "wind gust", "windy", "blizzard", "storm"),
        params=params(pace=1.0, wetness=0.0),
        sustained=True,
        length_seconds=12.0,
        interval_seconds=12.0,
        render=bed(wind),
    ),
    Family(
        name="thunder",
        label="Thunder",
        category="THUN",
        heard_as=(
            "Thunder",
            "Thunderstorm",
        ),
        words=(
            "thunder",
            "thunderclap",
            "lightning",
            "thunder rumble",
            "thunderbolt",
            "clap of thunder",
            "lightning strike",
            "thunderstorm",
        ),
        params=params(distance_m=40.0, wetness=0.1),
        sustained=False,
        length_seconds=7.0,
        interval_seconds=8.0,
        render=one_shot(thunder),
    ),
)
