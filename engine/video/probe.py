"""What a video file is: its size as seen, its rate, where it starts, how long it shows.

Nothing the container says is believed where the frames can tell: the start is that of the first frame that decodes,
the end that of the last packet that is there. This module knows nothing of slices.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import PictureUnreadable
from engine.video.container import FIELD, Damage, frame_rate, opened, packets, picture_stream, timed
from engine.video.scaling import seen_size

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

_TIMECODE = re.compile(r"\d{2}:\d{2}:\d{2}[:;.]\d{2,3}")
_LOOKED_AT = 256
_REORDERED = 16
"""A codec holds back at most so many packets; the last ones of a run may lack their neighbours."""
_STANDARD_RATES = tuple(Fraction(n) for n in (24, 25, 30, 48, 50, 60, 100, 120)) + tuple(
    Fraction(1000 * n, 1001) for n in (24, 30, 48, 60, 120)
)
_CUT_OFF_SECONDS = 0.5
"""Less than this may be rounding, or a last packet of sound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Footage:
    """Facts of a video file.

    Parameters
    ----------
    width_px, height_px
        As people see it: after rotation, with square pixels.
    frame_rate
        Frames per second, exact; None when the distance between frames varies.
    start_seconds
        Time stamp that the file gives to the first frame it shows; offsets count from there.
    duration_seconds
        From there to where the last frame's display ends.
    start_timecode
        Timecode of the first frame as the file tells it (``01:00:00;00``: drop frame); None when it tells none.
    has_sound
        Whether sound goes with it.
    warnings
        Sentences for people: what of the file could not be used.
    """

    width_px: int
    height_px: int
    frame_rate: Fraction | None
    start_seconds: Fraction
    duration_seconds: Fraction
    start_timecode: str | None = None
    has_sound: bool = False
    warnings: tuple[str, ...] = ()


def probe(path: str) -> Footage:
    """Look at a video file: reads its index, its first frames and its last packets, never the whole of a long one.

    Raises
    ------
    FileUnreadable
        The file is missing, or not to be read.
    PictureUnreadable
        It holds no picture, or not one frame of it can be decoded.
    """
    name = Path(path).name
    with opened(path) as container:
        stream = picture_stream(container, path)
        first = next(timed(container, stream, Damage()), None)
        if first is None:
            raise PictureUnreadable(f"Not one frame of {name} can be decoded; export it again.", field=FIELD)
        start, still, frame = first
        width, height = seen_size(frame, stream)
    with opened(path) as container:  # anew: decoding has read ahead
        stream = picture_stream(container, path)
        head = [p for p in islice(packets(container, stream, damage=Damage()), _LOOKED_AT) if _is_shown(p)]
        ends = _ends(container, stream, still)
        picture_end = ends.get(stream.index, start + still)
        if any(packet.pts is None for packet in head):  # no display times (AVI): decoding begins when display does
            picture_end -= min((_stamp(packet) for packet in head), default=start) - start
        duration = max(picture_end - start, still)
        return Footage(
            width_px=width,
            height_px=height,
            frame_rate=_constant_rate(stream, head, duration),
            start_seconds=start,
            duration_seconds=duration,
            start_timecode=_timecode(container),
            has_sound=bool(container.streams.audio),
            warnings=tuple(_cut_off(name, container, stream, ends)),
        )


def _is_shown(packet: Packet[VideoStream | AudioStream]) -> bool:
    """Neither the empty packet at the end, nor one that an edit list leaves out."""
    return packet.size > 0 and not packet.is_discard and (packet.pts is not None or packet.dts is not None)


def _stamp(packet: Packet[VideoStream | AudioStream]) -> Fraction:
    stamp = packet.pts if packet.pts is not None else packet.dts
    return (stamp or 0) * packet.time_base


def _ends(container: InputContainer, stream: VideoStream, still: Fraction) -> dict[int, Fraction]:
    """Second at which the last packet of each stream ends, by stream index, from a look at the end of the file.

    The end is looked for where the container says it is; where nothing is there (the file is cut off), ever further
    before it.
    """
    import av

    base = stream.time_base or Fraction(1, 90_000)
    length = stream.duration * base if stream.duration else Fraction(container.duration or 0, 1_000_000)
    begin = (stream.start_time or 0) * base
    back = Fraction(1)
    while True:
        with suppress(av.FFmpegError):  # cannot be sought in: the rest from where the head ended
            container.seek(int((begin + max(length - back, Fraction(0))) / base), stream=stream)
        ends: dict[int, Fraction] = {}
        streams = [s for s in (*container.streams.video, *container.streams.audio) if s.time_base]
        for packet in packets(container, *streams, damage=Damage()):
            if _is_shown(packet):
                own = (packet.duration or 0) * packet.time_base
                end = _stamp(packet) + (own or (still if packet.stream_index == stream.index else 0))
                ends[packet.stream_index] = max(ends.get(packet.stream_index, end), end)
        if stream.index in ends or back > length:
            return ends
        back *= 4


def _constant_rate(
    stream: VideoStream, head: list[Packet[VideoStream | AudioStream]], duration: Fraction
) -> Fraction | None:
    """The rate on whose grid the first frames lie, to a tick of the file's clock; None when there is none."""
    rate = frame_rate(stream)
    rate = next((standard for standard in _STANDARD_RATES if abs(rate / standard - 1) < 1e-4), rate)
    if stream.frames and stream.frames < 0.99 * duration * rate - 1:
        return None  # even at first, with frames left out further on: a screen capture
    if any(packet.pts is None for packet in head):
        return rate
    times = sorted(_stamp(packet) for packet in head)
    times = times[:-_REORDERED] if len(times) > 2 * _REORDERED else times
    tick = stream.time_base or Fraction(1, 90_000)
    even = all(abs(time - times[0] - k / rate) <= tick for k, time in enumerate(times))
    return rate if even else None


def _timecode(container: InputContainer) -> str | None:
    """Start timecode: of the timecode track or of the whole file, wherever the format keeps it."""
    for source in (container, *container.streams):
        told = source.metadata.get("timecode", "")
        if _TIMECODE.fullmatch(told):
            return told
    return None


def _cut_off(name: str, container: InputContainer, stream: VideoStream, ends: dict[int, Fraction]) -> list[str]:
    """A warning when the file ends before it says that it does."""
    promised = []
    if container.duration:
        begin = Fraction(container.start_time or 0, 1_000_000)
        promised.append((begin + Fraction(container.duration, 1_000_000), max(ends.values(), default=begin)))
    if stream.duration and stream.time_base:
        begin = (stream.start_time or 0) * stream.time_base
        promised.append((begin + stream.duration * stream.time_base, ends.get(stream.index, begin)))
    missing = max((float(said - there) for said, there in promised), default=0.0)
    if missing <= _CUT_OFF_SECONDS:
        return []
    return [f"{name} is cut off: its last {missing:.1f} seconds are missing; what is there is used."]
