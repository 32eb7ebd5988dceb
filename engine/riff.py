"""The chunks of a WAV file, and of its 64-bit kin.

A walker of our own, because files in the wild lie about their sizes: every size is checked against the file before it
is used, and a file has a bounded number of chunks. Nothing here raises for a malformed file. What is in a chunk is for
others to know.

Source: Microsoft's RIFF; EBU Tech 3306 and ITU-R BS.2088 (RF64, BW64).
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from typing import BinaryIO

MAX_CHUNKS = 1_024
_IN_DS64 = 0xFFFFFFFF


def chunks(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Yield (name, start of the body, bytes of it that the file really holds) of each top-level chunk."""
    end = os.fstat(file.fileno()).st_size
    file.seek(0)
    head = file.read(12)
    if len(head) < 12 or head[:4] not in (b"RIFF", b"RF64", b"BW64") or head[8:] != b"WAVE":
        return
    data_bytes: int | None = None
    position = 12
    for _ in range(MAX_CHUNKS):
        if position + 8 > end:
            return
        file.seek(position)
        header = file.read(8)
        name, size = struct.unpack("<4sI", header)
        start = position + 8
        if name == b"ds64" and (body := file.read(min(size, 16))) and len(body) == 16:
            data_bytes = struct.unpack("<8xQ", body)[0]
        if name == b"data" and size == _IN_DS64 and data_bytes is not None:
            size = data_bytes
        yield name, start, min(size, end - start)
        position = start + size + size % 2
