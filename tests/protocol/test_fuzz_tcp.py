"""Ten thousand damaged streams: alive, memory flat, every frame of every stream counted."""

from __future__ import annotations

import random
import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import psutil
import pytest
from packet_mutations import malformed, mutated
from protocol_harness import PATIENCE_SECONDS, RunningServer, UdpPeer, wait_until

from engine.errors import MalformedPacket
from engine.protocol import codec
from engine.protocol.framing import MAX_FRAME_BYTES, Deframer, FrameTooLong, NotOsc, frame
from engine.protocol.messages import PongReply
from engine.protocol.schema import request_message

AT_ONCE = 32
GROWTH_BYTES = 24 * 2**20


def any_streams(seed: int) -> Iterator[bytes]:
    """Streams that are framed, cut, damaged, or something else altogether."""
    chance = random.Random(seed)
    packets = malformed(seed)
    while True:
        packet = next(packets)
        match chance.randrange(6):
            case 0:
                yield packet or b"\xff"
            case 1:
                yield frame(packet) + frame(mutated(chance) or b"/")
            case 2:
                yield frame(packet, "length") + chance.randbytes(chance.randint(0, 20))
            case 3:
                yield frame(packet)[: -chance.randint(1, 3)]
            case 4:
                yield b"\xc0" + chance.randbytes(chance.randint(1, 40)).replace(b"\xc0", b"") + b"\xdb\x01\xc0"
            case _:
                yield chance.choice([b"POST / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02", b"\0\x7f\xff\xff"]) + packet


def expected(stream: bytes) -> tuple[int, int]:
    """Packets and malformed packets that a server should count."""
    deframer = Deframer()
    try:
        items = deframer.feed(stream)
    except NotOsc:
        return 1, 1
    wrong = sum(isinstance(item, MalformedPacket) or not readable(item) for item in items)
    unfinished = deframer.partial and not any(isinstance(item, FrameTooLong) for item in items)
    return len(items) + unfinished, wrong + unfinished


def readable(packet: bytes) -> bool:
    try:
        codec.decode(packet)
    except MalformedPacket:
        return False
    return True


def converse(port: int, batch: list[bytes]) -> None:
    """Send each stream on its own connection, and read until the server has closed it."""
    with ExitStack() as stack:
        connections = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)) for _ in batch
        ]
        for connection, stream in zip(connections, batch, strict=True):
            # Closed by a reset, so that ten thousand ports do not wait for a minute.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            with suppress(OSError):  # cut already: the beginning was enough
                connection.sendall(stream)
                connection.shutdown(socket.SHUT_WR)
        for connection in connections:
            with suppress(ConnectionError):
                while connection.recv(65_536):
                    pass


@pytest.mark.slow
def test_ten_thousand_malformed_streams(running: RunningServer, peer: UdpPeer) -> None:
    total, warm, before = 10_000, 2_000, 0
    packets = wrong = sent = 0
    source = (stream for stream in any_streams(seed=3) if expected(stream)[1])  # something is wrong in each
    process = psutil.Process()
    while sent < total:
        batch = [next(source) for _ in range(min(AT_ONCE, total - sent))]
        for stream in batch:
            found, bad = expected(stream)
            packets, wrong = packets + found, wrong + bad
        converse(running.port, batch)
        sent += len(batch)
        if not before and sent >= warm:
            before = process.memory_info().rss
    growth = process.memory_info().rss - before
    counters = wait_until(lambda: (c := running.counters).packets >= packets and c, "every stream to be read")
    assert (counters.connections, counters.connections_refused) == (total, 0)
    assert (counters.packets, counters.malformed) == (packets, wrong)
    assert counters.internal_errors == 0
    assert growth < GROWTH_BYTES
    assert isinstance(peer.ask(request_message("/cuewright/ping")), PongReply)


def test_endless_frames_are_cut_and_cost_no_memory(running: RunningServer, peer: UdpPeer) -> None:
    endless = b"\xc0/" + b"a" * (4 * MAX_FRAME_BYTES)
    before = psutil.Process().memory_info().rss
    for _ in range(50):
        converse(running.port, [endless] * 8)
    counters = wait_until(lambda: (c := running.counters).oversized == 400 and c, "every stream to be cut")
    assert counters.malformed == counters.packets == counters.connections_closed == 400
    assert psutil.Process().memory_info().rss - before < 2 * GROWTH_BYTES
    assert isinstance(peer.ask(request_message("/cuewright/ping")), PongReply)
