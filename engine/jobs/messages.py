"""What the engine and a worker process say to each other, and how it is framed on a pipe.

A frame is four bytes of length, big-endian, and that many bytes of JSON. No pickle: what a pipe carries is data. This
module does not read or write pipes by itself, because one end is asyncio and the other is threads.
"""

from __future__ import annotations

import struct
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from engine.jobs.view import JobError
from engine.model import Model
from engine.request import Job
from engine.results import JobResult, StemFile

HEADER = struct.Struct(">I")


class Hello(Model):
    """To the worker, once: who to be."""

    kind: Literal["hello"] = "hello"
    runner: str = Field(description="'module:callable'; called with the settings it makes the runner.")
    settings: str = Field(description="The engine's settings as JSON, secrets included: pipes only, never a log.")
    lock_fd: int | None = Field(None, description="Descriptor of the engine's lock, held open while the worker lives.")


class Run(Model):
    """To the worker: do this job."""

    kind: Literal["run"] = "run"
    run: int = Field(description="Number of this run, never used twice by one engine.")
    job: Job


class Cancel(Model):
    """To the worker: stop that run. It names the run, so a late cancel cannot hit the next job."""

    kind: Literal["cancel"] = "cancel"
    run: int


class Ready(Model):
    """From the worker: imported and built, waiting for work."""

    kind: Literal["ready"] = "ready"


class Progress(Model):
    """From the worker, at most 20 a second."""

    kind: Literal["progress"] = "progress"
    fraction: float = Field(ge=0, le=1)
    stage: str


class Stem(Model):
    """From the worker: a file is complete on disk."""

    kind: Literal["stem"] = "stem"
    stem: StemFile


class Done(Model):
    """From the worker: the job is finished."""

    kind: Literal["done"] = "done"
    result: JobResult


class Failed(Model):
    """From the worker: the job, or before any job the worker itself, failed."""

    kind: Literal["failed"] = "failed"
    error: JobError


class Stopped(Model):
    """From the worker: the job was cancelled, as asked."""

    kind: Literal["stopped"] = "stopped"


Ending = Done | Failed | Stopped
Message = Annotated[
    Hello | Run | Cancel | Ready | Progress | Stem | Done | Failed | Stopped, Field(discriminator="kind")
]
_MESSAGES: TypeAdapter[Message] = TypeAdapter(Message)


def encode(message: Message) -> bytes:
    """A frame.

    >>> encode(Ready())
    b'\\x00\\x00\\x00\\x10{"kind":"ready"}'
    """
    body = message.model_dump_json().encode()
    return HEADER.pack(len(body)) + body


def decode(body: bytes) -> Message:
    """The message in a frame's body."""
    return _MESSAGES.validate_json(body)
