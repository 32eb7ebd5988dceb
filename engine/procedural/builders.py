"""From a recipe to a family's ``render``: one-shots, repeated happenings, and beds of any length.

A recipe makes dry mono sound from a generator and knobs; what is the same for all families is here: placing in the
room, repeating, joining without a loop, cancelling, ending in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from engine.procedural.envelope import add, died_away, fade_edges, peak
from engine.procedural.family import SAMPLE_RATE_HZ, Check, Index, Knobs, Render, Signal
from engine.procedural.filters import highpass
from engine.procedural.noise import Rng, samples
from engine.procedural.room import Space

PEAK = 0.5
"""-6 dBFS: every sound leaves here with this peak; levels are the mixer's."""
LEAD_SAMPLES = 96
"""Silence before an attack, for a resampler's ringing."""
MAX_LEAD_SAMPLES = 2_400
ONSET_DB = -36.0
"""Below the peak of the first 50 ms: where an attack becomes audible."""
CHUNK_SAMPLES = 120_000
JOIN_SECONDS = 0.25
SHORTEST_BED_SECONDS = 1.5
"""A shorter bed is cut from one of this length where it is loudest: a hundredth of a second of keys must jingle."""
PIECE_SAMPLES = CHUNK_SAMPLES + samples(JOIN_SECONDS)
"""The longest piece of a bed."""

Recipe = Callable[[Rng, Knobs], Signal]
"""One happening, dry mono, its attack at the first sample."""
Instrument = Callable[[Rng, Knobs], Callable[[int], Signal]]
"""Draws what stays the same (the door, the dog), then makes the i-th happening."""
Rhythm = Callable[[Rng, int, float], Signal]
"""Seconds from each of so many happenings to the next, around an interval."""
Chunk = Callable[[Rng, int, int], Signal]
"""``(rng, start, length)`` to ``(channels, length)`` dry samples of a bed from sample ``start``."""
Texture = Callable[[Rng, Knobs, int, int], Chunk]
"""``(rng, knobs, length, channels)``: draws what stays the same over the bed, then makes pieces of it."""


def one_shot(recipe: Recipe) -> Render:
    """A single happening with its natural tail."""

    def render(rng: Rng, knobs: Knobs, length: int, channels: int, check: Check) -> tuple[Signal, int]:
        check()
        space = Space(rng, knobs, channels)
        _vary(rng, knobs)
        dry = recipe(rng, knobs)
        check()
        return finish(space.place(dry), length)

    return render


def _vary(rng: Rng, knobs: Knobs) -> None:
    """From here on another happening of the same source: the same door, knocked on again."""
    if knobs.variation:
        seed = np.random.SeedSequence([int(rng.integers(2**63)), int(knobs.variation)])
        rng.bit_generator.state = np.random.default_rng(seed).bit_generator.state


def even(jitter: float = 0.04) -> Rhythm:
    """Intervals that vary by this share."""
    return lambda rng, count, interval: interval * np.clip(1 + jitter * rng.standard_normal(count), 0.5, 2.0)


def repeating(
    instrument: Instrument, *, interval_seconds: float, rhythm: Rhythm | None = None, variants: int = 12
) -> Render:
    """A happening that repeats: ``count`` times, or as often as fits the length.

    Parameters
    ----------
    variants
        Different happenings made; a longer sound draws from them, never one twice in a row.
    """
    pattern = rhythm or even()

    def render(rng: Rng, knobs: Knobs, length: int, channels: int, check: Check) -> tuple[Signal, int]:
        check()
        space = Space(rng, knobs, channels)
        strike = instrument(rng, knobs)
        _vary(rng, knobs)
        first = strike(0)
        interval = interval_seconds / knobs.pace
        starts = _starts(rng, pattern, interval, round(knobs.count), length, first.size)
        pool = [_trimmed(space.place(first))]
        while len(pool) < min(variants, starts.size):
            check()
            pool.append(_trimmed(space.place(strike(len(pool)))))
        which = _shuffled(rng, len(pool), starts.size)
        gains = 10 ** (rng.uniform(-2.5, 0.0, starts.size) / 20)
        gains[0] = 1.0
        onset, front = _onset(pool[0])
        starts += LEAD_SAMPLES - front
        onset += LEAD_SAMPLES - front
        end = int(max(start + pool[index].shape[1] for start, index in zip(starts, which, strict=True)))
        whole = onset + length
        out: Signal = np.zeros((channels, min(end, whole) if knobs.count else whole), dtype=np.float32)
        for i, (start, index, gain) in enumerate(zip(starts.tolist(), which.tolist(), gains.tolist(), strict=True)):
            if i % 64 == 0:
                check()
            add(out, gain * pool[index], start)
        _fade(out, onset, front, cut=end > whole)
        _normalise(out, check)
        return out, onset

    return render


