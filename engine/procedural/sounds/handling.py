"""What hands do with things: cloth, paper, keys, coins, a zipper."""

from __future__ import annotations

import numpy as np

from engine.procedural.builders import PIECE_SAMPLES, Chunk, bed, one_shot
from engine.procedural.draws import draws_of
from engine.procedural.envelope import add, decay, steady, unit
from engine.procedural.family import SAMPLE_RATE_HZ, Family, Knobs, Signal, params
from engine.procedural.filters import band, bandpass, highpass
from engine.procedural.grains import RATE_HOP, Cloud, lognormal, pareto, ticks
from engine.procedural.modal import ring
from engine.procedural.noise import Curve, Rng, samples, white


def cloth(rng: Rng, knobs: Knobs, length: int, channels: int) -> Chunk:
    """Garments moving: soft friction in strokes."""
    p = draws_of(rng, "cloth")
    ms, low = p("grain_ms", 3.0, 25.0, logarithmic=True), p("low_hz", 250, 1_500, logarithmic=True)
    high = low * 2 ** p("octaves", 1.5, 4.0)
    return _friction(
        rng,
        knobs,
        length,
        channels,
        ms=(0.6 * ms, 1.7 * ms),
        hz=(low, high),
        rate=p("grains_hz", 300, 4_000, logarithmic=True),
        spread=p("spread", 0.05, 0.8),
        air=(low, high, p("air", 1.0, 40.0, logarithmic=True)),
        strokes_hz=p("strokes_hz", 1.5, 6.0),
    )


