"""Where in a sound something strikes: the samples at which time must not be bent.

Made for stretching, so it asks another question than :mod:`engine.dsp.onsets` does: not what is heard as a new event,
but where energy jumps within a millisecond or two, to the sample. A bow that sets in softly is an onset and no
transient; each tick of a ratchet is a transient and no onset. It reads any source once, in pages, and knows nothing of
what is done with what it finds.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

from engine.source import Source

Places = NDArray[np.int64]
"""Sample numbers, rising."""
Curve = NDArray[np.float64]

GAP_SECONDS = 0.06
"""Two strikes nearer than this are one to the ear; the stronger is kept."""
_GRAIN_SECONDS = 1 / 750
"""Energy is measured in grains so long: 64 samples at 48 kHz."""
_BEFORE_GRAINS = 11
"""What a strike is compared with: the mean of the 15 ms before it."""
_RISE_DB = 9.0
"""Noise and low beating tones rise by less from one grain to the next."""
_FLOOR = 1e-5
_LEAST = 3e-3
"""Shares of the page's loudest energy: below the one is silence, below the other no strike counts."""
_CREST = 3.0
"""Over its effective value: the first sample beyond is the strike, no longer what was there before."""
_PAGE_GRAINS = 6_000
_MARGIN_GRAINS = 750
"""Loud and quiet are by the measure of a page of 8 s and a second around it."""


def transients(source: Source) -> Places:
    """First sample of each strike, at least :data:`GAP_SECONDS` apart."""
    gap = round(GAP_SECONDS * source.sample_rate_hz)
    found: list[int] = []
    for place in _in_pages(source):
        if not found or place - found[-1] >= gap:
            found.append(place)
    return np.array(found, np.int64)


def _in_pages(source: Source) -> Iterator[int]:
    grain = max(4, round(_GRAIN_SECONDS * source.sample_rate_hz))
    page, margin = _PAGE_GRAINS * grain, _MARGIN_GRAINS * grain
    for start in range(0, source.length_samples, page):
        first = start - margin
        sound = source.read(first - 1, min(start + page, source.length_samples) + margin)
        # The first difference is loud where something strikes and quiet where something hums.
        energy = np.square(np.diff(sound, axis=1)).sum(axis=0)
        for place in _strikes(energy, grain):
            if start <= first + place < start + page:
                yield first + place


def _strikes(energy: NDArray[np.float32], grain: int) -> list[int]:
    """Places in one page of squared differences, the strongest first come, in order."""
    count = energy.size // grain
    if count <= _BEFORE_GRAINS:
        return []
    grains: Curve = energy[: count * grain].reshape(count, grain).mean(axis=1, dtype=np.float64)
    loudest = float(np.percentile(grains, 99.9))
    if loudest < 1e-20:  # nothing but silence or a constant
        return []
    sums = np.concatenate([[0.0], np.cumsum(grains)])
    before = np.zeros(count)
    before[_BEFORE_GRAINS:] = np.maximum(0.0, sums[_BEFORE_GRAINS:-1] - sums[: -_BEFORE_GRAINS - 1]) / _BEFORE_GRAINS
    heights = maximum_filter1d(grains, 4, origin=-1)  # of this grain, the one before and the two after
    rises = maximum_filter1d(grains, 3) + _FLOOR * loudest > 10 ** (_RISE_DB / 10) * (before + _FLOOR * loudest)
    rises &= heights > _LEAST * loudest
    firsts = np.flatnonzero(rises & ~np.concatenate([[False], rises[:-1]]))
    kept: list[int] = []
    apart = round(GAP_SECONDS / _GRAIN_SECONDS)
    taken = np.zeros(count + 2 * apart, bool)
    for first in firsts[np.argsort(-heights[firsts], kind="stable")]:
        if not taken[first + apart]:
            taken[first + 1 : first + 2 * apart] = True
            begin = max(0, int(first) - 1) * grain
            near = energy[begin : begin + 3 * grain]
            level = _CREST**2 * (before[first] + _FLOOR * loudest)
            kept.append(begin + int(np.argmax(near > level)) if near.max() > level else begin + int(np.argmax(near)))
    return sorted(kept)
