"""Channels turned so that what they share lies in as few of them as can be: a filter then sees it with less noise.

Middle and side of a stereo sound are the usual case. The turn is orthogonal: noise that is independent in the channels
stays so, and turning back undoes it. Channels that share little are left alone, or one would be heard in the other.

Source: Karhunen and Loève's transform, as in Yang et al., "High-fidelity multichannel audio coding with Karhunen-Loeve
transform", IEEE TSAP 11 (2003), sec. III.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.audio import Samples
from engine.dsp.stft import checked
from engine.source import Source

LEAST_CORRELATION = 0.3
"""Below it two channels are unrelated."""
_LOOKS = 128
_LOOK_SAMPLES = 2**12
"""The channels' covariance is taken from at most so many stretches, evenly spread."""


class Turned:
    """A source whose channels are mixed by an orthogonal matrix.

    Parameters
    ----------
    source
        What is read.
    matrix
        ``(channels, channels)``, rows are the new channels.
    """

    def __init__(self, source: Source, matrix: NDArray[np.float32]) -> None:
        self._source = source
        self.matrix = matrix
        self.sample_rate_hz = source.sample_rate_hz
        self.channels = source.channels
        self.length_samples = source.length_samples

    def read(self, start: int, end: int) -> Samples:
        """See :meth:`engine.source.Source.read`."""
        return _mixed(self.matrix, self._source.read(start, end))

    def back(self, block: Samples) -> Samples:
        """What was made of the turned channels, for the channels as they were."""
        return _mixed(self.matrix.T, block)


def turned(source: Source) -> Turned:
    """The source with its correlated channels turned onto each other's principal axes."""
    return Turned(source, _axes(source))


def _mixed(matrix: NDArray[np.float32], block: Samples) -> Samples:
    """The matrix times the block, channel by channel: a library's product would wake threads for so little."""
    if len(matrix) == 1:
        return block
    mixed = np.empty_like(block)
    for row, out in zip(matrix, mixed, strict=True):
        np.multiply(block[0], row[0], out=out)
        for weight, channel in zip(row[1:], block[1:], strict=True):
            out += weight * channel
    return mixed


def _axes(source: Source) -> NDArray[np.float32]:
    channels, length = source.channels, source.length_samples
    if channels == 1:
        return np.ones((1, 1), np.float32)
    covariance = np.zeros((channels, channels))
    step = max(_LOOK_SAMPLES, length // _LOOKS)
    for start in range(0, length, step):
        look = checked(source.read(start, min(start + _LOOK_SAMPLES, length))).astype(np.float64)
        covariance += np.einsum("is,js->ij", look, look)
    deviations = np.sqrt(np.diag(covariance)) + 1e-30
    covariance[np.abs(covariance / np.outer(deviations, deviations)) < LEAST_CORRELATION] = 0.0
    covariance[np.diag_indices(channels)] = deviations**2
    _, axes = np.linalg.eigh(covariance)
    return np.asarray(axes.T, np.float32)
