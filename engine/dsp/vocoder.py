"""A phase vocoder whose frames are taken where a map of time says, for one piece of a sound.

A frame of the result is a frame of the sound with every partial turned so far that it goes on where the last one left
it. How far is measured: the partial's advance over one hop is the difference between a frame and another one hop
before it, so no frequency need be guessed and no phase unwrapped. The bins around a peak turn with it (Laroche and
Dolson), all channels by the same angle, so neither the shape of a partial nor its place between the speakers changes.
Where the map runs at the sound's own pace nothing turns any further: a piece that begins at that pace begins with
copies of its samples.

Sources: Laroche and Dolson, "Improved phase vocoder time-scale modification of audio", IEEE Trans. Speech and Audio
Processing 7 (1999), section III-D (identity phase locking); Bonada, "Automatic technique in frequency domain for
near-lossless time-scale modification of audio", ICMC 2000 (advance measured between two frames).

This module knows nothing of transients; what a piece is, is decided by :mod:`engine.dsp.warp`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import fft

from engine.audio import Samples
from engine.source import Blocks, Source

_OVERLAP = 4
_FRAMES_AT_ONCE = 16
"""Few enough to stay in the cache, many enough that numpy's calls cost nothing."""
_TINY = np.float32(1e-30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What is made without a seam.

    Parameters
    ----------
    start, end
        Samples of the source that it may hear; beyond them lies another piece.
    length_samples
        Of the result.
    made, heard
        Knots of the map: sample ``made[i]`` of the result is what sample ``heard[i]`` of the source was; both rise
        from the piece's first sample on. Beyond the last knot time runs at the source's own pace.
    """

    start: int
    end: int
    length_samples: int
    made: NDArray[np.float64]
    heard: NDArray[np.float64]

    def heard_at(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Samples of the source for samples of the result."""
        inside = np.interp(places, self.made, self.heard)
        return np.asarray(np.round(inside + np.maximum(0.0, places - self.made[-1])), np.int64)


def vocoded(source: Source, piece: Piece, frame_samples: int) -> Blocks:
    """The piece in consecutive blocks, ``piece.length_samples`` in all.

    Parameters
    ----------
    source
        What is heard.
    piece
        Which part of it, and where its moments come to lie.
    frame_samples
        A multiple of 4; long enough to tell one partial from the next, short enough to follow them.
    """
    hop = frame_samples // _OVERLAP
    count = -(-piece.length_samples // hop) + _OVERLAP // 2
    finished = _Overlapped(frame_samples, source.channels)
    phases = _Phases()
    skip, left = frame_samples // 2, piece.length_samples
    for first in range(0, count, _FRAMES_AT_ONCE):
        numbers = np.arange(first, min(first + _FRAMES_AT_ONCE, count))
        centres = piece.heard_at(numbers * hop)
        steady = centres - piece.heard_at(np.maximum(numbers - 1, 0) * hop) == hop
        steady[numbers == 0] = True
        frames, weights = _frames(source, piece, centres, frame_samples)
        spectra = fft.rfft(frames, axis=-1, overwrite_x=True, workers=1)
        earlier = None
        if not steady.all():
            moved, _ = _frames(source, piece, centres[~steady] - hop, frame_samples)
            earlier = fft.rfft(moved, axis=-1, overwrite_x=True, workers=1)
        spectra *= phases.turns(spectra, earlier, steady)[:, None]
        made = finished.add(fft.irfft(spectra, frame_samples, axis=-1, overwrite_x=True, workers=1), weights)
        made = made[:, skip : skip + left]
        skip = max(0, skip - len(numbers) * hop)
        left -= made.shape[1]
        if made.shape[1]:
            yield made


def _frames(source: Source, piece: Piece, centres: NDArray[np.int64], size: int) -> tuple[Samples, Samples]:
    """Windowed frames ``(frames, channels, size)``, and the windows as far as they lie in the piece."""
    low, high = int(centres.min()) - size // 2, int(centres.max()) + size // 2
    first, last = max(low, piece.start), min(high, piece.end)
    sound = source.read(first, last) if last > first else np.zeros((source.channels, 0), np.float32)
    sound = np.pad(sound, ((0, 0), (min(first, high) - low, high - max(last, min(first, high)))))
    heard = np.zeros(high - low, np.float32)
    heard[max(0, first - low) : max(0, last - low)] = 1.0
    window = _window(size)
    rows = centres - centres.min()
    frames = sliding_window_view(sound, size, axis=1)[:, rows].swapaxes(0, 1) * window
    return frames, sliding_window_view(heard, size)[rows] * window


def _window(size: int) -> Samples:
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)).astype(np.float32)


