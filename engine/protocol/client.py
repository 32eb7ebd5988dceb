"""A client without threads: for the command line, for tests, and as the pattern for scripts.

UDP loses packets, so a request is sent again until it is answered (the same job id is the same job), and a job that
falls silent is asked for its state, which repeats its stems and its terminal reply. Replies that come twice are given
out once.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, TypeVar

from engine.errors import BadArgument, CuewrightError, EngineNotRunning, MalformedPacket, QueueFull
from engine.protocol import codec
from engine.protocol.codec import Message, Value
from engine.protocol.framing import Deframer, frame
from engine.protocol.messages import (
    TERMINAL,
    AcceptedReply,
    CueReply,
    DoneReply,
    ErrorReply,
    JobReply,
    ListedReply,
    PongReply,
    ProgressReply,
    Reply,
    SessionReply,
    StatusReply,
    StemReply,
    WarningReply,
)
from engine.protocol.schema import parse_reply, request_message
from engine.protocol.server import DEFAULT_PORT, RECEIVE_BUFFER_BYTES

RESEND_SECONDS = 0.25
"""Until a request is sent again; doubles each time, up to a second."""
SILENCE_SECONDS = 1.0
"""Without a reply about a running job, until its state is asked."""
MAX_REPEATED_ENDINGS = 10
"""Times that a job which is done is asked for a stem or a cue whose reply was lost."""
MAX_DATAGRAM_BYTES = 65_507

R = TypeVar("R", bound=Reply)


class Client:
    """Talks to one engine.

    Parameters
    ----------
    token
        Sent with every request when not empty.
    timeout_seconds
        Silence after which the engine counts as not running.
    transport
        ``tcp`` for requests or replies too long for a datagram.

    Raises
    ------
    EngineNotRunning
        When nothing listens (at once by TCP; by UDP with the first request).
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = DEFAULT_PORT,
        *,
        token: str = "",
        timeout_seconds: float = 5.0,
        transport: Literal["udp", "tcp"] = "udp",
    ) -> None:
        self._where = f"{host}:{port}"
        self._token = token or None
        self._timeout = timeout_seconds
        self._deframer = Deframer() if transport == "tcp" else None
        self._inbox: deque[Reply] = deque()
        self._following: dict[str, deque[JobReply]] = {}
        kind = socket.SOCK_STREAM if transport == "tcp" else socket.SOCK_DGRAM
        try:
            family, _, _, _, address = socket.getaddrinfo(host, port, type=kind)[0]
            self._socket = socket.socket(family, kind)
        except (OSError, UnicodeError):
            raise EngineNotRunning(f"There is no host {host!r}.", field="host") from None
        try:
            self._socket.settimeout(timeout_seconds)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
            self._socket.connect(address)
        except OSError:
            self._socket.close()
            raise self._not_running() from None

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the socket; jobs go on."""
        self._socket.close()

    def ping(self) -> PongReply:
        """Ask whether an engine is there."""
        return self._ask(request_message("/cuewright/ping"), PongReply)

    def status(self) -> StatusReply:
        """Ask what the engine is doing."""
        return self._ask(request_message("/cuewright/status"), StatusReply)

    def set_session(self, session_id: str, **keys: Value) -> SessionReply:
        """Tell a session; the keys are the fields of :class:`engine.session.Session`."""
        return self._ask(request_message("/cuewright/session", session_id, **keys), SessionReply)

    def jobs(self, limit: int = 20) -> list[AcceptedReply]:
        """The latest jobs and their states."""
        listed: list[AcceptedReply] = []
        self._ask(request_message("/cuewright/jobs", limit), ListedReply, aside=listed.append)
        return list({reply.job_id: reply for reply in listed}.values())

    def cancel(self, job_id: str) -> JobReply:
        """End a job; returns its terminal reply, whichever that is, and leaves it to :meth:`generate` as well."""
        return self._terminal(request_message("/cuewright/cancel", job_id), job_id)

    def job(self, job_id: str) -> Iterator[JobReply]:
        """Follow a job that was asked for before, up to its terminal reply."""
        return self._follow(request_message("/cuewright/job", job_id), job_id)

    def generate(self, job_id: str, **keys: Value) -> Iterator[JobReply]:
        """Ask for sounds; gives out the replies up to the terminal one (done, failed or cancelled).

        Parameters
        ----------
        keys
            The fields of :class:`engine.request.GenerateRequest`.

        Raises
        ------
        CuewrightError
            What the engine answers when it does not understand the request.
        EngineNotRunning
            When it does not answer, or falls silent for longer than the timeout.
        """
        return self._follow(request_message("/cuewright/generate", job_id, **keys), job_id)

    def spot(self, job_id: str, **keys: Value) -> Iterator[JobReply]:
        """Ask for the cues of a picture, like :meth:`generate`; the keys are those of a ``SpotRequest``."""
        return self._follow(request_message("/cuewright/spot", job_id, **keys), job_id)

    def compose(self, job_id: str, **keys: Value) -> Iterator[JobReply]:
        """Ask for sounds on cues, like :meth:`generate`; the keys are those of a ``ComposeRequest``."""
        return self._follow(request_message("/cuewright/compose", job_id, **keys), job_id)

    def edit(self, job_id: str, **keys: Value) -> Iterator[JobReply]:
        """Ask for a new take of a region, like :meth:`generate`; the keys are those of an ``EditRequest``."""
        return self._follow(request_message("/cuewright/edit", job_id, **keys), job_id)

    def align(self, job_id: str, **keys: Value) -> Iterator[JobReply]:
        """Fit a region to its picture, like :meth:`generate`; the keys are those of an ``AlignRequest``."""
        return self._follow(request_message("/cuewright/align", job_id, **keys), job_id)

    def _follow(self, request: Message, job_id: str) -> Iterator[JobReply]:
        """Send at once, so that what is wrong is known at once; the replies come as they are asked for."""
        queue = self._following.setdefault(job_id, deque())
        try:
            self._repeat(request, lambda: bool(queue), job_id)
        except BaseException:
            self._following.pop(job_id, None)
            raise
        return self._replies(request, job_id, queue)

    def _replies(self, request: Message, job_id: str, queue: deque[JobReply]) -> Iterator[JobReply]:
        seen = _Seen()
        ending: JobReply | None = None
        repeats = 0
        asked = 0.0
        heard = ask_at = time.monotonic()
        try:
            while True:
                while queue:
                    reply = queue.popleft()
                    heard = time.monotonic()
                    ask_at = heard + SILENCE_SECONDS
                    if isinstance(reply, TERMINAL):
                        repeats += ending is not None
                        ending = reply
                    elif seen.is_new(reply):
                        yield reply
                if ending and (seen.has_all_of(ending) or repeats == MAX_REPEATED_ENDINGS):
                    yield ending
                    return
                if ending:
                    ask_at = min(ask_at, asked + RESEND_SECONDS)
                now = time.monotonic()
                if now > heard + max(self._timeout, 2 * SILENCE_SECONDS):
                    raise self._not_running()
                if now >= ask_at:
                    self._send(request_message("/cuewright/job", job_id))
                    asked, ask_at = now, now + SILENCE_SECONDS
                self._receive(ask_at)
                self._raise_error(request, job_id)
        finally:
            self._following.pop(job_id, None)

    def _terminal(self, request: Message, job_id: str) -> JobReply:
        followed = self._following.get(job_id)
        queue = self._following.setdefault(job_id, deque())
        try:
            self._repeat(request, lambda: any(isinstance(reply, TERMINAL) for reply in queue), job_id)
            return next(reply for reply in queue if isinstance(reply, TERMINAL))
        finally:
            if followed is None:
                del self._following[job_id]

    def _ask(self, request: Message, answer: type[R], aside: Callable[[AcceptedReply], None] | None = None) -> R:
        """The one answer; replies about jobs that come before it go aside."""
        found: list[R] = []

        def answered() -> bool:
            while self._inbox and not found:
                reply = self._inbox.popleft()
                if isinstance(reply, answer):
                    found.append(reply)
                elif isinstance(reply, ErrorReply) and reply.about == request.address:
                    raise reply.error
                elif aside and isinstance(reply, AcceptedReply):
                    aside(reply)
            return bool(found)

        self._inbox.clear()  # what an earlier request left behind
        self._repeat(request, answered)
        return found[0]

    def _repeat(self, request: Message, answered: Callable[[], bool], job_id: str = "") -> None:
        """Send until answered."""
        deadline = time.monotonic() + self._timeout
        pause = RESEND_SECONDS
        while not answered():
            if time.monotonic() >= deadline:
                raise self._not_running()
            self._send(request)
            resend = min(deadline, time.monotonic() + pause)
            while time.monotonic() < resend and not answered():
                self._receive(resend)
                self._raise_error(request, job_id)
            pause = min(1.0, 2 * pause)

    def _raise_error(self, request: Message, job_id: str) -> None:
        """The answer to a request about a job that was not understood; busy only means to send it again."""
        if not job_id:
            return
        while self._inbox:
            reply = self._inbox.popleft()
            if not isinstance(reply, ErrorReply) or reply.about != request.address:
                continue
            if reply.job_id in ("", job_id) and not isinstance(reply.error, QueueFull):
                raise reply.error

    def _send(self, request: Message) -> None:
        if self._token:
            request = Message(request.address, (*request.arguments, "token", self._token))
        packet = codec.encode(request)
        most = MAX_DATAGRAM_BYTES if self._deframer is None else codec.MAX_PACKET_BYTES
        if len(packet) > most:
            raise BadArgument(
                f"The request has {len(packet):,} bytes and at most {most:,} are taken: use fewer words, or put the "
                "markers into a cue sheet."
            )
        try:
            self._socket.settimeout(self._timeout)
            if self._deframer is None:
                with contextlib.suppress(ConnectionRefusedError):  # of the datagram before; silence will tell
                    self._socket.send(packet)
            else:
                self._socket.sendall(frame(packet))
        except OSError:
            raise self._not_running() from None

    def _receive(self, until: float) -> None:
        """Read once; file what came, or return when the time is up."""
        try:
            self._socket.settimeout(max(0.001, until - time.monotonic()))
            data = self._socket.recv(65_536)
        except TimeoutError:
            return
        except ConnectionRefusedError:  # no engine now; it may be starting
            time.sleep(max(0.0, min(0.05, until - time.monotonic())))
            return
        except OSError:
            raise self._not_running() from None
        if self._deframer is None:
            self._file(data)
            return
        if not data:
            raise self._not_running()
        for packet in self._deframer.feed(data):
            if isinstance(packet, bytes):
                self._file(packet)

    def _file(self, packet: bytes) -> None:
        try:
            replies = [parse_reply(message) for message in codec.decode(packet)]
        except (MalformedPacket, CuewrightError):  # from a later engine, or not from an engine at all
            return
        for reply in replies:
            followed = isinstance(reply, JobReply) and reply.job_id in self._following
            if isinstance(reply, JobReply) and followed:
                self._following[reply.job_id].append(reply)
            if not followed or isinstance(reply, AcceptedReply):  # which may also be a line of a list
                self._inbox.append(reply)

    def _not_running(self) -> EngineNotRunning:
        return EngineNotRunning(f"No engine answers at {self._where}: start one with 'cuewright serve'.")


@dataclass
class _Seen:
    """What was given out of one job already."""

    state: str = ""
    sequence: int = -1
    texts: set[str] = field(default_factory=set)
    stems: int = 0
    cues: set[int] = field(default_factory=set)

    def is_new(self, reply: JobReply) -> bool:
        """Whether it says something that was not said before; from now on it was."""
        match reply:
            case AcceptedReply(state=state):
                new, self.state = state != self.state, state
                return new
            case ProgressReply(sequence=sequence):
                new, self.sequence = sequence > self.sequence, max(sequence, self.sequence)
                return new
            case StemReply(stem=stem):
                new = stem.path not in self.texts
                self.texts.add(stem.path)
                self.stems += new and stem.kind == "stem"
                return new
            case CueReply(index=index):
                new = index not in self.cues
                self.cues.add(index)
                return new
            case WarningReply(sentence=sentence):
                new = sentence not in self.texts
                self.texts.add(sentence)
                return new
        return True

    def has_all_of(self, ending: JobReply) -> bool:
        if not isinstance(ending, DoneReply):
            return True
        return self.stems >= ending.stems_count and len(self.cues) >= ending.cues_count
