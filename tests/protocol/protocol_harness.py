"""A real server on loopback, a plain UDP socket, and a way to wait for a condition."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from engine.protocol import codec
from engine.protocol.codec import Message
from engine.protocol.messages import Command, Counters, Reply
from engine.protocol.reply_to import ReplyTo
from engine.protocol.schema import parse_reply
from engine.protocol.server import Server

PATIENCE_SECONDS = 20.0


def wait_until(condition: Callable[[], Any], what: str = "the condition") -> Any:
    """Poll until it holds; returns what it gave."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (result := condition()):
        assert time.monotonic() < deadline, f"{what} did not come true"
        time.sleep(0.002)
    return result


@dataclass
class RunningServer:
    """A server on a loop of its own thread; what it received is in ``got``."""

    server: Server
    loop: asyncio.AbstractEventLoop
    got: list[tuple[Command, ReplyTo]] = field(default_factory=list)

    @property
    def port(self) -> int:
        return self.server.port

    @property
    def counters(self) -> Counters:
        async def read() -> Counters:
            return self.server.counters

        return asyncio.run_coroutine_threadsafe(read(), self.loop).result(PATIENCE_SECONDS)

    def send(self, reply_to: ReplyTo, reply: Reply) -> None:
        self.loop.call_soon_threadsafe(self.server.send, reply_to, reply)


Handle = Callable[["RunningServer", Command, ReplyTo], Any]


@contextmanager
def serving(handle: Handle | None = None, **options: Any) -> Iterator[RunningServer]:
    """Start a server whose handler notes each command, then calls ``handle``."""
    started = threading.Event()
    holder: list[RunningServer] = []
    problem: list[BaseException] = []

    def handler(command: Command, reply_to: ReplyTo) -> Any:
        running = holder[0]
        running.got.append((command, reply_to))
        return handle(running, command, reply_to) if handle else None

    async def main() -> None:
        server = Server(handler, **{"port": 0, **options})
        holder.append(RunningServer(server, asyncio.get_running_loop()))
        try:
            await server.start()
        finally:
            started.set()
        await stopped.wait()
        await server.stop()

    def run() -> None:
        try:
            asyncio.run(main())
        except BaseException as error:
            problem.append(error)

    stopped = asyncio.Event()
    thread = threading.Thread(target=run)
    thread.start()
    started.wait(PATIENCE_SECONDS)
    try:
        if not problem:
            yield holder[0]
    finally:
        if thread.is_alive():
            holder[0].loop.call_soon_threadsafe(stopped.set)
        thread.join(PATIENCE_SECONDS)
    if problem:
        raise problem[0]


@dataclass
class UdpPeer:
    """A plain UDP socket that speaks to one server."""

    socket: socket.socket
    port: int

    def send(self, packet: bytes | Message) -> None:
        raw = codec.encode(packet) if isinstance(packet, Message) else packet
        self.socket.sendto(raw, ("127.0.0.1", self.port))

    def receive(self) -> Reply:
        (message,) = codec.decode(self.socket.recv(65_536))
        return parse_reply(message)

    def ask(self, packet: bytes | Message) -> Reply:
        self.send(packet)
        return self.receive()

    @property
    def own_port(self) -> int:
        return int(self.socket.getsockname()[1])


@contextmanager
def udp_peer(port: int) -> Iterator[UdpPeer]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as plain:
        plain.bind(("127.0.0.1", 0))
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * 2**20)
        plain.settimeout(PATIENCE_SECONDS)
        yield UdpPeer(plain, port)
