"""THE table of addresses: from it requests are read, replies written, and documentation generated.

The rows are made of the classes in :mod:`engine.protocol.messages`, whose fields are those of the engine's own models,
so that nothing is said twice. This module knows values and OSC messages; it knows no sockets.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from operator import attrgetter
from typing import Any

from engine.errors import BadArgument, CuewrightError, UnknownAddress
from engine.model import Model
from engine.protocol import preview_messages
from engine.protocol.arguments import Argument, arguments_of
from engine.protocol.codec import Message, Value, float32
from engine.protocol.messages import (
    PROTOCOL_VERSION,
    TERMINAL,
    AcceptedReply,
    Align,
    AskJob,
    Cancel,
    CancelledReply,
    Command,
    Compose,
    Counters,
    CueReply,
    DoneReply,
    Edit,
    Envelope,
    ErrorReply,
    FailedReply,
    Generate,
    JobReply,
    ListedReply,
    ListJobs,
    Ping,
    PongReply,
    ProgressReply,
    Reply,
    SessionReply,
    SetSession,
    Spot,
    Status,
    StatusReply,
    StemReply,
    WarningReply,
)

__all__ = [
    "PROTOCOL_VERSION",
    "REPLIES",
    "REQUESTS",
    "TERMINAL",
    "AcceptedReply",
    "Align",
    "AskJob",
    "Cancel",
    "CancelledReply",
    "Command",
    "Compose",
    "Counters",
    "CueReply",
    "DoneReply",
    "Edit",
    "Envelope",
    "ErrorReply",
    "FailedReply",
    "Generate",
    "JobReply",
    "ListJobs",
    "ListedReply",
    "Ping",
    "PongReply",
    "ProgressReply",
    "Reply",
    "ReplyRow",
    "Request",
    "RequestRow",
    "SessionReply",
    "SetSession",
    "Spot",
    "Status",
    "StatusReply",
    "StemReply",
    "WarningReply",
    "error_reply",
    "parse",
    "parse_reply",
    "peek",
    "reply_message",
    "request_message",
]

_ENVELOPE = {argument.name: argument for argument in arguments_of(Envelope)}
_NO_ENVELOPE = Envelope()


@dataclass(frozen=True)
class RequestRow:
    """One address that can be asked."""

    command: type[Command]

    @cached_property
    def _inner(self) -> tuple[str, type[Model]] | None:
        for name, field in self.command.model_fields.items():
            if isinstance(field.annotation, type) and issubclass(field.annotation, Model):
                return name, field.annotation
        return None

    @cached_property
    def arguments(self) -> tuple[Argument, ...]:
        """The fixed arguments, in order; at most the last is optional."""
        return tuple(a for a in arguments_of(self.command) if len(a.path) == 1)

    @cached_property
    def keys(self) -> dict[str, Argument]:
        """The keys of its own, by name."""
        return {a.name: a for a in arguments_of(self._inner[1])} if self._inner else {}

    @cached_property
    def usage(self) -> str:
        """The message in one line."""
        fixed = [f"<{a.name}>" if a.required else f"[{a.name}]" for a in self.arguments]
        return " ".join([self.command.address, *fixed, "[key value ...]"])

    @cached_property
    def _build(self) -> Callable[[dict[str, Value], dict[str, Value]], Command]:
        if self._inner is None:
            return lambda fixed, pairs: self.command.read(fixed)
        name, model = self._inner
        return lambda fixed, pairs: self.command.read({**fixed, name: model.read(pairs)})

    def read(self, values: tuple[Value, ...]) -> Request:
        """The request that the arguments make.

        Raises
        ------
        RequestError
            Whose field is the argument or key that is wrong.
        """
        fixed, start = self._fixed(values)
        own: dict[str, Value] = {}
        common: dict[str, Value] = {}
        for key, value in zip(values[start::2], values[start + 1 :: 2], strict=True):
            if not isinstance(key, str):
                raise BadArgument(f"A key is text; got {key!r}: {self.usage}.", field="")
            argument, target = self.keys.get(key), own
            if argument is None:
                argument, target = _ENVELOPE.get(key), common
            if argument is None:
                raise BadArgument(f"There is no key {key[:64]!r}; {self._nearest(key)}", field=key[:64])
            if key in target:
                raise BadArgument(f"The key {key!r} is given twice.", field=key)
            target[key] = argument.take(value)
        return Request(command=self._build(fixed, own), envelope=Envelope.read(common) if common else _NO_ENVELOPE)

    def _fixed(self, values: tuple[Value, ...]) -> tuple[dict[str, Value], int]:
        """The fixed arguments by name, and where the pairs start."""
        required = sum(argument.required for argument in self.arguments)
        if len(values) < required:
            missing = self.arguments[len(values)].name
            raise BadArgument(f"{missing!r} is missing: {self.usage}.", field=missing)
        # Pairs are even in number, so an odd rest begins with the optional argument.
        count = required + (required < len(self.arguments) and (len(values) - required) % 2)
        if (len(values) - count) % 2:
            last = values[-1] if isinstance(values[-1], str) else ""
            raise BadArgument(f"Keys and values come in pairs and one is left over: {self.usage}.", field=last)
        return {a.name: a.take(v) for a, v in zip(self.arguments, values[:count], strict=False)}, count

    def _nearest(self, key: str) -> str:
        near = difflib.get_close_matches(key, [*self.keys, *_ENVELOPE], n=1)
        return f"did you mean {near[0]!r}?" if near else f"there are {', '.join([*self.keys, *_ENVELOPE])}."

    def expected(self, field: str) -> str:
        """What would be right for an argument or key, or the whole message's usage."""
        named = {**_ENVELOPE, **self.keys, **{a.name: a for a in self.arguments}}
        return named[field].expected if field in named else self.usage


