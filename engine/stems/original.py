"""A sound file of the user's, read in place: exact where it is copied, as floats where it is edited.

It is opened for reading only, ever. What its header claims is checked against what is there. Metadata are handed on as
they lie in the file; what becomes of them is for :mod:`engine.stems.metadata` to say.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from engine.audio import MAX_CHANNELS, MAX_SAMPLE_RATE_HZ, MIN_SAMPLE_RATE_HZ, Samples
from engine.errors import FileUnreadable
from engine.riff import chunks, missing_bytes
from engine.source import LOUDEST
from engine.stems.layout import Encoding

_ENCODINGS: dict[str, Encoding] = {
    **dict.fromkeys(("PCM_U8", "PCM_S8", "PCM_16", "ULAW", "ALAW"), "pcm16"),
    **dict.fromkeys(("PCM_32", "ALAC_32"), "pcm32"),
    "PCM_24": "pcm24",
    "DOUBLE": "float64",
}
"""Of libsndfile's subtypes; every other one (FLOAT, and what is lossy) decodes to floats."""
_MAX_METADATA_BYTES = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """Chunks of a WAV file as they are, empty where there are none."""

    bext: bytes = b""
    ixml: bytes = b""
    channel_mask: int = 0


@dataclass(slots=True)
class Faults:
    """What was wrong with samples that were read."""

    not_numbers: int = 0
    missing: int = 0


class Original:
    """An open sound file, as a :class:`~engine.source.Source` over some of its channels.

    Parameters
    ----------
    path
        Any format that libsndfile reads.
    channels_wanted
        From 1; empty: all.
    mixed
        Down to one channel, by the mean of those wanted.
    field
        Key of the request that named the file, for errors.

    Raises
    ------
    FileUnreadable
        When it is no sound, damaged beyond use, or has other rates or more channels than are taken.
    """

    def __init__(
        self, path: Path, *, channels_wanted: tuple[int, ...] = (), mixed: bool = False, field: str = "audio"
    ) -> None:
        self.path, self.field, self.mixed = path, field, mixed
        self.channels_wanted = channels_wanted
        self.faults = Faults()
        try:
            if not path.is_file():
                raise FileUnreadable(self._sentence("it is missing, or no file"), field=field)
            self._file: Any = soundfile.SoundFile(str(path) if os.name == "nt" else os.fsencode(path))
        except (OSError, RuntimeError, ValueError, TypeError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is no sound file"
            raise FileUnreadable(self._sentence(reason), field=field) from None
        try:
            self._check()
        except BaseException:
            self._file.close()
            raise

    def _check(self) -> None:
        file = self._file
        if file.frames <= 0:
            raise FileUnreadable(self._sentence("it holds no samples"), field=self.field)
        if not MIN_SAMPLE_RATE_HZ <= file.samplerate <= MAX_SAMPLE_RATE_HZ:
            raise FileUnreadable(self._sentence(f"its rate is {file.samplerate} Hz"), field=self.field)
        if not file.seekable():
            told = f"{file.subtype} can only be played through: convert it to WAV"
            raise FileUnreadable(self._sentence(told), field=self.field)
        if file.channels > MAX_CHANNELS:
            told = f"it has {file.channels} channels, at most {MAX_CHANNELS} are taken"
            raise FileUnreadable(self._sentence(told), field=self.field)
        beyond = [number for number in self.channels_wanted if not 1 <= number <= file.channels]
        if beyond:
            told = f"it has {file.channels} channels and no channel {beyond[0]}"
            raise FileUnreadable(f"{self.path.name}: {told}.", field="channels")

    def _sentence(self, reason: str) -> str:
        return f"{self.path} cannot be read: {reason}."

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Original:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def sample_rate_hz(self) -> int:
        """Samples per second."""
        return int(self._file.samplerate)

    @property
    def length_samples(self) -> int:
        """Samples per channel."""
        return int(self._file.frames)

    @property
    def file_channels(self) -> int:
        """Channels of the file, wanted or not."""
        return int(self._file.channels)

    @property
    def channels(self) -> int:
        """Channels that are read."""
        return 1 if self.mixed else len(self.channels_wanted) or self.file_channels

    @property
    def encoding(self) -> Encoding:
        """What holds every sample of the file exactly; a mix of channels needs more bits than they have."""
        own = _ENCODINGS.get(self._file.subtype, "float32")
        return "float32" if self.mixed and own != "float64" else own

    def read(self, start: int, end: int) -> Samples:
        """Samples as floats, ``(channels, end - start)``; what is no number, or too large, is silence, and counted.

        Silence lies before the first sample and after the last.
        """
        frames = self._frames(start, end, "float32")
        bad = ~(np.abs(frames) <= LOUDEST)  # also where it is no number
        if bad.any():
            self.faults.not_numbers += int(bad.sum())
            frames[bad] = 0.0
        return np.ascontiguousarray(frames.T)

    def read_exact(self, start: int, end: int) -> NDArray[Any]:
        """Frames as they are, ``(end - start, channels)``: int32, left-justified, or the file's own floats."""
        return self._frames(start, end, self.encoding if self.encoding.startswith("float") else "int32")

    def _frames(self, start: int, end: int, kind: str) -> NDArray[Any]:
        first, last = (min(max(place, 0), self.length_samples) for place in (start, end))
        wanted = max(0, last - first)
        out = np.zeros((end - start, self.channels), kind)
        try:
            if wanted:
                self._file.seek(first)
                got = self._file.read(wanted, dtype=kind, always_2d=True)
                self.faults.missing += wanted - len(got)
                out[first - start :][: len(got)] = self._chosen(got)
        except (OSError, RuntimeError) as error:
            raise FileUnreadable(
                self._sentence(f"it is damaged at {first / self.sample_rate_hz:.2f} s ({str(error).strip('.')})"),
                field=self.field,
            ) from None
        return out

    def _chosen(self, frames: NDArray[Any]) -> NDArray[Any]:
        if self.channels_wanted:
            frames = frames[:, [number - 1 for number in self.channels_wanted]]
        return frames.mean(axis=1, keepdims=True) if self.mixed else frames

    def metadata(self) -> Metadata:
        """What a WAV file says of itself; nothing for other formats, or where it cannot be read."""
        found: dict[bytes, bytes] = {}
        try:
            with self.path.open("rb") as file:
                for name, start, size in chunks(file):
                    if name in (b"bext", b"iXML", b"fmt ") and name not in found and size <= _MAX_METADATA_BYTES:
                        file.seek(start)
                        found[name] = file.read(size)
        except OSError:
            return Metadata()
        form = found.get(b"fmt ", b"")
        mask = struct.unpack_from("<I", form, 20)[0] if len(form) >= 40 and form[:2] == b"\xfe\xff" else 0
        return Metadata(bext=found.get(b"bext", b""), ixml=found.get(b"iXML", b""), channel_mask=mask)

    def missing_bytes(self) -> int:
        """How much shorter the file is than its header says: it was cut off, or is being written."""
        try:
            with self.path.open("rb") as file:
                return missing_bytes(file)
        except OSError:
            return 0
