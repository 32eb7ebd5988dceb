"""What hands do: typing, cloth, paper, keys, coins, a mouse click; and a heartbeat."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.procedural.builders import PIECE_SAMPLES, Chunk, bed, one_shot, repeating
from engine.procedural.envelope import add, attack_decay, decay, steady, unit
from engine.procedural.family import SAMPLE_RATE_HZ, Family, Knobs, Signal, params
from engine.procedural.filters import band, bandpass, formants, highpass, lowpass
from engine.procedural.grains import RATE_HOP, Cloud, lognormal, pareto, ticks
from engine.procedural.modal import ring
from engine.procedural.noise import Curve, Rng, pick, samples, white


def keyboard(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
    """One keyboard: each stroke a finger, the key's bottom, and its way up."""
    hz = tuple(
        pick(rng, a, b) / knobs.size**0.4
        for a, b in ((320, 480), (1_150, 1_500), (2_250, 3_000), (3_900, 5_700), (6_300, 7_800))
    )
    gains = (
        rng.uniform(0.2, 0.35),
        rng.uniform(0.5, 0.9),
        rng.uniform(0.55, 0.75),
        rng.uniform(0.4, 0.6),
        rng.uniform(0.6, 0.85),
    )
    sharp, touch = rng.uniform(3.5, 5.0), pick(rng, 0.001, 0.0027)
    down, up = rng.uniform(0.008, 0.011), rng.uniform(0.088, 0.118)
    finger, lift = rng.uniform(0.38, 0.53), rng.uniform(0.32, 0.54)

    def stroke(index: int) -> Signal:
        out = np.zeros(samples(0.2))
        pitch, force = rng.uniform(0.9, 1.12), rng.uniform(0.5, 1.0)
        for at, gain in ((0.0, finger), (down, 1.0), (up, lift)):
            n = samples(0.04)
            blow = white(rng, n) * decay(n, touch)
            x = 0.1 * blow
            for f, g in zip(hz, gains, strict=True):
                x += g * rng.uniform(0.6, 1.3) * bandpass(blow, f * pitch, sharp)
            add(out, gain * x, round(at * rng.uniform(0.9, 1.1) * SAMPLE_RATE_HZ))
        n = samples(0.03)
        desk = lowpass(white(rng, n) * decay(n, 0.006), 500)
        add(out, 0.2 * (0.5 + knobs.intensity) * desk, samples(down))
        return unit(out) * force

    return stroke


def typing_rhythm(rng: Rng, count: int, interval: float) -> Signal:
    """Bursts of strokes, and a pause now and then."""
    pause = rng.random(count) > 0.88
    gaps: Signal = interval * np.where(pause, rng.uniform(2.2, 4.5, count), rng.uniform(0.6, 1.5, count))
    return gaps