def paper(rng: Rng, knobs: Knobs, length: int, channels: int) -> Chunk:
    """Sheets handled: stiff crackles."""
    p = draws_of(rng, "paper")
    low = p("low_hz", 700, 2_500, logarithmic=True)
    return _friction(
        rng,
        knobs,
        length,
        channels,
        ms=(0.2, p("grain_ms", 1.0, 5.0, logarithmic=True)),
        hz=(low, min(14_000.0, low * 2 ** p("octaves", 1.5, 3.5))),
        rate=p("grains_hz", 150, 1_200, logarithmic=True),
        spread=p("spread", 0.6, 1.6),
        air=(1.6 * low, 12_000, p("air", 0.03, 1.0, logarithmic=True)),
        strokes_hz=p("strokes_hz", 2.0, 6.0),
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
    strokes_hz: float,
) -> Chunk:
    scale = knobs.size**-0.3
    cloud = Cloud(
        rng,
        ticks(rng, 14, ms=ms, hz=(hz[0] * scale, hz[1] * scale), q=(0.6, 1.6)),
        min(length, PIECE_SAMPLES),
        channels,
    )
    moves = Curve(rng, length / SAMPLE_RATE_HZ + 1, strokes_hz * knobs.pace)
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
    """A bunch of keys shaken: bars of brass and steel that strike each other and are damped by the hand."""
    p = draws_of(rng, "keys")
    base, spread = p("pitch_hz", 1_500, 5_500, logarithmic=True) / knobs.size**0.5, p("spread", 1.1, 2.2)
    loss, treble = p("decay_per_second", 15, 250, logarithmic=True), p("treble_decay", 0.2, 1.5)
    click, click_s = p("click", 0.2, 4.0, logarithmic=True), p("click_seconds", 0.0005, 0.006, logarithmic=True)
    bits = []
    for _ in range(16):
        hz = base * np.sort(rng.uniform(1.0, 5.0, 8)) * spread ** rng.uniform(-1, 1)
        n = samples(0.2)
        bit = ring(hz, loss * (hz / base) ** treble * rng.uniform(0.7, 1.4), rng.uniform(0.3, 1.0, 8), n)
        bits.append(unit(unit(bit) + click * highpass(white(rng, n), base) * decay(n, click_s) / 3))
    cloud = Cloud(rng, bits, min(length, PIECE_SAMPLES), channels)
    shakes = Curve(rng, length / SAMPLE_RATE_HZ + 1, p("shakes_hz", 3.0, 12.0) * knobs.pace)
    rate = p("hits_hz", 20, 300, logarithmic=True) * (0.4 + knobs.intensity)
    pause, crackle = p("pause", 0.0, 0.9), p("unevenness", 1.3, 4.0)

    def chunk(rng: Rng, start: int, size: int) -> Signal:
        t = (start + np.arange(-(-size // RATE_HOP)) * RATE_HOP) / SAMPLE_RATE_HZ
        return cloud.scatter(rng, size, rate * np.clip(2.2 * shakes(t) - pause, 0.05, 1.6) ** 1.5, pareto(crackle, 3.0))

    return chunk


DISC = np.array((1.0, 1.73, 2.32, 3.9, 4.1))
"""Modes of a free disc over its lowest (A. W. Leissa, *Vibration of Plates*, NASA SP-160, 1969)."""


def coin(rng: Rng, knobs: Knobs) -> Signal:
    """Dropped: it bounces, quicker and quicker, then wobbles faster and faster until it lies still."""
    p = draws_of(rng, "coin_drop")
    hz = p("pitch_hz", 3_000, 9_000, logarithmic=True) * DISC / knobs.size**0.6
    hz = np.concatenate([hz, hz * (1 + p("split", 0.002, 0.03))])  # a relief on both faces: no mode is alone
    loss = p("decay_per_second", 8, 90, logarithmic=True) * (hz / hz[0]) ** 0.7
    table_hz, table_q = p("table_hz", 250, 2_500, logarithmic=True), p("table_q", 0.7, 5.0)
    table, click, touch = p("table", 0.05, 1.5), p("click", 0.1, 1.5), p("touch_seconds", 0.0005, 0.004)
    gap, shrink = p("first_gap_seconds", 0.08, 0.4), p("restitution", 0.5, 0.85)
    wobble_s, wobble = p("wobble_seconds", 0.1, 1.2), p("wobble", 0.05, 0.6)
    hits, at, gain = [], 0.0, 1.0
    while gap > 0.05 and at < 1.6:
        hits.append((at, gain))
        at, gap, gain = at + gap, gap * shrink * rng.uniform(0.9, 1.1), gain * rng.uniform(0.6, 0.95)
    rate, end = 1 / gap, at + wobble_s
    while at < end:
        hits.append((at, wobble * (end - at) / wobble_s * rng.uniform(0.6, 1.0)))
        at += 1 / rate
        rate = min(rate * 1.06, 90.0)
    out = np.zeros(samples(end + 0.5))
    n = samples(0.02)
    fall = decay(n, touch)
    for when, loud in hits:
        bounce = ring(hz * rng.uniform(0.998, 1.002, hz.size), loss, rng.uniform(0.2, 1.0, hz.size) / 3, samples(0.4))
        blow = white(rng, n) * fall
        bounce[:n] += table * bandpass(blow, table_hz, table_q) + 0.3 * click * highpass(blow, 1_500)
        add(out, loud * bounce, round(when * SAMPLE_RATE_HZ))
    return out


def zipper(rng: Rng, knobs: Knobs) -> Signal:
    """Teeth that lock one by one, faster as the hand speeds up, and the slider's rattle on the cloth."""
    p = draws_of(rng, "zipper")
    length = samples(p("seconds", 0.25, 1.2) * knobs.size**0.4 / knobs.pace)
    u = np.arange(length) / length
    low, ms = p("low_hz", 600, 3_500, logarithmic=True) / knobs.size**0.3, p("tooth_ms", 0.15, 2.0, logarithmic=True)
    high, q = min(14_000.0, low * 2 ** p("octaves", 0.5, 2.6)), p("q", 0.5, 6.0)
    cloud = Cloud(rng, ticks(rng, 16, ms=(0.7 * ms, 1.4 * ms), hz=(low, high), q=(q, 1.3 * q)), length, 1)
    rate = p("teeth_hz", 50, 450, logarithmic=True) * knobs.pace * (1 + p("hurry", -0.4, 2.5) * u)
    stumble = Curve(rng, length / SAMPLE_RATE_HZ, 90).samples(0, length) - 0.5
    turns = np.cumsum(rate * (1 + p("stumble", 0.0, 0.6) * stumble)) / SAMPLE_RATE_HZ
    teeth = np.flatnonzero(np.diff(np.floor(turns)) > 0)
    unevenness = p("unevenness", 0.1, 1.0)
    clicks = cloud.at(teeth, rng.integers(0, 16, teeth.size), rng.lognormal(0, unevenness, teeth.size))[0][:length]
    swell = Curve(rng, length / SAMPLE_RATE_HZ, 25).samples(0, length)
    rub = highpass(white(rng, length), p("rub_hz", 500, 4_000, logarithmic=True)) * (0.4 + 1.2 * swell)
    out = steady(clicks) + p("rub", 0.1, 2.0, logarithmic=True) * steady(rub)
    first = p("first", 0.3, 1.0)
    shape = np.minimum(1.0, u / 0.04) * np.minimum(1.0, (1 - u) / 0.06) * (first + (1 - first) * u)
    return highpass(out, p("thin_hz", 150, 2_000, logarithmic=True)) * shape


FAMILIES = (
    Family(
        name="cloth",
        label="Cloth Movement",
        category="CLOTHMvmt",
        heard_as=(
            "Rustle",
            "Rub",
        ),
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
        heard_as=(
            "Crumpling, crinkling",
            "Rustle",
            "Tearing",
        ),
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
        heard_as=(
            "Keys jangling",
            "Jingle, tinkle",
        ),
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
        heard_as=("Coin (dropping)",),
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
        heard_as=("Zipper (clothing)",),
        words=("zipper", "zip", "unzip", "zip up"),
        params=params(pace=1.0, wetness=0.1),
        sustained=False,
        length_seconds=0.9,
        interval_seconds=1.0,
        render=one_shot(zipper),
    ),
)
