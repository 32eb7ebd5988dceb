"""Packets that are wrong in as many ways as chance finds, from packets that are right."""

from __future__ import annotations

import random
from collections.abc import Iterator

from engine.protocol import codec, examples
from engine.protocol.schema import reply_message

SEEDS = tuple(
    packet
    for packet in (
        *(example.packet for example in (*examples.ACCEPTED, *examples.REJECTED)),
        *(codec.encode(reply_message(reply)) for reply in examples.REPLIES),
    )
    if 0 < len(packet) < 700
)
SIZES = (b"\xff\xff\xff\xfc", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\x80\0\0\0", b"\0\0\0\4", b"\0\0\xff\xff")


def mutated(chance: random.Random) -> bytes:
    """One packet, damaged a few times."""
    packet = bytearray(chance.choice(SEEDS))
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(packet)) if packet else 0
        match chance.randrange(9):
            case 0 if packet:
                packet[at] ^= 1 << chance.randrange(8)
            case 1 if packet:
                packet[at] = chance.randrange(256)
            case 2:
                del packet[at:]
            case 3:
                packet[at:at] = chance.randbytes(chance.randint(1, 9))
            case 4:
                packet[at & ~3 : (at & ~3) + 4] = chance.choice(SIZES)
            case 5:
                packet += chance.choice(SEEDS)[:300]
            case 6:
                del packet[at : at + chance.randint(1, 8)]
            case 7:
                packet = bytearray(codec.encode_bundle([bytes(packet)]))
            case 8:
                packet = bytearray(chance.randbytes(chance.randint(0, 64)))
    return bytes(packet)


def malformed(seed: int) -> Iterator[bytes]:
    """Without end, packets that are not OSC."""
    chance = random.Random(seed)
    while True:
        packet = mutated(chance)
        try:
            codec.decode(packet)
        except codec.MalformedPacket:
            yield packet
