"""The noise of a sound without a profile: what is always there, at every frequency, and never less.

Three things are asked, and a frequency whose answers contradict noise is taken to hold sound:

- How low does the power fall, in its lowest twentieth? Noise cannot be much above that.
- Does it stay there? Where the middle of its values lies no further above than chance explains, it is steady, and its
  lower values are taken as they are; a peak among its neighbours must be steadier than chance, as hum is and a held
  chord is not. Otherwise something sounds there most of the time, and the valley between its neighbours is taken.
- Is it there in the quietest moments? A long frame hears the tail of every step; in short ones there is silence
  between. No band has more noise than its quietest tenth.

Source: Martin, "Noise power spectral density estimation based on optimal smoothing and minimum statistics", IEEE TSAP 9
(2001), sec. III (the minimum and its bias); the mean of m independent powers is gamma-distributed with shape m.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from engine.dsp.denoise.noise import LEAST_DENSITY, SHORTEST_AT_48K, Density, Noise, longest_frame, on_bins
from engine.dsp.stft import Grid, Power, power, scaled, transformed
from engine.source import Source

FRAMES_A_BLOCK = 4
"""Whose powers are averaged before the lowest is sought."""
LEAST_BLOCKS = 6
_BLOCKS_AT_ONCE = 4
WINDOW_SECONDS = 40.0
"""Noise may change from one such stretch to the next; they overlap by half."""
MOST_MOMENTS = 128
CAUTION = np.float32(0.8)
"""Times the noise found: taking less than there is costs less than taking sound away."""
_LOW, _USUAL, _MIDDLE = 0.05, 0.15, 0.5
_STEADY = 2.0
"""Where the middle is so many times further above the low than chance explains, nothing is steady."""
_TONE, _TONE_ENDS = 1.2, 1.4
"""A tone's middle is so many times its low, at most; chance alone makes it 1.7."""
_UNTOLD_SECONDS, _TOLD_SECONDS = 6.0, 10.0
"""In a sound shorter than the one a hum is not told from a held chord, in one longer than the other it is."""
_VALLEY_SHARE_OF_BAND, _VALLEY_RANK, _VALLEY_RISE = 1 / 64, 0.4, 1.25
"""Neighbours to each side, as a share of all bins; the rank among them; how far a valley may be exceeded."""
_QUIET = 0.1
_BAND_BINS, _BANDS_AN_OCTAVE = 8, 3
_SHORT = 4
"""A long frame is as long as so many short ones."""


