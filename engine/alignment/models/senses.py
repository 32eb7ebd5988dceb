"""What a model is shown of a picture and given of a sound: a bounded number of stills and of pieces, with their times.

It names no file, and it does not know what the model is asked.
"""

from __future__ import annotations

import io
import threading
import wave
from collections.abc import Iterator, Sequence
from functools import partial
from importlib.resources import files
from typing import TypeVar

import numpy as np

from engine.dsp.resample import resampled
from engine.errors import Cancelled, CuewrightError, PlannerFailed
from engine.evaluation.judges import Mono
from engine.handle import Handle
from engine.llm.client import Asker
from engine.llm.message import SOUND_RATE_HZ, Image, Part, Sound
from engine.model import Model
from engine.picture import Picture, Still
from engine.source import Part as Stretch
from engine.source import Source, collected
from engine.video.filmstrip import filmstrip

STILLS, STILL_HEIGHT_PX = 16, 288
PIECE_SECONDS = 30.0
"""Models that listen take no more at once."""
MOST_PIECES = 8
"""4 minutes: 7.7 MB. Of a longer sound, as many pieces evenly spread."""

M = TypeVar("M", bound=Model)


class Stills:
    """Stills of pictures, each picture read once; several threads may ask at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[Picture, tuple[Still, ...]] = {}

    def of(self, picture: Picture, handle: Handle) -> list[Part]:
        """The stills of a picture, each after its time.

        Raises
        ------
        PlannerFailed
            When it cannot be read.
        """
        with self._lock:
            if picture not in self._known:
                try:
                    self._known[picture] = filmstrip(picture, STILLS, STILL_HEIGHT_PX, handle=handle)
                except Cancelled:
                    raise
                except CuewrightError as error:
                    raise PlannerFailed(f"The picture cannot be shown to a model: {error.sentence}") from None
            stills = self._known[picture]
        return [part for still in stills for part in (f"At {still.time_seconds:.2f} s:", Image(jpeg=still.jpeg))]


def played(source: Source) -> Iterator[Part]:
    """A sound in pieces, each after its time, mixed to mono at :data:`~engine.llm.message.SOUND_RATE_HZ`."""
    rate, length = source.sample_rate_hz, source.length_samples
    spans = pieces(source, PIECE_SECONDS)
    if spans[-1][1] - spans[0][0] > sum(end - start for start, end in spans):
        yield f"Of {length / rate:.0f} s, {len(spans)} pieces:"
    for start, end in spans:
        yield f"Sound from {start / rate:.2f} to {end / rate:.2f} s:"
        yield Sound(wav=_wav(mono(source, start, end, SOUND_RATE_HZ)))


def pieces(source: Source, seconds: float) -> list[tuple[int, int]]:
    """Samples at which pieces of a sound begin and end: all of it, or :data:`MOST_PIECES` evenly spread."""
    size, length = round(seconds * source.sample_rate_hz), source.length_samples
    starts: Sequence[int] = range(0, length, size)
    if len(starts) > MOST_PIECES:
        starts = [int(start) for start in np.linspace(0, length - size, MOST_PIECES)]
    return [(start, min(start + size, length)) for start in starts]


def mono(source: Source, start: int, end: int, sample_rate_hz: int) -> Mono:
    """A piece of a sound, mixed to one channel, at a rate."""
    made = collected(Stretch(source, start, end), partial(resampled, sample_rate_hz=sample_rate_hz))
    return np.asarray(made.samples.mean(axis=0), np.float32)


def _wav(samples: Mono) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(SOUND_RATE_HZ)
        out.writeframes(np.round(np.clip(samples, -1.0, 1.0) * 32_767).astype("<i2").tobytes())
    return file.getvalue()


def ask(asker: Asker, wanted: type[M], prompt: str, parts: Sequence[Part]) -> M:
    """An answer of a model; whatever keeps it from answering is a :class:`PlannerFailed`, which the loop survives."""
    try:
        return asker.ask(wanted, prompt, parts)
    except (Cancelled, PlannerFailed):
        raise
    except CuewrightError as error:
        raise PlannerFailed(error.sentence) from None


def prompt_of(name: str) -> str:
    """A prompt by its file's name."""
    return files("engine.llm").joinpath("prompts", f"{name}.txt").read_text(encoding="utf-8")
