"""Wavelet shrinkage: bands of equal width to the ear, each coefficient shrunk by how far its place stands above noise.

The wavelets are Meyer's, analytic, several to an octave, taken by the Fourier transform of long overlapping blocks.
They are limited in frequency and their coefficients are taken often enough to be free of aliasing: a sound a sample
later has the same coefficients a sample later (shift-invariant). The threshold is each band's own, and each moment's.

Source: Meyer's window as in Daubechies, "Ten lectures on wavelets" (1992), sec. 4.2.1; the local, level-dependent
threshold after Chang, Yu and Vetterli, "Spatially adaptive wavelet thresholding with context modeling", IEEE TIP 9
(2000), sec. III.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import fft, ndimage

from engine.audio import Samples
from engine.dsp.denoise.channels import turned
from engine.dsp.denoise.spectral import noise_of
from engine.dsp.stft import Grid, Power, checked, scaled
from engine.source import Blocks, Source

_BLOCK_AT_48K = 2**16
_FADE_AT_48K = 2**12
_ROWS = 16
"""Blocks of all channels transformed together: the transform does several in one go."""
_VOICES = 3
"""Bands to an octave."""
_OVERLAP = 0.4
"""Share of a band in which it fades into the next one."""
_LOWEST_HZ = 60.0
_AROUND, _AROUND_SECONDS = 9, 0.003
"""Local power is taken over so many coefficients, or so long where that is more."""
_CAUTION = 1.3
"""Times the noise, below which a place holds nothing: the local power of noise is now and then more than its mean."""
_NOTHING = 1e-6


def wavelet(source: Source, *, noise: Source | None = None, strength: float = 1.0) -> Blocks:
    """A source with its small wavelet coefficients shrunk.

    Parameters
    ----------
    source
        Any length, rate and channel count; the result has the same.
    noise
        Noise alone, of the same rate; None: what is steady in the sound.
    strength
        Times the threshold that theory gives; 0 leaves the sound as it is.

    Raises
    ------
    BadArgument
        For a noise profile of another rate, too short or silent; for samples that are NaN or infinite.
    """
    axes = turned(source)
    found = noise_of(axes, noise)
    rate, length = source.sample_rate_hz, source.length_samples
    block, fade = scaled(_BLOCK_AT_48K, rate), scaled(_FADE_AT_48K, rate)
    grid = Grid(frame_samples=block, overlap=1)
    bands = _bands(grid, rate)
    hop = block - fade
    together = max(1, min(_ROWS // source.channels, -(-(length + fade) // hop)))
    rise = np.square(np.sin(np.pi / 2 * (np.arange(fade) + 0.5) / fade)).astype(np.float32)
    tail = np.zeros((source.channels, fade), np.float32)
    for start in range(-fade, length, together * hop):
        spectra = _transformed(axes, start, together, hop, block)
        level = found.level(grid, start)
        kept = np.zeros_like(spectra)
        for band in bands:
            kept[..., band.first : band.end] += band.shrunk(spectra, level, strength)
        sound = fft.irfft(kept, block, axis=-1, overwrite_x=True, workers=1)
        sound[..., :fade] *= rise
        sound[..., hop:] *= rise[::-1]
        sound[1:, :, :fade] += sound[:-1, :, hop:]
        sound[0, :, :fade] += tail
        tail = sound[-1, :, hop:].copy()
        whole = sound[..., :hop].swapaxes(0, 1).reshape(source.channels, -1)[:, : length - start]
        yield axes.back(whole[:, fade:] if start < 0 else whole)


def _transformed(source: Source, start: int, count: int, hop: int, block: int) -> NDArray[np.complex64]:
    """Spectra of ``count`` blocks, unwindowed, ``(count, channels, bins)``."""
    sound = checked(source.read(start, start + (count - 1) * hop + block))
    blocks = sliding_window_view(sound, block, axis=1)[:, ::hop].swapaxes(0, 1)
    return np.asarray(fft.rfft(np.ascontiguousarray(blocks), axis=-1, overwrite_x=True, workers=1))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Band:
    """One wavelet: its window lies on bins ``first`` to ``end`` of a block's spectrum."""

    first: int
    window: Samples
    size: int
    around: int

    @property
    def end(self) -> int:
        """After its last bin."""
        return self.first + len(self.window)

    def shrunk(self, spectra: NDArray[np.complex64], level: Power, strength: float) -> NDArray[np.complex64]:
        """Its part of spectra ``(blocks, channels, bins)``, the noise's share taken from its coefficients."""
        own = slice(self.first, self.end)
        coefficients = fft.ifft(spectra[..., own] * self.window, self.size, axis=-1, workers=1)
        variance = np.einsum("cf,f->c", level[:, own], np.square(self.window))[:, None] / np.float32(self.size) ** 2
        square = np.square(coefficients.real) + np.square(coefficients.imag)
        local = ndimage.uniform_filter1d(square, self.around, axis=-1, mode="wrap")
        np.maximum(local, np.float32(1e-30), out=local)
        gain = np.maximum(1 - np.float32(_CAUTION * strength) * variance / local, 0, dtype=np.float32)
        coefficients *= gain
        return np.asarray(fft.fft(coefficients, axis=-1, workers=1)[..., : len(self.window)] * self.window)


@lru_cache(maxsize=4)
def _bands(grid: Grid, rate_hz: int) -> tuple[_Band, ...]:
    """From the highest down; the squares of their windows add up to 1 at every bin."""
    hertz = np.maximum(np.arange(grid.bins), 0.5) * rate_hz / grid.frame_samples
    height = np.log2(hertz / (rate_hz / 2)) * _VOICES + 0.5
    lowest = int(math.log2(rate_hz / 2 / _LOWEST_HZ) * _VOICES)
    made = []
    for number in range(lowest + 1):
        rising = np.ones_like(height) if number == lowest else _rise(height + number + 1)
        falling = np.ones_like(height) if number == 0 else _rise(1 - height - number)
        window = (rising * falling).astype(np.float32)
        inside = np.flatnonzero(window > _NOTHING)
        first, end = int(inside[0]), int(inside[-1]) + 1
        size = int(fft.next_fast_len(end - first))
        around = max(_AROUND, round(_AROUND_SECONDS * size / grid.frame_samples * rate_hz))
        made.append(_Band(first=first, window=window[first:end], size=size, around=min(around, size)))
    return tuple(made)


def _rise(place: NDArray[np.float64]) -> NDArray[np.float64]:
    """Meyer's: from 0 at 0 to 1 at 1; its square and that of its mirror image add up to 1."""
    x = np.clip((place - 0.5) / _OVERLAP + 0.5, 0, 1)
    return np.asarray(np.sin(np.pi / 2 * x**4 * (35 - 84 * x + 70 * x**2 - 20 * x**3)))
