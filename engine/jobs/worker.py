"""The worker process: builds the runner once, then does one job at a time.

It is told what to do by frames on its standard input and answers on its standard output, both moved out of reach of the
code it runs: a library that prints, or a program that is started, cannot disturb the pipe. It knows nothing of queues,
retries or the journal.

It ends with its parent: the end of the pipe ends the process from a thread, and on Linux the kernel does so even while
native code holds the interpreter, so no orphan goes on rendering into a folder that a restarted engine works in.

Source: prctl(2), PR_SET_PDEATHSIG.
"""

from __future__ import annotations

import errno
import importlib
import logging
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import BinaryIO, Protocol, cast

from engine.config import Settings
from engine.errors import (
    BadArgument,
    Cancelled,
    CuewrightError,
    DependencyMissing,
    DiskFull,
    InternalError,
    ResourceError,
)
from engine.handle import Handle
from engine.jobs import messages
from engine.jobs.messages import Message, Run
from engine.jobs.view import JobError
from engine.request import Job
from engine.results import JobResult, StemFile

PROGRESS_INTERVAL_SECONDS = 0.05
NICENESS = 5
"""The DAW that plays, and the server that answers, go before rendering."""
_PR_SET_PDEATHSIG = 1

_log = logging.getLogger(__name__)


class Runner(Protocol):
    """What does the work; made once a process, by calling the runner's name with the settings."""

    def run(self, job: Job, handle: Handle, on_stem: Callable[[StemFile], None]) -> JobResult:
        """Do a job, telling every file that is complete on disk."""
        ...


def load(name: str) -> Callable[[Settings], Runner]:
    """The object behind ``"module:callable"``.

    Raises
    ------
    DependencyMissing
        When a package it needs is not installed.
    BadArgument
        When there is no such thing.
    """
    module, _, attribute = name.partition(":")
    try:
        return cast(Callable[[Settings], Runner], getattr(importlib.import_module(module), attribute))
    except ModuleNotFoundError as error:
        raise DependencyMissing(f"The worker cannot start: Python package {error.name!r} is missing.") from error
    except AttributeError as error:
        raise BadArgument(f"The worker cannot start: {error}.", field="runner") from error


def as_error(error: Exception) -> CuewrightError:
    """What a job that raised is told to have failed of."""
    match error:
        case CuewrightError():
            return error
        case MemoryError():
            return ResourceError("There is not enough memory for this job: ask for shorter sounds or fewer takes.")
        case OSError(errno=errno.ENOSPC | errno.EDQUOT):
            return DiskFull("The disk became full: make room and send the job again.", field="folder")
        case _:
            told = " ".join(str(error).split())[:300]
            return InternalError(
                f"A defect of the engine ended this job ({type(error).__name__}: {told}); "
                "please report it with the engine's log."
            )


