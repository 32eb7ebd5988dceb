"""One worker process as the engine's loop sees it: started, told, listened to, killed.

It knows the pipe and the process; which job runs where, and what a death means, is the supervisor's and the service's.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
from pathlib import PurePath

from pydantic import SecretStr

from engine.config import Settings
from engine.errors import WorkerDied
from engine.jobs import messages
from engine.jobs.messages import Message

# Not multiprocessing: its spawn imports the parent's main module again (a whole command line), needs one more process
# to track resources, and its pipes cannot be awaited on every platform. The child sees the parent's import path.
_BOOT = "import sys, json; sys.path[:] = json.loads(sys.argv[1]); from engine.jobs.worker import main; main()"

_EXIT_SECONDS = 0.05
"""Between the end of a process and that of its pipe, whichever comes first, lies no more than this."""


class Worker(asyncio.SubprocessProtocol):
    """A worker process; made by :meth:`start`."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._heard: asyncio.Queue[Message | None] = asyncio.Queue()
        self._silent = False
        self._exited = asyncio.Event()
        self._transport: asyncio.SubprocessTransport

    @classmethod
    async def start(cls, runner: str, settings: Settings, *, lock_fd: int | None = None) -> Worker:
        """Start a process and wait until it has imported and built its runner.

        Raises
        ------
        WorkerDied
            When it ended before, or could not build its runner; the sentence says why.
        """
        try:
            _, worker = await asyncio.get_running_loop().subprocess_exec(
                *(cls, sys.executable, "-P", "-c", _BOOT, json.dumps(sys.path)),
                stderr=None,
                pass_fds=() if lock_fd is None else (lock_fd,),
            )
        except OSError as error:
            raise WorkerDied(f"A worker process could not be started: {error.strerror}.") from error
        try:
            worker.tell(messages.Hello(runner=runner, settings=settings_as_json(settings), lock_fd=lock_fd))
            answer = await worker.hear()
            if isinstance(answer, messages.Failed):
                raise WorkerDied(answer.error.sentence)
        except BaseException:
            await worker.end()
            raise
        return worker

    @property
    def pid(self) -> int:
        """Process id."""
        return self._transport.get_pid()

    @property
    def alive(self) -> bool:
        """Whether it was still there a moment ago."""
        return not self._silent and not self._exited.is_set()

    def tell(self, message: Message) -> None:
        """Send; to a dead worker, without effect (the next :meth:`hear` says so)."""
        pipe = self._transport.get_pipe_transport(0)
        if isinstance(pipe, asyncio.WriteTransport) and not pipe.is_closing():
            pipe.write(messages.encode(message))

    async def hear(self) -> Message:
        """The next message.

        Raises
        ------
        WorkerDied
            When the process ended; the sentence says how.
        """
        message = await self._heard.get()
        if message is None:
            self._heard.put_nowait(None)  # whoever asks again is told again
            with contextlib.suppress(TimeoutError):  # its own way to end is the one to report
                await asyncio.wait_for(self._exited.wait(), _EXIT_SECONDS)
            await self.end()
            raise WorkerDied(death_in_words(self._transport.get_returncode()))
        return message

    def kill(self) -> None:
        """End it at once, whatever it does."""
        if not self._exited.is_set():
            with contextlib.suppress(ProcessLookupError):
                self._transport.kill()

    async def end(self) -> None:
        """Kill it if it lives, and wait until it is gone."""
        self.kill()
        await self._exited.wait()
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The process started."""
        assert isinstance(transport, asyncio.SubprocessTransport)
        self._transport = transport

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        """Bytes came: cut them into messages."""
        self._buffer += data
        while len(self._buffer) >= messages.HEADER.size:
            end = messages.HEADER.size + messages.HEADER.unpack_from(self._buffer)[0]
            if len(self._buffer) < end:
                break
            self._heard.put_nowait(messages.decode(bytes(self._buffer[messages.HEADER.size : end])))
            del self._buffer[:end]

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        """All that it said has been read."""
        if fd == 1:
            self._fall_silent()

    def process_exited(self) -> None:
        """It is gone; what it said last may still be in the pipe, which a child of it may hold open."""
        self._exited.set()
        asyncio.get_running_loop().call_later(_EXIT_SECONDS, self._fall_silent)

    def _fall_silent(self) -> None:
        if not self._silent:
            self._silent = True
            self._heard.put_nowait(None)


def death_in_words(returncode: int | None) -> str:
    """How a worker ended, for people.

    >>> death_in_words(-9)
    'The worker process was killed (SIGKILL), as happens when memory runs out.'
    >>> death_in_words(3)
    'The worker process ended by itself with exit code 3.'
    """
    if returncode is None or returncode >= 0:
        return f"The worker process ended by itself with exit code {returncode or 0}."
    try:
        name = signal.Signals(-returncode).name
    except ValueError:
        name = f"signal {-returncode}"
    if name == "SIGKILL":
        return "The worker process was killed (SIGKILL), as happens when memory runs out."
    return f"The worker process crashed ({name})."


def settings_as_json(settings: Settings) -> str:
    """Settings for another process of ours, secrets included."""

    def reveal(value: object) -> str:
        if isinstance(value, SecretStr):
            return value.get_secret_value()
        if isinstance(value, PurePath):
            return str(value)
        raise TypeError(f"{type(value).__name__} in the settings cannot be sent to a worker")

    return json.dumps(settings.model_dump(), default=reveal)
