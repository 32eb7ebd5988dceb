"""Files that a chain names: where they may lie, and impulse responses read from them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from engine.audio import Samples
from engine.errors import FileUnreadable, PathNotAllowed

MAX_IMPULSE_SECONDS = 30.0


def real_file(text: str, roots: Iterable[Path], *, field: str) -> Path:
    """The file or bundle that a chain names, links resolved before they are compared.

    Raises
    ------
    PathNotAllowed
        Outside ``roots``, or not a full path.
    FileUnreadable
        When nothing is there.
    """
    try:
        path = Path(text).expanduser()
        real = Path(os.path.realpath(path))
        there = real.exists()
    except (OSError, ValueError, RuntimeError) as error:
        raise PathNotAllowed(f"{text[:200]!r} cannot be a path: {error}.", field=field) from None
    if not path.is_absolute():
        raise PathNotAllowed(f"{text[:200]!r} is not a full path: write one that begins at the root.", field=field)
    allowed = [Path(os.path.realpath(root.expanduser())) for root in roots]
    if not any(real.is_relative_to(root) for root in allowed):
        names = ", ".join(map(str, allowed))
        raise PathNotAllowed(f"{real} is outside the allowed folders ({names}): choose one inside.", field=field)
    if not there:
        raise FileUnreadable(f"{real} is not there.", field=field)
    return real


def read_impulse(path: Path, *, field: str) -> tuple[Samples, int]:
    """An impulse response, ``(1 or 2, samples)``, and its sample rate.

    Raises
    ------
    FileUnreadable
        When it is no sound, of too many channels or too long.
    """
    import soundfile

    try:
        with soundfile.SoundFile(path) as file:
            rate, channels, seconds = file.samplerate, file.channels, file.frames / file.samplerate
            if channels > 2 or not 0 < seconds <= MAX_IMPULSE_SECONDS:
                raise FileUnreadable(
                    f"{path} is no impulse response: one is mono or stereo and up to {MAX_IMPULSE_SECONDS:g} s long; "
                    f"this has {channels} channels and {seconds:.1f} s.",
                    field=field,
                )
            samples = np.ascontiguousarray(file.read(dtype="float32", always_2d=True).T)
    except (OSError, soundfile.SoundFileError) as error:
        raise FileUnreadable(f"{path} cannot be read as sound: {error}.", field=field) from None
    if not np.isfinite(samples).all():
        raise FileUnreadable(f"{path} holds NaN or infinite samples.", field=field)
    return samples, rate