class Outbox:
    """Frames to the engine, from any thread; progress at most 20 a second, the last report always.

    Parameters
    ----------
    pipe
        Binary and writable; when its reader is gone, this process ends.
    """

    def __init__(self, pipe: BinaryIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._pipe = pipe
        self._clock = clock
        self._lock = threading.Lock()
        self._next_time = 0.0
        self._pending: messages.Progress | None = None
        self._timer: threading.Timer | None = None

    def send(self, message: Message) -> None:
        """Send at once; an ending drops a progress report that still waits."""
        with self._lock:
            if isinstance(message, messages.Done | messages.Failed | messages.Stopped):
                self._pending = None
            self._write(message)

    def progress(self, fraction: float, stage: str) -> None:
        """Send now, or as soon as it may be if nothing newer comes."""
        with self._lock:
            self._pending = messages.Progress(fraction=fraction, stage=stage)
            self._flush()

    def _flush(self) -> None:
        wait_seconds = self._next_time - self._clock()
        if self._pending is None or self._timer is not None:
            return
        if wait_seconds <= 0:
            self._write(self._pending)
            self._pending = None
            self._next_time = self._clock() + PROGRESS_INTERVAL_SECONDS
        else:
            self._timer = threading.Timer(wait_seconds, self._on_timer)
            self._timer.daemon = True
            self._timer.start()

    def _on_timer(self) -> None:
        with self._lock:
            self._timer = None
            self._flush()

    def _write(self, message: Message) -> None:
        try:
            self._pipe.write(messages.encode(message))
            self._pipe.flush()
        except OSError:
            os._exit(0)  # nobody listens any more, and nobody must go on writing files for them


class Inbox:
    """Frames from the engine, read in a thread so that a cancel arrives while a job runs.

    Parameters
    ----------
    pipe
        Binary and readable; its end ends this process.
    """

    def __init__(self, pipe: BinaryIO) -> None:
        self._pipe = pipe
        self._runs: queue.SimpleQueue[Run] = queue.SimpleQueue()
        self._cancelled: int | None = None

    def start(self) -> None:
        """Begin to read."""
        threading.Thread(target=self._read, name="inbox", daemon=True).start()

    def next_run(self) -> Run:
        """Wait for work."""
        return self._runs.get()

    def is_cancelled(self, run: int) -> bool:
        """Whether that very run was cancelled."""
        return self._cancelled == run

    def _read(self) -> None:
        while (message := read_frame(self._pipe)) is not None:
            if isinstance(message, Run):
                self._runs.put(message)
            elif isinstance(message, messages.Cancel):
                self._cancelled = message.run
        os._exit(0)  # the engine is gone; the main thread may be deep in native code, so no ceremony


def read_frame(pipe: BinaryIO) -> Message | None:
    """The next message, or None at the end of the pipe."""
    header = pipe.read(messages.HEADER.size)
    if len(header) < messages.HEADER.size:
        return None
    (length_bytes,) = messages.HEADER.unpack(header)
    body = pipe.read(length_bytes)
    return messages.decode(body) if len(body) == length_bytes else None


def work(runner: Runner, inbox: Inbox, outbox: Outbox) -> None:
    """Do jobs until the process ends."""
    while True:
        run = inbox.next_run()
        handle = Handle(on_progress=outbox.progress, is_cancelled=partial(inbox.is_cancelled, run.run))
        outbox.send(ending_of(runner, run.job, handle, lambda stem: outbox.send(messages.Stem(stem=stem))))


def ending_of(runner: Runner, job: Job, handle: Handle, on_stem: Callable[[StemFile], None]) -> messages.Ending:
    """Do one job, and say how it ended; nothing that it raises comes through."""
    try:
        handle.check()
        return messages.Done(result=runner.run(job, handle, on_stem))
    except Cancelled:
        return messages.Stopped()
    except Exception as error:  # whatever it is, the job ends with a reason and the engine lives
        told = as_error(error)
        if told is not error:
            _log.exception("Job %s failed.", job.id)
        return messages.Failed(error=JobError.of(told))


def main() -> None:
    """Entry of the process; never returns."""
    inbox_pipe, outbox_pipe = _private_pipes()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the engine, which stops us in order
    _die_with_parent()
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    logging.basicConfig(level=logging.WARNING, format="worker: %(levelname)s: %(message)s", stream=sys.stderr)
    hello = read_frame(inbox_pipe)
    if not isinstance(hello, messages.Hello):
        return
    if hello.lock_fd is not None:
        os.set_inheritable(hello.lock_fd, False)  # ours to hold, not that of programs we start
    inbox, outbox = Inbox(inbox_pipe), Outbox(outbox_pipe)
    inbox.start()
    try:
        runner = load(hello.runner)(Settings.model_validate_json(hello.settings))
    except Exception as error:
        _log.exception("The worker cannot start.")
        outbox.send(messages.Failed(error=JobError.of(as_error(error))))
        return
    outbox.send(messages.Ready())
    work(runner, inbox, outbox)


def _private_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Take the standard input and output away from everything else; prints go to standard error."""
    inbox = os.fdopen(os.dup(0), "rb")
    outbox = os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    return inbox, outbox


def _die_with_parent() -> None:
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        # A parent that died before this line closed the pipe, which the inbox notices.
