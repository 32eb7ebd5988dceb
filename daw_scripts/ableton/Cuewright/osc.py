"""OSC packets to messages and back: the part of the format that a Live set and the engine need of each other.

Knows no address. Every size is checked before it is used, because anything on this machine may send to the port.

Source: Open Sound Control 1.0 specification (M. Wright, CNMAT, 2002), with the tags T F N I of OSC 1.1.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Value = str | int | float | bool | bytes | None

MAX_PACKET_BYTES = 65_536
MAX_MESSAGES = 64
MAX_ARGUMENTS = 256
MAX_NESTING = 4
INT32_MAX = 2**31 - 1
INT64_MAX = 2**63 - 1

_NUMBERS = {"i": struct.Struct(">i"), "h": struct.Struct(">q"), "f": struct.Struct(">f"), "d": struct.Struct(">d")}
_CONSTANTS: dict[str, Value] = {"T": True, "F": False, "N": None, "I": math.inf}
_BUNDLE = b"#bundle\0"
_IMMEDIATELY = b"\0\0\0\0\0\0\0\1"


class Malformed(ValueError):
    """The bytes are not an OSC packet within the bounds, or a value cannot travel."""


@dataclass(frozen=True, slots=True)
class Message:
    """An address and its arguments."""

    address: str
    arguments: tuple[Value, ...] = ()


def encode(message: Message) -> bytes:
    """One message as a packet.

    Raises
    ------
    Malformed
        For a value that OSC cannot carry.
    """
    arguments = [_argument(value) for value in message.arguments]
    tags = "," + "".join(tag for tag, _ in arguments)
    return b"".join([_padded(message.address), _padded(tags), *(data for _, data in arguments)])


def bundle(packets: Sequence[bytes]) -> bytes:
    """Several packets as one, to be taken in their order."""
    sized = (len(packet).to_bytes(4, "big") + packet for packet in packets)
    return b"".join([_BUNDLE, _IMMEDIATELY, *sized])


def decode(packet: bytes) -> tuple[Message, ...]:
    """The messages of a packet in their order, those of bundles too.

    Raises
    ------
    Malformed
        For anything else, whatever its bytes.
    """
    if not packet or len(packet) % 4 or len(packet) > MAX_PACKET_BYTES:
        raise Malformed(f"{len(packet)} bytes are no packet.")
    messages: list[Message] = []
    for message in _messages(packet, 0):
        if len(messages) == MAX_MESSAGES:
            raise Malformed("The packet holds too many messages.")
        messages.append(message)
    return tuple(messages)


def _messages(packet: bytes, depth: int) -> Iterator[Message]:
    if not packet.startswith(_BUNDLE):
        yield _message(packet)
        return
    if depth == MAX_NESTING:
        raise Malformed("Bundles are nested too deep.")
    offset = len(_BUNDLE) + len(_IMMEDIATELY)
    if offset > len(packet):
        raise Malformed("The bundle has no timetag.")
    while offset < len(packet):
        size = int.from_bytes(packet[offset : offset + 4], "big")
        offset += 4
        if size % 4 or size > len(packet) - offset:
            raise Malformed("An element of the bundle has an impossible size.")
        yield from _messages(packet[offset : offset + size], depth + 1)
        offset += size


def _message(packet: bytes) -> Message:
    address, offset = _text(packet, 0)
    if not address.startswith("/"):
        raise Malformed("An address begins with '/'.")
    if offset == len(packet):
        return Message(address)
    tags, offset = _text(packet, offset)
    if not tags.startswith(",") or len(tags) > MAX_ARGUMENTS + 1:
        raise Malformed("The type tags cannot be read.")
    values: list[Value] = []
    for tag in tags[1:]:
        value, offset = _value(packet, tag, offset)
        values.append(value)
    if offset != len(packet):
        raise Malformed("Bytes follow the last argument.")
    return Message(address, tuple(values))


def _value(packet: bytes, tag: str, offset: int) -> tuple[Value, int]:
    if tag == "s":
        return _text(packet, offset)
    if tag in _CONSTANTS:
        return _CONSTANTS[tag], offset
    if tag == "b":
        size = int.from_bytes(packet[offset : offset + 4], "big")
        end = offset + 4 + (size + 3) // 4 * 4
        if len(packet) - offset < 4 or end > len(packet):
            raise Malformed("The packet ends within a blob.")
        return packet[offset + 4 : offset + 4 + size], end
    if tag not in _NUMBERS:
        raise Malformed(f"There is no type tag {tag!r} here.")
    number = _NUMBERS[tag]
    if number.size > len(packet) - offset:
        raise Malformed("The packet ends within a number.")
    value: int | float = number.unpack_from(packet, offset)[0]
    return value, offset + number.size


def _text(packet: bytes, offset: int) -> tuple[str, int]:
    end = packet.find(b"\0", offset)
    if end < 0:
        raise Malformed("A text has no end.")
    try:
        return packet[offset:end].decode("utf-8"), (end + 4) // 4 * 4
    except UnicodeDecodeError:
        raise Malformed("A text is not UTF-8.") from None


def _argument(value: Value) -> tuple[str, bytes]:
    if isinstance(value, bool):
        return "T" if value else "F", b""
    if value is None:
        return "N", b""
    if isinstance(value, str):
        return "s", _padded(value)
    if isinstance(value, int):
        if not -INT64_MAX <= value <= INT64_MAX:
            raise Malformed(f"{value} has more than 64 bits.")
        tag = "i" if -INT32_MAX <= value <= INT32_MAX else "h"
        return tag, _NUMBERS[tag].pack(value)
    if isinstance(value, float):
        return "d", _NUMBERS["d"].pack(value)  # never rounded: times are exact to the sample
    raise Malformed(f"A {type(value).__name__} cannot be sent.")


def _padded(text: str) -> bytes:
    if "\0" in text:
        raise Malformed("A text to be sent holds a null byte.")
    data = text.encode("utf-8", "replace")  # half a surrogate pair becomes a question mark
    return data + b"\0" * (4 - len(data) % 4)
