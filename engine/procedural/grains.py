"""Many small events: thousands of grains a second placed by convolution, not one by one.

Each grain is one of a few templates; the events of a template are an impulse train, and the sum over templates of
train by template is one inverse transform a channel. Source: P. R. Cook, "Physically informed sonic modeling
(PhISM)", Computer Music Journal 21(3), 1997, for sound textures as random events that excite resonances.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from engine.procedural.envelope import decay
from engine.procedural.family import SAMPLE_RATE_HZ, Index, Signal
from engine.procedural.filters import bandpass
from engine.procedural.noise import Rng, pick, samples, white

Sizes = Callable[[Rng, int], Signal]
"""Draws the strengths of that many events."""

RATE_HOP = 480
"""A rate that moves is read every 10 ms."""


def lognormal(spread: float) -> Sizes:
    """Strengths around 1; the larger ``spread``, the rarer and stronger the strongest."""
    return lambda rng, count: rng.lognormal(0.0, spread, count)


def pareto(shape: float, highest: float = 10.0) -> Sizes:
    """Mostly small, now and then very large, as in crackling."""
    return lambda rng, count: np.minimum(rng.pareto(shape, count), highest) + 0.05


def tick(rng: Rng, seconds: float, hz: float, q: float) -> Signal:
    """A short burst of noise heard through one resonance; peak about 1."""
    length = samples(seconds * 5 + q / (np.pi * hz) * 4)
    x = bandpass(white(rng, length) * decay(length, seconds), hz, q)
    x[-8:] *= np.linspace(1.0, 0.0, 8)
    scaled: Signal = x / (np.abs(x).max() + 1e-12)
    return scaled


def ticks(
    rng: Rng, count: int, *, ms: tuple[float, float], hz: tuple[float, float], q: tuple[float, float] = (0.7, 2.0)
) -> list[Signal]:
    """Templates drawn from ranges of decay, resonance and sharpness."""
    return [tick(rng, pick(rng, *ms) / 1000, pick(rng, *hz), pick(rng, *q)) for _ in range(count)]


def moments(rng: Rng, length: int, rate: Signal | float) -> Index:
    """Sample positions of a Poisson process, unordered.

    Parameters
    ----------
    rate
        Events a second; one number, or one value every :data:`RATE_HOP` samples.
    """
    steps = np.broadcast_to(np.asarray(rate, dtype=np.float64), (max(1, -(-length // RATE_HOP)),))
    total = np.cumsum(np.maximum(steps, 0.0)) * RATE_HOP / SAMPLE_RATE_HZ
    count = rng.poisson(total[-1])
    drawn = rng.random(count) * total[-1]
    index = np.searchsorted(total, drawn)
    where = (index + rng.random(count)) * RATE_HOP
    found: Index = where[where < length].astype(np.int64)
    return found


class Cloud:
    """Templates made ready to be scattered into sounds of at most one length.

    Parameters
    ----------
    templates
        Grains; each keeps one place between left and right.
    length
        Longest sound, samples.
    channels
        1 or 2.
    """

    def __init__(self, rng: Rng, templates: Sequence[Signal], length: int, channels: int) -> None:
        self._length = length
        self._tail = max(t.size for t in templates)
        self._size = int(fft.next_fast_len(length + self._tail, real=True))
        self._templates = tuple(templates)
        padded = np.zeros((len(templates), self._size), dtype=np.float32)
        for row, template in zip(padded, templates, strict=True):
            row[: template.size] = template
        self._spectra: NDArray[np.complex64] = fft.rfft(padded, axis=1)
        angle = (np.pi / 2) * (0.15 + 0.7 * rng.permutation(len(templates)) / max(1, len(templates) - 1))
        self._pans = (
            np.stack([np.cos(angle), np.sin(angle)]) * np.sqrt(2) if channels == 2 else np.ones((1, angle.size))
        )

    def scatter(self, rng: Rng, length: int, rate: Signal | float, strengths: Sizes) -> Signal:
        """Random events at ``rate`` (see :func:`moments`); ``(channels, length)``, cut where it ends."""
        where = moments(rng, length, rate)
        return self.at(where, rng.integers(0, len(self._templates), where.size), strengths(rng, where.size))[:, :length]

    def at(self, where: Index, which: Index, strengths: Signal) -> Signal:
        """The events given by position, template and strength; ``(channels, longest + tail)``."""
        if where.size * self._tail < len(self._templates) * self._size:
            return self._one_by_one(where, which, strengths)
        kinds = len(self._templates)
        trains = np.bincount(which * self._size + where, weights=strengths, minlength=kinds * self._size)
        events = fft.rfft(trains.reshape(kinds, self._size).astype(np.float32), axis=1)
        events *= self._spectra
        out = np.empty((len(self._pans), self._length + self._tail))
        for channel, pan in enumerate(self._pans):
            mixed = np.zeros(events.shape[1], dtype=np.complex64)
            for gain, row in zip(pan, events, strict=True):
                mixed += np.float32(gain) * row
            out[channel] = fft.irfft(mixed, self._size)[: out.shape[1]]
        return out

    def _one_by_one(self, where: Index, which: Index, strengths: Signal) -> Signal:
        """The same for events so few and long that adding each is less work."""
        out = np.zeros((len(self._pans), self._length + self._tail))
        for at, kind, strength in zip(where.tolist(), which.tolist(), strengths.tolist(), strict=True):
            template = self._templates[kind]
            for row, pan in zip(out, self._pans[:, kind], strict=True):
                row[at : at + template.size] += strength * pan * template
        return out
