"""Packets in a byte stream: SLIP or length prefix.

The first byte of a stream says which, because an OSC packet begins with ``/`` or ``#``: END is double-END SLIP (OSC
1.1), ``/`` and ``#`` are single-END SLIP, and 0 is the four-byte length of OSC 1.0 (a frame is far below 16 MiB). Any
other first byte, such as the ``P`` of an HTTP POST, is not OSC, and nothing after it is looked at.

Source: RFC 1055 (SLIP); OSC 1.1 (Freed and Schmeder, NIME 2009) for the double END.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from engine.errors import MalformedPacket
from engine.protocol.codec import MAX_PACKET_BYTES

Framing = Literal["slip", "length"]

END, ESC, ESC_END, ESC_ESC = b"\xc0", b"\xdb", b"\xdc", b"\xdd"
MAX_FRAME_BYTES = MAX_PACKET_BYTES
_FIRST: dict[int, Framing] = {END[0]: "slip", ord("/"): "slip", ord("#"): "slip", 0: "length"}


class NotOsc(MalformedPacket):
    """The stream begins with something else, such as HTTP."""


class FrameTooLong(MalformedPacket):
    """A frame is longer than a packet may be."""


def frame(packet: bytes, framing: Framing = "slip") -> bytes:
    """A packet ready for a stream.

    >>> frame(b"/a\\0\\0")
    b'\\xc0/a\\x00\\x00\\xc0'
    """
    if framing == "length":
        return len(packet).to_bytes(4) + packet
    return END + packet.replace(ESC, ESC + ESC_ESC).replace(END, ESC + ESC_END) + END


def _unescape(raw: bytes) -> bytes:
    head, *rest = raw.split(ESC)
    parts = [head]
    for part in rest:
        if part[:1] == ESC_END:
            parts.append(END + part[1:])
        elif part[:1] == ESC_ESC:
            parts.append(ESC + part[1:])
        else:
            raise MalformedPacket("A SLIP escape is followed by a byte that does not belong there.")
    return b"".join(parts)


class Deframer:
    """Collects a stream's bytes and gives out its packets; holds at most one frame."""

    def __init__(self) -> None:
        self.framing: Framing | None = None
        self._buffer = b""

    @property
    def partial(self) -> bool:
        """A frame has begun and not ended."""
        return bool(self._buffer)

    def feed(self, data: bytes) -> list[bytes | MalformedPacket]:
        """The packets that ``data`` completes; a damaged frame gives its error in its place.

        After a :class:`FrameTooLong`, which is always the last, the stream cannot be followed any further.

        Raises
        ------
        NotOsc
            When the stream's first byte cannot begin OSC.
        """
        if not data:
            return []
        if self.framing is None:
            self.framing = _FIRST.get(data[0])
            if self.framing is None:
                raise NotOsc("The stream is not OSC.")
        self._buffer += data
        return list(self._slip() if self.framing == "slip" else self._length())

    def _slip(self) -> Iterator[bytes | MalformedPacket]:
        *frames, self._buffer = self._buffer.split(END)
        for raw in filter(None, frames):  # nothing lies between the two ENDs of neighbouring frames
            if len(raw) > MAX_FRAME_BYTES:
                yield _too_long(len(raw))
                return
            try:
                yield _unescape(raw)
            except MalformedPacket as error:
                yield error
        if len(self._buffer) > MAX_FRAME_BYTES:
            yield _too_long(len(self._buffer))

    def _length(self) -> Iterator[bytes | MalformedPacket]:
        offset = 0
        while len(self._buffer) - offset >= 4:
            size = int.from_bytes(self._buffer[offset : offset + 4])
            if size > MAX_FRAME_BYTES:
                yield _too_long(size)
                return
            if len(self._buffer) - offset - 4 < size:
                break
            yield self._buffer[offset + 4 : offset + 4 + size]
            offset += 4 + size
        self._buffer = self._buffer[offset:]


def _too_long(size: int) -> FrameTooLong:
    return FrameTooLong(f"A frame is at most {MAX_FRAME_BYTES:,} bytes; this one has {size:,} or more.")
