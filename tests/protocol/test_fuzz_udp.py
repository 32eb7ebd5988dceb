"""A hundred thousand damaged datagrams on a real socket: alive, memory flat, each counted, and answered or withheld."""

from __future__ import annotations

import random
from collections import Counter
from itertools import islice

import psutil
import pytest
from packet_mutations import malformed, mutated
from protocol_harness import RunningServer, UdpPeer, wait_until

from engine.errors import MalformedPacket
from engine.protocol import codec
from engine.protocol.messages import ErrorReply, PongReply
from engine.protocol.schema import request_message

WINDOW = 100
"""Datagrams between two pings: few enough for any receive buffer, so that what was sent is what was received."""
GROWTH_BYTES = 24 * 2**20


def flush(peer: UdpPeer, answers: Counter[str]) -> None:
    """Count the answers up to the pong: the socket is a queue, so everything sent before was read before."""
    peer.send(request_message("/cuewright/ping"))
    while not isinstance(reply := peer.receive(), PongReply):
        answers[reply.code if isinstance(reply, ErrorReply) else reply.address] += 1


@pytest.mark.slow
def test_a_hundred_thousand_malformed_datagrams(running: RunningServer, peer: UdpPeer) -> None:
    total, warm, pings = 100_000, 20_000, 0
    answers: Counter[str] = Counter()
    packets = malformed(seed=1)
    process, before = psutil.Process(), 0
    for sent in range(0, total, WINDOW):
        for packet in islice(packets, WINDOW):
            peer.send(packet)
        flush(peer, answers)
        pings += 1
        if sent == warm:
            before = process.memory_info().rss
    growth = process.memory_info().rss - before
    counters = running.counters
    assert counters.packets == total + pings
    assert counters.malformed == total
    assert counters.commands == counters.messages == pings
    assert answers == {"malformed_packet": total - counters.errors_withheld}
    assert counters.replies_sent == total - counters.errors_withheld + pings
    assert counters.replies_dropped == counters.internal_errors == 0
    assert growth < GROWTH_BYTES
    assert not running.got


def test_damaged_datagrams_of_every_kind_are_each_counted_once(running: RunningServer, peer: UdpPeer) -> None:
    sent = pings = wrong = messages = 0
    answers: Counter[str] = Counter()
    chance = random.Random(2)
    while sent < 20_000:
        for _ in range(WINDOW):
            packet = mutated(chance)
            try:
                found = codec.decode(packet)
            except MalformedPacket:
                wrong += 1
            else:
                # Not these: answered elsewhere, or by a pong that would be taken for the one below.
                if any("reply_port" in m.arguments or m.address == "/cuewright/ping" for m in found):
                    continue
                messages += len(found)
            peer.send(packet)
            sent += 1
        flush(peer, answers)
        pings += 1
    counters = running.counters
    assert counters.packets == sent + pings
    assert counters.malformed == wrong
    assert counters.messages == messages + pings
    refused = counters.unknown_address + counters.bad_argument
    assert counters.messages == counters.commands + refused + counters.ignored
    wait_until(lambda: counters.commands == len(running.got) + pings, "the last command to be handled")
    assert answers.pop("malformed_packet") == wrong - counters.errors_withheld
    assert answers.total() == refused
    assert min(wrong, refused, len(running.got), counters.ignored) > 100  # all kinds were met
