"""What the engine and the process that holds plugins tell each other: small messages by pipe, sound by shared memory.

Both sides are of one version, always: this is no protocol for others. It knows no plugins.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import struct
import tempfile
from enum import IntEnum
from pathlib import Path
from typing import IO, Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, TypeAdapter

from engine.audio import Samples
from engine.chain import Value
from engine.errors import ResourceError
from engine.model import Model
from plugin_bridge.parameters import Parameter

SLOT_SAMPLES = 65_536
"""Samples per channel that travel at once."""
SLOTS = 2
NOBODY = -1
"""The mark of a host that is in no plugin's code."""
_HEADER_BYTES = 64
_LENGTH = struct.Struct(">I")


class Doing(IntEnum):
    """What a plugin is at."""

    WAIT = 0
    LOAD = 1
    SET = 2
    PROCESS = 3
    PLAY = 4
    SAVE = 5
    RESET = 6
    UNLOAD = 7


class Load(Model):
    """Load a plugin and tell what it is; without a path it is a built-in effect, as where the sandbox is measured."""

    step: Literal["load"] = "load"
    link: int
    path: str
    plugin_name: str = Field("", description="Which one, in a file of several.")
    state: str = Field("", description="Its own state, base64.")
    preset: str = Field("", description="A .vstpreset file.")


class Look(Model):
    """Tell the names of the plugins in a file, without loading one."""

    step: Literal["look"] = "look"
    path: str


class Prepare(Model):
    """Make a loaded effect ready for sound."""

    step: Literal["prepare"] = "prepare"
    link: int
    sample_rate_hz: int
    channels: int
    values: dict[str, Value] = Field(default_factory=dict)
    mix: float = 1.0


class SetValue(Model):
    """Change a parameter while sound goes through; ``mix`` is the link's own."""

    step: Literal["set"] = "set"
    link: int
    name: str
    value: Value
    mix: bool = False


class Tune(Model):
    """Set an instrument's parameters."""

    step: Literal["tune"] = "tune"
    link: int
    values: dict[str, Value]


class Process(Model):
    """Put what lies in a slot through the links, in the order they were loaded in."""

    step: Literal["process"] = "process"
    slot: int
    samples: int


class Play(Model):
    """Let an instrument play into slot 0: MIDI messages as hex, with seconds from the start of this piece."""

    step: Literal["play"] = "play"
    link: int
    sample_rate_hz: int
    channels: int
    samples: int
    notes: tuple[tuple[str, float], ...]
    first: bool


class Save(Model):
    """Tell a plugin's state and parameters."""

    step: Literal["save"] = "save"
    link: int


class Reset(Model):
    """Forget all sound."""

    step: Literal["reset"] = "reset"


class Quit(Model):
    """Give all plugins up, and end."""

    step: Literal["quit"] = "quit"


Request = Load | Look | Prepare | SetValue | Tune | Process | Play | Save | Reset | Quit


class Loaded(Model):
    """What a plugin is."""

    answer: Literal["loaded"] = "loaded"
    name: str
    maker: str = ""
    version: str = ""
    category: str = ""
    instrument: bool = False
    parameters: tuple[Parameter, ...] = ()


class Names(Model):
    """Which plugins a file holds."""

    answer: Literal["names"] = "names"
    names: tuple[str, ...]


class Ready(Model):
    """An effect waits for sound."""

    answer: Literal["ready"] = "ready"
    latency_samples: int


class Saved(Model):
    """A plugin's state, base64, and its parameters as they are."""

    answer: Literal["saved"] = "saved"
    state: str
    values: dict[str, Value]


class Done(Model):
    """It is done."""

    answer: Literal["done"] = "done"


class Refused(Model):
    """A plugin, or what hosts it, would not; everything else goes on."""

    answer: Literal["refused"] = "refused"
    link: int
    sentence: str


Answer = Annotated[Loaded | Names | Ready | Saved | Done | Refused, Field(discriminator="answer")]
REQUEST: TypeAdapter[Request] = TypeAdapter(Annotated[Request, Field(discriminator="step")])
ANSWER: TypeAdapter[Answer] = TypeAdapter(Answer)


def send(pipe: IO[bytes], message: Model) -> None:
    """Write one message."""
    body = message.model_dump_json().encode()
    pipe.write(_LENGTH.pack(len(body)) + body)
    pipe.flush()


def receive(pipe: IO[bytes], kind: TypeAdapter[Any]) -> Any:
    """Read one message; None at the end."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    body = pipe.read(_LENGTH.unpack(head)[0])
    return kind.validate_json(body) if len(body) == _LENGTH.unpack(head)[0] else None


class Shared:
    """Memory of both processes: who is at work, and slots of sound.

    A file that is mapped, in memory where the system has a folder for it; once both have it, its name goes
    (:meth:`forget_name`), so that nothing is left whatever becomes of either.
    """

    def __init__(self, path: Path, channels: int) -> None:
        self._path: Path | None = path
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _bytes(channels))
        self._at_work: NDArray[np.int32] | None = np.frombuffer(self._map, np.int32, 2)
        sound = np.frombuffer(self._map, np.float32, SLOTS * channels * SLOT_SAMPLES, _HEADER_BYTES)
        self._slots: Samples | None = sound.reshape(SLOTS, -1)
        self._channels = channels

    @classmethod
    def create(cls, channels: int) -> tuple[Shared, Path]:
        """New memory, and the path by which the other process finds it.

        Raises
        ------
        ResourceError
            When there is no room for it.
        """
        memory = Path("/dev/shm")
        folders = [str(memory)] if memory.is_dir() and os.access(memory, os.W_OK) else []
        problem: OSError | None = None
        for folder in (*folders, tempfile.gettempdir()):
            handle, name = tempfile.mkstemp(prefix=f"cuewright-plugins-{os.getpid()}-", dir=folder)
            try:
                if hasattr(os, "posix_fallocate"):  # a full disk is told here, and does not kill at the first write
                    os.posix_fallocate(handle, 0, _bytes(channels))
                else:
                    os.ftruncate(handle, _bytes(channels))
                return cls(Path(name), channels), Path(name)
            except OSError as error:
                problem = error
                Path(name).unlink(missing_ok=True)
            finally:
                os.close(handle)
        raise ResourceError(f"There is no room for the memory that plugins work in: {problem}.")

    @property
    def at_work(self) -> tuple[int, Doing]:
        """Whose code runs, a link's number or :data:`NOBODY`, and what it does."""
        if self._at_work is None:
            return NOBODY, Doing.WAIT
        return int(self._at_work[0]), Doing(int(self._at_work[1]))

    def mark(self, link: int, doing: Doing) -> None:
        """Say whose code runs from here on, and why."""
        assert self._at_work is not None
        self._at_work[:] = link, doing

    def slot(self, number: int, samples: int) -> Samples:
        """``(channels, samples)`` of a slot, to read and to write."""
        assert self._slots is not None
        return self._slots[number, : self._channels * samples].reshape(self._channels, samples)

    def forget_name(self) -> None:
        """Take the file's name away, where the system lets it go while it is open; :meth:`close` does it anyway."""
        if self._path is not None:
            with contextlib.suppress(PermissionError):
                self._path.unlink(missing_ok=True)
                self._path = None

    def close(self) -> None:
        """Give it up."""
        self._at_work = self._slots = None
        with contextlib.suppress(BufferError):  # somebody still looks at a slot: it goes with them
            self._map.close()
        self.forget_name()


def _bytes(channels: int) -> int:
    return _HEADER_BYTES + SLOTS * channels * SLOT_SAMPLES * 4
