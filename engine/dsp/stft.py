"""Short-time Fourier transform of a source, frame by frame, and the way back; nothing is ever held whole.

Frame ``t`` covers samples ``t * hop`` to ``t * hop + frame``; the first ones begin before the sound, so that every
sample lies in as many frames as any other. Spectra are complex64 ``(frames, channels, bins)``. With the root of a Hann
window on both ways and a hop of half a frame or a quarter, what is not changed comes back as it was.

Source: Griffin and Lim, "Signal estimation from modified short-time Fourier transform", IEEE TASSP 32 (1984), eq. 6.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import fft

from engine.audio import Samples
from engine.errors import BadArgument
from engine.source import Source

Spectra = NDArray[np.complex64]
"""``(frames, channels, bins)``."""
Power = NDArray[np.float32]
"""Squared magnitudes, of the shape of spectra."""


def scaled(samples_at_48k: int, sample_rate_hz: int) -> int:
    """The power of two that lasts about as long as so many samples at 48 kHz.

    >>> scaled(2048, 44_100), scaled(2048, 192_000), scaled(2048, 8_000)
    (2048, 8192, 256)
    """
    return int(2 ** round(math.log2(samples_at_48k * sample_rate_hz / 48_000)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Where frames lie.

    Parameters
    ----------
    frame_samples
        Length of a frame; even.
    overlap
        Frames over every sample: 2 or 4, and 1 where there is no way back.
    """

    frame_samples: int
    overlap: int = 2

    @property
    def hop_samples(self) -> int:
        """From one frame's first sample to the next one's."""
        return self.frame_samples // self.overlap

    @property
    def bins(self) -> int:
        """Frequencies of a spectrum, 0 to half the rate."""
        return self.frame_samples // 2 + 1

    @property
    def first_frame(self) -> int:
        """Number of the first frame that reaches the sound: 0 or less."""
        return 1 - self.overlap

    def end_frame(self, length_samples: int) -> int:
        """Number after the last frame that reaches a sound of this length."""
        return -(-length_samples // self.hop_samples)

    @property
    def window(self) -> Samples:
        """Root of the periodic Hann window, scaled so that analysis and synthesis together leave the level alone."""
        return _window(self.frame_samples, self.overlap)


def spectra(source: Source, grid: Grid, start: int, end: int) -> Spectra:
    """Frames ``start`` to ``end``; beyond the sound there is silence.

    Raises
    ------
    BadArgument
        When the sound holds a sample that is NaN or infinite.
    """
    return transformed(source.read(start * grid.hop_samples, (end - 1) * grid.hop_samples + grid.frame_samples), grid)


def transformed(sound: Samples, grid: Grid) -> Spectra:
    """All frames that lie within a piece of sound, ``(channels, samples)``; raises as :func:`spectra` does."""
    frames = sliding_window_view(checked(sound), grid.frame_samples, axis=1)[:, :: grid.hop_samples].swapaxes(0, 1)
    return np.asarray(fft.rfft(frames * grid.window, axis=-1, overwrite_x=True, workers=1))


def checked(sound: Samples) -> Samples:
    """The sound itself; raises as :func:`spectra` does."""
    if not np.isfinite(sound).all():
        raise BadArgument("The sound holds samples that are NaN or infinite; mend the file first.")
    return sound


def power(spectrum: Spectra) -> Power:
    """Squared magnitudes."""
    found: Power = np.square(spectrum.real)
    found += np.square(spectrum.imag)
    return found


class Overlap:
    """Frames laid over one another; what no later frame reaches is finished.

    Parameters
    ----------
    overlap
        Frames over every sample.
    channels
        Of every frame.
    hop_samples
        From one frame's first sample to the next one's.
    """

    def __init__(self, overlap: int, channels: int, hop_samples: int) -> None:
        self._overlap = overlap
        self._tail = np.zeros((overlap - 1, channels, hop_samples), np.float32)

    def add(self, frames: Samples) -> Samples:
        """The next frames, ``(frames, channels, overlap * hop)``; as many hops, finished, ``(frames, channels, hop)``.

        The first sample ever returned is the first of the first frame ever added.
        """
        count, (_, channels, hop) = len(frames), self._tail.shape
        hops = frames.reshape(count, channels, self._overlap, hop)
        total = np.zeros((count + self._overlap - 1, channels, hop), np.float32)
        total[: self._overlap - 1] = self._tail
        for place in range(self._overlap):
            total[place : place + count] += hops[:, :, place]
        self._tail = total[count:].copy()
        return total[:count]


def joined(hops: Samples) -> Samples:
    """Hops one after the other: ``(hops, channels, hop)`` to ``(channels, samples)``."""
    return np.ascontiguousarray(hops.swapaxes(0, 1)).reshape(hops.shape[1], -1)


class OverlapAdd:
    """The way back: frames in, finished samples out.

    Parameters
    ----------
    grid
        Where the frames lie.
    channels
        Of every spectrum.
    """

    def __init__(self, grid: Grid, channels: int) -> None:
        self._grid = grid
        self._overlap = Overlap(grid.overlap, channels, grid.hop_samples)

    def add(self, frames: Spectra) -> Samples:
        """The next frames; as many hops of sound as frames, float32 ``(channels, samples)``, as :meth:`Overlap.add`."""
        sound = fft.irfft(frames, self._grid.frame_samples, axis=-1, overwrite_x=True, workers=1)
        sound *= self._grid.window
        return joined(self._overlap.add(sound))


@lru_cache(maxsize=32)
def _window(frame_samples: int, overlap: int) -> Samples:
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(frame_samples) / frame_samples)
    window = np.sqrt(hann * 2 / overlap).astype(np.float32)
    window.flags.writeable = False
    return window