@dataclass(frozen=True)
class ReplyRow:
    """One address that the engine sends."""

    reply: type[Reply]
    first: tuple[str, ...] = ()

    @cached_property
    def arguments(self) -> tuple[Argument, ...]:
        """The arguments in order; a later engine may append more."""
        found = {a.name: a for a in arguments_of(self.reply)}
        return tuple(found.pop(name) for name in self.first) + tuple(found.values())

    @cached_property
    def _getters(self) -> tuple[tuple[Callable[[Any], Any], bool], ...]:
        return tuple((attrgetter(".".join(a.path)), a.kind == "number") for a in self.arguments)

    def write(self, reply: Reply) -> Message:
        """The reply as OSC; its numbers as 32-bit floats, which every client can read."""
        values: list[Value] = []
        for get, is_number in self._getters:
            value = get(reply)
            values.append(float32(value) if is_number and value is not None else value)
        return Message(self.reply.address, tuple(values))

    def read(self, values: tuple[Value, ...]) -> Reply:
        """The reply that the arguments make; arguments that a later engine appended are left aside."""
        tree: dict[str, Any] = {}
        for argument, value in zip(self.arguments, values, strict=False):
            node = tree
            for name in argument.path[:-1]:
                node = node.setdefault(name, {})
            node[argument.path[-1]] = argument.take(value)
        return self.reply.read(tree)


_STEM_FIRST = (
    *("job_id", "index", "path", "track", "position_samples", "onset_samples", "length_samples", "sample_rate_hz"),
    *("take", "kind", "category", "label", "channels"),
)

_COMMANDS: tuple[type[Command], ...] = (
    *(Ping, Status, SetSession, Generate, Spot, Compose, Edit, Align, Cancel, AskJob, ListJobs),
    *preview_messages.COMMANDS,
)
_REPLIES: tuple[tuple[type[Reply], tuple[str, ...]], ...] = (
    *((PongReply, ()), (StatusReply, ()), (SessionReply, ()), (AcceptedReply, ()), (ProgressReply, ())),
    *((StemReply, _STEM_FIRST), (CueReply, ()), (DoneReply, ()), (FailedReply, ()), (CancelledReply, ())),
    *((WarningReply, ()), (ListedReply, ())),
    *((reply, ()) for reply in preview_messages.REPLIES),
    (ErrorReply, ()),
)
REQUESTS: dict[str, RequestRow] = {command.address: RequestRow(command) for command in _COMMANDS}
REPLIES: dict[str, ReplyRow] = {reply.address: ReplyRow(reply, first) for reply, first in _REPLIES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A command and what came with it."""

    command: Command
    envelope: Envelope


def parse(message: Message) -> Request:
    """The request in a message.

    Raises
    ------
    UnknownAddress, RequestError
        With the field, for :func:`error_reply` to answer.

    Examples
    --------
    >>> parse(Message("/cuewright/cancel", ("job-1", "reply_port", 9000)))
    Request(command=Cancel(job_id='job-1'), envelope=Envelope(reply_port=9000, token=''))
    """
    row = REQUESTS.get(message.address)
    if row is None:
        near = difflib.get_close_matches(message.address[:64], REQUESTS, n=1)
        hint = f"did you mean {near[0]}?" if near else "OSC.md lists them all."
        raise UnknownAddress(f"There is no {message.address[:64]}; {hint}")
    return row.read(message.arguments)


def peek(message: Message) -> tuple[str, int | None]:
    """The job id and the reply port of a message that is wrong elsewhere, as far as they can be read."""
    row, values = REQUESTS.get(message.address), message.arguments
    job_id = values[0] if row and values and row.arguments and row.arguments[0].name == "job_id" else ""
    ports = (value for key, value in pairwise(values) if key == "reply_port")
    return (
        job_id[:64] if isinstance(job_id, str) else "",
        next((int(port) for port in ports if isinstance(port, (int, float)) and port in range(1, 65_536)), None),
    )


def error_reply(error: CuewrightError, message: Message | None = None, job_id: str = "") -> ErrorReply:
    """The answer to a message that was not understood, short whatever was in it."""
    address = message.address if message else ""
    row = REQUESTS.get(address)
    return ErrorReply(
        about=address[:64],
        code=error.code,
        sentence=error.sentence[:500],
        field=error.field[:64],
        expected=row.expected(error.field) if row else ("" if message is None else " ".join(REQUESTS)),
        job_id=job_id,
    )


def request_message(address: str, *fixed: Value, **keys: Value) -> Message:
    """A request as a client sends it; keys that are None are left out."""
    pairs = [part for key, value in keys.items() if value is not None for part in (key, value)]
    return Message(address, (*fixed, *pairs))


def reply_message(reply: Reply) -> Message:
    """A reply as OSC."""
    return REPLIES[reply.address].write(reply)


def parse_reply(message: Message) -> Reply:
    """The reply in a message.

    Raises
    ------
    UnknownAddress, BadArgument
        When it is none that this version knows.
    """
    row = REPLIES.get(message.address)
    if row is None:
        raise UnknownAddress(f"The engine sent {message.address[:64]}, which this version does not know.")
    return row.read(message.arguments)
