"""How fast requests are read."""

from __future__ import annotations

import time

from engine.protocol import codec
from engine.protocol.schema import parse, request_message


def benchmark_decode(count: int) -> float:
    """Requests a second from bytes to a validated command, on this core."""
    packet = codec.encode(
        request_message(
            "/cuewright/generate",
            "bench-1",
            prompt="a heavy oak door slams, then footsteps on gravel",
            folder="/tmp/stems",
            duration=3.1,
            takes=2,
            seed=7,
        )
    )
    began = time.perf_counter()
    for _ in range(count):
        for message in codec.decode(packet):
            parse(message)
    return count / (time.perf_counter() - began)
