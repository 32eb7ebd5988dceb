"""The sound that lies beside a picture in its file, as a file of its own: sample for sample, at its own rate.

It begins with the first frame that the picture shows; what is missing before it is silence.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine.audio import MAX_CHANNELS, Samples
from engine.errors import PictureUnreadable
from engine.timebase import round_late
from engine.video.container import FIELD, Damage, decoded, file_name, opened, sound_stream
from engine.video.probe import probe

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame

_JITTER_SECONDS = Fraction(3, 100)
"""Time stamps in whole milliseconds tremble; only more than this is a hole."""


def write_soundtrack(video: str, target: Path) -> None:
    """Write it as WAV of 32-bit floats.

    Raises
    ------
    FileUnreadable, PictureUnreadable
        When the file is no video, or has no sound.
    OSError
        When the target cannot be written.
    """
    import soundfile

    begin = probe(video).start_seconds
    with opened(video) as container:
        stream = sound_stream(container)
        if stream is None:
            raise PictureUnreadable(f"{file_name(video)} has no sound of its own: name a sound file.", field=FIELD)
        rate, channels = int(stream.rate), min(MAX_CHANNELS, int(stream.channels))
        with soundfile.SoundFile(
            target, "w", samplerate=rate, channels=channels, format="WAV", subtype="FLOAT"
        ) as file:
            position, heard = 0, False
            for at, samples in _pieces(decoded(container, stream, Damage()), begin, rate):
                start = position if heard and abs(at - position) < _JITTER_SECONDS * rate else at
                for hole in range(position, start, rate):
                    file.write(np.zeros((min(rate, start - hole), channels), np.float32))
                fresh = samples[:channels, max(0, position - start) :]
                file.write(fresh.T)
                heard, position = True, max(position, start + samples.shape[1])
            if not position:
                raise PictureUnreadable(f"The sound of {file_name(video)} cannot be decoded.", field=FIELD)


def _pieces(frames: Iterator[AudioFrame], begin: Fraction, rate: int) -> Iterator[tuple[int, Samples]]:
    """Samples and where they begin, from the picture's first frame; what lies before it is left out."""
    import av

    resampler = av.AudioResampler(format="fltp", rate=rate)
    for frame in frames:
        for piece in resampler.resample(frame):
            if piece.pts is None or piece.time_base is None:
                continue
            at = round_late((piece.pts * piece.time_base - begin) * rate)
            samples = np.nan_to_num(piece.to_ndarray().astype(np.float32), posinf=0.0, neginf=0.0)
            if at + samples.shape[1] > 0:
                yield max(0, at), samples[:, max(0, -at) :]
