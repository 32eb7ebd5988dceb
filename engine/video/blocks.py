"""A picture as blocks of measured motion, each within a shot and at most half a minute long, in one pass.

Decoding and the search for shots run ahead in a second thread. This module does not know what is looked for in a block.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import numpy as np

from engine.handle import Handle
from engine.picture import Picture
from engine.video.ahead import ahead
from engine.video.motion import Motion, MotionMeter
from engine.video.reader import Footage, Frame, Warn, frames
from engine.video.scaling import Pixels
from engine.video.shots import ShotFinder

_MAX_RATE_HZ = 61.0
_BLOCK_SECONDS = 30.0
_PART_SECONDS = 10.0
"""A block that is full is parted at the quietest frame of its last seconds."""
_BLOCK_FRAMES = 2_000
_STANDS_SECONDS = 2.0
"""Between two frames so far apart nothing is known to have moved; a block ends, and its even grid stays small."""
_OTHER_PICTURE = 0.5
"""Correlation of two frames below which a block ends, if most of the picture changes; whether it is a cut is for the
shot finder to say."""
_CHANGED_LEVELS = 10
_CHANGED_SHARE = 0.6


def _ignore(sentence: str) -> None:
    pass


def blocks(
    picture: Picture,
    *,
    finder: ShotFinder | None = None,
    footage: Footage | None = None,
    warn: Warn = _ignore,
    handle: Handle = Handle(),  # noqa: B008 - frozen
) -> Iterator[Motion]:
    """Measure a slice, block by block; ``finder``, where given, is shown every frame.

    Raises
    ------
    FileUnreadable
        The file is missing, or not to be read.
    PictureUnreadable
        It holds no picture, or none in the slice.
    """
    meter, started, shown, before = MotionMeter(), 0.0, 0.0, None
    reading = frames(picture, max_rate_hz=_MAX_RATE_HZ, footage=footage, warn=warn, handle=handle)

    def watched() -> Iterator[Frame]:
        for frame in reading:
            if finder:
                finder.add(frame.time_seconds, frame.thumbnail_bgr)
            yield frame

    with closing(ahead(watched())) as read:
        for frame in read:
            time = frame.time_seconds
            stood = time - shown > _STANDS_SECONDS
            fresh = before is None or stood or _other_picture(before, frame.thumbnail_bgr)
            if fresh or meter.frames >= _BLOCK_FRAMES or time - started > _BLOCK_SECONDS:
                block = meter.take(None if fresh else _parting(meter))
                started = time if fresh else meter.began
                if block is not None:
                    yield block
            meter.add(time, frame.gray, fresh=fresh)
            before, shown = frame.thumbnail_bgr, time
    block = meter.take()
    if block is not None:
        yield block


def _parting(meter: MotionMeter) -> int:
    return meter.quietest(round(meter.frames * (1 - _PART_SECONDS / _BLOCK_SECONDS)))


def _other_picture(before: Pixels, now: Pixels) -> bool:
    """Whether two thumbnails have too little in common for one to follow from the other."""
    one, other = before.mean(2, dtype=np.float32), now.mean(2, dtype=np.float32)
    if np.mean(np.abs(one - other) > _CHANGED_LEVELS) < _CHANGED_SHARE:
        return False
    one, other = one - one.mean(), other - other.mean()
    size = float(np.sqrt((one**2).sum() * (other**2).sum()))
    return size > 0 and float((one * other).sum()) / size < _OTHER_PICTURE
