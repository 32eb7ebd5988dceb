"""Noise: coloured, painted in time and frequency, and the slow curves that breathe.

Source for synthesis by random short-time spectra: J. O. Smith, *Spectral Audio Signal Processing*, "sines plus noise".
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import fft

from engine.procedural.family import SAMPLE_RATE_HZ, Signal

Rng = np.random.Generator


def pick(rng: Rng, low: float, high: float) -> float:
    """One draw, even on a logarithmic scale: as likely between 100 and 200 as between 200 and 400."""
    return float(low * (high / low) ** rng.random())


def samples(seconds: float) -> int:
    """Whole samples nearest to ``seconds``, at least one."""
    return max(1, round(seconds * SAMPLE_RATE_HZ))


def times(length: int) -> Signal:
    """Seconds of each sample."""
    seconds: Signal = np.arange(length) / SAMPLE_RATE_HZ
    return seconds


def white(rng: Rng, length: int) -> Signal:
    """Gaussian noise of unit power."""
    return rng.standard_normal(length)


def coloured(
    rng: Rng, length: int, slope: float, *, low_hz: float = 30.0, high_hz: float = 20_000.0, channels: int = 1
) -> Signal:
    """Noise whose power goes as ``f**slope``: 0 white, -1 pink, -2 brown; independent channels, unit power.

    Parameters
    ----------
    low_hz, high_hz
        Falls off below and above.

    Returns
    -------
    ``(channels, length)``.
    """
    size = int(fft.next_fast_len(length, real=True))
    hz = np.maximum(fft.rfftfreq(size, 1 / SAMPLE_RATE_HZ), 1e-3)
    shape = np.maximum(hz, low_hz) ** (slope / 2) / np.sqrt(1 + (hz / high_hz) ** 6)
    shape *= np.minimum(hz / low_hz, 1.0) ** 2
    spectrum = rng.standard_normal((channels, hz.size, 2), dtype=np.float32).view(np.complex64)[..., 0]
    out = fft.irfft(spectrum * shape.astype(np.float32), size)[:, :length].astype(np.float64)
    unit: Signal = out / (2 * np.sqrt(np.sum(shape**2)) / size)
    return unit


def painted(
    rng: Rng,
    length: int,
    magnitude: Callable[[Signal, Signal], Signal],
    *,
    hop: int = 512,
    channels: int = 1,
    start: int = 0,
) -> Signal:
    """Noise with a spectrum that moves.

    Parameters
    ----------
    magnitude
        Of seconds ``(frames, 1)`` and Hz ``(1, bins)``; returns ``(frames, bins)``. 1 everywhere is white noise of
        unit power.
    hop
        Half a frame; what changes faster is smeared.
    start
        Sample that the first one is, for a magnitude that follows a longer curve.

    Returns
    -------
    ``(channels, length)``.
    """
    frames = length // hop + 2
    seconds = (start + (np.arange(frames) * hop)[:, None]) / SAMPLE_RATE_HZ
    hz = fft.rfftfreq(2 * hop, 1 / SAMPLE_RATE_HZ)[None, :]
    level = (magnitude(seconds, hz) * np.sqrt(hop)).astype(np.float32)
    level = np.broadcast_to(level, (frames, hop + 1))
    window = np.sin(np.pi * (np.arange(2 * hop) + 0.5) / (2 * hop)).astype(np.float32)
    out = np.empty((channels, length))
    for channel in range(channels):
        spectrum = rng.standard_normal((frames, hop + 1, 2), dtype=np.float32).view(np.complex64)[..., 0]
        grains = fft.irfft(spectrum * level, 2 * hop, axis=1) * window
        joined = grains[1:, :hop] + grains[:-1, hop:]
        out[channel] = joined.ravel()[:length]
    return out


def bump(hz: Signal, centre_hz: Signal | float, octaves: float) -> Signal:
    """A bell on a logarithmic frequency scale, 1 at its centre; for :func:`painted`."""
    shape: Signal = np.exp(-0.5 * (np.log2(np.maximum(hz, 1.0) / centre_hz) / octaves) ** 2)
    return shape


def tilt(hz: Signal, low_hz: float, high_hz: float, slope: float) -> Signal:
    """Power ``f**slope`` between two frequencies, 1 at the lower one; for :func:`painted`."""
    f = np.maximum(hz, 1.0)
    shape: Signal = (
        np.maximum(f / low_hz, 1.0) ** (slope / 2) * np.minimum(f / low_hz, 1.0) / np.sqrt(1 + (f / high_hz) ** 6)
    )
    return shape


class Curve:
    """A smooth random curve in 0 to 1, known at every moment of a sound of any length.

    Parameters
    ----------
    seconds
        Length it must cover.
    rate_hz
        Independent values a second.
    """

    def __init__(self, rng: Rng, seconds: float, rate_hz: float) -> None:
        self._rate_hz = rate_hz
        self._phase = rng.random()
        self._knots = rng.random(int(np.ceil(seconds * rate_hz)) + 4)

    def __call__(self, seconds: Signal) -> Signal:
        """Values at these times."""
        where = np.clip(seconds * self._rate_hz + self._phase, 0.0, self._knots.size - 2)
        index = where.astype(np.int64)
        share = where - index
        share = share * share * (3 - 2 * share)
        value: Signal = self._knots[index] * (1 - share) + self._knots[index + 1] * share
        return value

    def samples(self, start: int, length: int, hop: int = 64) -> Signal:
        """One value a sample from sample ``start``, straight lines between values a ``hop`` apart."""
        points = self((start + np.arange(length // hop + 2) * hop) / SAMPLE_RATE_HZ)
        return lines(points, hop)[:length]


def lines(points: Signal, hop: int) -> Signal:
    """Straight lines through points that lie ``hop`` samples apart."""
    ramp = np.arange(hop) / hop
    return (points[:-1, None] + np.diff(points)[:, None] * ramp).ravel()
