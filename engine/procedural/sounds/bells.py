"""Bells and clocks.

A church bell's partials are tuned by its profile: hum, prime, minor-third tierce, quint, nominal; each is a pair a few
tenths of a hertz apart, which beats. Source: N. H. Fletcher, T. D. Rossing, *The Physics of Musical Instruments*,
ch. 21.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.procedural.builders import even, repeating
from engine.procedural.draws import draws_of
from engine.procedural.envelope import add, decay, unit
from engine.procedural.family import Family, Knobs, Signal, params
from engine.procedural.filters import band, bandpass
from engine.procedural.modal import contact, ring
from engine.procedural.noise import Rng, coloured, pick, samples, white

_RATIOS = np.array((0.5, 1, 1.19, 1.5, 2, 2.52, 2.67, 3.02, 3.34, 4.18, 4.66, 5.45, 6.8, 8.2, 9.6, 11.2))
_GAINS = np.array((0.45, 0.7, 1.0, 0.4, 1.1, 0.5, 0.45, 0.6, 0.35, 0.55, 0.3, 0.4, 0.3, 0.22, 0.16, 0.1))
_LOSSES = np.array((0.25, 0.5, 0.6, 1.0, 0.9, 1.4, 1.5, 1.8, 2.0, 2.6, 3.0, 3.5, 4.5, 6.0, 8.0, 10.0))


def church_bell(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
    """One bell in its tower."""
    p = draws_of(rng, "church_bell")
    prime = p("prime_hz", 180, 560, logarithmic=True) / knobs.size
    hz = prime * _RATIOS * rng.uniform(0.995, 1.005, _RATIOS.size)
    beats = hz * (1 + rng.uniform(0.0008, 0.0035, hz.size))
    loss = _LOSSES * p("loss", 0.5, 2.0, logarithmic=True) / knobs.size**0.5
    bright, clap, thud = p("bright", -0.6, 0.6), p("clapper", 0.5, 6.0, logarithmic=True), p("thud", 0.0, 2.0)
    clap_s, spread = p("clapper_seconds", 0.002, 0.015, logarithmic=True), p("spread", 0.1, 0.7)

    def stroke(index: int) -> Signal:
        length = samples(5.0 * knobs.size**0.3)
        gain = (
            _GAINS
            * _RATIOS**bright
            * rng.uniform(1 - spread, 1 + spread, hz.size)
            * (0.5 + 0.5 * contact(hz, 0.4 + 0.6 * knobs.hardness))
        )
        out = ring(
            np.concatenate([hz, beats]), np.concatenate([loss, loss * 1.05]), np.concatenate([gain, 0.7 * gain]), length
        )
        n = samples(0.06)
        clapper = band(white(rng, n) * decay(n, clap_s), 900, 9_000) + thud * band(
            white(rng, n) * decay(n, 0.012), 80, 500
        )
        out[:n] += clap * knobs.hardness * clapper * (0.5 + knobs.intensity)
        out[-4_800:] *= np.linspace(1, 0, 4_800)
        return unit(out) * rng.uniform(0.8, 1.0)

    return stroke


def small_bell(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
    """A hand bell or a shop bell: a few pure partials, high and long."""
    f0 = pick(rng, 1_300, 2_600) / knobs.size
    ratios = np.array((1.0, 2.0, 2.74, 3.76, 5.1, 6.9)) * rng.uniform(0.985, 1.015, 6)
    loss = np.array((2.2, 3.2, 4.5, 6.0, 9.0, 14.0)) * rng.uniform(0.8, 1.3) / knobs.size**0.5

    def stroke(index: int) -> Signal:
        length = samples(1.8 * knobs.size**0.3)
        gain = np.array((1.0, 0.5, 0.7, 0.4, 0.25, 0.15)) * rng.uniform(0.6, 1.2, 6)
        twins = f0 * ratios * (1 + rng.uniform(0.0006, 0.002, 6))
        out = ring(np.concatenate([f0 * ratios, twins]), np.tile(loss, 2), np.concatenate([gain, 0.5 * gain]), length)
        n = samples(0.004)
        out[:n] += 0.5 * knobs.hardness * bandpass(white(rng, n) * decay(n, 0.001), 6_000, 0.6)
        out[-2_400:] *= np.linspace(1, 0, 2_400)
        return unit(out) * rng.uniform(0.7, 1.0)

    return stroke


_BEAT_SECONDS = 0.5


def clockwork(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
    """An escapement: tick and tock, each a small flurry of contacts in a case; between them, wheels."""
    p = draws_of(rng, "clock_tick")
    bands = ((900, 3_000), (2_500, 5_000), (4_500, 9_000))
    hz = [p(f"hz_{k}", *span, logarithmic=True) / knobs.size**0.7 for k, span in enumerate(bands)]
    gains = [p(f"gain_{k}", 0.1, 1.0) for k in range(len(bands))]
    sharp, direct = p("sharp", 3, 30, logarithmic=True), p("direct", 0.0, 0.4)
    case_hz, case_q = p("case_hz", 180, 900, logarithmic=True) / knobs.size**0.7, p("case_q", 2, 15)
    case = p("case", 0.0, 0.9)
    gap, contacts = p("gap_seconds", 0.002, 0.012, logarithmic=True), int(p("contacts", 1.0, 5.99))
    touch, tock = p("touch_seconds", 0.0002, 0.003, logarithmic=True), p("tock", 0.5, 1.1)
    fall, works = p("contact_fall", 0.1, 0.8), p("works", 0.001, 0.02, logarithmic=True)
    works_slope = p("works_slope", 0.3, 1.6)

    def tick(index: int) -> Signal:
        length = samples(max(0.09 + gap * contacts, 1.05 * _BEAT_SECONDS / knobs.pace))
        wheels = coloured(rng, length, -works_slope, low_hz=80, high_hz=8_000)[0]
        out = works * wheels * np.minimum(1.0, 2 * np.hanning(length))
        pitch = 1.05 if index % 2 else 1.0
        for k in range(contacts):
            n = samples(0.05)
            blow = white(rng, n) * decay(n, touch)
            x = direct * blow + case * bandpass(blow, case_hz * pitch, case_q)
            for f, g in zip(hz, gains, strict=True):
                x += g * bandpass(blow, f * pitch, sharp)
            loud = (1.0 if k == min(1, contacts - 1) else 0.5) * np.exp(-fall * k)
            add(out, x * loud, samples(k * gap * rng.uniform(0.9, 1.1)) if k else 0)
        return unit(out) * (tock if index % 2 else 1.0)

    return tick


FAMILIES = (
    Family(
        name="church_bell",
        label="Church Bell",
        category="BELLLrg",
        heard_as=(
            "Church bell",
            "Bell",
        ),
        words=(
            "church bell",
            "bell toll",
            "cathedral bell",
            "big bell",
            "bell tower",
            "tolling bell",
            "large bell",
            "temple bell",
        ),
        params=params(pace=1.0, count=1, hardness=0.6, wetness=0.75),
        sustained=False,
        length_seconds=5.5,
        interval_seconds=1.9,
        render=repeating(church_bell, interval_seconds=1.9, variants=4),
    ),
    Family(
        name="small_bell",
        label="Small Bell",
        category="BELLHand",
        heard_as=(
            "Bell",
            "Ding",
            "Jingle bell",
            "Bicycle bell",
        ),
        words=(
            "small bell",
            "bell",
            "hand bell",
            "shop bell",
            "ding",
            "bell ring",
            "service bell",
            "bicycle bell",
            "chime",
            "jingle",
        ),
        params=params(pace=1.0, count=1, hardness=0.7, wetness=0.08),
        sustained=False,
        length_seconds=2.2,
        interval_seconds=0.45,
        render=repeating(small_bell, interval_seconds=0.45, rhythm=even(0.12), variants=6),
    ),
    Family(
        name="clock_tick",
        label="Clock Tick",
        category="CLOCKTick",
        heard_as=(
            "Tick-tock",
            "Tick",
            "Clock",
        ),
        words=(
            "clock tick",
            "tick",
            "ticking clock",
            "clock",
            "tick tock",
            "watch tick",
            "pocket watch",
            "metronome",
            "stopwatch",
            "wall clock",
        ),
        params=params(pace=1.0, count=0, wetness=0.5),
        sustained=True,
        length_seconds=6.0,
        interval_seconds=_BEAT_SECONDS,
        render=repeating(clockwork, interval_seconds=_BEAT_SECONDS, rhythm=even(0.003), variants=10),
    ),
)
