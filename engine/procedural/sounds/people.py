"""Many people at once: the murmur of a crowd, and applause.

A crowd is people who each say a phrase, pause and say another; near ones are heard apart, the far ones blur. A few
voices, each said in three sizes of head, are enough for any number: nobody follows them all.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.procedural.builders import PIECE_SAMPLES, Chunk, bed
from engine.procedural.draws import draws_of
from engine.procedural.envelope import add, decay, steady
from engine.procedural.family import SAMPLE_RATE_HZ, Family, Knobs, Signal, params
from engine.procedural.filters import bandpass, highpass, soften
from engine.procedural.grains import RATE_HOP, Cloud
from engine.procedural.noise import Curve, Rng, coloured, pick, samples, white
from engine.procedural.sounds.voices import speaking

_TALK = (
    speaking("speech_man", (85, 155), (0.95, 1.06)),
    speaking("speech_woman", (165, 250), (1.1, 1.24)),
)
_VOICES = 5
_SHIFTS = (0.92, 1.0, 1.08)
"""Each voice is heard as three people, of smaller and of larger heads."""


def crowd(rng: Rng, knobs: Knobs, length: int, channels: int) -> Chunk:
    """A few tables at low size, a hall at high; more animated with intensity."""
    p = draws_of(rng, "crowd")
    lilt, dips = p("lilt", 0.0, 0.35), p("dips", 0.0, 1.0)
    calm = replace(knobs, size=1.0, pace=p("talk_pace", 0.8, 1.5), intensity=min(1.0, knobs.intensity + 0.3))
    speech: list[Signal] = []
    for k in range(_VOICES):
        said = _TALK[k % 2](rng, calm)(0)
        for ratio in _SHIFTS:
            slide = ratio * (1 + 2 * lilt * (Curve(rng, said.size / SAMPLE_RATE_HZ, 2.5).samples(0, said.size) - 0.5))
            where = np.cumsum(slide)
            one = np.interp(where[where < said.size - 1], np.arange(said.size), said)
            breaks = Curve(rng, one.size / SAMPLE_RATE_HZ, 8.0).samples(0, one.size)
            speech.append(one * (1 - dips * np.clip(2.5 * breaks - 1.2, 0.0, 1.0)))
    people = max(3, round(p("people", 12, 60, logarithmic=True) * knobs.size**0.5 * (0.6 + 0.7 * knobs.intensity)))
    pause, far = p("pause_seconds", 0.1, 1.2, logarithmic=True) / (0.5 + knobs.intensity), p("farthest", 0.05, 0.6)
    typical = float(np.mean([one.size for one in speech])) / SAMPLE_RATE_HZ
    count = int(length / SAMPLE_RATE_HZ / (typical + 0.6 * pause)) + 3
    gaps = typical + pause * rng.uniform(0.2, 1.8, (people, count))
    at = np.cumsum(gaps, axis=1) - gaps - typical * rng.uniform(0, 2, (people, 1))
    at[0] -= at[0, 0]  # somebody has the word when it begins
    order = np.argsort(at, axis=None)
    starts = np.rint(at.ravel()[order] * SAMPLE_RATE_HZ).astype(np.int64)
    which = rng.integers(0, len(speech), (people, count)).ravel()[order]
    angle = (np.pi / 2) * (0.1 + 0.8 * rng.random(people))
    seats = np.stack([np.cos(angle), np.sin(angle)]) * np.sqrt(2) if channels == 2 else np.ones((1, people))
    seats = seats * far ** rng.random(people)
    who = np.broadcast_to(np.arange(people)[:, None], at.shape).ravel()[order]
    longest = max(one.size for one in speech)
    top, breath = p("top_hz", 1_400, 5_000, logarithmic=True), p("room_air", 0.001, 0.05, logarithmic=True)

    def chunk(rng: Rng, start: int, size: int) -> Signal:
        voices = np.zeros((channels, size))
        first, last = np.searchsorted(starts, (start - longest, start + size))
        for when, said, seat in zip(starts[first:last], which[first:last], seats.T[who[first:last]], strict=True):
            for row, gain in zip(voices, seat, strict=True):
                add(row, gain * speech[said], int(when) - start)
        return soften(voices, top) + breath * coloured(rng, size, -1.3, high_hz=4_000, channels=channels)

    return chunk


def applause(rng: Rng, knobs: Knobs, length: int, channels: int) -> Chunk:
    """A dozen hands at low intensity, a full house at high."""
    claps: list[Signal] = []
    p = draws_of(rng, "applause")
    low, spread = p("clap_hz", 500, 1_800, logarithmic=True), p("clap_span", 1.2, 3.5)
    fall, sharp, slap = p("clap_seconds", 0.002, 0.015, logarithmic=True), p("sharp", 0.5, 3.0), p("slap", 0.0, 0.8)
    for _ in range(24):
        n = samples(0.06)
        x = white(rng, n) * decay(n, fall * rng.uniform(0.6, 1.5))
        hz = pick(rng, low, low * spread)
        claps.append(bandpass(x, hz, sharp) + 0.3 * slap * highpass(x, 1_500))
    cloud = Cloud(rng, claps, min(length, PIECE_SAMPLES), channels)
    people = round(p("people", 4, 25, logarithmic=True) * 14**knobs.intensity * knobs.size**0.5)
    gains = p("farthest", 0.05, 0.8) ** rng.random(people)
    rates = rng.uniform(2.8, 5.2, people) * knobs.pace
    top = p("top_hz", 2_500, 12_000, logarithmic=True)
    warmth = Curve(rng, length / SAMPLE_RATE_HZ, 0.5)
    hall = p("hall", 0.01, 0.2, logarithmic=True)

    def chunk(rng: Rng, start: int, size: int) -> Signal:
        seconds = size / SAMPLE_RATE_HZ
        most = int(seconds * rates.max() * 1.1) + 2
        gaps = (1 + 0.09 * rng.standard_normal((people, most))) / rates[:, None]
        at = np.cumsum(gaps, axis=1) - rng.random((people, 1)) / rates[:, None]
        inside = (at >= 0) & (at < seconds)
        who = np.broadcast_to(np.arange(people)[:, None], at.shape)[inside]
        where = np.minimum((at[inside] * SAMPLE_RATE_HZ).astype(np.int64), size - 1)
        strength = gains[who] * rng.uniform(0.6, 1.0, who.size)
        out = soften(cloud.at(where, who % 24, strength)[:, :size], top)
        level = 0.8 + 0.2 * warmth((start + np.arange(size // RATE_HOP + 2) * RATE_HOP) / SAMPLE_RATE_HZ)
        haze = coloured(rng, size, -0.9, low_hz=500, high_hz=4_000, channels=channels)
        return steady(out) * float(level.mean()) + hall * haze

    return chunk


FAMILIES = (
    Family(
        name="crowd",
        label="Crowd Murmur",
        category="CRWDWalla",
        heard_as=(
            "Crowd",
            "Chatter",
            "Hubbub, speech noise, speech babble",
        ),
        words=(
            "crowd",
            "crowd murmur",
            "people talking",
            "chatter",
            "walla",
            "restaurant",
            "babble",
            "audience murmur",
            "bar",
            "cafe",
            "party",
            "market",
            "conversation",
            "hubbub",
        ),
        params=params(wetness=0.35),
        sustained=True,
        length_seconds=10.0,
        interval_seconds=10.0,
        render=bed(crowd, join_seconds=0.02, coherent=True),
    ),
    Family(
        name="applause",
        label="Applause",
        category="CRWDApls",
        heard_as=(
            "Applause",
            "Clapping",
        ),
        words=("applause", "clapping", "audience clap", "ovation", "hand clap", "people clapping", "clap"),
        params=params(pace=1.0, wetness=0.5),
        sustained=True,
        length_seconds=6.0,
        interval_seconds=6.0,
        render=bed(applause),
    ),
)
