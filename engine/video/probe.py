"""What a video file is: its size as seen, its rate, where it starts, how long it shows.

Nothing the container says is believed where the frames can tell: the start is that of the first frame that decodes,
the end that of the last packet that is there. This module knows nothing of slices.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, islice
from typing import TYPE_CHECKING

from engine.errors import PictureUnreadable
from engine.video.clock import Clock
from engine.video.container import FIELD, Damage, file_name, opened, packets, picture_stream
from engine.video.scaling import seen_size

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

_TIMECODE = re.compile(r"\d{2}:\d{2}:\d{2}[:;.]\d{2,3}")
_LOOKED_AT = 256
_REORDERED = 16
"""A codec holds back at most so many packets; the last ones of a run may lack their neighbours."""
_STANDARD_RATES = tuple(Fraction(n) for n in (24, 25, 30, 48, 50, 60, 100, 120)) + tuple(
    Fraction(1000 * n, 1001) for n in (24, 30, 48, 60, 120)
)
_MICROSECONDS = 1_000_000
"""What a container counts its own duration in."""
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
        When the file shows its first frame, by the clock that its sound goes by; offsets count from there.
    delay_seconds
        How much later than that its frames come out stamped, in files that tell only the order of decoding (AVI).
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
    delay_seconds: Fraction = Fraction(0)
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
    name = file_name(path)
    with opened(path) as container:
        stream = picture_stream(container, path)
        first = next(Clock(container, stream).timed(Damage()), None)
        if first is None:
            raise PictureUnreadable(f"Not one frame of {name} can be decoded; export it again.", field=FIELD)
        stamped, still, frame = first
        width, height = seen_size(frame, stream)
    with opened(path) as container:  # anew: decoding has read ahead
        stream = picture_stream(container, path)
        clock = Clock(container, stream)
        head = list(islice(packets(container, stream, damage=Damage()), _LOOKED_AT))
        times = sorted(span[0] for packet in head if (span := clock.packet_span(packet)))
        start = times[0] if clock.by_order and times else stamped
        if clock.counts:
            count = sum(1 for _ in chain(head, packets(container, stream, damage=Damage())))
            duration, ends = count / clock.rate, {}
        else:
            ends = _ends(container, clock, stream)
            duration = max(ends.get(stream.index, start) - start, still)
        rate = _constant_rate(clock, times)
        if rate and abs(round(duration * rate) / rate - duration) <= 2 * clock.tick:
            duration = round(duration * rate) / rate  # a clock of whole milliseconds (Matroska) rounds the last frame
        return Footage(
            width_px=width,
            height_px=height,
            frame_rate=rate,
            start_seconds=start,
            duration_seconds=duration,
            delay_seconds=stamped - start,
            start_timecode=_timecode(container),
            has_sound=bool(container.streams.audio),
            warnings=() if clock.counts else _cut_off(name, container, clock, stream, ends),
        )


def _ends(container: InputContainer, clock: Clock, stream: VideoStream) -> dict[int, Fraction]:
    """Second at which the last packet of each stream ends, by stream index, from a look at the end of the file.

    The end is looked for where the container says it is; where nothing is there (the file is cut off), ever further
    before it.
    """
    import av

    length = stream.duration * clock.tick if stream.duration else Fraction(container.duration or 0, _MICROSECONDS)
    begin = (stream.start_time or 0) * clock.tick
    streams = [*container.streams.video, *container.streams.audio]
    back = Fraction(1)
    while True:
        with suppress(av.FFmpegError):  # cannot be sought in: the rest from where the head ended
            container.seek(int((begin + max(length - back, Fraction(0))) / clock.tick), stream=stream)
        ends: dict[int, Fraction] = {}
        for packet in packets(container, *streams, damage=Damage()):
            if span := clock.packet_span(packet):
                ends[packet.stream_index] = max(ends.get(packet.stream_index, span[1]), span[1])
        if stream.index in ends or back > length:
            return ends
        back *= 4


def _constant_rate(clock: Clock, times: list[Fraction]) -> Fraction | None:
    """The rate on whose grid the first frames lie, to a tick of the file's clock; None when there is none."""
    rate = next((standard for standard in _STANDARD_RATES if abs(clock.rate / standard - 1) < 1e-4), clock.rate)
    if clock.by_order:
        return rate
    whole = times[:-_REORDERED] if len(times) > 2 * _REORDERED else times
    even = all(abs(time - whole[0] - k / rate) <= clock.tick for k, time in enumerate(whole))
    return rate if even else None


def _timecode(container: InputContainer) -> str | None:
    """Start timecode: of the timecode track or of the whole file, wherever the format keeps it."""
    told = (str(source.metadata.get("timecode", "")) for source in (container, *container.streams))
    return next((timecode for timecode in told if _TIMECODE.fullmatch(timecode)), None)


def _cut_off(
    name: str, container: InputContainer, clock: Clock, stream: VideoStream, ends: dict[int, Fraction]
) -> tuple[str, ...]:
    """A warning when the file ends before it says that it does."""
    missing = [Fraction(0)]
    if container.duration:  # some formats count it from 0, some from the start: the shorter of the two is sure
        begin = min(Fraction(container.start_time or 0, _MICROSECONDS), Fraction(0))
        missing.append(begin + Fraction(container.duration, _MICROSECONDS) - max(ends.values(), default=begin))
    begin = (stream.start_time or 0) * clock.tick
    end = ends.get(stream.index, begin)
    missing.append(begin + (stream.duration or 0) * clock.tick - end)
    if clock.by_order:  # AVI: the head tells how many, where the index at the end is missing
        missing.append(begin + stream.frames / clock.rate - end)
    if max(missing) <= _CUT_OFF_SECONDS:
        return ()
    return (f"{name} is cut off: its last {float(max(missing)):.1f} seconds are missing; what is there is used.",)
