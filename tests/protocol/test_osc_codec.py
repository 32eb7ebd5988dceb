"""OSC bytes: python-osc as oracle both ways, every bound, and no exception but ours whatever the bytes."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from engine.errors import BadArgument, MalformedPacket
from engine.protocol import codec
from engine.protocol.codec import Message, Value, decode, encode, encode_bundle, float32
from engine.protocol.examples import ACCEPTED, REJECTED

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
VALUES: st.SearchStrategy[Value] = st.one_of(
    st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), TEXT, st.binary(max_size=40), st.booleans(), st.none()
)
MESSAGES = st.builds(Message, TEXT.map("/".__add__), st.lists(VALUES, max_size=12).map(tuple))


def oracle(message: Message) -> bytes:
    """The packet that python-osc builds of the same values."""
    builder = OscMessageBuilder(message.address)
    for tag, value in zip(codec.type_tags(message), message.arguments, strict=True):
        builder.add_arg(value, tag)
    return bytes(builder.build().dgram)


@given(MESSAGES)
def test_decode_gives_back_what_was_encoded(message: Message) -> None:
    assert decode(encode(message)) == (message,)


@given(MESSAGES.filter(lambda message: b"" not in message.arguments))  # python-osc refuses to write an empty blob
@example(Message("/all", (1, -(2**40), 0.5, 0.1, "ab", "abc", b"abcd", b"abcde", True, False, None)))
def test_python_osc_reads_what_we_write_and_we_read_what_it_writes(message: Message) -> None:
    assert list(OscMessage(encode(message)).params) == list(message.arguments)
    assert decode(oracle(message)) == (message,)


def test_a_bundle_of_python_osc_is_read_in_order() -> None:
    bundle = OscBundleBuilder(IMMEDIATELY)
    inner = OscBundleBuilder(IMMEDIATELY)
    inner.add_content(OscMessageBuilder("/b").build())
    bundle.add_content(OscMessageBuilder("/a").build())
    bundle.add_content(inner.build())
    bundle.add_content(OscMessageBuilder("/c").build())
    assert [m.address for m in decode(bundle.build().dgram)] == ["/a", "/b", "/c"]
    assert [m.address for m in decode(encode_bundle([encode(Message("/a")), encode(Message("/b"))]))] == ["/a", "/b"]


def test_a_timetag_in_the_far_future_is_ignored() -> None:
    packet = b"#bundle\0" + b"\xff" * 8 + struct.pack(">i", 8) + encode(Message("/a"))
    assert decode(packet) == (Message("/a"),)


def test_not_a_number_and_infinity_are_kept_for_the_schema_to_refuse() -> None:
    ((first, second, third),) = (m.arguments for m in decode(b"/a\0\0,fdI\0\0\0\0\x7f\xc0\0\0\x7f\xf0" + bytes(6)))
    assert isinstance(first, float)
    assert math.isnan(first)
    assert (second, third) == (math.inf, math.inf)


@pytest.mark.parametrize(
    ("value", "tag"),
    [(2**31 - 1, "i"), (2**31, "h"), (-(2**31), "i"), (-(2**31) - 1, "h"), (0.5, "f"), (0.1, "d"), (1e300, "d")],
)
def test_a_number_travels_in_the_smallest_type_that_is_exact(value: float, tag: str) -> None:
    assert codec.type_tags(Message("/a", (value,))) == tag


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_malformed(packet: bytes) -> None:
    try:
        messages = decode(packet)
    except MalformedPacket:
        return
    assert all(message.address.startswith("/") for message in messages)


@settings(max_examples=500)
@given(st.sampled_from([e.packet for e in (*ACCEPTED, *REJECTED)]), st.data())
def test_damaged_packets_are_a_message_or_malformed(packet: bytes, data: st.DataObject) -> None:
    damaged = bytearray(packet)
    for _ in range(data.draw(st.integers(1, 4)) if damaged else 0):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        decode(bytes(damaged[: data.draw(st.integers(0, len(damaged)))]))
    except MalformedPacket:
        return


@pytest.mark.parametrize("size", [-4, -1, 0, 1, 2**31 - 1])
def test_a_bundle_element_of_wrong_size_ends_at_once(size: int) -> None:
    with pytest.raises(MalformedPacket, match="element"):
        decode(b"#bundle\0" + bytes(8) + struct.pack(">i", size) + bytes(8))


def test_an_element_may_not_reach_into_its_neighbour() -> None:
    cut = b"/a\0\0,i\0\0"  # its integer would be the next element's size
    with pytest.raises(MalformedPacket, match="middle of a number"):
        decode(encode_bundle([cut, encode(Message("/b"))]))


@pytest.mark.parametrize(
    ("packet", "said"),
    [
        (bytes(codec.MAX_PACKET_BYTES + 4), "at most"),
        (b"/a\0\0," + b"T" * 257 + b"\0\0", "at most 256 arguments"),
        (encode_bundle([encode(Message("/a"))] * 65), "at most 64 messages"),
        (b"/a\0\0,s\0\0\xff\0\0\0", "not UTF-8"),
        (b"/a\0\0,s\0\0abcd", "no end"),
        (b"/a\0\0,b\0\0\xff\xff\xff\xfc", "blob"),
    ],
)
def test_bounds(packet: bytes, said: str) -> None:
    with pytest.raises(MalformedPacket, match=said):
        decode(packet)


def test_the_bounds_themselves_are_taken() -> None:
    most = Message("/a", (True,) * codec.MAX_ARGUMENTS)
    assert decode(encode(most)) == (most,)
    assert len(decode(encode_bundle([encode(Message("/a"))] * codec.MAX_MESSAGES))) == codec.MAX_MESSAGES


@pytest.mark.parametrize("value", ["nul\0inside", 2**63, -(2**63) - 1])
def test_what_cannot_travel_is_refused(value: Value) -> None:
    with pytest.raises(BadArgument):
        encode(Message("/a", (value,)))
    with pytest.raises(BadArgument):
        encode(Message("/a", (1,) * 257))


def test_a_file_name_that_is_no_text_travels_with_question_marks() -> None:
    assert decode(encode(Message("/a", ("caf\udce9.wav",)))) == (Message("/a", ("caf?.wav",)),)


def test_float32_of_what_does_not_fit_is_infinite() -> None:
    assert float32(-1e300) == -math.inf
