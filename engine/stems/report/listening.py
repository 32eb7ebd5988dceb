"""Listening copies: a sound as MP3, small enough to travel inside a page.

Why inside. A page that is opened from a disk may play a WAV file beside it but may not read its bytes, and a browser
starts such a file some 70 ms after it is told to, give or take 10. Bytes that are in the page itself are scheduled on
the sample, can be panned, and are there when the page is mailed alone.

Why MP3. Every browser decodes it, and its delay is written in its own header, so the copy is as long as the sound and
lies on the same sample; and the same sound gives the same bytes, which Ogg's random serial numbers do not.

The WAV files remain what is delivered. This module knows nothing of pages.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from engine.errors import FileUnreadable

_QUALITY = 0.7
"""LAME's variable rate, 0 best to 1 smallest: about 50 kbit/s, clear enough to judge a sound and its place."""
_BYTES_PER_SECOND = 8_000
_BYTES_AT_LEAST = 3_000
_RATES_HZ = (32_000, 44_100, 48_000)
_BLOCK_SAMPLES = 2**16


def bytes_expected(length_seconds: float) -> int:
    """About how large the copy of a sound will be."""
    return _BYTES_AT_LEAST + round(_BYTES_PER_SECOND * length_seconds)


def listening_rate(sample_rate_hz: int) -> int:
    """The rate of MP3 that is heard alike: in a simple ratio where there is one, else the next above.

    >>> listening_rate(96_000), listening_rate(88_200), listening_rate(44_100), listening_rate(8_000)
    (48000, 44100, 44100, 32000)
    """
    whole = [rate for rate in _RATES_HZ if sample_rate_hz % rate == 0]
    above = [rate for rate in _RATES_HZ if rate >= sample_rate_hz]
    return max(whole) if whole else min(above, default=_RATES_HZ[-1])


def listening_copy(path: Path) -> bytes:
    """The first two channels of a sound file as an MP3 file of the same length.

    Raises
    ------
    FileUnreadable
        When it is missing, or no sound.
    """
    try:
        with soundfile.SoundFile(path) as file:
            channels, rate = min(2, file.channels), listening_rate(file.samplerate)
            return coded(_at_rate(file, channels, rate), rate, channels)
    except (OSError, soundfile.SoundFileError) as error:
        raise FileUnreadable(f"{path} cannot be read back: {error}.") from None


def coded(blocks: Iterable[NDArray[np.float32]], rate: int, channels: int) -> bytes:
    """Blocks of ``(samples, channels)``, one or two of these at one of MP3's rates, as an MP3 file."""
    made = io.BytesIO()
    with soundfile.SoundFile(
        made,
        "w",
        rate,
        channels,
        format="MP3",
        subtype="MPEG_LAYER_III",
        bitrate_mode="VARIABLE",
        compression_level=_QUALITY,
    ) as copy:
        for block in blocks:
            copy.write(block)
    return made.getvalue()


def _at_rate(file: soundfile.SoundFile, channels: int, rate: int) -> Iterator[NDArray[np.float32]]:
    """A file's first channels in pieces, ``(samples, channels)``, at another rate."""
    blocks = (block[:, :channels] for block in file.blocks(_BLOCK_SAMPLES, dtype="float32", always_2d=True))
    if rate == file.samplerate:
        yield from blocks
        return
    import soxr

    resampler = soxr.ResampleStream(file.samplerate, rate, channels)
    for block in blocks:
        yield resampler.resample_chunk(block)
    yield resampler.resample_chunk(np.zeros((0, channels), np.float32), last=True)
