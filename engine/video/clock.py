"""When frames show: the time stamps that a container gives, and what goes for one where it gives none.

Most containers tell of every packet when it shows. AVI tells only the order of decoding, one tick a packet. A bare
codec stream tells nothing, so its frames are counted. This module knows nothing of slices.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from engine.video.container import Damage, decoded

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_NO_TIME_STAMPS = 1 << 7
"""AVFMT_NOTIMESTAMPS of libavformat."""
_DISCONTINUOUS = 1 << 9
"""AVFMT_TS_DISCONT of libavformat: MPEG streams, which have no index and not a time stamp for every frame."""


def exact(seconds: float) -> Fraction:
    """The decimal number that was typed: 0.1 is one tenth."""
    return Fraction(repr(float(seconds)))


class Clock:
    """Reads the time of frames and packets, in seconds of the file's own clock.

    Parameters
    ----------
    container, stream
        An open file and its picture.
    """

    def __init__(self, container: InputContainer, stream: VideoStream) -> None:
        self._container = container
        self._stream = stream
        self.counts = bool(container.format.flags & _NO_TIME_STAMPS)
        """The file tells no time at all: frames are counted, and there is no seeking in it."""
        self.by_order = self.counts or container.format.name == "avi"
        """The file tells when packets are decoded, not when they show."""
        self.settles = Fraction(1 if container.format.flags & _DISCONTINUOUS else 0)
        """Seconds after seeking until times can be relied on."""
        self.tick = stream.time_base or Fraction(1, 90_000)
        self.rate = stream.average_rate or stream.guessed_rate or Fraction(25)
        """Frames a second as the file claims, or a guess where it claims nothing."""

    def packet_span(self, packet: Packet[Stream]) -> tuple[Fraction, Fraction] | None:
        """When a packet begins and ends; None when it does not show: left out by an edit list."""
        stamp = packet.dts if self.by_order or packet.pts is None else packet.pts
        if packet.is_discard or stamp is None:
            return None
        still = 1 / self.rate if packet.stream_index == self._stream.index else Fraction(0)
        begin = stamp * packet.time_base
        return begin, begin + ((packet.duration or 0) * packet.time_base or still)

    def timed(self, damage: Damage, *, sought: bool = False) -> Iterator[tuple[Fraction, Fraction, VideoFrame]]:
        """The frames from here on: when each begins, how long it says it shows, and the frame.

        Time rises from frame to frame: one whose stamp is not later than its predecessor's (joined broadcasts begin
        anew) follows when its predecessor's display ends. Frames whose time cannot be known, because the file was
        ``sought`` in and nothing tells it, are left out.
        """
        previous: tuple[Fraction, Fraction] | None = None
        for frame in decoded(self._container, self._stream, damage):
            tick = frame.time_base or self.tick
            stamp = None if self.counts else frame.dts if self.by_order or frame.pts is None else frame.pts
            begin = Fraction(0) if stamp is None else stamp * tick
            if previous and (stamp is None or begin <= previous[0]):
                begin = sum(previous, Fraction(0))
            elif stamp is None and sought:
                continue
            length = 1 / self.rate if self.counts or frame.duration <= 0 else frame.duration * tick
            previous = begin, length
            yield begin, length, frame