def from_sound(source: Source) -> Noise:
    """The steady noise of a sound; none where it is too short, under half a second, to tell noise from sound."""
    rate, length = source.sample_rate_hz, source.length_samples
    frame = longest_frame(length // (FRAMES_A_BLOCK * LEAST_BLOCKS), rate)
    if frame < _SHORT * scaled(SHORTEST_AT_48K, rate):
        return Noise([np.full((source.channels, 2), LEAST_DENSITY, np.float32)], [0])
    block = frame * FRAMES_A_BLOCK
    half = max(LEAST_BLOCKS // 2, round(WINDOW_SECONDS / 2 * rate / block), -(-length // (block * MOST_MOMENTS)))
    starts = list(range(0, length // block, half))
    if len(starts) > 1 and length // block - starts[-1] < half:
        starts.pop()  # what is left over belongs to the half before
    ends = [*starts[1:], length // block]
    halves = (_heard(source, frame, start, end) for start, end in zip(starts, ends, strict=True))
    if len(starts) == 1:
        trust = np.clip((length / rate - _UNTOLD_SECONDS) / (_TOLD_SECONDS - _UNTOLD_SECONDS), 0, 1)
        return Noise([_density(*next(halves), float(trust))], [0])
    densities = [
        _density(np.concatenate([first[0], then[0]]), np.concatenate([first[1], then[1]]), 1.0)
        for first, then in pairwise(halves)
    ]
    return Noise(densities, [start * block for start in starts[1:]])


def _heard(source: Source, frame: int, start: int, end: int) -> tuple[Power, Power]:
    """Means of blocks ``start`` to ``end``: of long frames by bin, and of every short frame by band."""
    long, short = Grid(frame_samples=frame, overlap=1), Grid(frame_samples=frame // _SHORT, overlap=1)
    edges = _bands(short.bins)
    blocks, bands = [], []
    for first in range(start, end, _BLOCKS_AT_ONCE):
        last = min(first + _BLOCKS_AT_ONCE, end)
        sound = source.read(first * FRAMES_A_BLOCK * frame, last * FRAMES_A_BLOCK * frame)
        heard = power(transformed(sound, long))
        mean = heard.reshape(last - first, FRAMES_A_BLOCK, *heard.shape[1:]).mean(axis=1) / np.float32(frame)
        smooth = mean.copy()
        smooth[..., 1:-1] += mean[..., :-2] + mean[..., 2:]
        smooth[..., 1:-1] /= 3
        blocks.append(smooth)
        found = power(transformed(sound, short))
        bands.append(np.add.reduceat(found, edges[:-1], axis=2) / (np.diff(edges) * short.frame_samples))
    return np.concatenate(blocks), np.concatenate(bands).astype(np.float32)


def _density(blocks: Power, bands: Power, trust: float) -> Density:
    """From the powers over time of bins, ``(blocks, channels, bins)``, and of bands, to the noise in them."""
    low, usual, middle = _lowest(blocks, FRAMES_A_BLOCK * _worth(3), (_LOW, _USUAL, _MIDDLE))
    slope = np.arange(1, low.shape[1] + 1)  # noise that falls with frequency has no valley at its foot
    valley = np.array([np.maximum(_valley(row), _valley(row * slope) / slope) for row in low])
    steady = trust * _steady(low, middle, valley)
    found = (CAUTION * (steady * usual + (1 - steady) * np.minimum(low, _VALLEY_RISE * valley))).astype(np.float32)
    bins = (blocks.shape[2] - 1) // _SHORT + 1
    edges = _bands(bins)
    widths = np.diff(edges)
    (quiet,) = _lowest(bands, _worth(widths), (_QUIET,))
    claimed = np.add.reduceat(on_bins(found, bins), edges[:-1], axis=1) / widths
    allowed = np.log(np.minimum(1, quiet / (claimed + LEAST_DENSITY)) + 1e-12)
    centres, places = (edges[:-1] + edges[1:] - 1) / 2 / (bins - 1), np.linspace(0, 1, blocks.shape[2])
    return np.asarray(found * np.exp([np.interp(places, centres, row) for row in allowed]), np.float32)


def _steady(low: Power, middle: Power, valley: NDArray[np.float64]) -> NDArray[np.float64]:
    """How surely a bin holds what is always there, 0 to 1, from its low and middle powers and its neighbours' low."""
    rise = middle / (low + LEAST_DENSITY)
    peak = np.clip(np.log2((low + LEAST_DENSITY) / (valley + LEAST_DENSITY)), 0, 1)
    shape = FRAMES_A_BLOCK * _worth(3)
    by_chance = special.gammaincinv(shape, _MIDDLE) / special.gammaincinv(shape, _LOW)
    tone = np.clip((_TONE_ENDS - rise * by_chance) / (_TONE_ENDS - _TONE), 0, 1)
    return np.asarray(np.clip(_STEADY - rise, 0, 1) * (1 - peak * (1 - tone)))


def _lowest(powers: Power, shape: NDArray[np.float64], shares: tuple[float, ...]) -> Iterator[Power]:
    """Quantiles over the first axis, each divided by what it would be of noise of power 1."""
    ordered = np.sort(powers, axis=0)  # faster than to part them at a few ranks: it compares many columns at once
    for share in shares:
        yield np.asarray(ordered[int(share * len(powers))] / (special.gammaincinv(shape, share) / shape), np.float32)


def _valley(low: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """What lies low among a bin's neighbours."""
    reach = max(4, round(_VALLEY_SHARE_OF_BAND * (low.size - 1)))
    step = max(1, reach // 4)
    places = np.arange(0, low.size, step)
    around = np.lib.stride_tricks.sliding_window_view(np.pad(low, reach, mode="symmetric"), 2 * reach + 1)[::step]
    rank = int(_VALLEY_RANK * (2 * reach + 1))
    return np.asarray(np.interp(np.arange(low.size), places, np.sort(around, axis=1)[:, rank]))


def _bands(bins: int) -> NDArray[np.int64]:
    """Edges of bands: a third of an octave, or eight bins where that is less."""
    edges = [0]
    while edges[-1] + _BAND_BINS < bins:
        edges.append(int(max(edges[-1] + _BAND_BINS, edges[-1] * 2 ** (1 / _BANDS_AN_OCTAVE))))
    if bins - edges[-1] < _BAND_BINS or edges[-1] >= bins:
        edges = edges[:-1] if len(edges) > 1 else edges
    return np.array([*edges, bins])


def _worth(bins: NDArray[np.int64] | int) -> NDArray[np.float64]:
    """As many independent powers have the spread of the mean of neighbouring bins, which share a quarter."""
    return np.asarray(np.square(bins) / (1.5 * np.asarray(bins) - 0.5))
