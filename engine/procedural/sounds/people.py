"""Many people at once: the murmur of a crowd, and applause.

A crowd is speakers, each syllables of a voice through the formants of passing vowels; their sum is what is heard, so a
few dozen long recordings of single speakers, made once and shifted against each other, are enough for any length.
"""

from __future__ import annotations

import numpy as np

from engine.procedural.builders import PIECE_SAMPLES, Chunk, bed
from engine.procedural.envelope import decay, steady
from engine.procedural.family import SAMPLE_RATE_HZ, Family, Knobs, Signal, params
from engine.procedural.filters import band, bandpass, formants, highpass, soften
from engine.procedural.grains import RATE_HOP, Cloud
from engine.procedural.noise import Curve, Rng, coloured, pick, samples, white
from engine.procedural.voice import glottal

_VOWELS_HZ = (
    (730, 1_090, 2_440),
    (270, 2_290, 3_010),
    (300, 870, 2_240),
    (530, 1_840, 2_480),
    (570, 840, 2_410),
    (440, 1_020, 2_240),
    (660, 1_720, 2_410),
    (500, 1_500, 2_500),
)
"""Formants of American vowels: G. E. Peterson, H. L. Barney, JASA 24, 1952."""


def _syllables(rng: Rng, pitch_hz: float, throat: float, count: int) -> list[Signal]:
    """Syllables of one speaker, some with a fricative before the vowel."""
    found: list[Signal] = []
    for _ in range(count):
        length = samples(rng.uniform(0.1, 0.26))
        u = np.arange(length) / length
        f0 = pitch_hz * rng.uniform(0.82, 1.25) * (1 + rng.uniform(-0.12, 0.2) * np.sin(np.pi * u) - 0.08 * u)
        vowel = _VOWELS_HZ[int(rng.integers(len(_VOWELS_HZ)))]
        hz = (*(f * throat * rng.uniform(0.94, 1.06) for f in vowel), 3_400 * throat)
        source = glottal(rng, f0, jitter=0.04, open_share=0.5) + 0.25 * white(rng, length)
        voice = (
            steady(formants(source, hz, (90.0, 120.0, 180.0, 260.0), (1.0, 0.8, 0.6, 0.2))) * np.sin(np.pi * u) ** 0.6
        )
        if rng.random() < 0.5:
            n = samples(rng.uniform(0.04, 0.09))
            hiss = steady(band(white(rng, n), 2_500, 7_500)) * np.hanning(n) * 0.4
            voice = np.concatenate([hiss, voice])
        found.append(voice * rng.uniform(0.4, 1.0))
    return found


def crowd(rng: Rng, knobs: Knobs, length: int, channels: int) -> Chunk:
    """A few tables at low size, a hall at high; more animated with intensity."""
    speakers = max(3, round(9 * knobs.size**0.5))
    templates: list[Signal] = []
    for k in range(speakers):
        low = k % 2 == 0
        pitch = rng.uniform(95, 145) if low else rng.uniform(165, 240)
        throat = rng.uniform(0.95, 1.05) if low else rng.uniform(1.1, 1.2)
        templates += _syllables(rng, pitch * (0.9 + 0.25 * knobs.intensity), throat, 4)
    cloud = Cloud(rng, templates, min(length, PIECE_SAMPLES), channels)
    seconds = length / SAMPLE_RATE_HZ
    talk = [Curve(rng, seconds, rng.uniform(0.6, 1.4)) for _ in range(speakers)]
    loud = pick(rng, 0.18, 0.4) ** rng.random(speakers)
    rate = rng.uniform(4.2, 5.6) * (0.8 + 0.4 * knobs.intensity)
    hall, rumble = rng.uniform(0.2, 0.35), rng.uniform(0.03, 0.07)
    babble_hz = rng.uniform(420, 620)

    def chunk(rng: Rng, start: int, size: int) -> Signal:
        edge = max(0, start)
        where, which, strength = [], [], []
        for k in range(speakers):
            count = int(size / SAMPLE_RATE_HZ * rate) + 2
            at = np.cumsum(rng.uniform(0.65, 1.45, count) / rate) - rng.random() / rate
            talking = talk[k](edge / SAMPLE_RATE_HZ + at) > 0.35
            keep = talking & (at >= 0) & (at * SAMPLE_RATE_HZ < size)
            where.append((at[keep] * SAMPLE_RATE_HZ).astype(np.int64))
            which.append(4 * k + rng.integers(0, 4, int(keep.sum())))
            strength.append(loud[k] * rng.uniform(0.5, 1.0, int(keep.sum())))
        voices = cloud.at(np.concatenate(where), np.concatenate(which), np.concatenate(strength))[:, :size]
        far = coloured(rng, size, -1.3, low_hz=babble_hz * 0.5, high_hz=1_400, channels=channels)
        murmur = far * (0.7 + 0.6 * Curve(rng, size / SAMPLE_RATE_HZ, 6.0).samples(0, size))
        return (
            steady(voices)
            + hall * murmur
            + rumble * coloured(rng, size, -1.5, low_hz=40, high_hz=300, channels=channels)
        )

    return chunk


def applause(rng: Rng, knobs: Knobs, length: int, channels: int) -> Chunk:
    """A dozen hands at low intensity, a full house at high."""
    claps: list[Signal] = []
    low, spread = pick(rng, 850, 1_250), rng.uniform(2.3, 3.1)
    for _ in range(24):
        n = samples(0.06)
        x = white(rng, n) * decay(n, pick(rng, 0.0025, 0.009))
        hz = pick(rng, low, low * spread)
        claps.append(bandpass(x, hz, rng.uniform(1.0, 2.2)) + 0.3 * rng.uniform(0.3, 0.7) * highpass(x, 1_500))
    cloud = Cloud(rng, claps, min(length, PIECE_SAMPLES), channels)
    people = round(9 * 14**knobs.intensity * knobs.size**0.5)
    gains = pick(rng, 0.15, 0.5) ** rng.random(people)
    rates = rng.uniform(2.8, 5.2, people) * knobs.pace
    top = pick(rng, 3_600, 5_500)
    warmth = Curve(rng, length / SAMPLE_RATE_HZ, 0.5)
    hall = rng.uniform(0.04, 0.12)

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
        render=bed(crowd),
    ),
    Family(
        name="applause",
        label="Applause",
        category="CRWDApls",
        words=("applause", "clapping", "audience clap", "ovation", "hand clap", "people clapping", "clap"),
        params=params(pace=1.0, wetness=0.5),
        sustained=True,
        length_seconds=6.0,
        interval_seconds=6.0,
        render=bed(applause),
    ),
)
