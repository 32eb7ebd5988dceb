"""The frames of a slice of a video, one after the other, with their exact times.

Decodes from the keyframe before the slice and forward, and holds one frame at a time, so a two-hour file takes no more
memory than a short one. Time is that of the frames' own stamps, so a variable rate is no special case. This module
knows nothing of what is looked for in the frames.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from engine.errors import PictureUnreadable
from engine.handle import Handle
from engine.picture import Picture
from engine.video.clock import Clock, exact
from engine.video.container import FIELD, Damage, file_name, opened, picture_stream
from engine.video.probe import Footage, probe
from engine.video.scaling import Pixels, Scaler

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

__all__ = ["Footage", "Frame", "Warn", "frames", "ignore", "probe", "slice_length"]

Warn = Callable[[str], None]

MAX_SECONDS = 172_800
"""Of a slice whose length nobody told: a damaged time stamp may claim a year."""
STAGE = "reading the picture"
_TOUCH = Fraction(1, 10_000)
"""Seconds; a frame that shows for less within the slice is there because a DAW rounds, not because it was asked for."""
_TOO_SOON = Fraction(9, 10)
"""Of the least distance: 60 frames a second with stamps in whole milliseconds come 16 and 17 ms apart."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """One frame of the slice.

    Parameters
    ----------
    time
        Seconds on the timeline since the slice began, exact; 0 for the frame that shows as it begins.
    source
        Seconds of the file's picture at which the frame begins, exact; take speeds from these, for the first frame
        may have begun long before the slice.
    gray
        ``(height, width)``, 0 black to 255 white, upright, with square pixels.
    thumbnail_bgr
        ``(height, width, 3)``, blue first.
    """

    time: Fraction
    source: Fraction
    gray: Pixels
    thumbnail_bgr: Pixels

    @property
    def time_seconds(self) -> float:
        """``time`` as a float."""
        return float(self.time)


def ignore(sentence: str) -> None:
    """Nobody wants to know."""


def slice_length(picture: Picture, footage: Footage) -> Fraction:
    """Seconds that the slice takes on the timeline, exact.

    What was asked for, even where the picture ends earlier: the sound is as long as the slice. Where nothing was asked
    for, to the end of the last frame's display.

    Raises
    ------
    PictureUnreadable
        The slice begins after the picture's end, or nobody said where it ends and it would last for days.
    """
    left = footage.duration_seconds - exact(picture.offset_seconds)
    if left <= 0:
        reason = " ".join(footage.warnings)  # it may be cut off
        raise PictureUnreadable(
            f"The slice begins at {picture.offset_seconds:g} s, and {file_name(picture.path)} ends at "
            f"{float(footage.duration_seconds):g} s; choose an earlier offset. {reason}".strip(),
            field="video_offset",
        )
    if picture.length_seconds is not None:
        return exact(picture.length_seconds)
    length = left / exact(picture.play_rate)
    if length > MAX_SECONDS:
        raise PictureUnreadable(
            f"{file_name(picture.path)} would last {float(length) / 3600:,.0f} hours on the timeline, and at most "
            f"{MAX_SECONDS // 3600} are taken; name a duration.",
            field="duration",
        )
    return length


def frames(
    picture: Picture,
    *,
    width_px: int = 320,
    thumbnail_width_px: int = 64,
    max_rate_hz: float | None = None,
    footage: Footage | None = None,
    warn: Warn = ignore,
    handle: Handle = Handle(),  # noqa: B008 - frozen
) -> Iterator[Frame]:
    """Read the frames that show in the slice, in order; the first is at time 0 when the slice begins inside it.

    Parameters
    ----------
    picture
        The slice.
    width_px, thumbnail_width_px
        Widths of ``gray`` and ``thumbnail_bgr``; the heights follow from the picture's shape.
    max_rate_hz
        Leave out frames that come sooner after the one before, on the timeline: for high-speed cameras.
    footage
        What :func:`probe` said of the file, where it is known already.
    warn
        Told, in a sentence for people, whatever of the slice or of the file is missing or damaged.
    handle
        Progress over the slice, and cancel.

    Raises
    ------
    FileUnreadable
        The file is missing, or not to be read.
    PictureUnreadable
        It holds no picture, or none in the slice.
    """
    import av

    footage = footage or probe(picture.path)
    rate, begin = exact(picture.play_rate), exact(picture.offset_seconds)
    length = slice_length(picture, footage)
    for sentence in footage.warnings:
        warn(sentence)
    missing = length - (footage.duration_seconds - begin) / rate
    if missing > _TOUCH:
        warn(f"The picture ends {float(missing):.2f} s before the slice does; the rest of the slice has none.")
    damage = Damage()
    least = _TOO_SOON / exact(max_rate_hz) if max_rate_hz else Fraction(0)
    last: Fraction | None = None
    scaler: Scaler | None = None
    for source, frame in _shown(picture.path, footage, begin, begin + length * rate, damage):
        handle.check()
        time = (source - begin) / rate if source - begin > _TOUCH else Fraction(0)
        if last is not None and time - last < least:
            continue
        scaler = scaler or Scaler(frame, footage.width_px, footage.height_px, (width_px, thumbnail_width_px))
        try:
            gray, thumbnail = scaler.scaled(frame)
        except av.FFmpegError:  # a damaged frame may claim a form that does not exist
            damage.packets += 1
            continue
        last = time
        damage.packets += frame.is_corrupt  # what of it can be seen is used
        yield Frame(time=time, source=source, gray=gray, thumbnail_bgr=thumbnail)
        handle.progress(float(time / length), STAGE)
    if last is None:
        raise PictureUnreadable(
            f"Not one frame of the slice of {file_name(picture.path)} can be decoded; export it again.", field=FIELD
        )
    if damage.packets:
        warn(f"{file_name(picture.path)} is damaged in {damage.packets} places of the slice; look there yourself.")


def _shown(
    path: str, footage: Footage, begin: Fraction, end: Fraction, damage: Damage
) -> Iterator[tuple[Fraction, VideoFrame]]:
    """The frames whose display reaches into ``begin`` to ``end``, in seconds of the picture."""
    held: tuple[Fraction, VideoFrame] | None = None
    for source, frame in _decoded_from(path, footage, begin, damage):
        if source >= end - _TOUCH and (held or source > begin + _TOUCH):
            break
        if source <= begin + _TOUCH:
            held = source, frame  # it shows as the slice begins, unless the next one does too
            continue
        if held:
            yield held
            held = None
        yield source, frame
    if held:
        yield held


def _decoded_from(
    path: str, footage: Footage, begin: Fraction, damage: Damage
) -> Iterator[tuple[Fraction, VideoFrame]]:
    """Frames from one that shows at ``begin``, or from an earlier one.

    Formats without an exact index (MPEG) may seek to a place behind the one asked for, and the frames behind a
    keyframe may need those before it: then it is tried again from further ahead, at last from the file's beginning.
    """
    import av

    back = Fraction(0)
    while True:
        with opened(path) as container:
            stream = picture_stream(container, path)
            clock = Clock(container, stream)
            back = max(back, clock.settles)
            start = footage.start_seconds + footage.delay_seconds
            begins = clock.counts or begin <= back
            if not begins:
                with suppress(av.FFmpegError):  # cannot be sought in: it is at its beginning
                    container.seek(int((start + begin - back) / clock.tick), stream=stream)
            here = Damage()
            for time, _, frame in clock.timed(here, sought=not begins):
                source = time - start
                if not begins and source > begin:
                    break
                begins = True
                yield source, frame
            if begins:
                damage.packets += here.packets
                return
        back = back * 4 or Fraction(1)