def mouse(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
    """Down and up of a switch under plastic."""
    hz = tuple(
        pick(rng, a, b) / knobs.size**0.4 for a, b in ((700, 1_100), (1_900, 2_700), (3_600, 4_800), (6_200, 8_000))
    )
    apart, touch, sharp = rng.uniform(0.07, 0.11), pick(rng, 0.0004, 0.0009), rng.uniform(2.5, 4.0)

    def click(index: int) -> Signal:
        out = np.zeros(samples(0.16))
        n = samples(0.03)
        for at, gain, pitch in ((0.0, 1.0, 1.0), (apart, 0.6, 1.12)):
            blow = white(rng, n) * decay(n, touch)
            body = formants(blow, hz, tuple(f / sharp for f in hz), (0.5, 0.8, 1.0, 0.6)) + 0.25 * blow
            add(out, gain * pitch * unit(body), round(at * SAMPLE_RATE_HZ))
        return unit(out)

    return click


def heart(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
    """Two valves: lub, and a little later and higher, dub."""
    lub, dub = rng.uniform(42, 52) / knobs.size**0.3, rng.uniform(54, 68) / knobs.size**0.3
    apart = 0.29 / knobs.pace**0.5

    def beat(index: int) -> Signal:
        out = np.zeros(samples(apart + 0.3))
        for at, f, gain, loss in ((0.0, lub, 1.0, 18.0), (apart, dub, 0.7, 24.0)):
            n = samples(0.25)
            x = ring(
                (f, 1.7 * f, 2.6 * f), (loss, 1.5 * loss, 2.2 * loss), (1.0, 0.5, 0.25 * (0.5 + knobs.intensity)), n
            )
            add(
                out,
                gain * rng.uniform(0.9, 1.0) * x * np.minimum(1.0, np.arange(n) / samples(0.01)),
                round(at * SAMPLE_RATE_HZ),
            )
        return out

    return beat


def cloth(rng: Rng, knobs: Knobs, length: int, channels: int) -> Chunk:
    """Garments moving: soft friction in strokes."""
    return _friction(
        rng, knobs, length, channels, ms=(1.0, 5.0), hz=(600, 4_500), rate=1_800.0, spread=0.9, air=(600, 4_500, 0.3)
    )


def paper(rng: Rng, knobs: Knobs, length: int, channels: int) -> Chunk:
    """Sheets handled: stiff crackles."""
    return _friction(
        rng,
        knobs,
        length,
        channels,
        ms=(0.2, 2.2),
        hz=(1_500, 9_500),
        rate=420.0,
        spread=1.25,
        air=(2_500, 12_000, 0.16),
    )


def _friction(
    rng: Rng,
    knobs: Knobs,
    length: int,
    channels: int,
    *,
    ms: tuple[float, float],
    hz: tuple[float, float],
    rate: float,
    spread: float,
    air: tuple[float, float, float],
) -> Chunk:
    scale = knobs.size**-0.3
    cloud = Cloud(
        rng,
        ticks(rng, 14, ms=ms, hz=(hz[0] * scale, hz[1] * scale), q=(0.6, 1.6)),
        min(length, PIECE_SAMPLES),
        channels,
    )
    moves = Curve(rng, length / SAMPLE_RATE_HZ + 1, rng.uniform(3.0, 4.5) * knobs.pace)
    low, high, breath = air

    def chunk(rng: Rng, start: int, size: int) -> Signal:
        t = (start + np.arange(-(-size // RATE_HOP)) * RATE_HOP) / SAMPLE_RATE_HZ
        strokes = np.clip(1.9 * moves(t) - 0.55, 0.02, 1.2) ** 1.3
        grains = cloud.scatter(rng, size, rate * (0.4 + knobs.intensity) * strokes, lognormal(spread))
        still = np.clip(1.9 * moves.samples(start, size) - 0.55, 0.02, 1.2) ** 1.3
        whole: Signal = (
            grains / np.sqrt(rate) * 25 + breath * band(rng.standard_normal((channels, size)), low, high) * still
        )
        return whole

    return chunk


def keys(rng: Rng, knobs: Knobs, length: int, channels: int) -> Chunk:
    """A bunch of keys shaken: small bright metal against metal."""
    base = pick(rng, 2_200, 3_800) / knobs.size**0.5
    bits = []
    for _ in range(16):
        hz = (
            base
            * np.array((1.0, rng.uniform(1.4, 1.7), rng.uniform(2.1, 2.6), rng.uniform(3.0, 3.8)))
            * rng.uniform(0.75, 1.35)
        )
        bit = ring(
            hz, np.array((28.0, 42.0, 60.0, 85.0)) * rng.uniform(0.7, 1.4), rng.uniform(0.4, 1.0, 4), samples(0.2)
        )
        n = samples(0.002)
        bit[:n] += 0.6 * highpass(white(rng, n) * np.hanning(n), 3_000)
        bits.append(unit(bit))
    cloud = Cloud(rng, bits, min(length, PIECE_SAMPLES), channels)
    shakes = Curve(rng, length / SAMPLE_RATE_HZ + 1, rng.uniform(3.5, 6.0) * knobs.pace)
    rate = pick(rng, 35, 70) * (0.4 + knobs.intensity)

    def chunk(rng: Rng, start: int, size: int) -> Signal:
        t = (start + np.arange(-(-size // RATE_HOP)) * RATE_HOP) / SAMPLE_RATE_HZ
        return cloud.scatter(rng, size, rate * np.clip(2.2 * shakes(t) - 0.6, 0.05, 1.6) ** 1.5, pareto(2.2, 3.0))

    return chunk


def coin(rng: Rng, knobs: Knobs) -> Signal:
    """Dropped: it bounces, quicker and quicker, and each bounce rings."""
    hz = np.array((3_800.0, 5_200.0, 7_300.0, 9_800.0, 12_500.0)) * rng.uniform(0.8, 1.15) / knobs.size**0.6
    out = np.zeros(samples(2.2))
    at, gap, gain = 0.0, rng.uniform(0.26, 0.4), 1.0
    shrink = rng.uniform(0.68, 0.78)
    n = samples(0.002)
    while gap > 0.01 and at < 1.7:
        bounce = ring(hz * rng.uniform(0.998, 1.002, 5), (14, 18, 22, 26, 30), rng.uniform(0.4, 1.0, 5), samples(0.4))
        bounce[:n] += 0.4 * highpass(white(rng, n), 1_500)
        add(out, gain * bounce, round(at * SAMPLE_RATE_HZ))
        at, gap, gain = at + gap, gap * shrink * rng.uniform(0.95, 1.05), gain * 0.78
    return out


def zipper(rng: Rng, knobs: Knobs) -> Signal:
    """Teeth that lock one by one, faster as the hand speeds up."""
    length = samples(rng.uniform(0.4, 0.75) * knobs.size**0.4 / knobs.pace)
    u = np.arange(length) / length
    bits = ticks(rng, 16, ms=(0.2, 0.6), hz=(1_150 / knobs.size**0.3, 4_800), q=(1.3, 2.0))
    cloud = Cloud(rng, bits, length, 1)
    rate = pick(rng, 70, 130) * knobs.pace * (1 + rng.uniform(0.8, 1.7) * u)
    turns = (
        np.cumsum(rate * (1 + 0.25 * (Curve(rng, length / SAMPLE_RATE_HZ, 90).samples(0, length) - 0.5)))
        / SAMPLE_RATE_HZ
    )
    teeth = np.flatnonzero(np.diff(np.floor(turns)) > 0)
    clicks = cloud.at(teeth, rng.integers(0, 16, teeth.size), rng.lognormal(0, 0.5, teeth.size))[0][:length]
    out = steady(clicks) + rng.uniform(0.55, 0.9) * highpass(white(rng, length), 2_000)
    shape = np.minimum(1.0, u / 0.04) * np.minimum(1.0, (1 - u) / 0.06) * (0.45 + 0.55 * u)
    return highpass(out, 900) * shape


def _switch(rng: Rng, knobs: Knobs) -> Signal:
    """A light switch: a spring that snaps over, in a plastic box."""
    out = np.zeros(samples(0.25))
    for at, gain in ((0.0, 0.5), (rng.uniform(0.012, 0.03), 1.0)):
        n = samples(0.08)
        blow = white(rng, n) * decay(n, pick(rng, 0.0006, 0.0015))
        x = (
            bandpass(blow, pick(rng, 900, 1_500) / knobs.size**0.4, 4)
            + 0.8 * bandpass(blow, pick(rng, 2_600, 4_200), 4)
            + 0.2 * blow
        )
        x += 0.5 * bandpass(blow, pick(rng, 260, 420) / knobs.size**0.4, 3) * attack_decay(n, 0.001, 0.02)
        add(out, gain * unit(x), round(at * SAMPLE_RATE_HZ))
    return out


FAMILIES = (
    Family(
        name="typing",
        label="Typing",
        category="CMPTKey",
        words=(
            "typing",
            "keyboard",
            "computer keyboard",
            "type on keyboard",
            "keystroke",
            "typewriter",
            "laptop keyboard",
        ),
        params=params(pace=1.0, count=0, wetness=0.2),
        sustained=True,
        length_seconds=5.0,
        interval_seconds=0.13,
        render=repeating(keyboard, interval_seconds=0.13, rhythm=typing_rhythm, variants=16),
    ),
    Family(
        name="mouse_click",
        label="Mouse Click",
        category="CMPTKey",
        words=("mouse click", "click", "computer mouse", "button click", "button press"),
        params=params(pace=1.0, count=1, wetness=0.12),
        sustained=False,
        length_seconds=0.3,
        interval_seconds=0.5,
        render=repeating(mouse, interval_seconds=0.5, rhythm=typing_rhythm, variants=8),
    ),
    Family(
        name="light_switch",
        label="Light Switch",
        category="OBJHsehld",
        words=("light switch", "switch", "switch click", "toggle switch", "lever"),
        params=params(wetness=0.18),
        sustained=False,
        length_seconds=0.4,
        interval_seconds=0.8,
        render=one_shot(_switch),
    ),
    Family(
        name="heartbeat",
        label="Heartbeat",
        category="HMNHart",
        words=("heartbeat", "heart beat", "beating heart", "pulse", "heart"),
        params=params(pace=1.0, count=0, wetness=0.0),
        sustained=True,
        length_seconds=6.0,
        interval_seconds=0.85,
        render=repeating(heart, interval_seconds=0.85, variants=8),
    ),
    Family(
        name="cloth",
        label="Cloth Movement",
        category="CLOTHMvmt",
        words=(
            "cloth",
            "clothes rustle",
            "fabric",
            "cloth movement",
            "rustling clothes",
            "jacket",
            "clothing",
            "silk",
            "rustle",
        ),
        params=params(pace=1.0, wetness=0.08),
        sustained=True,
        length_seconds=3.0,
        interval_seconds=3.0,
        render=bed(cloth),
    ),
    Family(
        name="paper",
        label="Paper Handling",
        category="PAPRHndl",
        words=(
            "paper",
            "paper rustle",
            "crumpling paper",
            "page turn",
            "newspaper",
            "paper crinkle",
            "turning page",
            "crumple",
            "book page",
        ),
        params=params(pace=1.0, wetness=0.08),
        sustained=True,
        length_seconds=3.0,
        interval_seconds=3.0,
        render=bed(paper),
    ),
    Family(
        name="keys",
        label="Keys Jingle",
        category="OBJKey",
        words=(
            "keys",
            "keys jingle",
            "bunch of keys",
            "jangling keys",
            "key ring",
            "chain rattle",
            "chains",
            "keychain",
        ),
        params=params(pace=1.0, wetness=0.1),
        sustained=True,
        length_seconds=2.5,
        interval_seconds=2.5,
        render=bed(keys),
    ),
    Family(
        name="coin_drop",
        label="Coin Drop",
        category="OBJCoin",
        words=("coin drop", "coin", "dropping a coin", "coins", "penny"),
        params=params(wetness=0.12),
        sustained=False,
        length_seconds=2.0,
        interval_seconds=1.5,
        render=one_shot(coin),
    ),
    Family(
        name="zipper",
        label="Zipper",
        category="OBJZipr",
        words=("zipper", "zip", "unzip", "zip up"),
        params=params(pace=1.0, wetness=0.1),
        sustained=False,
        length_seconds=0.9,
        interval_seconds=1.0,
        render=one_shot(zipper),
    ),
)
