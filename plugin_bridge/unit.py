"""One effect at work: sound in, as much sound out, always late by the same number of samples.

Pedalboard's effects keep to another rule: what a plugin delays is cut off the front of what it returns, and some return
what they have, when they have it. Here they are put on one footing, so that whatever joins effects needs to know one
number of each. This module knows no names of effects, no processes and no chains.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np

from engine.audio import Samples
from engine.chain import Value

MAX_BLOCK = 8_192
"""The most samples that an effect is given at once; all it allocates, it allocates for this."""

MIN_BLOCK = 16
"""The least: pedalboard takes the shorter side of what it is given for the channels, whatever came before."""


def spans(length: int, most: int) -> Iterator[tuple[int, int]]:
    """Starts and ends that cut a length into pieces of up to ``most``, none of them shorter than a block may be.

    >>> list(spans(70, 32))
    [(0, 32), (32, 54), (54, 70)]
    """
    start = 0
    while start < length:
        end = min(length, start + most)
        if 0 < length - end < MIN_BLOCK:
            end = length - MIN_BLOCK
        yield start, end
        start = end


class Unit(Protocol):
    """An effect that streams."""

    @property
    def latency_samples(self) -> int:
        """How late the sound comes out."""
        ...

    def process(self, block: Samples) -> Samples:
        """The next samples, ``(channels, samples)``, through it: as many as came in."""
        ...

    def set(self, name: str, value: Value) -> None:
        """Change a parameter, its value parsed before."""
        ...

    def reset(self) -> None:
        """Forget all sound that went through."""
        ...


class Late:
    """The sound as it came, ``samples`` later."""

    def __init__(self, channels: int, samples: int) -> None:
        self._held = np.zeros((channels, samples), np.float32)

    @property
    def latency_samples(self) -> int:
        """How late."""
        return int(self._held.shape[1])

    def process(self, block: Samples) -> Samples:
        """See :class:`Unit`."""
        if not self.latency_samples:
            return block
        both = np.concatenate([self._held, block], axis=1)
        self._held = both[:, block.shape[1] :].copy()
        return both[:, : block.shape[1]]

    def set(self, name: str, value: Value) -> None:
        """It has no parameters."""

    def reset(self) -> None:
        """See :class:`Unit`."""
        self._held[:] = 0


class Native:
    """One of pedalboard's plugins, or one that pedalboard hosts.

    Parameters
    ----------
    plugin
        As many samples come out as go in, but for those it cuts off the front.
    assign
        Sets a parameter on it; left out, by attribute.
    """

    def __init__(
        self, plugin: Any, sample_rate_hz: int, channels: int, assign: Callable[[Any, str, Value], None] = setattr
    ) -> None:
        self.plugin = plugin
        self._rate = sample_rate_hz
        self._assign = assign
        self._silence = np.zeros((channels, MAX_BLOCK), np.float32)
        came = self._through(self._silence)
        self._latency = int(getattr(plugin, "reported_latency_samples", MAX_BLOCK - came.shape[1]))
        self.reset()

    @property
    def latency_samples(self) -> int:
        """See :class:`Unit`."""
        return self._latency

    def process(self, block: Samples) -> Samples:
        """See :class:`Unit`."""
        out = self._through(block)
        missing = block.shape[1] - out.shape[1]
        return np.pad(out, ((0, 0), (missing, 0))) if missing else out

    def _through(self, block: Samples) -> Samples:
        out: Samples = self.plugin.process(block, self._rate, buffer_size=MAX_BLOCK, reset=False)
        return out

    def set(self, name: str, value: Value) -> None:
        """See :class:`Unit`."""
        self._assign(self.plugin, name, value)

    def reset(self) -> None:
        """See :class:`Unit`."""
        self.plugin.reset()
        # A larger block than any since a reset makes a plugin prepare itself anew, and forget its sound: the largest
        # comes first. What it cuts off the front goes with it.
        self._through(self._silence)


class Stepped:
    """What works in pieces of one size, so that any block size gives the same sound: the codecs, the pitch.

    Parameters
    ----------
    step
        Samples that ``advance`` takes at once; it returns what it has by then.
    held_samples
        How many samples less than it took it has returned, at most.
    """

    def __init__(
        self,
        channels: int,
        *,
        step: int,
        held_samples: int,
        advance: Callable[[Samples], Samples],
        restart: Callable[[], None],
        assign: Callable[[str, Value], None],
    ) -> None:
        self._step = step
        self._advance = advance
        self._restart = restart
        self._assign = assign
        self._nothing = np.zeros((channels, 0), np.float32)
        self._lead = np.zeros((channels, held_samples + step - 1), np.float32)
        self._taken, self._ready = self._nothing, self._lead

    @property
    def latency_samples(self) -> int:
        """See :class:`Unit`."""
        return int(self._lead.shape[1])

    def process(self, block: Samples) -> Samples:
        """See :class:`Unit`."""
        taken = np.concatenate([self._taken, block], axis=1)
        whole = taken.shape[1] - taken.shape[1] % self._step
        done = [self._advance(taken[:, at : at + self._step]) for at in range(0, whole, self._step)]
        self._taken = taken[:, whole:].copy()
        ready = np.concatenate([self._ready, *done], axis=1)
        self._ready = ready[:, block.shape[1] :].copy()
        return ready[:, : block.shape[1]]

    def set(self, name: str, value: Value) -> None:
        """See :class:`Unit`."""
        self._assign(name, value)

    def reset(self) -> None:
        """See :class:`Unit`."""
        self._restart()
        self._taken, self._ready = self._nothing, self._lead


class Spread:
    """An effect of few channels for sound of more: each channel, or pair, has one of its own.

    Parameters
    ----------
    units
        One for each group of channels, all set alike.
    width
        Channels that each takes. Of an odd one out, and of mono sound through a stereo effect, both sides are given the
        same, and what returns is their mean.
    """

    def __init__(self, units: Sequence[Unit], width: int) -> None:
        self.units = units
        self._width = width

    @property
    def latency_samples(self) -> int:
        """See :class:`Unit`."""
        return self.units[0].latency_samples

    def process(self, block: Samples) -> Samples:
        """See :class:`Unit`."""
        out = np.empty_like(block)
        for number, unit in enumerate(self.units):
            part = block[number * self._width : (number + 1) * self._width]
            whole = np.ascontiguousarray(np.broadcast_to(part, (self._width, part.shape[1])))
            came = unit.process(whole)
            out[number * self._width : (number + 1) * self._width] = (
                came if part.shape[0] == self._width else came.mean(axis=0, keepdims=True)
            )
        return out

    def set(self, name: str, value: Value) -> None:
        """See :class:`Unit`."""
        for unit in self.units:
            unit.set(name, value)

    def reset(self) -> None:
        """See :class:`Unit`."""
        for unit in self.units:
            unit.reset()


def spread(make: Callable[[int], Unit], channels: int, most: int) -> Unit:
    """An effect that takes up to ``most`` channels, for sound of any number."""
    if channels <= most:
        return make(channels)
    return Spread([make(most) for _ in range(-(-channels // most))], most)


def finite(block: Samples) -> bool:
    """Whether all of it is sound: no NaN, nothing infinite."""
    # The sum is quick, and wrong only for sound beyond all bounds, which is looked at again.
    return bool(np.isfinite(block.sum()) or np.isfinite(block).all())
