"""A phase vocoder whose frames are taken where a map of time says, for one piece of a sound.

A frame of the result is a frame of the sound with every partial turned so far that it goes on where the last one left
it. How far is measured: a partial's advance over one hop is the difference between a frame and another one hop before
it, so no frequency need be guessed and no phase unwrapped. The bins around a peak turn with it, all channels by the
same angle, so neither the shape of a partial nor its place between the speakers changes. Where the map runs at the
sound's own pace nothing turns any further: a piece that begins at that pace begins with copies of its samples.

Two things are our own. A piece that *closes* ends unturned: the rest of the turn is taken back over its last frames,
by less than a cycle, so that the next piece may begin with a copy and no partial breaks between them. And noise keeps
its level: frames that do not agree where they overlap add up to less than they should, how well they agree is measured
band by band, and what is lost is made up for.

Sources: Laroche and Dolson, "Improved phase vocoder time-scale modification of audio", IEEE Trans. Speech and Audio
Processing 7 (1999), section III (phase locking); Bonada, "Automatic technique in frequency domain for near-lossless
time-scale modification of audio", ICMC 2000 (copied transients).

This module knows nothing of transients; what a piece is, is decided by :mod:`engine.dsp.warp`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import fft

from engine.audio import Samples
from engine.dsp.stft import Overlap, Spectra, joined
from engine.source import Blocks, Source

Places = NDArray[np.int64]
Knots = NDArray[np.float64]

FRAME_SECONDS = 0.128
"""Long enough to tell partials 25 Hz apart; strikes do not suffer, since none lies inside a piece."""
_OVERLAP = 4
_FRAMES_AT_ONCE = 16
"""Few enough to stay in the cache, many enough that numpy's calls cost nothing."""
_GROUPS_BENT = 3
"""What a piece that closes is bent over: the last 1.5 s of the result, if it is so long."""
_BAND_BINS = 48
"""How well frames agree is measured over so many bins: 375 Hz."""
_LEAST_WEIGHT = 0.02
"""Where less of the windows lies, the sound fades instead of being scaled up."""
_TINY = np.float32(1e-30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What is made without a seam.

    Parameters
    ----------
    start, end
        Samples of the source that it may hear; beyond them lies another piece.
    fade_samples
        So softly its hearing begins and ends.
    length_samples
        Of the result.
    steady_samples
        So many are copied at the beginning; ``made`` and ``heard`` say the same.
    closes
        Whether it ends unturned at the last knot.
    made, heard
        Knots of the map: sample ``made[i]`` of the result is what sample ``heard[i]`` of the source was; both rise,
        from 0 and ``start`` on. After the last knot time runs at the source's own pace.
    """

    start: int
    end: int
    fade_samples: int
    length_samples: int
    steady_samples: int
    closes: bool
    made: Knots
    heard: Knots

    def heard_at(self, places: Places) -> Places:
        """Samples of the source for samples of the result."""
        inside = np.interp(places, self.made, self.heard)
        return np.asarray(np.round(inside + np.maximum(0.0, places - self.made[-1])), np.int64)


def vocoded(source: Source, piece: Piece) -> Blocks:
    """The piece in consecutive blocks, ``piece.length_samples`` in all."""
    hop = fft.next_fast_len(round(FRAME_SECONDS * source.sample_rate_hz / _OVERLAP), real=True)
    overlap = Overlap(_OVERLAP, source.channels + 1, hop)
    skip, left = hop * _OVERLAP // 2, piece.length_samples
    for group in _turned(source, piece, hop):
        group.spectra *= group.turns[:, None]
        sound = fft.irfft(group.spectra, hop * _OVERLAP, axis=-1, overwrite_x=True, workers=1)
        # The windows a second time, as far as they lie in the piece: nothing may leak out of it.
        total = overlap.add(np.concatenate([sound, group.weights[:, None]], axis=1) * group.shown[:, None])
        weighed = total[:, :-1] / np.maximum(total[:, -1:], _LEAST_WEIGHT)
        made = joined(np.asarray(weighed, np.float32))[:, skip : skip + left]
        skip = max(0, skip - len(group.numbers) * hop)
        left -= made.shape[1]
        if made.shape[1]:
            yield made


@dataclass(slots=True, kw_only=True)
class _Group:
    """Some consecutive frames.

    Parameters
    ----------
    numbers
        Of the frames; the middle of frame ``t`` becomes sample ``t * hop`` of the piece.
    spectra
        ``(frames, channels, bins)``.
    weights
        The windows as far as they lie in the piece, ``(frames, samples)``.
    shown
        The same, of frames that are bent without what would cover the copy at the beginning.
    peaks
        For every bin of a frame the bin that it turns with, ``(frames, bins)``.
    turns
        Unit factors, ``(frames, bins)``.
    """

    numbers: Places
    spectra: Spectra
    weights: Samples
    shown: Samples
    peaks: NDArray[np.int32]
    turns: Spectra


def _turned(source: Source, piece: Piece, hop: int) -> Iterator[_Group]:
    """All frames of a piece, and how far each is turned."""
    waiting: deque[_Group] = deque()
    for group in _free(source, piece, hop):
        waiting.append(group)
        if len(waiting) > _GROUPS_BENT:
            yield waiting.popleft()
    if piece.closes:
        _close(waiting, piece, hop)
    yield from waiting


def _close(groups: Iterable[_Group], piece: Piece, hop: int) -> None:
    """Take the turns back, the more the nearer the end, so that nothing is turned there."""
    groups = list(groups)
    begin = max(-(-piece.steady_samples // hop), int(groups[0].numbers[0]) - 1)
    end = -(-int(piece.made[-1]) // hop)
    angles = next(np.angle(group.turns[end - group.numbers[0]]) for group in groups if end <= group.numbers[-1])
    for group in groups:
        share = np.clip((group.numbers - begin) / max(1, end - begin), 0.0, 1.0).astype(np.float32)
        back = share[:, None] * angles[group.peaks]
        group.turns = group.turns * (np.cos(back) - 1j * np.sin(back))


def _free(source: Source, piece: Piece, hop: int) -> Iterator[_Group]:
    """All frames, each turned so that it goes on where the one before ended."""
    size = hop * _OVERLAP
    count = -(-piece.length_samples // hop) + _OVERLAP // 2
    bins = np.arange(size // 2 + 1, dtype=np.int32)
    turn = np.ones(bins.size, np.complex64)
    last = np.zeros((1, source.channels, bins.size), np.complex64)
    for first in range(0, count, _FRAMES_AT_ONCE):
        numbers = np.arange(first, min(first + _FRAMES_AT_ONCE, count))
        centres = piece.heard_at(numbers * hop)
        moved = np.flatnonzero((centres - piece.heard_at((numbers - 1) * hop) != hop) & (numbers > 0))
        frames, weights = _frames(source, piece, np.concatenate([centres, centres[moved] - hop]), size)
        every = fft.rfft(frames, axis=-1, overwrite_x=True, workers=1)
        spectra, a_hop_before = every[: numbers.size], every[numbers.size :]
        before = np.concatenate([last, spectra])[moved]
        last = spectra[-1:].copy()
        cross = (before * a_hop_before.conj()).sum(axis=1)
        steps = _unit(cross)
        peaks = np.broadcast_to(bins, (numbers.size, bins.size)).copy()
        peaks[moved] = _nearest_peaks(_power(spectra[moved]))
        turns = np.empty((numbers.size + 1, bins.size), np.complex64)
        turns[0] = turn
        turns[1:] = turn
        for place, step in zip(moved, steps, strict=True):
            turns[place + 1 :] = _unit((turns[place] * step)[peaks[place]])
        turn = turns[-1]
        agreed = (cross * (turns[moved] * turns[moved + 1].conj())).real
        spectra[moved] *= _made_up_for(agreed, _power(before), _power(a_hop_before))[:, None]
        weights = weights[: numbers.size]
        yield _Group(
            numbers=numbers,
            spectra=spectra,
            weights=weights,
            shown=_shown(weights, numbers * hop, moved, piece),
            peaks=peaks,
            turns=turns[1:],
        )


def _shown(weights: Samples, middles: Places, moved: Places, piece: Piece) -> Samples:
    """The weights, of frames that moved rising from the piece's beginning to the end of what is copied there.

    Time made shorter would else bring what comes after a strike to before it.
    """
    size = weights.shape[1]
    near = moved[middles[moved] - size // 2 < piece.steady_samples]
    if not near.size or not piece.steady_samples:
        return weights
    places = middles[near, None] + np.arange(-size // 2, size // 2)
    rise = (places - piece.fade_samples) / max(1, piece.steady_samples - piece.fade_samples)
    shown = weights.copy()
    shown[near] *= np.clip(rise, 0.0, 1.0)
    return shown


def _frames(source: Source, piece: Piece, centres: Places, size: int) -> tuple[Samples, Samples]:
    """Windowed frames ``(frames, channels, size)``, and the windows as far as they lie in the piece."""
    low, high = int(centres.min()) - size // 2, int(centres.max()) + size // 2
    at = np.arange(low, high)
    from_edge = np.minimum(at - piece.start, piece.end - 1 - at) + 0.5
    heard = np.clip(from_edge / piece.fade_samples, 0.0, 1.0).astype(np.float32)
    rows = centres - centres.min()
    frames = sliding_window_view(source.read(low, high) * heard, size, axis=1)[:, rows].swapaxes(0, 1)
    window = _window(size)
    return frames * window, sliding_window_view(heard, size)[rows] * window


def _power(spectra: Spectra) -> Samples:
    """Over all channels, ``(frames, bins)``."""
    return np.asarray((np.square(spectra.real) + np.square(spectra.imag)).sum(axis=1))


def _unit(values: Spectra) -> Spectra:
    """Each over its magnitude; 1 for what has none."""
    sizes = np.sqrt(np.square(values.real) + np.square(values.imag))
    made = np.asarray(values / np.maximum(sizes, _TINY), np.complex64)
    made[sizes < _TINY] = 1.0
    return made


def _nearest_peaks(power: Samples) -> NDArray[np.int32]:
    """For each bin of each frame the nearest bin that is as strong as the two on either side."""
    bins = power.shape[1]
    padded = np.pad(power, ((0, 0), (2, 2)), constant_values=-1.0)
    peak = np.ones(power.shape, bool)
    for place in (0, 1, 3, 4):
        peak &= power >= padded[:, place : place + bins]
    numbers = np.arange(bins, dtype=np.int32)
    below = np.maximum.accumulate(np.where(peak, numbers, -4 * bins), axis=1)
    above = np.minimum.accumulate(np.where(peak, numbers, 4 * bins)[:, ::-1], axis=1)[:, ::-1]
    return np.where(numbers - below <= above - numbers, below, above).astype(np.int32)


def _made_up_for(agreed: Samples, one: Samples, other: Samples) -> Samples:
    """Gain for each bin of each frame, 1 where frames agree.

    Of frames with a Hann window on both ways, ``c[0]`` of the power is their own and ``c[l]`` is due to frames ``l``
    hops apart agreeing. Frames that agree by ``g`` from one to the next agree by ``g**l`` over ``l`` hops.
    """
    edges = np.arange(0, agreed.shape[1] - _BAND_BINS + 1, _BAND_BINS)
    both, first, second = (np.add.reduceat(values, edges, axis=1) for values in (agreed, one, other))
    size = np.sqrt(first * second)
    agreement = np.where(size > _TINY, np.clip(both / np.maximum(size, _TINY), 0.0, 1.0), 1.0)
    gain = 1.0 / np.sqrt(np.polynomial.polynomial.polyval(agreement, _shares()))
    return np.asarray(gain.astype(np.float32) @ _between(edges.size, agreed.shape[1]))


@lru_cache(maxsize=4)
def _window(size: int) -> Samples:
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)).astype(np.float32)


@lru_cache(maxsize=1)
def _shares() -> Knots:
    """Share of the power that is due to frames 0, 1, 2 and 3 hops apart."""
    weight = np.square(_window(1024), dtype=np.float64)
    hop = weight.size // _OVERLAP
    found = [
        (2.0 if apart else 1.0) * weight[apart * hop :] @ weight[: weight.size - apart * hop] for apart in range(4)
    ]
    return np.asarray(np.array(found) / sum(found))


@lru_cache(maxsize=4)
def _between(bands: int, bins: int) -> Samples:
    """``(bands, bins)``: straight from the middle of each band to the next one's."""
    middles = (np.arange(bands) + 0.5) * _BAND_BINS
    return np.array([np.interp(np.arange(bins), middles, row) for row in np.eye(bands)], np.float32)
