"""Where in a sound something strikes: the samples at which time must not be bent.

Made for stretching, so it asks another question than :mod:`engine.dsp.onsets` does: not what is heard as a new event,
but where energy jumps within a millisecond or two, to the sample. A bow that sets in softly is an onset and no
strike; each tick of a ratchet is a strike. It reads any source once, in pages, and knows nothing of what is done with
what it finds.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

from engine.audio import Samples
from engine.source import Source

Places = NDArray[np.int64]
"""Sample numbers, rising."""

GAP_SECONDS = 0.06
"""Two strikes nearer than this are one to the ear; the stronger is kept."""
_GRAIN_SECONDS = 1 / 750
"""Energy is measured in grains so long: 64 samples at 48 kHz."""
_BEFORE_GRAINS = 9
"""A strike is compared with the loudest of so many grains before it, so no null of a beating chord looks like one."""
_RISE_DB = 8.0
_FLOOR = 1e-5
_LEAST = 3e-3
"""Shares of the page's loudest energy: below the one is silence, below the other no strike counts."""
_DULLEST_HZ = 500.0
"""A strike is sharper than that; tones beneath may come and go as they beat."""
_CREST = 3.0
"""Over the effective value of what was there before: the first sample beyond is the strike."""
_PAGE_GRAINS = 6_000
_MARGIN_GRAINS = 750
"""Loud and quiet are by the measure of a page of 8 s and a second around it."""


def transients(source: Source) -> Places:
    """First sample of each strike, at least :data:`GAP_SECONDS` apart; a sound that is there at once strikes at 0."""
    gap = round(GAP_SECONDS * source.sample_rate_hz)
    found: list[int] = []
    for place in _in_pages(source):
        if not found or place - found[-1] >= gap:
            found.append(place)
    return np.array(found, np.int64)


def _in_pages(source: Source) -> Iterator[int]:
    rate = source.sample_rate_hz
    grain = round(_GRAIN_SECONDS * rate)
    page, margin = _PAGE_GRAINS * grain, _MARGIN_GRAINS * grain
    dullest = (2 * np.pi * _DULLEST_HZ / rate) ** 2
    for start in range(0, source.length_samples, page):
        first = start - margin
        sound = source.read(first - 1, min(start + page, source.length_samples) + margin)
        for place in _strikes(np.diff(sound, axis=1), grain, dullest):
            if start <= first + place < min(start + page, source.length_samples):
                yield first + place


def _strikes(slopes: Samples, grain: int, dullest: float) -> list[int]:
    """Places in one page of first differences, which are loud where something strikes and quiet where it hums.

    ``dullest`` is the least ratio of squared second to squared first differences: the square of an angular frequency.
    """
    energy = np.square(slopes).sum(axis=0)
    count = energy.size // grain
    grains = energy[: count * grain].reshape(count, grain).mean(axis=1, dtype=np.float64)
    loudest = max(float(np.percentile(grains, 99.9)), 0.1 * float(grains.max(initial=0.0)))  # not a lone peak's
    if loudest < 1e-20:  # nothing but silence or a constant
        return []
    silence = _FLOOR * loudest
    before = np.zeros(count)  # of the grains up to the one before the last
    before[2:] = maximum_filter1d(grains, _BEFORE_GRAINS, origin=_BEFORE_GRAINS // 2)[:-2]
    heights = maximum_filter1d(grains, 4, origin=-1)  # from the grain before to the one after the next
    rises = maximum_filter1d(grains, 3) + silence > 10 ** (_RISE_DB / 10) * (before + silence)
    rises &= heights > _LEAST * loudest
    firsts = np.flatnonzero(rises & ~np.concatenate([[False], rises[:-1]]))
    apart = round(GAP_SECONDS / _GRAIN_SECONDS)
    taken = np.zeros(count + 2 * apart, bool)
    kept = []
    for first in firsts[np.argsort(-heights[firsts], kind="stable")]:  # the strongest choose first
        begin = max(0, int(first) - 1) * grain
        near = slice(begin, begin + 3 * grain)
        sharp = np.square(np.diff(slopes[:, near], axis=1)).sum() > dullest * energy[near].sum()
        if sharp and not taken[first + apart]:
            taken[first + 1 : first + 2 * apart] = True
            level = min(_CREST**2 * (before[first] + silence), float(energy[near].max()))
            kept.append(begin + int(np.argmax(energy[near] >= level)))
    return sorted(kept)
