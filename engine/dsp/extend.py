"""More of the same: a sound goes on beyond its end by jumping, time and again, to where it sounds alike.

What is there comes first, unchanged but for its last tenth of a second; then follow stretches of it, each begun where
the spectrum is like that of the place that it leaves, chosen by chance among the best such places, so that it does not
go round in a circle. Meant for what has no beginning and no end: wind, rain, a crowd, a room. What happens once in it,
happens again.

Source of the idea: Schödl et al., Video Textures (SIGGRAPH 2000); Lu et al., Audio Textures (IEEE TSAP 2004).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.audio import Samples
from engine.dsp.fades import fade_curve
from engine.source import BLOCK_SAMPLES, Blocks, Part, Source, blocks

HOP_SECONDS = 0.05
CROSSFADE_SECONDS = 0.1
SHORTEST_SECONDS, LONGEST_SECONDS = 1.5, 5.0
"""Of a stretch between two jumps."""
LOOPED_SECONDS = 0.2
"""What is shorter goes round and round: there is nowhere to jump."""
_BANDS = 24
_CHOICES = 6
_CONTEXT_HOPS = 2


def extended(source: Source, length_samples: int, rng: np.random.Generator) -> Blocks:
    """The source and more of it, ``length_samples`` long; shorter than the source, it is its beginning."""
    whole = source.length_samples
    rate = source.sample_rate_hz
    fade = min(round(CROSSFADE_SECONDS * rate), whole // 4)
    if length_samples <= whole:
        yield from blocks(Part(source, 0, length_samples))
        return
    if whole < LOOPED_SECONDS * rate:
        yield from _looped(source, fade, length_samples)
        return
    hop = max(1, min(round(HOP_SECONDS * rate), whole // 16))
    features = _features(source, hop)
    end, made = whole - fade, 0
    start = 0
    while True:
        for at in range(start + (fade if made else 0), end, BLOCK_SAMPLES):
            block = source.read(at, min(at + BLOCK_SAMPLES, end, at + length_samples - made))
            if block.shape[1]:
                yield block
            made += block.shape[1]
            if made >= length_samples:
                return
        start = _next(features, end, hop, whole - 2 * fade, rng)
        joined = _crossfaded(source, end, start, fade)[:, : length_samples - made]
        yield joined
        made += joined.shape[1]
        if made >= length_samples:
            return
        longest = max(hop, round(rng.uniform(SHORTEST_SECONDS, LONGEST_SECONDS) * rate))
        end = min(whole - fade, start + fade + longest)


def _looped(source: Source, fade: int, length_samples: int) -> Blocks:
    """Round and round, each end faded into the next beginning."""
    body = source.read(0, source.length_samples - fade)
    again = np.concatenate([_crossfaded(source, body.shape[1], 0, fade), body[:, fade:]], axis=1)
    many = np.tile(again, -(-BLOCK_SAMPLES // again.shape[1]))
    yield body
    for made in range(body.shape[1], length_samples, many.shape[1]):
        yield many[:, : length_samples - made]


def _features(source: Source, hop: int) -> NDArray[np.float64]:
    """Level in dB in bands, ``(hops, bands)``: all channels together."""
    rows = []
    window = np.hanning(2 * hop + 2)[1:-1]
    edges = np.unique(np.geomspace(1, hop + 1, _BANDS + 1).astype(int))
    for at in range(0, source.length_samples - 2 * hop + 1, hop):
        spectrum = np.abs(np.fft.rfft(source.read(at, at + 2 * hop) * window, axis=1)) ** 2
        power = np.add.reduceat(spectrum.sum(axis=0), edges[:-1])
        rows.append(10.0 * np.log10(power + 1e-9))
    return np.array(rows)


def _next(features: NDArray[np.float64], end: int, hop: int, last: int, rng: np.random.Generator) -> int:
    """Where to go on: a sample whose surroundings are like those of ``end``."""
    count = len(features)
    here = min(end // hop, count - 1)
    distance = np.zeros(count)
    for offset in range(-_CONTEXT_HOPS, _CONTEXT_HOPS + 1):
        theirs = np.clip(np.arange(count) + offset, 0, count - 1)
        distance += np.mean((features[theirs] - features[min(max(here + offset, 0), count - 1)]) ** 2, axis=1)
    near = np.abs(np.arange(count) - here) < max(2, count // 10)
    distance[near] += 4.0 * float(np.median(distance)) + 1e-9  # back to where it is would be an echo
    distance[np.arange(count) * hop > max(0, last - hop)] = np.inf
    best = np.argsort(distance)[:_CHOICES]
    return int(best[rng.integers(len(best))]) * hop


def _crossfaded(source: Source, end: int, start: int, fade: int) -> Samples:
    rise = fade_curve(fade + 2)[1:-1]
    return source.read(end, end + fade) * rise[::-1] + source.read(start, start + fade) * rise
