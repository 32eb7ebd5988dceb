"""About the house: wind chimes, a doorbell, a camera, frying, a ball that bounces, a saw, a typewriter.

Sources: tubes: N. H. Fletcher, T. D. Rossing, *The Physics of Musical Instruments*, 1998, section 2.15 (free bars);
bouncing: a ball loses the same share of its speed every time; the rest follows from A. Farnell, *Designing Sound*.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.procedural.builders import PIECE_SAMPLES, Chunk, bed, one_shot, repeating
from engine.procedural.draws import draws_of
from engine.procedural.envelope import add, attack_decay, decay, steady, unit
from engine.procedural.family import SAMPLE_RATE_HZ, Family, Knobs, Render, Signal, params
from engine.procedural.filters import bandpass, formants, highpass, lowpass
from engine.procedural.grains import RATE_HOP, Cloud, moments, pareto, ticks
from engine.procedural.modal import ring
from engine.procedural.noise import Curve, Rng, coloured, samples, white
from engine.procedural.sounds.desk import typing_rhythm

FREE_TUBE = np.array((1.0, 2.756, 5.404, 8.933))
"""Bending modes over the lowest."""


def chimes(rng: Rng, knobs: Knobs, length: int, channels: int) -> Chunk:
    """A handful of tubes that the wind knocks against each other."""
    p = draws_of(rng, "wind_chime")
    lowest, tubes = p("pitch_hz", 500, 2_400, logarithmic=True) / knobs.size**0.7, int(p("tubes", 4.0, 9.99))
    steps = np.cumsum(rng.choice([2, 2, 3, 4], tubes))
    loss, treble = p("decay_per_second", 0.8, 6.0, logarithmic=True), p("treble_decay", 0.6, 2.0)
    knock, slope = p("knock", 0.02, 0.8, logarithmic=True), p("slope", 0.2, 1.5)
    rung = []
    for step in steps:
        hz = lowest * 2 ** (step / 12) * FREE_TUBE * rng.uniform(0.997, 1.003, 4)
        tube = ring(hz, loss * FREE_TUBE**treble, FREE_TUBE**-slope * rng.uniform(0.6, 1.2, 4), samples(1.8))
        n = samples(0.004)
        tube[:n] += knock * highpass(white(rng, n) * np.hanning(n), 1_500)
        tube[-2_400:] *= np.linspace(1, 0, 2_400)
        rung.append(unit(tube))
    gusts = Curve(rng, length / SAMPLE_RATE_HZ + 1, p("gusts_hz", 0.4, 1.5) * knobs.pace)
    rate, calm = p("strikes_hz", 3, 22, logarithmic=True) * (0.4 + knobs.intensity), p("calm", 0.0, 0.6)
    blown = np.clip(gusts(np.arange(0, length, RATE_HOP) / SAMPLE_RATE_HZ) * (1 + calm) - calm, 0.03, 1.0)
    starts = np.sort(np.append(moments(rng, length, rate * blown), 0))  # one is struck as it begins
    which, loud = rng.integers(0, tubes, starts.size), rng.lognormal(0.0, 0.7, starts.size)
    angle = (np.pi / 2) * (0.25 + 0.5 * rng.random(tubes))
    places = np.stack([np.cos(angle), np.sin(angle)]) * np.sqrt(2) if channels == 2 else np.ones((1, tubes))
    longest = max(tube.size for tube in rung)

    def chunk(rng: Rng, start: int, size: int) -> Signal:
        out = np.zeros((channels, size))
        first, last = np.searchsorted(starts, (start - longest, start + size))
        for at, tube, gain in zip(starts[first:last], which[first:last], loud[first:last], strict=True):
            for row, place in zip(out, places[:, tube], strict=True):
                add(row, gain * place * rung[tube], int(at) - start)
        return out

    return chunk


def doorbell(rng: Rng, knobs: Knobs) -> Signal:
    """Ding, dong: two bars over tubes, the second lower."""
    p = draws_of(rng, "doorbell")
    high, drop = p("pitch_hz", 450, 1_100, logarithmic=True) / knobs.size**0.5, p("drop_semitones", 3.0, 7.0)
    gap, loss = p("gap_seconds", 0.3, 0.8), p("decay_per_second", 1.5, 6.0, logarithmic=True)
    second, third, thump = p("second", 0.05, 0.9), p("third", 0.02, 0.5), p("thump", 0.02, 0.6)
    out = np.zeros(samples(gap + 2.2))
    for k, hz in enumerate((high, high * 2 ** (-round(drop) / 12))):
        n = samples(2.0)
        modes = hz * np.array((1.0, 1.002, 2.0, 2.756, 5.404))
        bar = ring(modes, loss * np.array((1, 1, 1.6, 2.5, 6.0)), (1.0, 0.5, second, second, third), n)
        m = samples(0.03)
        bar[:m] += thump * bandpass(white(rng, m) * decay(m, 0.004), 400, 0.7)
        bar[-4_800:] *= np.linspace(1, 0, 4_800)
        add(out, (0.9**k) * bar, samples(k * gap) if k else 0)
    return out


def camera(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
    """A mirror slaps up, the shutter runs, the mirror falls, a motor winds on."""
    p = draws_of(rng, "camera_shutter")
    hz = tuple(
        p(f"hz_{k}", *span, logarithmic=True) / knobs.size**0.4
        for k, span in enumerate(((300, 900), (900, 2_200), (2_200, 4_500), (4_500, 9_000)))
    )
    gains, q = tuple(p(f"gain_{k}", 0.1, 1.0) for k in range(4)), p("q", 1.0, 8.0)
    touch, open_s = p("touch_seconds", 0.0006, 0.006, logarithmic=True), p("open_seconds", 0.04, 0.25)
    back, curtain, noise = p("back", 0.3, 1.2), p("curtain", 0.05, 0.8), p("curtain_seconds", 0.01, 0.06)
    wind, wind_s, wind_hz = p("wind", 0.0, 0.4), p("wind_seconds", 0.05, 0.5), p("wind_hz", 60, 300)

    def click(index: int) -> Signal:
        out = np.zeros(samples(open_s + wind_s + 0.2))
        for at, loud in ((0.0, 1.0), (0.012, 0.5), (open_s, back), (open_s + 0.018, 0.5 * back)):
            n = samples(0.06)
            blow = white(rng, n) * decay(n, touch)
            slap = formants(blow, tuple(f * rng.uniform(0.95, 1.05) for f in hz), tuple(f / q for f in hz), gains)
            add(out, loud * slap, samples(at))
        n = samples(noise)
        add(out, curtain * 0.3 * highpass(white(rng, n), 2_000) * np.hanning(n), samples(0.02))
        n = samples(wind_s)
        cogs = np.abs(np.sin(np.pi * wind_hz * np.arange(n) / SAMPLE_RATE_HZ)) ** 4
        add(out, wind * bandpass(white(rng, n) * cogs, hz[2], 1.0) * np.hanning(n), samples(open_s + 0.03))
        return unit(out)

    return click


def frying(rng: Rng, knobs: Knobs, length: int, channels: int) -> Chunk:
    """Water bursts in hot fat: hiss, and spatters by the hundred."""
    p = draws_of(rng, "frying")
    size = min(length, PIECE_SAMPLES)
    low, ms = p("spatter_hz", 1_200, 5_000, logarithmic=True), p("spatter_ms", 0.2, 3.0, logarithmic=True)
    bits = ticks(rng, 14, ms=(0.5 * ms, 2 * ms), hz=(low, min(14_000.0, low * p("span", 1.5, 5.0))), q=(0.5, 1.8))
    cloud = Cloud(rng, bits, size, channels)
    rate, uneven = p("spatters_hz", 40, 1_500, logarithmic=True) * (0.4 + knobs.intensity), p("unevenness", 1.2, 3.5)
    hiss, slope = p("hiss", 0.1, 3.0, logarithmic=True), p("hiss_slope", -0.6, 0.9)
    low_hz, top = p("hiss_low_hz", 300, 3_000, logarithmic=True), p("hiss_top_hz", 6_000, 16_000)
    heat, flutter = Curve(rng, length / SAMPLE_RATE_HZ + 1, 1.5), Curve(rng, length / SAMPLE_RATE_HZ + 1, 16.0)
    sway, shake = p("sway", 0.0, 0.5), p("shake", 0.0, 0.6)

    def chunk(rng: Rng, start: int, size: int) -> Signal:
        t = (start + np.arange(-(-size // RATE_HOP)) * RATE_HOP) / SAMPLE_RATE_HZ
        spatter = steady(cloud.scatter(rng, size, rate * (1 - sway * heat(t)), pareto(uneven, 8.0)))
        steam = coloured(rng, size, -slope, low_hz=low_hz, high_hz=top, channels=channels)
        whole: Signal = spatter + hiss * steam * (1 - shake * flutter.samples(start, size))
        return whole

    return chunk


def ball(rng: Rng, knobs: Knobs) -> Signal:
    """A ball dropped on a floor: each bounce shorter and softer than the last."""
    p = draws_of(rng, "ball_bounce")
    skin, ratio = p("skin_hz", 60, 320, logarithmic=True) / knobs.size**0.7, p("second_mode", 1.5, 2.6)
    loss, air_hz = p("decay_per_second", 25, 220, logarithmic=True), p("air_hz", 500, 1_600) / knobs.size**0.7
    ping, slap, slap_hz = p("ping", 0.0, 0.4), p("slap", 0.1, 2.5), p("slap_hz", 400, 3_000, logarithmic=True)
    touch, gap = p("touch_seconds", 0.001, 0.008, logarithmic=True), p("gap_seconds", 0.35, 0.9) * knobs.size**0.2
    bounce, dribbled = p("restitution", 0.7, 0.93), p("softer", 0.75, 0.98)
    out = np.zeros(samples(4.5))
    at, loud = 0.0, 1.0
    while gap > 0.04 and at < 4.0:
        n = samples(0.3)
        hit = ring((skin, ratio * skin, 2.3 * ratio * skin), (loss, 1.4 * loss, 2 * loss), (1.0, 0.6, 0.3), n)
        hit += ping * ring(air_hz * rng.uniform(0.98, 1.02), 30.0, 1.0, n)
        hit += slap * unit(bandpass(white(rng, n) * decay(n, touch), slap_hz, 0.6))
        add(out, loud * hit, samples(at) if at else 0)
        at, gap, loud = at + gap * rng.uniform(0.97, 1.03), gap * bounce, loud * dribbled
    return out


def saw(rng: Rng, knobs: Knobs, length: int, channels: int) -> Chunk:
    """Push and pull: teeth tear fibres, the blade and the board answer."""
    p = draws_of(rng, "sawing")
    strokes, pull = p("strokes_hz", 0.8, 2.6) * knobs.pace, p("pull", 0.2, 1.0)
    teeth = p("teeth_hz", 60, 500, logarithmic=True)
    hz = (p("board_hz", 180, 900), p("blade_hz", 900, 2_600), p("high_hz", 2_600, 6_500))
    gains, q = (p("board", 0.1, 1.2), 1.0, p("high", 0.1, 1.2)), p("q", 0.7, 4.0)
    rough, edge, drift = p("rough", 0.0, 0.9), p("edge", 0.4, 2.0), Curve(rng, length / SAMPLE_RATE_HZ + 1, 2.0)

    def chunk(rng: Rng, start: int, size: int) -> Signal:
        warm = 4_800
        t = (start - warm + np.arange(size + warm)) / SAMPLE_RATE_HZ
        sway = np.sin(2 * np.pi * strokes * t + 0.8 * drift(np.maximum(t, 0.0)))
        speed = np.abs(sway) ** edge * np.where(sway > 0, 1.0, pull)
        bites = 1 - rough * (0.5 + 0.5 * np.sin(2 * np.pi * np.cumsum(teeth * np.abs(sway)) / SAMPLE_RATE_HZ))
        torn = white(rng, size + warm) * speed * bites
        sound = formants(torn, hz, tuple(f / q for f in hz), gains)[warm:]
        air = coloured(rng, size, -1.0, channels=channels)
        whole: Signal = np.broadcast_to(steady(sound), (channels, size)) + 0.01 * air
        return whole

    return chunk


def typewriter(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
    """A type bar strikes paper on a hard roll, and the carriage ratchets one step."""
    p = draws_of(rng, "typewriter")
    hz = tuple(
        p(f"hz_{k}", *span, logarithmic=True) / knobs.size**0.4
        for k, span in enumerate(((150, 500), (500, 1_400), (1_400, 3_200), (3_200, 7_500)))
    )
    gains, q = tuple(p(f"gain_{k}", 0.1, 1.2) for k in range(4)), p("q", 1.0, 9.0, logarithmic=True)
    touch, step_s = p("touch_seconds", 0.0004, 0.005, logarithmic=True), p("step_seconds", 0.02, 0.08)
    step, thump, frame = p("step", 0.1, 0.9), p("thump", 0.0, 1.0), p("frame", 0.0, 0.5)

    def stroke(index: int) -> Signal:
        out = np.zeros(samples(0.3))
        for at, loud in ((0.0, 0.3), (0.018, 1.0), (0.018 + step_s, step)):
            n = samples(0.06)
            blow = white(rng, n) * decay(n, touch)
            struck = formants(blow, tuple(f * rng.uniform(0.96, 1.04) for f in hz), tuple(f / q for f in hz), gains)
            add(out, loud * struck, samples(at) if at else 0)
        n = samples(0.2)
        add(out, thump * 0.5 * lowpass(white(rng, n) * decay(n, 0.008), 400), samples(0.018))
        add(out, frame * 0.3 * ring(hz[1] * 1.7, 25.0, 1.0, n) * attack_decay(n, 0.001, 0.1), samples(0.018))
        return unit(out) * rng.uniform(0.7, 1.0)

    return stroke


def _family(
    name: str,
    label: str,
    category: str,
    words: tuple[str, ...],
    render: Render,
    heard_as: tuple[str, ...],
    *,
    length_seconds: float,
    every_seconds: float,
    sustained: bool,
    count: int | None = None,
) -> Family:
    return Family(
        name=name,
        label=label,
        category=category,
        heard_as=heard_as,
        words=words,
        params=params(wetness=0.2, **({} if count is None else {"count": count, "pace": 1.0})),
        sustained=sustained,
        length_seconds=length_seconds,
        interval_seconds=every_seconds,
        render=render,
    )


FAMILIES = (
    _family(
        "wind_chime",
        "Wind Chimes",
        "MUSCChim",
        ("wind chimes", "wind chime", "chimes in the wind", "tubular chimes"),
        bed(chimes, join_seconds=0.02, coherent=True),
        ("Wind chime", "Chime"),
        length_seconds=8.0,
        every_seconds=8.0,
        sustained=True,
    ),
    _family(
        "doorbell",
        "Doorbell",
        "BELLDoor",
        ("doorbell", "doorbell ring", "door bell", "ding dong", "door chime"),
        one_shot(doorbell),
        ("Doorbell", "Ding-dong"),
        length_seconds=2.6,
        every_seconds=2.5,
        sustained=False,
    ),
    _family(
        "camera_shutter",
        "Camera Shutter",
        "COMCam",
        ("camera shutter", "camera", "camera click", "taking a photo", "snapshot", "photo"),
        repeating(camera, interval_seconds=0.7, variants=6),
        ("Camera", "Single-lens reflex camera"),
        length_seconds=0.8,
        every_seconds=0.7,
        sustained=False,
        count=1,
    ),
    _family(
        "frying",
        "Frying",
        "FOODCook",
        ("frying", "sizzle", "sizzling", "frying pan", "bacon frying", "cooking"),
        bed(frying),
        ("Frying (food)",),
        length_seconds=6.0,
        every_seconds=6.0,
        sustained=True,
    ),
    _family(
        "ball_bounce",
        "Ball Bouncing",
        "SPRTMisc",
        ("ball bounce", "bouncing ball", "basketball", "ball", "basketball bounce", "ball bouncing"),
        one_shot(ball),
        ("Bouncing", "Basketball bounce"),
        length_seconds=3.5,
        every_seconds=3.0,
        sustained=False,
    ),
    _family(
        "sawing",
        "Sawing Wood",
        "TOOLHand",
        ("sawing", "sawing wood", "hand saw", "saw", "saw cutting wood"),
        bed(saw, join_seconds=0.03, coherent=True),
        ("Sawing",),
        length_seconds=5.0,
        every_seconds=5.0,
        sustained=True,
    ),
    _family(
        "typewriter",
        "Typewriter",
        "COMType",
        ("typewriter", "old typewriter", "typing on a typewriter"),
        repeating(typewriter, interval_seconds=0.17, rhythm=typing_rhythm, variants=14),
        ("Typewriter", "Typing"),
        length_seconds=5.0,
        every_seconds=0.17,
        sustained=True,
        count=0,
    ),
)
