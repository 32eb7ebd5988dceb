"""Gaps that a recording has: it stands still for a moment, in the midst of sound.

A run of one value (zeros mostly) in all channels at once, with sound of like loudness right before it and after it.
What is not one: digital silence at the ends, long pauses and those that a sound dies away into, flat tops of clipped or
square waves, and sound that was made in steps. A dropout in one channel alone is not found.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.audio import Samples
from engine.source import BLOCK_SAMPLES, Source

SHORTEST_SECONDS = 0.001
LONGEST_SECONDS = 1.0
_BESIDE_SECONDS = 0.003
"""What is looked at on each side."""
_SOUNDING = 1e-3
"""Root mean square beside a dropout, at least: -60 dB of full scale."""
_ALIKE = 10.0
"""Times that one side may be louder than the other."""
_STEP, _STEP_SAMPLES = 0.01, 3
"""Of the root mean square beside it, that the first samples on one side at least lie off the value that is held: a
codec that lets a sound die away and begin again leaves no step."""
_MOVING = 0.5
"""Share of the samples beside it that must differ from the one before."""


def find_gaps(source: Source) -> tuple[tuple[int, int], ...]:
    """First samples of dropouts, and samples after their last, in order."""
    shortest = max(2, round(SHORTEST_SECONDS * source.sample_rate_hz))
    longest = round(LONGEST_SECONDS * source.sample_rate_hz)
    found = []
    for start, end in _still(source, shortest):
        if start > 0 and end < source.length_samples and end - start <= longest and _is_dropout(source, start, end):
            found.append((start, end))
    return tuple(found)


def _still(source: Source, shortest: int) -> Iterator[tuple[int, int]]:
    """Runs of one value in all channels, as they end: sound that was made in steps has very many."""
    begun: int | None = None
    for at in range(1, source.length_samples, BLOCK_SAMPLES):
        block = source.read(at - 1, min(at + BLOCK_SAMPLES, source.length_samples))
        same = (block[:, 1:] == block[:, :-1]).all(axis=0)  # same[i]: sample at + i is as the one before
        changes = np.flatnonzero(np.diff(same, prepend=begun is not None))
        for place in changes:
            if begun is None:
                begun = at + int(place) - 1
            else:
                if at + place - begun >= shortest:
                    yield begun, at + int(place)
                begun = None


def _is_dropout(source: Source, start: int, end: int) -> bool:
    beside = round(_BESIDE_SECONDS * source.sample_rate_hz)
    sides = source.read(start - beside, start), source.read(end, end + beside)
    levels = [float(np.sqrt(np.mean(np.square(side), axis=1).max())) for side in sides]
    held = source.read(start, start + 1)
    return (
        min(levels) >= _SOUNDING
        and max(levels) <= _ALIKE * min(levels)
        and all(_moves(side) for side in sides)
        and max(np.abs(edge - held).max() for edge in _edges(*sides)) >= _STEP * min(levels)
        and not _is_flat_top(held, np.concatenate(sides, axis=1))
    )


def _edges(before: Samples, after: Samples) -> tuple[Samples, Samples]:
    return before[:, -_STEP_SAMPLES:], after[:, :_STEP_SAMPLES]


def _moves(side: Samples) -> bool:
    return bool(np.mean((np.diff(side, axis=1) != 0).any(axis=0)) >= _MOVING)


def _is_flat_top(held: Samples, around: Samples) -> bool:
    """Whether a value is the highest or the lowest there is, in any channel that sounds."""
    sounding = np.asarray(around.any(axis=1))
    above = (held[:, 0] >= around.max(axis=1)) | (held[:, 0] <= around.min(axis=1))
    return bool((above & sounding).any())
