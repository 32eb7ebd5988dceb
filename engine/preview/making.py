"""What takes a while before it can be heard: files read, built-in sounds made, prints written.

Done in threads of the player, beside the blocks; a built-in sound is made in a process of its own, which is nicer than
the player, so that the sound that plays does not wait for the one that is made.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

import engine
from engine.audio import Audio
from engine.config import Settings
from engine.errors import BackendFailed, BadArgument, FileUnreadable, from_wire
from engine.handle import Handle
from engine.plan import TakeSpec
from engine.preview.messages import Load
from engine.preview.priority import give_way
from engine.preview.spoken import QUICK_BACKENDS
from engine.session import Session
from engine.source import Held
from engine.stems.bwf import frames_of, write_frames
from engine.stems.folder import make_folder, publish
from engine.stems.layout import Layout
from engine.stems.metadata import Description

MOST_SECONDS = 1_800.0
"""Of a sound that is loaded: it is held in memory."""
HEAD_SECONDS = 6.0
_LONG = 4
"""So many times as long as its beginning, a sound is long."""
NICENESS = 5
_BOOT = "import sys, json; sys.path[:] = json.loads(sys.argv[1]); from engine.preview.making import main; main()"


def sounds_of(command: Load, settings: Settings) -> Iterator[tuple[Audio, bool]]:
    """What a load names, read or made, and whether that is all; of what takes long to make, a beginning comes first.

    The beginning is of the same rain, but another minute of it: what comes then takes its place. Raises as
    :func:`read_sound` and :func:`make_take`.
    """
    take = command.take
    if take is None:
        yield read_sound(Path(command.path)), True
        return
    head = round(HEAD_SECONDS * take.sample_rate_hz)
    if take.backend == "procedural" and take.length_samples > _LONG * head:
        yield make_take(take.model_copy(update={"length_samples": head}), settings), False
    yield make_take(take, settings), True


def read_sound(path: Path) -> Audio:
    """A file; of more than two channels, the first two.

    Raises
    ------
    FileUnreadable, BadArgument
        When it cannot be read, is empty, or is too long to be held.
    """
    import soundfile

    try:
        with soundfile.SoundFile(path) as file:
            if not file.frames:
                raise FileUnreadable(f"{path} holds no sound.", field="path")
            if file.frames > MOST_SECONDS * file.samplerate:
                raise BadArgument(
                    f"{path.name} is longer than {MOST_SECONDS / 60:g} minutes: preview a part of it.", field="path"
                )
            samples = file.read(dtype="float32", always_2d=True)
            return Audio(samples=samples.T[:2], sample_rate_hz=file.samplerate)
    except (OSError, soundfile.SoundFileError) as error:
        raise FileUnreadable(f"{path} cannot be read: {error}.", field="path") from None


def make_take(spec: TakeSpec, settings: Settings) -> Audio:
    """A built-in sound or one of the library, the same samples as in a stem; from its onset.

    Raises
    ------
    BadArgument
        When it is neither, or its numbers are wrong.
    BackendFailed
        When the process that makes it ends early.
    """
    if spec.backend not in QUICK_BACKENDS:
        raise BadArgument(
            f"{spec.backend!r} takes too long to be made while it plays: generate it, and load the job's stems.",
            field="take",
        )
    made = subprocess.run(
        [sys.executable, "-P", "-c", _BOOT, json.dumps(sys.path)],
        input=json.dumps([spec.model_dump_json(), settings.model_dump_json()]).encode(),
        stdout=subprocess.PIPE,
        check=False,
    )
    if made.returncode:
        raise BackendFailed(f"The process that makes the sound ended early (exit code {made.returncode}).")
    if made.stdout[:1] == b"{":
        told = json.loads(made.stdout)
        raise from_wire(told["code"], told["sentence"], told["field"])
    return Audio(samples=np.load(io.BytesIO(made.stdout), allow_pickle=False), sample_rate_hz=spec.sample_rate_hz)


def main() -> None:
    """The process that makes a built-in sound: a spec on its input, samples or an error on its output."""
    from engine.backends.registry import load
    from engine.errors import CuewrightError

    give_way()
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    try:
        told_spec, told_settings = json.load(sys.stdin)
        spec = TakeSpec.read(told_spec)
        (take,) = load(spec.backend, Settings.model_validate_json(told_settings)).render((spec,), Handle())
    except CuewrightError as error:
        told = {"code": error.code, "sentence": error.sentence, "field": error.field}
        made = json.dumps(told).encode()
    else:
        file = io.BytesIO()
        np.save(file, take.audio.samples[:, take.onset_samples :])
        made = file.getvalue()
    with contextlib.suppress(BrokenPipeError):  # the player has gone meanwhile
        sys.stdout.buffer.write(made)
        sys.stdout.buffer.flush()
    os._exit(0)  # with nothing left to be written to nobody


def print_sound(path: Path, audio: Audio, *, position_samples: int, label: str) -> tuple[Path, str, int]:
    """Write what was heard as Broadcast Wave in 32-bit floats: the very samples.

    Returns
    -------
    tuple
        The file's name, which has a number when another one is there already; its SHA-256; its length in samples.

    Raises
    ------
    DiskFull, FolderNotWritable
        And nothing is visible.
    """
    make_folder(path.parent)
    source = Held(audio)
    layout = Layout.of(source, "float32")
    about = Description(
        description=f"Preview of {label}",
        reference=hashlib.sha256(audio.samples.tobytes()).hexdigest()[:32],
        created=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        position_samples=position_samples,
        session=Session(sample_rate=audio.sample_rate_hz),
        track="",
        take=1,
        category="",
        label=label,
        licence="",
        version=engine.__version__,
    )
    final = publish(path, "preview", lambda file: write_frames(file, layout, frames_of(source), about))
    return final, hashlib.sha256(final.read_bytes()).hexdigest(), audio.length_samples
