"""TCP: packets in SLIP or length-prefixed frames, replies in the same framing on the same connection.

A connection is read no faster than its requests are handled and its replies are read, so that a client that floods, or
never reads, or vanishes, costs a bounded amount of memory. Anything that does not begin like OSC (a browser's HTTP) is
closed without a word.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import time
from dataclasses import dataclass, field
from itertools import count

from engine.errors import MalformedPacket
from engine.protocol.dispatch import Dispatcher
from engine.protocol.framing import Deframer, FrameTooLong, NotOsc, frame
from engine.protocol.reply_to import ReplyTo

MAX_CONNECTIONS = 64
FRAME_SECONDS = 10.0
"""For the first byte, and for a frame from its first byte to its last."""
IDLE_SECONDS = 600.0
"""Without a request or a reply."""
WRITE_SECONDS = 10.0
MAX_UNREAD_BYTES = 2**20
"""Of replies that wait for a client to read them."""


@dataclass(eq=False)
class _Connection:
    writer: asyncio.StreamWriter
    deframer: Deframer = field(default_factory=Deframer)
    active: float = field(default_factory=time.monotonic)
    frame_began: float = field(default_factory=time.monotonic)

    def patience(self) -> float:
        """Seconds that may pass until the next byte."""
        if self.deframer.partial or self.deframer.framing is None:
            return self.frame_began + FRAME_SECONDS - time.monotonic()
        return self.active + IDLE_SECONDS - time.monotonic()


class TcpTransport:
    """Listens on one socket."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        self._tally = dispatcher.tally
        self._open: dict[str, _Connection] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._names = (f"{secrets.token_hex(4)}-{n}" for n in count(1))
        self._server: asyncio.Server | None = None

    async def start(self, listening: socket.socket) -> None:
        """Take connections from a bound socket."""
        self._server = await asyncio.start_server(self._accepted, sock=listening)

    async def close(self) -> None:
        """Close every connection."""
        if self._server:
            self._server.close()
        for connection in self._open.values():
            connection.writer.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def send(self, name: str, packet: bytes) -> bool:
        """Whether the connection took it; one that does not read what it is sent is cut."""
        connection = self._open.get(name)
        if connection is None or connection.writer.is_closing():
            return False
        transport = connection.writer.transport
        if transport.get_write_buffer_size() > MAX_UNREAD_BYTES:
            self._tally["connections_closed"] += 1
            transport.abort()
            return False
        connection.writer.write(frame(packet, connection.deframer.framing or "slip"))
        connection.active = time.monotonic()
        return True

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._open) >= MAX_CONNECTIONS:
            self._tally["connections_refused"] += 1
            writer.transport.abort()
            return
        self._tally["connections"] += 1
        name = next(self._names)
        self._open[name] = connection = _Connection(writer)
        task = asyncio.create_task(self._serve(name, connection, reader))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, name: str, connection: _Connection, reader: asyncio.StreamReader) -> None:
        writer = connection.writer
        try:
            await self._converse(name, connection, reader)
        except TimeoutError:
            self._tally["connections_closed"] += 1
            writer.transport.abort()
        except (NotOsc, FrameTooLong):
            self._tally["connections_closed"] += 1
        except ConnectionError:
            pass  # the client is gone
        finally:
            del self._open[name]
            writer.close()  # what is written still goes out, but not for ever
            asyncio.get_running_loop().call_later(WRITE_SECONDS, writer.transport.abort)

    async def _converse(self, name: str, connection: _Connection, reader: asyncio.StreamReader) -> None:
        """Until the client goes, or is not worth waiting for."""
        sender, deframer = ReplyTo("tcp", name), connection.deframer
        while True:
            try:
                async with asyncio.timeout(connection.patience()):
                    data = await reader.read(65_536)
            except TimeoutError:
                if connection.patience() > 0:  # a reply was sent meanwhile
                    continue
                if deframer.partial:
                    self._dispatcher.malformed(MalformedPacket("A frame was begun and not ended."), None)
                raise
            if not data:
                if deframer.partial:
                    self._dispatcher.malformed(MalformedPacket("The stream ended in a frame."), None)
                return
            began = not deframer.partial
            try:
                packets = deframer.feed(data)
            except NotOsc as error:
                self._dispatcher.malformed(error, None)
                raise
            connection.active = time.monotonic()
            if began or packets:
                connection.frame_began = connection.active
            for packet in packets:
                if isinstance(packet, MalformedPacket):
                    self._dispatcher.malformed(packet, sender)
                    if isinstance(packet, FrameTooLong):
                        raise packet
                    continue
                for command, reply_to in self._dispatcher.read(packet, sender):
                    await self._dispatcher.handle(command, reply_to)
                async with asyncio.timeout(WRITE_SECONDS):
                    await connection.writer.drain()
