"""How likely each moment is a contact, judged by a small network that has watched rendered performances.

The network sees the grid of motion over a second, wherever in the picture it is: first what happens in a cell and its
neighbours, then the most and the mean of that over the picture, then how it goes on. It was trained on pictures that
``engine.training`` renders, whose contacts are known, and on no footage; the constants are in ``contacts.json``. It
does not know how large anything is: it sees each shot on the shot's own scale.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from engine.model import Model
from engine.video.motion import Floats, Motion, Small

CONSTANTS = Path(__file__).parent / "contacts.json"
RATE_HZ = 30.0
CHANNELS = 5
_LEAST_SPEED = 0.03
_LEAST_CHANGE = 2.0
"""Widths a second, and gray levels, that are added to the greatest, lest noise fill the scale of a still shot."""
_HIGHEST = 99.5
_MOST = 4.0
MEAN_GAIN = 3.0
"""What moves is mostly small; the mean over the picture is brought to the size of the greatest."""


class Layer(Model):
    """A convolution: weights of ``shape`` (out, in, taps of each axis), the last axis fastest."""

    shape: tuple[int, ...]
    weight: tuple[float, ...]
    bias: tuple[float, ...]

    def taps(self) -> Small:
        """``(out, in, taps...)``."""
        return np.array(self.weight, np.float32).reshape(self.shape)


class Network(Model):
    """The layers, in order: over time and place in each cell, then over time for the whole picture."""

    cell_before: Layer
    neighbours: Layer
    cell_after: Layer
    near: Layer
    wide: Layer
    wider: Layer
    out: Layer

    def probability(self, seen: Small) -> Floats:
        """``(moments,)``: how likely each is a contact, from what :func:`seen_by` makes."""
        cells = _rectified(_over_time(seen, self.cell_before))
        cells = _rectified(_over_place(cells, self.neighbours))
        cells = _rectified(_over_time(cells, self.cell_after))
        whole = np.concatenate([cells.max((2, 3)), MEAN_GAIN * cells.mean((2, 3))])
        whole = _rectified(_over_time(whole, self.near))
        whole = whole + _rectified(_over_time(whole, self.wide, 2))
        whole = whole + _rectified(_over_time(whole, self.wider, 4))
        return np.asarray(1 / (1 + np.exp(-_over_time(whole, self.out)[0].astype(np.float64))))


@functools.cache
def network() -> Network:
    """The constants that come with the engine."""
    return Network.read(CONSTANTS.read_bytes())


def seen_by(motion: Motion) -> tuple[Floats, Small]:
    """What the network sees of a block of two frames or more, at ``RATE_HZ``.

    Returns
    -------
    times
        ``(moments,)`` seconds.
    seen
        ``(CHANNELS, moments, rows, columns)``: motion to the right and down, speed, change and residual of each cell;
        the signed root of each on the scale of the block.
    """
    times = motion.times
    between = times - np.diff(times, prepend=2 * times[0] - times[1]) / 2
    even = np.arange(times[0], times[-1], 1 / RATE_HZ)
    scalars = np.stack([motion.speed, motion.change, motion.residual], -1)
    cells = np.concatenate([motion.velocity, scalars], -1, dtype=np.float32)
    place = np.clip(np.searchsorted(between, even, "right") - 1, 0, len(between) - 2)
    share = np.clip((even - between[place]) / (between[place + 1] - between[place]), 0, 1).astype(np.float32)
    share = share[:, None, None, None]
    cells = cells[place] * (1 - share) + cells[place + 1] * share
    speed = float(np.percentile(cells[..., 2], _HIGHEST)) + _LEAST_SPEED
    change = float(np.percentile(cells[..., 3], _HIGHEST)) + _LEAST_CHANGE
    cells /= np.array([speed, speed, speed, change, change], np.float32)
    rooted = np.sign(cells) * np.sqrt(np.minimum(np.abs(cells), _MOST))
    return even, np.ascontiguousarray(np.moveaxis(rooted, -1, 0))


def contact_curve(motion: Motion) -> tuple[Floats, Floats]:
    """Seconds, and how likely something meets something then, both ``(moments,)``, of two frames or more."""
    times, seen = seen_by(motion)
    return times, network().probability(seen)


def _rectified(values: Small) -> Small:
    return np.maximum(values, 0)


def _over_time(values: Small, layer: Layer, apart: int = 1) -> Small:
    """Convolve ``(in, moments, ...)`` along its second axis, with taps this far apart; zeros lie beyond the ends."""
    taps, moments = layer.taps(), values.shape[1]
    taps = taps.reshape(*taps.shape[:3])
    beyond = apart * (taps.shape[2] // 2)
    padded = np.pad(values, [(0, 0), (beyond, beyond), *[(0, 0)] * (values.ndim - 2)])
    parts = (np.tensordot(taps[:, :, k], padded[:, k * apart : k * apart + moments], 1) for k in range(taps.shape[2]))
    return _with_bias(sum(parts), layer)


def _over_place(values: Small, layer: Layer) -> Small:
    """Convolve ``(in, moments, rows, columns)`` along its last two axes; zeros lie beyond the edges."""
    taps = layer.taps()
    rows, columns = values.shape[2:]
    down, across = taps.shape[-2:]
    padded = np.pad(values, [(0, 0), (0, 0), (down // 2, down // 2), (across // 2, across // 2)])
    parts = (
        np.tensordot(taps[..., i, j], padded[:, :, i : i + rows, j : j + columns], 1)
        for i in range(down)
        for j in range(across)
    )
    return _with_bias(sum(parts), layer)


def _with_bias(values: NDArray[np.float32] | int, layer: Layer) -> Small:
    total = cast(Small, values)
    return total + np.array(layer.bias, np.float32).reshape(-1, *[1] * (total.ndim - 1))
