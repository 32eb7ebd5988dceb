"""Clicks and crackle, found and filled from what lies around.

A click is what neither the sound before it nor the sound after it leads one to expect, over in three milliseconds, and
alone among its neighbours. So a step, a hit or a consonant is none: more of it follows. Neither are the pulses of a
voice: they come one after another. What a crackling fire does on purpose is a click by all of this, and is taken.

Source: Godsill and Rayner, "Digital Audio Restoration" (1998), chapter 5 (detection in the residual of an
autoregressive model), here in both directions of time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, signal

from engine.dsp import autoregressive as ar
from engine.errors import BadArgument
from engine.source import Blocks, Source

LONGEST_SECONDS = 0.003

_BLOCK_SECONDS = 0.16
_MARGIN_SECONDS = 0.04
"""Read on each side of a block, for the model and for the neighbours of a click."""
_ORDER_SECONDS = 0.00125
_MOST_ORDER = 128
_TILE_SECONDS = 0.01
_LOUD_QUANTILE = 0.99
"""Of a tile: what is as loud as this in the tiles around is usual."""
_LEAST_TIMES, _MOST_TIMES = 2.5, 10.0
"""Above the usual, to be a click: at the highest sensitivity and at the lowest."""
_EDGE_TIMES = 0.3
"""Of the threshold: a click reaches as far as it is above this."""
_LEFT_OF_PEAK = 0.25
"""Of a click's peak, in what remains unexpected beside it once it is mended: with more, it was no click."""
_ORDINARY_TIMES = 1.5
"""The usual, that may remain beside any click."""
_CLOSE_SECONDS = 0.0002
_BESIDE_SECONDS = 0.002
_PASSES = 3
_MOST_MISSING = 0.15
"""Share of a block that may be clicks; where there are more, the sound itself is like that."""
_QUIETEST = 1e-6


def declick(source: Source, *, sensitivity: float = 0.5) -> Blocks:
    """The source without its clicks; where there is none, nothing changes.

    Parameters
    ----------
    sensitivity
        0 to 1: more finds more.

    Raises
    ------
    BadArgument
        When the sensitivity is out of bounds.
    """
    if not 0.0 <= sensitivity <= 1.0:
        raise BadArgument(f"A sensitivity is 0 to 1; got {sensitivity:g}.", field="sensitivity")
    return _declicked(source, _MOST_TIMES * (_LEAST_TIMES / _MOST_TIMES) ** sensitivity)


def _declicked(source: Source, times: float) -> Blocks:
    rate = source.sample_rate_hz
    size, margin = round(_BLOCK_SECONDS * rate), round(_MARGIN_SECONDS * rate)
    for start in range(0, source.length_samples, size):
        end = min(start + size, source.length_samples)
        around = source.read(start - margin, end + margin)
        made = around[:, margin : around.shape[1] - margin].copy()
        for channel, known in zip(made, around, strict=True):
            mended, missing = _mended(known.astype(np.float64), rate, times)
            inside = missing[margin : known.size - margin]
            channel[inside] = mended[margin : known.size - margin][inside]
        yield made


def _mended(known: ar.Real, rate: int, times: float) -> tuple[ar.Real, NDArray[np.bool_]]:
    """The sound, and where it was changed: the model gets better as clicks leave it."""
    missing = np.zeros(known.size, bool)
    mended = known
    order = min(round(_ORDER_SECONDS * rate), _MOST_ORDER)
    for _ in range(_PASSES):
        model = ar.levinson(mended, order)
        usual = _usual(_unexpected(mended, model), round(_TILE_SECONDS * rate))
        unexpected = _unexpected(known, model)
        found = _clicks(unexpected, times * usual, rate) | missing
        if (found == missing).all() or found.mean() > _MOST_MISSING:
            break
        tried = _filled(known, found, model)
        missing = found & ~_begins_something(tried, found, model, unexpected, usual, rate)
        mended = _filled(known, missing, model)
    return mended, missing


def _filled(known: ar.Real, missing: NDArray[np.bool_], model: ar.Real) -> ar.Real:
    mended = known.copy()
    if missing.any():
        mended[missing] = ar.restored(known, np.flatnonzero(missing), model)
    return mended


def _clicks(unexpected: ar.Real, threshold: ar.Real, rate: int) -> NDArray[np.bool_]:
    """Short stretches with something above the threshold, as far as they reach."""
    if not (unexpected > threshold).any():
        return np.zeros(unexpected.size, bool)
    close = max(1, round(_CLOSE_SECONDS * rate))
    above = np.pad(unexpected > _EDGE_TIMES * threshold, close)
    labels, count = ndimage.label(ndimage.binary_closing(above, np.ones(close))[close:-close])
    places = np.arange(1, count + 1)
    tops = ndimage.maximum(unexpected - threshold, labels, places)
    lengths = ndimage.sum_labels(labels > 0, labels, places)
    keep = np.concatenate([[False], (tops > 0) & (lengths <= LONGEST_SECONDS * rate)])
    return np.asarray(ndimage.binary_dilation(keep[labels], np.ones(3)))


def _begins_something(
    mended: ar.Real, missing: NDArray[np.bool_], model: ar.Real, unexpected: ar.Real, usual: ar.Real, rate: int
) -> NDArray[np.bool_]:
    """Stretches that, mended, do not lead to what follows, or from what precedes: an onset or an end of a sound."""
    beside = round(_BESIDE_SECONDS * rate)
    onwards, backwards = _forecast_errors(mended, model)
    labels, _ = ndimage.label(missing)
    refused = np.zeros(missing.size, bool)
    for (stretch,) in ndimage.find_objects(labels):
        after = onwards[stretch.start : stretch.stop + beside].max()
        before = backwards[max(0, stretch.start - beside) : stretch.stop].max()
        allowed = max(_LEFT_OF_PEAK * unexpected[stretch].max(), _ORDINARY_TIMES * usual[stretch].max())
        refused[stretch] = max(after, before) > allowed
    return refused


def _unexpected(known: ar.Real, model: ar.Real) -> ar.Real:
    """How far each sample is from what is expected, from before or from after, whichever is nearer.

    A click disturbs the forecast of what follows it and, backwards, of what precedes it; only itself in both.
    """
    return np.asarray(np.minimum(*_forecast_errors(known, model)))


def _forecast_errors(known: ar.Real, model: ar.Real) -> tuple[ar.Real, ar.Real]:
    """From the samples before, and from those after."""
    onwards, backwards = (signal.lfilter(model, [1.0], way) for way in (known, known[::-1]))
    return np.abs(onwards), np.abs(backwards[::-1])


def _usual(unexpected: ar.Real, tile: int) -> ar.Real:
    """What is unexpected and usual all the same: the second loudest of the two tiles before and the two after."""
    count = max(1, unexpected.size // tile)
    loud = np.quantile(unexpected[: count * tile].reshape(count, -1), _LOUD_QUANTILE, axis=1)
    around = np.pad(loud, 2, mode="reflect" if count > 2 else "edge")
    neighbours = np.array([around[shift : shift + count] for shift in (0, 1, 3, 4)])
    usual = np.maximum(np.sort(neighbours, axis=0)[-2], np.median(loud))
    spread = np.repeat(usual, tile)[np.minimum(np.arange(unexpected.size), count * tile - 1)]
    return np.asarray(np.maximum(spread, _QUIETEST))
