"""The two sockets, both of this machine only and neither ever waited for: the engine's, and that of commands."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

from .osc import MAX_PACKET_BYTES, Malformed, Message, decode, encode

HOST = "127.0.0.1"
DATAGRAMS_A_TICK = 64
"""At most so many are read each tenth of a second; the rest waits in the system's buffer, which is as large as set."""
BUFFER_BYTES = 1 << 20

Address = tuple[str, int]


class Port:
    """A UDP socket that never blocks; datagrams that are not OSC are passed over."""

    def __init__(self, *, port: int = 0, peer_port: int | None = None) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.setblocking(False)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
            self._socket.bind((HOST, port))
            if peer_port is not None:
                self._socket.connect((HOST, peer_port))  # then the system lets nobody else's datagrams in
        except OSError:
            self._socket.close()
            raise

    def send(self, packet: bytes) -> None:
        """To the peer; lost if it is not there, which silence will tell."""
        with contextlib.suppress(OSError):
            self._socket.send(packet)

    def answer(self, message: Message, to: Address) -> None:
        """To the sender of a command; it may be gone."""
        with contextlib.suppress(OSError, Malformed):
            self._socket.sendto(encode(message), to)

    def receive(self) -> Iterator[tuple[Message, Address]]:
        """What came since the last call, up to a bound."""
        for _ in range(DATAGRAMS_A_TICK):
            try:
                data, sender = self._socket.recvfrom(MAX_PACKET_BYTES)
            except BlockingIOError:
                return
            except OSError:  # the peer's port is closed: said once for every datagram that was sent to it
                continue
            try:
                messages = decode(data)
            except Malformed:
                continue
            for message in messages:
                yield message, sender

    def close(self) -> None:
        """Free the port."""
        self._socket.close()