def bed(texture: Texture, *, join_seconds: float = JOIN_SECONDS, coherent: bool = False) -> Render:
    """Sound that fills any length, in pieces joined by crossfades; nothing is heard twice.

    Parameters
    ----------
    coherent
        Pieces agree where they overlap (an engine's pulses), so gains add; else powers add.
    join_seconds
        Length of a crossfade, at most :data:`JOIN_SECONDS`.
    """

    def render(rng: Rng, knobs: Knobs, length: int, channels: int, check: Check) -> tuple[Signal, int]:
        check()
        wanted, length = length, max(length, samples(SHORTEST_BED_SECONDS))
        piece = texture(rng, knobs, length, channels)
        space = Space(rng, knobs, channels)
        overlap = samples(join_seconds)
        ramp = (np.arange(overlap) + 0.5) / overlap
        rise = ramp if coherent else np.sin(0.5 * np.pi * ramp)
        out = np.zeros((channels, length), dtype=np.float32)
        for start in range(0, length, CHUNK_SAMPLES):
            check()
            size = min(CHUNK_SAMPLES + overlap, length - start)
            part = piece(rng, start, size)
            if start:
                part[:, :overlap] *= rise[:size]
            if start + CHUNK_SAMPLES < length:
                part[:, CHUNK_SAMPLES:] *= rise[::-1][: size - CHUNK_SAMPLES]
            check()
            add(out, space.place(part), start)
        out = _loudest(out, wanted)
        _centre(out, check)
        seconds = out.shape[1] / SAMPLE_RATE_HZ
        fade_edges(out, min(0.02, 0.1 * seconds), min(0.05, 0.2 * seconds))
        _normalise(out, check)
        return out, 0

    return render


def finish(x: Signal, length: int) -> tuple[Signal, int]:
    """Trim a one-shot to its onset and its end; ``(channels, samples)`` and the onset's sample."""
    x = _trimmed(x)
    onset, front = _onset(x)
    end = min(x.shape[1], onset + length)
    out = np.concatenate([np.zeros((x.shape[0], LEAD_SAMPLES)), x[:, front:end]], axis=1)
    onset += LEAD_SAMPLES - front
    _fade(out, onset, front, cut=end < x.shape[1])
    return out * (PEAK / peak(out)), onset


def _trimmed(x: Signal) -> Signal:
    """Without what is too low to hear and what comes after it has died away."""
    x = highpass(x, 18.0)
    return x[:, : min(died_away(x) + samples(0.005), x.shape[1])]


def _onset(x: Signal) -> tuple[int, int]:
    """First audible sample of the attack, and how many samples before it are too many."""
    level = np.abs(x).max(axis=0)
    attack = level[: samples(0.05)].max()
    if attack < level.max() * 0.03:  # a swell: it is heard where it rises out of its own noise
        attack = level.max()
    onset = int(np.argmax(level >= attack * 10 ** (ONSET_DB / 20)))
    return onset, max(0, onset - (MAX_LEAD_SAMPLES - LEAD_SAMPLES))


def _fade(out: Signal, onset: int, front: int, *, cut: bool) -> None:
    """Soften the end, longer where it was cut, and the start where something came before it; in place."""
    release = min(0.08 if cut else 0.01, 0.3 * (out.shape[1] - onset) / SAMPLE_RATE_HZ)
    fade_edges(out, 0.0, release)
    if front:
        fade_edges(out[:, LEAD_SAMPLES:], 0.005, 0.0)


def _starts(rng: Rng, pattern: Rhythm, interval: float, count: int, length: int, body: int) -> Index:
    """First samples of the happenings; as many as asked, even where they must hurry to fit."""
    most = count or max(1, int(length / SAMPLE_RATE_HZ / interval * 3) + 2)
    gaps = pattern(rng, most, interval)
    starts = np.concatenate([[0.0], np.cumsum(gaps)[:-1]]) * SAMPLE_RATE_HZ
    room = max(0.0, length - min(body, 0.35 * SAMPLE_RATE_HZ))
    if count == 0:
        starts = starts[starts <= room]
    elif count > 1:
        latest = max(room, 0.7 * length)
        starts *= min(1.0, latest / starts[-1])
    rounded: Index = np.rint(starts).astype(np.int64)
    return rounded


def _shuffled(rng: Rng, kinds: int, count: int) -> Index:
    """``count`` indices below ``kinds``, the first 0, none the same as the one before (where there are two)."""
    if kinds == 1:
        return np.zeros(count, dtype=np.int64)
    steps = rng.integers(1, kinds, count)
    steps[0] = 0
    turned: Index = np.cumsum(steps) % kinds
    return turned


def _loudest(out: Signal, wanted: int) -> Signal:
    """The stretch of that length that has the most to be heard; all of it where that is its length."""
    if wanted >= out.shape[1]:
        return out
    energy = np.concatenate([[0.0], np.cumsum(np.sum(out.astype(np.float64) ** 2, axis=0))])
    start = int(np.argmax(energy[wanted:] - energy[:-wanted]))
    return np.array(out[:, start : start + wanted])


def _blocks(out: Signal, check: Check) -> Iterator[Signal]:
    """Views of a long sound, a few seconds each, with a look at the cancel before each."""
    for start in range(0, out.shape[1], 4 * CHUNK_SAMPLES):
        check()
        yield out[:, start : start + 4 * CHUNK_SAMPLES]


def _centre(out: Signal, check: Check) -> None:
    """Take the constant away, in place."""
    total = sum(block.sum(axis=1, dtype=np.float64, keepdims=True) for block in _blocks(out, check))
    mean = (np.asarray(total) / out.shape[1]).astype(np.float32)
    for block in _blocks(out, check):
        block -= mean


def _normalise(out: Signal, check: Check) -> None:
    """Give it the usual peak, in place."""
    gain = np.float32(PEAK / max(peak(block) for block in _blocks(out, check)))
    for block in _blocks(out, check):
        block *= gain
