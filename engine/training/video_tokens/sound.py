"""The sound that lies beside a picture, whole, as HuBERT wants it: one channel, 16 kHz, from the picture's first frame.

For training clips of a few seconds; spotting reads long films piece by piece instead.
"""

from __future__ import annotations

from itertools import chain

import numpy as np

from engine.backends.neural.video_tokens.hear import RATE_HZ, Sound
from engine.errors import PictureUnreadable
from engine.timebase import round_late
from engine.video.container import FIELD, Damage, decoded, file_name, opened, sound_stream
from engine.video.probe import probe

LONGEST_SECONDS = 600.0
"""Of a training file; longer ones are to be cut into clips."""


def sound_of(path: str) -> Sound:
    """As long as the picture; silence where there is none.

    Raises
    ------
    FileUnreadable, PictureUnreadable
        No such file, no picture, no sound, or longer than :data:`LONGEST_SECONDS`.
    """
    import av

    footage = probe(path)
    seconds = float(footage.duration_seconds)
    if seconds > LONGEST_SECONDS:
        raise PictureUnreadable(
            f"{file_name(path)} lasts {seconds:.0f} s, and a clip to train on at most {LONGEST_SECONDS:.0f}; cut it.",
            field=FIELD,
        )
    out = np.zeros(round(seconds * RATE_HZ), np.float32)
    begin = footage.start_seconds + footage.delay_seconds
    damage, heard = Damage(), False
    with opened(path) as container:
        stream = sound_stream(container)
        if stream is None:
            raise PictureUnreadable(f"{file_name(path)} has no sound to learn from.", field=FIELD)
        resampler = av.AudioResampler(format="fltp", layout="mono", rate=RATE_HZ)
        for frame in chain(decoded(container, stream, damage), [None]):
            for piece in resampler.resample(frame):
                if piece.pts is None or piece.time_base is None:
                    continue
                at = round_late((piece.pts * piece.time_base - begin) * RATE_HZ)
                samples = np.nan_to_num(piece.to_ndarray()[0].astype(np.float32))
                first, last = max(0, at), min(len(out), at + len(samples))
                if first < last:
                    out[first:last] = samples[first - at : last - at]
                    heard = True
    if not heard:
        raise PictureUnreadable(f"{file_name(path)} has no sound that can be decoded.", field=FIELD)
    return out
