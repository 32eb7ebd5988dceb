"""A changed span within what stays: outside it no sample changes, inside its edges the old fades into the new."""

from __future__ import annotations

import numpy as np

from engine.audio import Samples
from engine.source import Source

CROSSFADE_SECONDS = 0.010
"""At most, inside each edge."""


class Spliced:
    """A :class:`~engine.source.Source` with another one in place of a span.

    Parameters
    ----------
    source
        What stays.
    new
        What lies in the span, of the span's length, with ``source``'s rate and channels.
    start
        Where the span begins in ``source``.
    """

    def __init__(self, source: Source, new: Source, start: int) -> None:
        self._source, self._new, self._start = source, new, start
        self.sample_rate_hz = source.sample_rate_hz
        self.channels = source.channels
        self.length_samples = source.length_samples

    def read(self, start: int, end: int) -> Samples:
        """See :meth:`engine.source.Source.read`."""
        first = max(start, self._start)
        last = min(end, self._start + self._new.length_samples)
        if last <= first:
            return self._source.read(start, end)
        if (first, last) == (start, end):
            return self._new.read(start - self._start, end - self._start)
        out = np.array(self._source.read(start, end))
        out[:, first - start : last - start] = self._new.read(first - self._start, last - self._start)
        return out


def crossfaded(old: Samples, new: Samples, start: int, span: int, sample_rate_hz: int) -> Samples:
    """A block of the new sound, the old one fading out and in at the edges of its span; linear, for they are alike.

    Parameters
    ----------
    start
        Of the block, within the span of ``span`` samples.
    """
    fade = min(round(CROSSFADE_SECONDS * sample_rate_hz), span // 4)
    if not fade:
        return new
    at = np.arange(start, start + new.shape[1])
    edge = np.minimum(at, span - 1 - at)
    share = np.minimum(1.0, (edge + 1.0) / (fade + 1.0)).astype(np.float32)
    return old + (new - old) * share if (share < 1.0).any() else new
