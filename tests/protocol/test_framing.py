"""Packets in streams: whatever the chunks, the same packets; whatever the bytes, bounded memory."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import MalformedPacket
from engine.protocol.framing import MAX_FRAME_BYTES, Deframer, FrameTooLong, Framing, NotOsc, frame

PACKETS = st.lists(st.binary(min_size=1, max_size=60).map(b"/".__add__), max_size=6)


def chunks(stream: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    return [stream[a:b] for a, b in pairwise(edges)]


@given(PACKETS, st.lists(st.integers(0, 10_000), max_size=8), st.sampled_from(["slip", "length"]))
def test_packets_survive_any_framing_and_any_chunks(packets: list[bytes], cuts: list[int], framing: Framing) -> None:
    deframer = Deframer()
    stream = b"".join(frame(packet, framing) for packet in packets)
    assert [packet for chunk in chunks(stream, cuts) for packet in deframer.feed(chunk)] == packets
    assert not deframer.partial
    assert deframer.framing == (framing if packets else None)


def test_single_end_slip_is_taken_too() -> None:
    assert Deframer().feed(b"/a\0\0\xc0/b\0\0\xc0") == [b"/a\0\0", b"/b\0\0"]


@pytest.mark.parametrize("begin", [b"POST / HTTP/1.1", b"GET /", b"\x16\x03\x01", b"\xff", b"\n/a"])
def test_anything_else_is_not_osc(begin: bytes) -> None:
    with pytest.raises(NotOsc):
        Deframer().feed(begin + frame(b"/cuewright/ping\0"))


def test_a_damaged_escape_is_malformed_and_the_next_frame_is_read() -> None:
    first, second = Deframer().feed(b"\xc0/a\xdb\x01\xc0\xc0/b\0\0\xc0")
    assert isinstance(first, MalformedPacket)
    assert second == b"/b\0\0"


@pytest.mark.parametrize(
    "stream",
    [
        b"\xc0/" + b"a" * MAX_FRAME_BYTES,
        b"\xc0/" + b"a" * MAX_FRAME_BYTES + b"\xc0",
        (MAX_FRAME_BYTES + 1).to_bytes(4) + b"/",
    ],
)
def test_a_frame_too_long_is_said_after_what_came_before_it(stream: bytes) -> None:
    good = frame(b"/a\0\0", "slip" if stream[0] else "length")
    first, last = Deframer().feed(good + stream)
    assert first == b"/a\0\0"
    assert isinstance(last, FrameTooLong)


def test_the_longest_frame_is_taken() -> None:
    packet = b"/" + b"a" * (MAX_FRAME_BYTES - 1)
    for framing in ("slip", "length"):
        assert Deframer().feed(frame(packet, framing)) == [packet]


@given(st.lists(st.binary(max_size=40), max_size=10))
def test_any_stream_gives_packets_or_our_errors(stream: list[bytes]) -> None:
    deframer = Deframer()
    try:
        found = [item for chunk in stream for item in deframer.feed(chunk)]
    except NotOsc:
        return
    assert all(isinstance(item, (bytes, MalformedPacket)) for item in found)
