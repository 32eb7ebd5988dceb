"""A strip of small stills of a picture, evenly spread, for people to see where they are.

Seeks instead of reading on where the stills lie far apart, so a two-hour film takes seconds. Each still tells the time
of the very frame it shows, which is the keyframe that lies nearest where there is one. This module knows nothing of
what is drawn around the stills.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine.errors import PictureUnreadable
from engine.handle import Handle
from engine.picture import Picture, Still
from engine.video.clock import Clock
from engine.video.container import FIELD, Damage, opened, picture_stream
from engine.video.reader import Footage, probe, slice_length
from engine.video.scaling import Orientation

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

STAGE = "drawing the filmstrip"
_SEEK_APART_SECONDS = 4
"""Stills nearer to each other than this are met by reading on: few codecs set keyframes closer."""
_WIDEST = 4
"""Width over height of the widest still; a wider picture is squeezed."""
_JPEG_QUALITY = 72


def filmstrip(
    picture: Picture,
    count: int = 48,
    height_px: int = 108,
    *,
    footage: Footage | None = None,
    handle: Handle = Handle(),  # noqa: B008 - frozen
) -> tuple[Still, ...]:
    """At most ``count`` stills of a slice, in order; fewer when it has fewer frames.

    Parameters
    ----------
    picture
        The slice.
    count
        How many equal parts the slice is cut into; each gives one frame that shows in it.
    height_px
        Of a still; its width follows from the picture's shape.
    footage
        What :func:`~engine.video.reader.probe` said of the file, where it is known already.
    handle
        Progress over the stills, and cancel.

    Raises
    ------
    FileUnreadable
        The file is missing, or not to be read.
    PictureUnreadable
        It holds no picture, or none in the slice.
    """
    footage = footage or probe(picture.path)
    rate, begin = Fraction(repr(picture.play_rate)), Fraction(repr(picture.offset_seconds))
    end = begin + slice_length(picture, footage) * rate
    width_px = max(8, min(_WIDEST * height_px, round(height_px * footage.width_px / footage.height_px)))
    stills: list[Still] = []
    with opened(picture.path) as container:
        stream = picture_stream(container, picture.path)
        for done, (source, frame) in enumerate(_spread(container, stream, footage, begin, end, count)):
            handle.progress(done / count, STAGE)
            time = float(max(Fraction(0), source - begin) / rate)
            if not stills or time > stills[-1].time_seconds:
                stills.append(Still(time_seconds=time, jpeg=_jpeg(frame, width_px, height_px)))
    if not stills:
        raise PictureUnreadable(
            f"Not one frame of the slice of {Path(picture.path).name} can be decoded; export it again.", field=FIELD
        )
    handle.progress(1.0, STAGE)
    return tuple(stills)


def _spread(
    container: InputContainer, stream: VideoStream, footage: Footage, begin: Fraction, end: Fraction, count: int
) -> Iterator[tuple[Fraction, VideoFrame]]:
    """One frame, and its second in the picture, of every equal part that has one."""
    import av

    clock = Clock(container, stream)
    part = (end - begin) / count
    coming: Iterator[tuple[Fraction, Fraction, VideoFrame]] | None = None
    for k in range(count):
        first, last = begin + k * part, begin + (k + 1) * part
        if coming is None or (part > _SEEK_APART_SECONDS and not clock.counts):
            # The keyframe before the middle of the part is the one to show; the first part has to show its beginning.
            target = footage.start_seconds + (first - clock.settles if k == 0 else (first + last) / 2)
            if target > footage.start_seconds and not clock.counts:
                with suppress(av.FFmpegError):  # cannot be sought in: read on
                    container.seek(int(target / clock.tick), stream=stream)
            coming = clock.timed(Damage())
        for time, length, frame in coming:
            source = time - footage.start_seconds
            if source + length > first:
                if source < end:
                    yield source, frame
                break


def _jpeg(frame: VideoFrame, width_px: int, height_px: int) -> bytes:
    """A frame, small, upright, as a JPEG file."""
    import cv2

    orientation = Orientation(frame)
    width, height = (height_px, width_px) if orientation.lies else (width_px, height_px)
    small = frame.reformat(width, height, "bgr24", interpolation="AREA", threads=1).to_ndarray()
    upright = orientation.upright(small.astype(np.uint8, copy=False))
    return cv2.imencode(".jpg", upright, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1].tobytes()
