"""Broadcast Wave: RIFF, ``bext`` and ``iXML`` around samples; RF64 where that would be more than 4 GB.

Sources: EBU Tech 3285 (version 2), Microsoft's RIFF and WAVEFORMATEXTENSIBLE, EBU Tech 3306 (RF64). Bytes only; files
and names are elsewhere.

Samples are rounded to their bits without dither. Dither would hide a rounding error of -144 dBFS, which lies under the
noise of every converter anyway, and would cost what matters here: silence stays digital silence, a 24-bit file that is
read and written again keeps its bytes, and an edit is bit-identical outside its selection.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from numpy.typing import NDArray

from engine.audio import Audio
from engine.errors import InternalError
from engine.source import Held, Source, blocks
from engine.stems.layout import Layout, encoded
from engine.stems.metadata import Description, Inherited, bext, ixml

BYTES_PER_SAMPLE = 3
LARGEST_RIFF_BYTES = 2**32 - 2**20
_CHANNEL_MASKS = {3: 0x7, 4: 0x33, 5: 0x37, 6: 0x3F, 7: 0x13F, 8: 0x63F}
"""L R C LFE Ls Rs (and Lss Rss), as film has them; what two channels are needs no mask."""
_SUBFORMAT = b"\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"


def write(file: BinaryIO, audio: Audio, about: Description) -> None:
    """Write a sound as 24-bit PCM."""
    source = Held(audio)
    write_frames(file, Layout.of(source), frames_of(source), about)


def frames_of(source: Source) -> Iterator[NDArray[Any]]:
    """A source's samples as a file has them, ``(n, channels)``."""
    return (block.T for block in blocks(source))


def write_frames(
    file: BinaryIO,
    layout: Layout,
    frames: Iterable[NDArray[Any]],
    about: Description,
    inherited: Inherited | None = None,
) -> None:
    """Write a whole file.

    Parameters
    ----------
    frames
        ``(n, channels)`` each, together of the layout's length: floats, or left-justified int32; see
        :func:`~engine.stems.layout.encoded`.
    inherited
        What the file that this one was made of said of itself.

    Raises
    ------
    InternalError
        When the frames are not as many as the layout says.
    """
    chunks = [
        (b"fmt ", _format(layout)),
        (b"bext", bext(layout, about, inherited)),
        (b"iXML", ixml(layout, about, inherited)),
    ]
    even = ((name, body + b"\0" * (len(body) % 2)) for name, body in chunks)  # libsndfile's RF64 knows no padding
    head = b"".join(name + struct.pack("<I", len(body)) + body for name, body in even)
    pad = layout.data_bytes % 2
    total = 4 + len(head) + 8 + layout.data_bytes + pad
    if total <= LARGEST_RIFF_BYTES:
        file.write(b"RIFF" + struct.pack("<I", total) + b"WAVE" + head)
        file.write(b"data" + struct.pack("<I", layout.data_bytes))
    else:
        ds64 = struct.pack("<4sIQQQI", b"ds64", 28, total + 36, layout.data_bytes, layout.length_samples, 0)
        file.write(b"RF64" + b"\xff" * 4 + b"WAVE" + ds64 + head + b"data" + b"\xff" * 4)
    written = 0
    for block in frames:
        file.write(encoded(block, layout.encoding))
        written += len(block)
    if written != layout.length_samples:
        raise InternalError(f"A file of {layout.length_samples} samples was given {written}.")
    file.write(b"\0" * pad)


def _format(layout: Layout) -> bytes:
    rate, frame_bytes = layout.sample_rate_hz, layout.frame_bytes
    tag = 3 if layout.is_float else 1
    plain = struct.pack("<HIIHH", layout.channels, rate, rate * frame_bytes, frame_bytes, layout.bits)
    if layout.channels <= 2:
        return struct.pack("<H", tag) + plain + (b"\0\0" if layout.is_float else b"")
    mask = layout.channel_mask or _CHANNEL_MASKS[layout.channels]
    return b"\xfe\xff" + plain + struct.pack("<HHIH", 22, layout.bits, mask, tag) + _SUBFORMAT
