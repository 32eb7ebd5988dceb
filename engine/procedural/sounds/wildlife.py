"""Small voices outdoors: songbirds and crickets, each individual with its own motif and place."""

from __future__ import annotations

import numpy as np

from engine.procedural.builders import PIECE_SAMPLES, Chunk, bed
from engine.procedural.draws import Draws, draws_of
from engine.procedural.envelope import steady
from engine.procedural.family import SAMPLE_RATE_HZ, Family, Knobs, Signal, params
from engine.procedural.grains import Cloud
from engine.procedural.noise import Rng, coloured, pick, samples


def _song(rng: Rng, base_hz: float) -> Signal:
    """A motif of two to five whistled syllables."""
    parts: list[Signal] = []
    for _ in range(int(rng.integers(2, 6))):
        length = samples(rng.uniform(0.04, 0.16))
        u = np.arange(length) / length
        a, c, bend = rng.uniform(0.75, 1.35), rng.uniform(0.7, 1.4), rng.uniform(-0.15, 0.15)
        depth, rate = rng.uniform(0, 0.12), rng.uniform(15, 60)
        hz = (
            base_hz
            * (a + (c - a) * u + bend * np.sin(np.pi * u))
            * (1 + depth * np.sin(2 * np.pi * rate * u * length / SAMPLE_RATE_HZ))
        )
        phase = 2 * np.pi * np.cumsum(hz) / SAMPLE_RATE_HZ
        rise = np.sin(np.pi * u)
        parts += [
            rng.uniform(0.6, 1.0) * (np.sin(phase) * rise**0.6 + 0.12 * np.sin(2 * phase) * rise),
            np.zeros(samples(rng.uniform(0.02, 0.09))),
        ]
    return np.concatenate(parts)


def _chirp(rng: Rng, p: Draws) -> Signal:
    """One chirp of a cricket: a few pulses of a nearly pure tone, each stronger than the last."""
    hz = p("chirp_hz", 3_200, 5_600, logarithmic=True) * rng.uniform(0.88, 1.14)
    pulses = max(2, round(p("pulses", 2.0, 6.0) * rng.uniform(0.8, 1.2)))
    rate = p("pulses_hz", 18, 50) * rng.uniform(0.9, 1.1)
    length = samples(p("pulse_share", 0.35, 0.8) / rate)
    u = np.arange(length) / length
    tone = np.sin(2 * np.pi * np.cumsum(hz * (1.015 - 0.03 * u)) / SAMPLE_RATE_HZ) * np.sin(np.pi * u**0.8) ** 1.2
    out = np.zeros(samples(pulses / rate))
    for k in range(pulses):
        at = samples(k / rate)
        out[at : at + length] += (tone * (0.55 + 0.45 * k / pulses))[: out.size - at]
    return out


def chorus(
    rng: Rng, length: int, calls: list[list[Signal]], pauses: list[tuple[float, float]], gains: Signal, channels: int
) -> Chunk:
    """Animals that call in turn: each chooses among its own calls and waits a while after each."""
    templates = [call for own in calls for call in own]
    cloud = Cloud(rng, templates, min(length, PIECE_SAMPLES), channels)
    seconds = length / SAMPLE_RATE_HZ
    where, which, strength = [], [], []
    first = 0
    for own, (least, most), gain in zip(calls, pauses, gains, strict=True):
        typical = float(np.mean([c.size for c in own])) / SAMPLE_RATE_HZ
        count = int(seconds / (typical + least)) + 2
        kinds = rng.integers(0, len(own), count)
        gaps = np.array([c.size for c in own])[kinds] / SAMPLE_RATE_HZ + rng.uniform(least, most, count)
        starts = np.cumsum(gaps) - gaps + rng.uniform(0, 0.5 * most)
        if first == 0:
            starts -= starts[0]
        where.append(np.rint(starts * SAMPLE_RATE_HZ).astype(np.int64))
        which.append(first + kinds)
        strength.append(gain * rng.uniform(0.7, 1.0, count))
        first += len(own)
    at, kind, loud = (np.concatenate(x) for x in (where, which, strength))
    order = np.argsort(at, kind="stable")
    at, kind, loud = at[order], kind[order], loud[order]
    reach = max(t.size for t in templates)

    def chunk(rng: Rng, start: int, size: int) -> Signal:
        out = np.zeros((channels, size))
        for origin in (start - reach, start):  # calls that began before this piece end in it
            span = reach if origin < start else size
            now = slice(*np.searchsorted(at, (origin, origin + span)))
            placed = cloud.at(at[now] - origin, kind[now], loud[now])[:, start - origin :][:, :size]
            out[:, : placed.shape[1]] += placed
        return out

    return chunk