class _Phases:
    """How far every bin is turned, from frame to frame."""

    def __init__(self) -> None:
        self._last: NDArray[np.complex64] | None = None
        self._turn: NDArray[np.complex64] | None = None

    def turns(
        self, spectra: NDArray[np.complex64], earlier: NDArray[np.complex64] | None, steady: NDArray[np.bool_]
    ) -> NDArray[np.complex64]:
        """Unit factors ``(frames, bins)`` for the next frames ``(frames, channels, bins)``.

        ``earlier`` holds, for the frames that are not steady, the sound one hop before each.
        """
        count, _, bins = spectra.shape
        turns = np.empty((count, bins), np.complex64)
        turn = np.ones(bins, np.complex64) if self._turn is None else self._turn
        if earlier is None:
            turns[:] = turn
        else:
            moved = np.flatnonzero(~steady)
            before = np.empty_like(earlier)
            before[moved > 0] = spectra[moved[moved > 0] - 1]
            if moved[0] == 0:
                assert self._last is not None  # a piece's first frame is steady
                before[0] = self._last
            step = _unit((before * earlier.conj()).sum(axis=1))
            peaks = _nearest_peaks(spectra[moved])
            place = 0
            for number in range(count):
                if not steady[number]:
                    turn = _unit((turn * step[place])[peaks[place]])
                    place += 1
                turns[number] = turn
        self._turn = turn
        self._last = spectra[-1].copy()
        return turns


def _unit(values: NDArray[np.complex64]) -> NDArray[np.complex64]:
    """Each over its magnitude; 1 for what has none."""
    sizes = np.sqrt(np.square(values.real) + np.square(values.imag))
    made: NDArray[np.complex64] = values / np.maximum(sizes, _TINY)
    made[sizes < _TINY] = 1.0
    return made


def _nearest_peaks(spectra: NDArray[np.complex64]) -> NDArray[np.int64]:
    """For each bin of each frame, the bin that is the peak it belongs to."""
    power = (np.square(spectra.real) + np.square(spectra.imag)).sum(axis=1)
    count, bins = power.shape
    padded = np.full((count, bins + 4), -1.0, np.float32)
    padded[:, 2:-2] = power
    peak = power >= padded[:, 1:-3]
    for place in (0, 3, 4):
        peak &= power > padded[:, place : place + bins] if place else power >= padded[:, :bins]
    numbers = np.arange(bins)
    below = np.maximum.accumulate(np.where(peak, numbers, -4 * bins), axis=1)
    above = np.minimum.accumulate(np.where(peak, numbers, 4 * bins)[:, ::-1], axis=1)[:, ::-1]
    return np.clip(np.where(numbers - below <= above - numbers, below, above), 0, bins - 1)


class _Overlapped:
    """Adds frames where they overlap, and divides by how much of the windows lies there."""

    def __init__(self, size: int, channels: int) -> None:
        self._hop, self._window = size // _OVERLAP, _window(size)
        self._sum = np.zeros((_OVERLAP - 1, channels + 1, self._hop), np.float32)

    def add(self, frames: Samples, weights: Samples) -> Samples:
        """The next frames; as many hops of finished sound, ``(channels, samples)``."""
        count, channels = frames.shape[:2]
        every = np.concatenate([frames, weights[:, None]], axis=1)
        every *= self._window
        hops = every.reshape(count, channels + 1, _OVERLAP, self._hop)
        total = np.zeros((count + _OVERLAP - 1, channels + 1, self._hop), np.float32)
        total[: _OVERLAP - 1] = self._sum
        for place in range(_OVERLAP):
            total[place : place + count] += hops[:, :, place]
        self._sum = total[count:].copy()
        done = total[:count]
        sound = done[:, :channels] / np.maximum(done[:, channels:], 1e-3)
        return np.ascontiguousarray(sound.swapaxes(0, 1)).reshape(channels, -1)
