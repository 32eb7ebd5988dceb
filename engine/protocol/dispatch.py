"""From a packet to the handler, and from whatever goes wrong on the way to an answer.

Every packet and every message in it is counted exactly once, and answered wherever that is safe: replies are never
answered (two engines would talk for ever), and packets that are not OSC only so many times a second. Sockets and files
are not known here.
"""

from __future__ import annotations

import hmac
import inspect
import logging
import time
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable

import engine
from engine.errors import CuewrightError, InternalError, MalformedPacket, NotAuthorised, RequestError, UnknownAddress
from engine.protocol import codec
from engine.protocol.framing import FrameTooLong
from engine.protocol.messages import (
    AskJob,
    Cancel,
    Command,
    Counters,
    FailedReply,
    Generate,
    Ping,
    PongReply,
    Reply,
)
from engine.protocol.reply_to import ReplyTo
from engine.protocol.schema import REPLIES, REQUESTS, Request, error_reply, parse, peek

Handler = Callable[[Command, ReplyTo], Awaitable[None] | None]
"""Does what a command asks. It raises a CuewrightError to refuse; it replies with ``Server.send``."""

log = logging.getLogger(__name__)

MALFORMED_ANSWERS_PER_SECOND = 20
"""To one sender."""

_DEFECT = "The engine met a defect of its own; please report it with the engine's log."


class Dispatcher:
    """Reads packets for all transports.

    Parameters
    ----------
    send
        Sends a reply; never raises.
    token
        When set, a request without it is refused.
    """

    def __init__(self, handler: Handler, send: Callable[[ReplyTo, Reply], None], token: str | None) -> None:
        self.tally: Counter[str] = Counter()
        self._handler = handler
        self._send = send
        self._token = token
        self._limiter = _Limiter(MALFORMED_ANSWERS_PER_SECOND)

    @property
    def counters(self) -> Counters:
        """What was counted, up to now."""
        return Counters(**self.tally)

    def malformed(self, error: MalformedPacket, sender: ReplyTo | None) -> None:
        """Count a packet that could not be read, and say so where that is safe."""
        self.tally["packets"] += 1
        self.tally["malformed"] += 1
        self.tally["oversized"] += isinstance(error, FrameTooLong)
        if sender is None:
            return
        if self._limiter.allows(str(sender)):
            self._send(sender, error_reply(error))
        else:
            self.tally["errors_withheld"] += 1

    def read(self, packet: bytes, sender: ReplyTo) -> list[tuple[Command, ReplyTo]]:
        """The commands of a packet that are for the handler; everything else is done here."""
        try:
            messages = codec.decode(packet)
        except MalformedPacket as error:
            self.malformed(error, sender)
            return []
        self.tally["packets"] += 1
        return [taken for message in messages if (taken := self._take(message, sender))]

    def _take(self, message: codec.Message, sender: ReplyTo) -> tuple[Command, ReplyTo] | None:
        """The command that a message is, unless it is answered already."""
        self.tally["messages"] += 1
        try:
            request = self._authorised(message)
        except RequestError as error:
            if message.address in REPLIES and message.address not in REQUESTS:
                self.tally["ignored"] += 1
                return None
            self.tally[error.code if isinstance(error, (UnknownAddress, NotAuthorised)) else "bad_argument"] += 1
            job_id, port = peek(message)
            self._send(sender.at_port(port), error_reply(error, message, job_id))
            return None
        except Exception:
            self._defect(f"Reading {message.address[:64]}")
            self._send(sender, error_reply(InternalError(_DEFECT), message))
            return None
        self.tally["commands"] += 1
        reply_to = sender.at_port(request.envelope.reply_port)
        if isinstance(request.command, Ping):
            self._send(reply_to, PongReply(version=engine.__version__))
            return None
        return request.command, reply_to

    def _authorised(self, message: codec.Message) -> Request:
        request = parse(message)
        if self._token is not None:
            given = request.envelope.token
            if not hmac.compare_digest(given.encode(), self._token.encode()):
                what = "wrong" if given else "missing"
                raise NotAuthorised(
                    f"The token is {what}: send the one that the engine was started with.", field="token"
                )
        return request

    async def handle(self, command: Command, reply_to: ReplyTo) -> None:
        """Give a command to the handler; answer what it raises."""
        try:
            result = self._handler(command, reply_to)
            if inspect.isawaitable(result):
                await result
        except CuewrightError as error:
            self.refuse(command, reply_to, error)
        except Exception:
            self._defect(f"Doing {command.address}")
            self.refuse(command, reply_to, InternalError(_DEFECT))

    def _defect(self, what: str) -> None:
        self.tally["internal_errors"] += 1
        log.exception("%s met a defect", what)

    def refuse(self, command: Command, reply_to: ReplyTo, error: CuewrightError) -> None:
        """Answer a command that was understood with an error."""
        if isinstance(command, (Generate, Cancel, AskJob)):
            self._send(reply_to, FailedReply.of(command.job_id, error))
        else:
            self._send(reply_to, error_reply(error, codec.Message(command.address)))


class _Limiter:
    """So many a second for each sender; remembers the latest 1,024 senders."""

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._seen: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def allows(self, sender: str) -> bool:
        now = int(time.monotonic())
        second, count = self._seen.pop(sender, (now, 0))
        count = count + 1 if second == now else 1
        self._seen[sender] = (now, count)
        if len(self._seen) > 1_024:
            self._seen.popitem(last=False)
        return count <= self._per_second