def birds(rng: Rng, knobs: Knobs, length: int, channels: int) -> Chunk:
    """A few songbirds; more of them and busier with intensity, lower when larger."""
    count = 2 + round(3 * knobs.intensity)
    calls, pauses = [], []
    for _ in range(count):
        base = pick(rng, 2_300, 5_200) / knobs.size**0.6
        calls.append([_song(rng, base * rng.uniform(0.95, 1.05)) for _ in range(3)])
        rest = rng.uniform(0.3, 0.9) / knobs.pace
        pauses.append((rest, 3 * rest))
    song = chorus(rng, length, calls, pauses, 0.3 * 3.3 ** rng.random(count), channels)
    air = rng.uniform(0.005, 0.015)
    return lambda rng, start, size: song(rng, start, size) + air * coloured(rng, size, -1.0, channels=channels)


def crickets(rng: Rng, knobs: Knobs, length: int, channels: int) -> Chunk:
    """A night of them: near ones that chirp, far ones that merge into a shimmer."""
    p = draws_of(rng, "crickets")
    count = 3 + round(p("singers", 2.0, 12.0) * knobs.intensity)
    calls = [[_chirp(rng, p)] for _ in range(count)]
    period = p("rest_seconds", 0.2, 0.9) * rng.uniform(0.7, 1.4, count) / knobs.pace
    pauses = [(0.7 * p, 0.75 * p) for p in period]
    near = chorus(rng, length, calls, pauses, p("farthest", 0.03, 0.5) ** rng.random(count), channels)
    haze, pulse = p("haze_hz", 3_500, 5_500, logarithmic=True), p("haze_pulse_hz", 10, 30)
    merged, night = p("haze", 0.005, 0.3, logarithmic=True), p("night", 0.005, 0.15, logarithmic=True)

    def chunk(rng: Rng, start: int, size: int) -> Signal:
        t = (start + np.arange(size)) / SAMPLE_RATE_HZ
        far = coloured(rng, size, 0.0, low_hz=haze * 0.96, high_hz=haze * 1.02, channels=channels)
        shimmer = steady(far) * (0.5 + 0.5 * np.abs(np.sin(np.pi * pulse * t)))
        return (
            near(rng, start, size) + merged * shimmer + night * coloured(rng, size, -1.1, low_hz=60, channels=channels)
        )

    return chunk


FAMILIES = (
    Family(
        name="birds",
        label="Birdsong",
        category="BIRDSong",
        heard_as=("Bird",),
        words=(
            "birds",
            "bird song",
            "birdsong",
            "bird chirp",
            "songbird",
            "bird tweet",
            "dawn chorus",
            "sparrow",
            "robin",
            "birds singing",
            "bird",
        ),
        params=params(pace=1.0, wetness=0.25),
        sustained=True,
        length_seconds=10.0,
        interval_seconds=10.0,
        render=bed(birds, join_seconds=0.02, coherent=True),
    ),
    Family(
        name="crickets",
        label="Crickets",
        category="ANMLInsc",
        heard_as=(
            "Cricket",
            "Insect",
        ),
        words=(
            "crickets",
            "cricket chirp",
            "cicada",
            "insects",
            "night insects",
            "grasshopper",
            "summer night",
            "cricket",
        ),
        params=params(pace=1.0, wetness=0.2),
        sustained=True,
        length_seconds=10.0,
        interval_seconds=10.0,
        render=bed(crickets, join_seconds=0.02, coherent=True),
    ),
)
