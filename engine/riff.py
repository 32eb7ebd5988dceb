"""The chunks of a WAV file, of its 64-bit kin, and of AIFF.

A walker of our own, because files in the wild lie about their sizes: every size is checked against the file before it
is used, and a file has a bounded number of chunks. Nothing here raises for a malformed file. What is in a chunk is for
others to know.

Source: Microsoft's RIFF; EBU Tech 3306 and ITU-R BS.2088 (RF64, BW64); Apple's AIFF 1.3, where numbers are big-endian.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from typing import BinaryIO

MAX_CHUNKS = 1_024
_IN_DS64 = 0xFFFFFFFF
"""In place of a size that the ds64 chunk tells."""
_FORMS = {
    **dict.fromkeys((b"RIFFWAVE", b"RF64WAVE", b"BW64WAVE"), "<4sI"),
    **dict.fromkeys((b"FORMAIFF", b"FORMAIFC"), ">4sI"),
}
"""The head of a file, less its size, and how the heads of its chunks are packed."""


def chunks(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Yield (name, start of the body, bytes of it that the file really holds) of each top-level chunk."""
    end = os.fstat(file.fileno()).st_size
    for name, start, size in _told(file, end):
        yield name, start, min(size, end - start)


def missing_bytes(file: BinaryIO) -> int:
    """How many bytes of sound the file's header tells of and the file lacks; 0 where it does not tell."""
    end = os.fstat(file.fileno()).st_size
    for name, start, size in _told(file, end):
        if name in (b"data", b"SSND") and size != _IN_DS64:
            return max(0, size - (end - start))
    return 0


def _told(file: BinaryIO, end: int) -> Iterator[tuple[bytes, int, int]]:
    """(name, start of the body, bytes of it) of each chunk, as the file says."""
    file.seek(0)
    head = file.read(12)
    form = _FORMS.get(head[:4] + head[8:])
    if form is None:
        return
    data_bytes: int | None = None
    position = 12
    for _ in range(MAX_CHUNKS):
        if position + 8 > end:
            return
        file.seek(position)
        header = file.read(8)
        name, size = struct.unpack(form, header)
        start = position + 8
        if name == b"ds64" and (body := file.read(min(size, 16))) and len(body) == 16:
            data_bytes = struct.unpack("<8xQ", body)[0]
        if name == b"data" and size == _IN_DS64 and data_bytes is not None:
            size = data_bytes
        yield name, start, size
        position = start + size + size % 2
