"""OSC 1.0 packets to messages and back, within bounds.

Every size is checked before it is used, so that no packet, whatever its bytes, can hang the engine, exhaust its memory
or raise anything but :class:`~engine.errors.MalformedPacket`. Addresses are exact (no patterns) and timetags are
ignored: a message is done when it arrives. This module knows the format only; it does not know our addresses.

Source: Open Sound Control 1.0 specification (M. Wright, CNMAT, 2002), with the tags T F N I of OSC 1.1.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable
from dataclasses import dataclass

from engine.errors import BadArgument, MalformedPacket

MAX_ARGUMENTS = 256
MAX_NESTING = 4
MAX_MESSAGES = 64
"""In one packet; a small bundle must not ask for a large answer."""
MAX_PACKET_BYTES = 65_536

Value = int | float | str | bytes | bool | None
"""What an argument may be. ``I`` (infinitum) is read as infinity; a schema that wants a number refuses it."""

_INT32 = struct.Struct(">i")
_INT64 = struct.Struct(">q")
_FLOAT32 = struct.Struct(">f")
_FLOAT64 = struct.Struct(">d")
_NUMBERS = {"i": _INT32, "h": _INT64, "f": _FLOAT32, "d": _FLOAT64}
_CONSTANTS: dict[str, Value] = {"T": True, "F": False, "N": None, "I": math.inf}
_BUNDLE = b"#bundle\0"
_IMMEDIATELY = b"\0\0\0\0\0\0\0\1"


@dataclass(frozen=True, slots=True)
class Message:
    """An address and its arguments."""

    address: str
    arguments: tuple[Value, ...] = ()


def decode(packet: bytes) -> tuple[Message, ...]:
    """The messages of a packet, in order; those of bundles are unpacked.

    Raises
    ------
    MalformedPacket
        For anything that is not OSC, or is beyond our bounds.

    Examples
    --------
    >>> decode(b"/cuewright/jobs\\0,i\\0\\0\\0\\0\\0\\5")
    (Message(address='/cuewright/jobs', arguments=(5,)),)
    """
    if not packet or len(packet) % 4:
        raise MalformedPacket(f"An OSC packet is a multiple of 4 bytes; this one has {len(packet)}.")
    if len(packet) > MAX_PACKET_BYTES:
        raise MalformedPacket(f"A packet is at most {MAX_PACKET_BYTES:,} bytes; this one has {len(packet):,}.")
    messages: list[Message] = []
    _element(packet, 0, len(packet), 0, messages)
    return tuple(messages)


def _element(data: bytes, start: int, end: int, depth: int, messages: list[Message]) -> None:
    """A message or a bundle between two offsets; both are multiples of 4."""
    if not data.startswith(_BUNDLE, start, end):
        if len(messages) == MAX_MESSAGES:
            raise MalformedPacket(f"A packet holds at most {MAX_MESSAGES} messages.")
        messages.append(_message(data, start, end))
        return
    if depth == MAX_NESTING:
        raise MalformedPacket(f"Bundles are nested more than {MAX_NESTING} deep.")
    offset = start + len(_BUNDLE) + len(_IMMEDIATELY)
    if offset > end:
        raise MalformedPacket("A bundle ends before its timetag.")
    while offset < end:  # what is left is at least 4 bytes, and every turn uses up at least 4
        size = int.from_bytes(data[offset : offset + 4])
        offset += 4
        if size == 0 or size % 4 or size > end - offset:
            raise MalformedPacket(f"A bundle's element says {size} bytes where {end - offset} are left.")
        _element(data, offset, offset + size, depth + 1, messages)
        offset += size


def _message(data: bytes, start: int, end: int) -> Message:
    address, offset = _string(data, start, end)
    if not address.startswith("/"):
        raise MalformedPacket("An OSC address begins with '/'.")
    if offset == end:  # some old senders leave the type tags out when there are no arguments
        return Message(address)
    tags, offset = _string(data, offset, end)
    if not tags.startswith(","):
        raise MalformedPacket("The type tags do not begin with ','.")
    if len(tags) > MAX_ARGUMENTS + 1:
        raise MalformedPacket(f"A message has at most {MAX_ARGUMENTS} arguments.")
    values: list[Value] = []
    for tag in tags[1:]:
        if tag == "s":
            text, offset = _string(data, offset, end)
            values.append(text)
        elif tag in _NUMBERS:
            number = _NUMBERS[tag]
            if number.size > end - offset:
                raise MalformedPacket("The packet ends in the middle of a number.")
            values.append(number.unpack_from(data, offset)[0])
            offset += number.size
        elif tag in _CONSTANTS:
            values.append(_CONSTANTS[tag])
        elif tag == "b":
            blob, offset = _blob(data, offset, end)
            values.append(blob)
        else:
            raise MalformedPacket(f"Type tag {tag!r} is not one of i h f d s b T F N I.")
    if offset != end:
        raise MalformedPacket(f"{end - offset} bytes follow the last argument.")
    return Message(address, tuple(values))


def _string(data: bytes, offset: int, end: int) -> tuple[str, int]:
    stop = data.find(0, offset, end)
    if stop < 0:
        raise MalformedPacket("A string in the packet has no end.")
    try:
        return data[offset:stop].decode(), (stop + 4) & ~3
    except UnicodeDecodeError:
        raise MalformedPacket("A string in the packet is not UTF-8.") from None


def _blob(data: bytes, offset: int, end: int) -> tuple[bytes, int]:
    size = int.from_bytes(data[offset : offset + 4])
    offset += 4
    if size > end - offset:
        raise MalformedPacket("The packet ends in the middle of a blob.")
    return data[offset : offset + size], (offset + size + 3) & ~3


def encode(message: Message) -> bytes:
    """A packet of one message.

    Whole numbers travel as ``i`` where they fit and else as ``h``; floats as ``f`` where that is exact and else as
    ``d``, so that decoding gives back what was encoded.

    Raises
    ------
    BadArgument
        When a value cannot travel: text with a null byte, an integer beyond 64 bits, more than 256 arguments.

    Examples
    --------
    >>> encode(Message("/a", (1,)))
    b'/a\\x00\\x00,i\\x00\\x00\\x00\\x00\\x00\\x01'
    """
    if len(message.arguments) > MAX_ARGUMENTS:
        raise BadArgument(f"A message has at most {MAX_ARGUMENTS} arguments.")
    tags, body = [","], []
    for value in message.arguments:
        tag, packed = _pack(value)
        tags.append(tag)
        body.append(packed)
    return b"".join((_pack_string(message.address), _pack_string("".join(tags)), *body))


def encode_bundle(packets: Iterable[bytes]) -> bytes:
    """A bundle of packets, to be done at once."""
    return _BUNDLE + _IMMEDIATELY + b"".join(_INT32.pack(len(packet)) + packet for packet in packets)


def float32(value: float) -> float:
    """The nearest value that ``f`` can carry; infinity when there is none."""
    try:
        return float(_FLOAT32.unpack(_FLOAT32.pack(value))[0])
    except OverflowError:
        return math.copysign(math.inf, value)


def type_tags(message: Message) -> str:
    """The tags it is encoded with, without the comma."""
    return "".join(_pack(value)[0] for value in message.arguments)


def _pack(value: Value) -> tuple[str, bytes]:
    match value:
        case None:
            return "N", b""
        case bool():
            return ("T" if value else "F"), b""
        case str():
            return "s", _pack_string(value)
        case int() if -(2**31) <= value < 2**31:
            return "i", _INT32.pack(value)
        case int() if -(2**63) <= value < 2**63:
            return "h", _INT64.pack(value)
        case int():
            raise BadArgument(f"{value} does not fit into 64 bits.")
        case float() if math.isnan(value) or float32(value) == value:
            return "f", _FLOAT32.pack(value)
        case float():
            return "d", _FLOAT64.pack(value)
        case bytes():
            return "b", _INT32.pack(len(value)) + value + bytes(-len(value) % 4)


def _pack_string(text: str) -> bytes:
    raw = text.encode(errors="replace")  # a lone surrogate (a file name that is no text) cannot travel; "?" can
    if b"\0" in raw:
        raise BadArgument("Text in an OSC message cannot hold a null byte.")
    return raw + bytes(4 - len(raw) % 4)
