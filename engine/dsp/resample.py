"""Another sample rate, block by block: the band-limited resampler of SoX at its best quality, without its delay.

This module knows nothing of files; a source's rate is only a number that the new one is divided by.
"""

from __future__ import annotations

import numpy as np
import soxr

from engine.audio import MAX_SAMPLE_RATE_HZ, MIN_SAMPLE_RATE_HZ, Samples
from engine.errors import BadArgument
from engine.source import Blocks, Source, blocks

FINEST, FINE = "VHQ", "HQ"
"""28 and 20 bits of the resampler; the finer rings longer, 100 dB and more below a strike, ahead of it too."""


def resampled(source: Source, sample_rate_hz: int) -> Blocks:
    """The same sound at another rate: ``round(length * sample_rate_hz / source.sample_rate_hz)`` samples, at least one.

    Raises
    ------
    BadArgument
        When the rate is not one of 8,000 to 192,000 Hz.
    """
    if not MIN_SAMPLE_RATE_HZ <= sample_rate_hz <= MAX_SAMPLE_RATE_HZ:
        raise BadArgument(
            f"A sample rate is {MIN_SAMPLE_RATE_HZ} to {MAX_SAMPLE_RATE_HZ} Hz; got {sample_rate_hz}.",
            field="sample_rate",
        )
    if sample_rate_hz == source.sample_rate_hz:
        return blocks(source)
    length = max(1, round(source.length_samples * sample_rate_hz / source.sample_rate_hz))
    return drawn_out(blocks(source), source.channels, sample_rate_hz / source.sample_rate_hz, length)


def drawn_out(sound: Blocks, channels: int, factor: float, length_samples: int, quality: str = FINEST) -> Blocks:
    """Sound with ``factor`` samples for each one of ``sound``; pitch goes the other way.

    Parameters
    ----------
    sound
        Blocks of ``channels`` channels.
    channels
        1 to 8.
    factor
        New samples per old sample, above 0.
    length_samples
        So many exactly; silence follows where ``sound`` ends earlier.
    quality
        :data:`FINEST` or :data:`FINE`.
    """
    stream = soxr.ResampleStream(1.0, factor, channels, dtype="float32", quality=quality)
    left = length_samples
    for block in sound:
        made = _through(stream, block, last=False)[:, :left]
        left -= made.shape[1]
        if made.shape[1]:
            yield made
    made = _through(stream, np.zeros((channels, 0), np.float32), last=True)[:, :left]
    if left:
        yield np.pad(made, ((0, 0), (0, left - made.shape[1])))


def _through(stream: soxr.ResampleStream, block: Samples, *, last: bool) -> Samples:
    """One block through the stream, which wants its channels side by side."""
    made = stream.resample_chunk(np.ascontiguousarray(block.T), last=last)
    return np.ascontiguousarray(made.reshape(-1, block.shape[0]).T)
