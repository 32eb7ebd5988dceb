"""The server: one port for UDP and TCP, perhaps a spool folder, one handler behind them all.

It reads requests, answers pings and everything that is wrong, and hands commands on; it knows no jobs and renders
nothing. Everything here runs on one asyncio loop, and :meth:`Server.send` is called on it.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import logging
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from engine.errors import BadArgument, CuewrightError, PortInUse, QueueFull
from engine.protocol import codec
from engine.protocol.dispatch import Dispatcher, Handler
from engine.protocol.messages import Command, Counters, Reply
from engine.protocol.reply_to import ReplyTo
from engine.protocol.schema import error_reply, reply_message
from engine.protocol.spool import SpoolTransport
from engine.protocol.tcp import TcpTransport

log = logging.getLogger(__name__)

__all__ = ["DEFAULT_PORT", "Handler", "ReplyTo", "Server"]

DEFAULT_PORT = 57_190
RECEIVE_BUFFER_BYTES = 4 * 2**20
"""A burst of thousands of datagrams fits; with the usual 208 KiB half of 1,000 are lost."""
MAX_WAITING = 4_096
"""UDP commands that were read and not yet handled; one more is refused as busy."""


class Server:
    """Listens, reads, answers.

    Parameters
    ----------
    handler
        Called with each command and where its replies go, one at a time a transport, in the order they came. It
        should return (or finish) within milliseconds; what takes longer it starts and replies to later.
    host
        Name or address to listen on; anything but loopback needs a token.
    port
        UDP and TCP; 0 picks one that is free for both.
    token
        When set, every request must carry it.
    spool
        Folder to watch for requests; None for none.

    Examples
    --------
    >>> import asyncio
    >>> async def main() -> bool:
    ...     async with Server(lambda command, reply_to: None, port=0) as server:
    ...         return server.port > 0
    >>> asyncio.run(main())
    True
    """

    def __init__(
        self,
        handler: Handler,
        *,
        host: str = "127.0.0.1",
        port: int = DEFAULT_PORT,
        token: str | None = None,
        spool: Path | None = None,
    ) -> None:
        self._host, self._port = host, port
        self._token = token
        self._dispatcher = Dispatcher(handler, self.send, token)
        self._tcp = TcpTransport(self._dispatcher)
        self._spool = SpoolTransport(self._dispatcher, spool) if spool else None
        self._udp: asyncio.DatagramTransport | None = None
        self._datagrams: _Datagrams | None = None
        self._waiting: asyncio.Queue[tuple[Command, ReplyTo]] = asyncio.Queue(MAX_WAITING)
        self._consumer: asyncio.Task[None] | None = None

    @property
    def host(self) -> str:
        """Numeric address that is listened on, once started."""
        return self._host

    @property
    def port(self) -> int:
        """Port of both UDP and TCP, once started."""
        return self._port

    @property
    def counters(self) -> Counters:
        """What was counted since the start."""
        return self._dispatcher.counters

    async def __aenter__(self) -> Server:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen.

        Raises
        ------
        PortInUse
            When another program has the port.
        BadArgument
            When the host does not exist here, or is not loopback and there is no token.
        FolderNotWritable
            When the spool folder cannot be used.
        """
        family, self._host = await _resolve(self._host)
        if not ipaddress.ip_address(self._host).is_loopback and not self._token:
            raise BadArgument(
                f"{self._host} can be reached from other machines: set a token (CUEWRIGHT_TOKEN), or listen on "
                "127.0.0.1.",
                field="host",
            )
        udp, tcp = _bind_both(family, self._host, self._port)
        self._port = tcp.getsockname()[1]
        loop = asyncio.get_running_loop()
        self._udp, self._datagrams = await loop.create_datagram_endpoint(lambda: _Datagrams(self._received), sock=udp)
        self._consumer = asyncio.create_task(self._consume())
        await self._tcp.start(tcp)
        if self._spool:
            try:
                await self._spool.start()
            except CuewrightError:
                await self.stop()
                raise

    async def stop(self) -> None:
        """Stop listening and close every connection; replies already sent still go out."""
        if self._spool:
            await self._spool.close()
        await self._tcp.close()
        if self._consumer:
            self._consumer.cancel()
            await asyncio.gather(self._consumer, return_exceptions=True)
        if self._udp:
            self._udp.close()
        await asyncio.sleep(0)  # transports close their sockets on the loop's next turn

    def send(self, reply_to: ReplyTo, reply: Reply) -> None:
        """Send a reply, or count it as dropped when nobody is there; call it on the server's loop."""
        try:
            packet = codec.encode(reply_message(reply))
        except CuewrightError:  # text that OSC cannot carry: a defect, and no reason to stop
            log.exception("This reply cannot be sent: %r", reply)
            self._dispatcher.tally["replies_dropped"] += 1
            return
        match reply_to.transport:
            case "udp":
                sent = self._send_datagram(reply_to, packet)
            case "tcp":
                sent = self._tcp.send(reply_to.where, packet)
            case "spool":
                sent = self._spool is not None and self._spool.send(reply_to.where, packet)
        self._dispatcher.tally["replies_sent" if sent else "replies_dropped"] += 1

    def _send_datagram(self, reply_to: ReplyTo, packet: bytes) -> bool:
        host, port = reply_to.host_and_port
        if self._udp is None or self._datagrams is None or self._udp.is_closing():
            return False
        if self._datagrams.full or port == 0:
            return False
        self._udp.sendto(packet, (host, port))
        return True

    def _received(self, packet: bytes, host: str, port: int) -> None:
        for command, reply_to in self._dispatcher.read(packet, ReplyTo.udp(host, port)):
            try:
                self._waiting.put_nowait((command, reply_to))
            except asyncio.QueueFull:
                self._dispatcher.tally["busy"] += 1
                error = QueueFull("Too many requests came at once: send it again in a moment.")
                job_id = getattr(command, "job_id", "")
                self.send(reply_to, error_reply(error, codec.Message(command.address), job_id))

    async def _consume(self) -> None:
        while True:
            await self._dispatcher.handle(*await self._waiting.get())


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, received: Callable[[bytes, str, int], None]) -> None:
        self._received = received
        self.full = False

    def pause_writing(self) -> None:
        self.full = True

    def resume_writing(self) -> None:
        self.full = False

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._received(data, addr[0], addr[1])

    def error_received(self, exc: Exception) -> None:
        log.debug("A reply could not be delivered: %s", exc)  # its receiver is gone; the next request finds us here


