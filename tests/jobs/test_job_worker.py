"""The worker's own parts, without a process: what it says, how often, and what it makes of errors."""

from __future__ import annotations

import errno
import io
import threading
import time

import pytest

from engine.errors import BackendFailed, BadArgument, DependencyMissing
from engine.jobs import messages
from engine.jobs.messages import Message
from engine.jobs.process import death_in_words
from engine.jobs.view import JobError
from engine.jobs.worker import Outbox, as_error, load, read_frame
from engine.request import GenerateRequest, Job
from engine.results import JobResult

RESULT = JobResult(job_id="a", stems=(), manifest="m", project="p", warnings=("ünïcode\n",))
JOB = Job(id="a", request=GenerateRequest(prompt="rain", folder="out"), created="now")
DEADLINE_SECONDS = 10.0


class Pipe(io.BytesIO):
    """A pipe that remembers what was written, and says when something was."""

    def __init__(self) -> None:
        super().__init__()
        self.flushed = threading.Event()

    def flush(self) -> None:
        self.flushed.set()

    def said(self) -> list[Message]:
        copy = io.BytesIO(self.getvalue())
        found = []
        while (message := read_frame(copy)) is not None:
            found.append(message)
        return found


class Clock:
    """Stands still until it is set."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    "message",
    [
        messages.Hello(runner="a:b", settings="{}", lock_fd=3),
        messages.Run(run=7, job=JOB),
        messages.Cancel(run=7),
        messages.Ready(),
        messages.Progress(fraction=0.5, stage="rendering"),
        messages.Done(result=RESULT),
        messages.Failed(error=JobError(code="internal", sentence="s")),
        messages.Stopped(),
    ],
    ids=lambda m: m.kind,
)
def test_every_message_comes_back_from_its_frame(message: Message) -> None:
    pipe = io.BytesIO(messages.encode(message) * 2)
    assert [read_frame(pipe), read_frame(pipe), read_frame(pipe)] == [message, message, None]


@pytest.mark.parametrize("cut", [1, 3, 5, 30])
def test_a_frame_cut_short_is_the_end(cut: int) -> None:
    assert read_frame(io.BytesIO(messages.encode(messages.Run(run=1, job=JOB))[:cut])) is None


def test_progress_is_told_at_most_every_interval() -> None:
    pipe = Pipe()
    outbox = Outbox(pipe)
    began = time.monotonic()
    steps = 0
    while time.monotonic() < began + 0.3:
        outbox.progress(steps / 1e9, "rendering")
        steps += 1
    passed = time.monotonic() - began
    fractions = [m.fraction for m in pipe.said() if isinstance(m, messages.Progress)]
    assert fractions[0] == 0.0
    assert 2 <= len(fractions) <= 1 + passed / 0.05
    assert fractions == sorted(fractions)


def test_the_last_report_is_told_although_nothing_follows() -> None:
    pipe = Pipe()
    outbox = Outbox(pipe)
    outbox.progress(0.1, "first")
    pipe.flushed.clear()
    outbox.progress(0.2, "skipped")
    outbox.progress(0.3, "last")
    assert pipe.flushed.wait(DEADLINE_SECONDS)
    stages = [m.stage for m in pipe.said() if isinstance(m, messages.Progress)]
    assert (stages[0], stages[-1]) == ("first", "last")


def test_no_progress_follows_an_ending() -> None:
    clock = Clock()
    pipe = Pipe()
    outbox = Outbox(pipe, clock)
    outbox.progress(0.1, "told")
    outbox.progress(0.2, "too late")
    outbox.send(messages.Done(result=RESULT))
    clock.now += 1.0
    deadline = time.monotonic() + DEADLINE_SECONDS
    while outbox._timer is not None and time.monotonic() < deadline:
        threading.Event().wait(0.01)
    assert outbox._timer is None
    assert [m.kind for m in pipe.said()] == ["progress", "done"]


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (BackendFailed("The bell cracked.", field="prompt"), "backend_failed", "The bell cracked."),
        (MemoryError(), "resource", "not enough memory"),
        (OSError(errno.ENOSPC, "No space left on device"), "disk_full", "disk became full"),
        (OSError(errno.EIO, "I/O error"), "internal", "I/O error"),
        (ValueError("two and two"), "internal", "ValueError: two and two"),
    ],
)
def test_whatever_is_raised_has_a_code_and_a_sentence(error: Exception, code: str, words: str) -> None:
    told = as_error(error)
    assert told.code == code
    assert words in told.sentence


def test_a_runner_is_loaded_by_name() -> None:
    assert load("fake_runners:Obedient").__name__ == "Obedient"
    with pytest.raises(DependencyMissing, match="'nowhere' is missing"):
        load("nowhere:Studio")
    with pytest.raises(BadArgument, match="Nobody"):
        load("fake_runners:Nobody")


@pytest.mark.parametrize(
    ("returncode", "words"),
    [(-9, "SIGKILL"), (-11, "crashed (SIGSEGV)"), (-63, "signal 63"), (0, "exit code 0"), (3, "exit code 3")],
)
def test_a_death_is_told_in_words(returncode: int, words: str) -> None:
    assert words in death_in_words(returncode)
