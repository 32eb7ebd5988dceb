"""Sound that is read piece by piece, so that an hour takes no more memory than a minute.

An :class:`~engine.audio.Audio` is held whole; a :class:`Source` may be a file. What changes sound takes a source, reads
it from front to back, perhaps more than once, and yields the blocks of its result: see :data:`Blocks`. This module
knows nothing of files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np

from engine.audio import Audio, Samples
from engine.errors import BadArgument

BLOCK_SAMPLES = 2**16
"""Of each channel, at a time."""

LOUDEST = 1e5
"""100 dB over full scale. What is beyond is a fault and no sound, and powers of its spectra would overflow."""

Blocks = Iterator[Samples]
"""Consecutive pieces of sound, float32 ``(channels, n)``, n ≥ 1 and not the same for every piece."""


class Source(Protocol):
    """Sound of known length, readable anywhere and as often as wanted."""

    @property
    def sample_rate_hz(self) -> int:
        """Samples per second."""

    @property
    def channels(self) -> int:
        """Number of channels."""

    @property
    def length_samples(self) -> int:
        """Samples per channel."""

    def read(self, start: int, end: int) -> Samples:
        """Samples ``start`` to ``end``, float32 ``(channels, end - start)``; silence before the first, after the last.

        The array may be a read-only view; whoever changes it copies it first.
        """


def silent_beyond(source: Source, read: Callable[[int, int], Samples], start: int, end: int) -> Samples:
    """What :meth:`Source.read` promises, of a source that ``read`` knows only from its first sample to its last."""
    first, last = (min(max(place, 0), source.length_samples) for place in (start, end))
    if last <= first:
        return np.zeros((source.channels, end - start), np.float32)
    inside = read(first, last)
    return inside if (first, last) == (start, end) else np.pad(inside, ((0, 0), (first - start, end - last)))


class Held:
    """An audio in memory, as a source.

    Parameters
    ----------
    audio
        What is read.
    """

    def __init__(self, audio: Audio) -> None:
        self._samples = audio.samples
        self.sample_rate_hz = audio.sample_rate_hz
        self.channels = audio.channels
        self.length_samples = audio.length_samples

    def read(self, start: int, end: int) -> Samples:
        """See :meth:`Source.read`."""
        return silent_beyond(self, lambda first, last: self._samples[:, first:last], start, end)


def source_of(sound: Audio | Source) -> Source:
    """Either as a source."""
    return Held(sound) if isinstance(sound, Audio) else sound


class Part:
    """A stretch of another source, as a source of its own.

    Parameters
    ----------
    source
        What is read.
    start, end
        Samples of ``source``; what lies before its first and after its last is silence.

    Raises
    ------
    BadArgument
        When nothing lies between them.
    """

    def __init__(self, source: Source, start: int, end: int) -> None:
        if end <= start:
            raise BadArgument("The selection is empty: select at least one sample.", field="selection_length")
        self._source, self._start = source, start
        self.sample_rate_hz = source.sample_rate_hz
        self.channels = source.channels
        self.length_samples = end - start

    def read(self, start: int, end: int) -> Samples:
        """See :meth:`Source.read`."""
        source, began = self._source, self._start
        return silent_beyond(self, lambda first, last: source.read(began + first, began + last), start, end)


def blocks(source: Source, size: int = BLOCK_SAMPLES) -> Blocks:
    """The whole source in consecutive blocks of ``size`` samples, the last one shorter."""
    for start in range(0, source.length_samples, size):
        yield source.read(start, min(start + size, source.length_samples))


def collected(source: Source, process: Callable[[Source], Blocks] = blocks) -> Audio:
    """All that ``process`` makes of a source, in memory: for short sounds and for tests."""
    made = list(process(source)) or [np.zeros((source.channels, 0), np.float32)]
    return Audio(samples=np.concatenate(made, axis=1), sample_rate_hz=source.sample_rate_hz)