async def _resolve(host: str) -> tuple[socket.AddressFamily, str]:
    """Family and numeric address; IPv4 where there is a choice, because DAW scripts use it."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, None, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        raise BadArgument(f"There is no host {host!r}; use 127.0.0.1.", field="host") from None
    family, *_, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    return family, str(address[0])


def _bind_both(family: socket.AddressFamily, host: str, port: int) -> tuple[socket.socket, socket.socket]:
    """A UDP and a TCP socket on one port."""
    for attempt in range(32):
        tcp = socket.socket(family, socket.SOCK_STREAM)
        udp = socket.socket(family, socket.SOCK_DGRAM)
        try:
            if sys.platform == "win32":
                for each in (tcp, udp):
                    each.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
            else:  # connections of an engine that just ended may linger; a listening one still refuses us
                tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tcp.bind((host, port))
            udp.bind((host, tcp.getsockname()[1]))
            udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
            tcp.listen(128)
        except OSError as error:
            tcp.close()
            udp.close()
            if error.errno == errno.EADDRINUSE and port == 0 and attempt < 31:
                continue
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                raise PortInUse(
                    f"Port {port} on {host} is not free (is another engine running?): choose another with --port, or "
                    "--port 0 for any free one, and set the same in the DAW script.",
                    field="port",
                ) from None
            raise BadArgument(f"{host} port {port} cannot be listened on: {error.strerror}.", field="host") from None
        tcp.setblocking(False)
        udp.setblocking(False)
        return udp, tcp
    raise AssertionError("unreachable")
