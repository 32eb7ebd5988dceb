"""Takes in one sound file: is it sound, what are its format, its words and its content id.

Knows nothing of the index.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from engine import ucs
from engine.audio import MAX_CHANNELS, MAX_SAMPLE_RATE_HZ, MIN_SAMPLE_RATE_HZ
from engine.backends.library.names import label_of, parse_name, split_words
from engine.backends.library.wavmeta import read_wav_text
from engine.handle import Handle

SUFFIXES = frozenset({".wav", ".wave", ".bwf", ".rf64", ".w64", ".flac", ".aif", ".aiff", ".aifc", ".ogg", ".oga"})
SILENT_DB = -90.0
"""A file whose loudest sample is below this holds no sound."""
PROBES = 16
PROBE_BYTES = 2**16
BLOCK_FRAMES = 2**16
_TAGS = ("title", "comment", "album", "genre")
MAX_FOLDERS = 3
"""So many parent folders describe a file; those above hold libraries, not sounds."""


class UnreadableError(Exception):
    """This file is left out of the index; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What the index keeps of a file.

    Parameters
    ----------
    content
        Content id, see :func:`content_id`.
    frames
        Samples per channel.
    category
        UCS CatID, or ``""``.
    """

    content: str
    frames: int
    channels: int
    sample_rate_hz: int
    category: str
    label: str
    name_words: str
    description: str
    folders: str


def content_id(path: Path) -> str:
    """32 hexadecimal digits that stand for a file's content.

    Up to 1 MiB all of it is hashed, beyond that the size and 16 probes of 64 KiB spread from start to end: a library of
    100,000 files is taken in within minutes and not hours. An edit that keeps the size and misses every probe is not
    seen; edits of sound that change neither length nor header nor any probe are rare.
    """
    size = path.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with path.open("rb") as file:
        if size <= PROBES * PROBE_BYTES:
            digest.update(file.read())
        else:
            for k in range(PROBES):
                file.seek((size - PROBE_BYTES) * k // (PROBES - 1))
                digest.update(file.read(PROBE_BYTES))
    return digest.hexdigest()[:32]


def read_entry(path: Path, root: Path, handle: Handle) -> Entry:
    """Take in one file.

    Parameters
    ----------
    path
        The file, under ``root``.
    root
        The folder that was added; it and the folders below it describe the file.

    Raises
    ------
    UnreadableError
        When it is not sound, or silent.
    """
    try:
        with open_sound(path) as file:
            _check_format(file)
            _check_sound(file, handle)
            tags = file.copy_metadata()
            frames, channels, rate = file.frames, file.channels, file.samplerate
        told = read_wav_text(path)
        content = content_id(path)
    except (OSError, RuntimeError, ValueError) as error:
        raise UnreadableError(_reason(error)) from None
    name = parse_name(path.stem)
    own_label = told.label and not name.category  # a UCS file name is what its owner sees; it wins
    folders = [root.name, *path.relative_to(root).parts[:-1]][-MAX_FOLDERS:]
    texts = (told.description, told.label, told.originator, *(tags.get(key, "") for key in _TAGS))
    return Entry(
        content=content,
        frames=frames,
        channels=channels,
        sample_rate_hz=rate,
        category=name.category or (told.category if ucs.is_cat_id(told.category) else ""),
        label=label_of(split_words(told.label)) if own_label else name.label,
        name_words=name.words,
        description=" ".join(dict.fromkeys(split_words("\n".join(texts)))),
        folders=" ".join(split_words(" ".join(folders))),
    )


def open_sound(path: Path) -> soundfile.SoundFile:
    """Open a file for reading; also one whose name is not valid UTF-8."""
    return soundfile.SoundFile(str(path) if os.name == "nt" else os.fsencode(path))


def _check_format(file: soundfile.SoundFile) -> None:
    if file.frames <= 0:
        raise UnreadableError("it holds no samples")
    if not MIN_SAMPLE_RATE_HZ <= file.samplerate <= MAX_SAMPLE_RATE_HZ:
        raise UnreadableError(f"its sample rate of {file.samplerate} Hz is out of range")
    if file.channels > MAX_CHANNELS:
        raise UnreadableError(f"it has {file.channels} channels, at most {MAX_CHANNELS} are read")


def _check_sound(file: soundfile.SoundFile, handle: Handle) -> None:
    """Read up to the first block that can be heard."""
    threshold = 10 ** (SILENT_DB / 20)
    read = 0
    while (block := file.read(BLOCK_FRAMES, dtype="float32", always_2d=True)).size:
        handle.check()
        read += len(block)
        if not np.isfinite(block).all():
            raise UnreadableError("it holds NaN or infinite samples")
        if np.ptp(block, axis=0).max() > threshold:  # a constant offset is not sound
            return
    raise UnreadableError("it is silent" if read else "it holds no samples")


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    text = str(error)
    return "it is not a sound file: " + (text.rpartition(": ")[2] or text).strip().rstrip(".").lower()
