"""Where one shot ends and the next begins.

Frames go in one by one, in order, as small colour thumbnails; transitions come out, hard and gradual. It keeps a few
seconds of thumbnails, never the picture, so memory does not grow with the length. It decodes nothing, and knows time
only as the seconds of each frame, so a variable frame rate is no special case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from engine.handle import Handle
from engine.picture import Picture
from engine.video.reader import frames
from engine.video.shots_fades import FadeFinder
from engine.video.shots_gradual import Candidate, GradualFinder, Kind
from engine.video.shots_hard import HardFinder
from engine.video.shots_look import Look, Pixels, look

_MAX_RATE_HZ = 32.0  # gradual transitions need no more frames than this
_KEPT_SECONDS = 12.0
_ODD_SECONDS = 0.13  # what shows no longer than this between two cuts is no shot: there is one cut, the later


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One shot gives way to the next.

    Parameters
    ----------
    kind
        ``hard``: from one frame to the next; ``dissolve``: one shot shows through the other; ``fade``: by way of an
        even colour, most often black; ``wipe``: the new shot takes the frame part by part.
    start_seconds
        Time of the first frame that is no longer the old shot alone.
    end_seconds
        Time of the first frame that is the new shot alone; of a hard cut the same as the start.
    """

    kind: Kind
    start_seconds: float
    end_seconds: float

    @property
    def middle_seconds(self) -> float:
        """Where the new shot is taken to begin."""
        return (self.start_seconds + self.end_seconds) / 2


class ShotFinder:
    """Finds transitions in frames that are added one by one.

    >>> import numpy as np
    >>> finder = ShotFinder()
    >>> for k in range(50):
    ...     finder.add(k / 25, np.full((36, 64, 3), 40 if k < 25 else 200, np.uint8))
    >>> finder.finish()
    (Transition(kind='hard', start_seconds=1.0, end_seconds=1.0),)
    """

    def __init__(self) -> None:
        self._looks: list[Look] = []
        self._hard, self._fades, self._gradual = HardFinder(), FadeFinder(), GradualFinder()
        self._cuts: list[float] = []
        self._slow: list[Transition] = []

    def add(self, time_seconds: float, thumbnail_bgr: Pixels) -> None:
        """Take the next frame: its time, and the picture as uint8 (height, width, 3); 64 wide is enough."""
        time = float(time_seconds)
        self._hard.see(time, thumbnail_bgr)
        if self._looks and time - self._looks[-1].time_seconds < 1 / _MAX_RATE_HZ:
            return
        self._looks.append(look(time, thumbnail_bgr, self._looks[-1] if self._looks else None))
        if (
            len(self._looks) > 2 * _KEPT_SECONDS * _MAX_RATE_HZ
            or self._looks[0].time_seconds < time - 2 * _KEPT_SECONDS
        ):
            self._looks = [k for k in self._looks if k.time_seconds > time - _KEPT_SECONDS]
        self._cuts += self._hard.decide(self._looks)
        self._take(self._gradual.add(self._looks), self._fades.add(self._looks))

    def finish(self) -> tuple[Transition, ...]:
        """The transitions of all frames added, by time; no frame can be added after this."""
        self._cuts += self._hard.decide(self._looks, at_end=True)
        self._take(self._gradual.settle(self._looks), self._fades.finish(self._looks))
        slow: list[Transition] = []
        for one in sorted(self._slow, key=lambda t: t.kind != "fade"):  # a fade also looks like two dissolves
            if one.kind != "fade" and any(one.start_seconds < c < one.end_seconds for c in self._cuts):
                continue
            if all(one.end_seconds <= t.start_seconds or one.start_seconds >= t.end_seconds for t in slow):
                slow.append(one)
        cuts = [c for c in self._cuts if not any(t.start_seconds <= c <= t.end_seconds for t in slow)]
        cuts = [c for c, after in zip(cuts, [*cuts, inf][1:], strict=True) if after - c > _ODD_SECONDS]
        hard = [Transition(kind="hard", start_seconds=c, end_seconds=c) for c in cuts]
        return tuple(sorted([*hard, *slow], key=lambda t: t.start_seconds))

    def _take(self, gradual: Sequence[Candidate], faded: tuple[float, float] | None) -> None:
        self._slow += [
            Transition(kind=c.kind, start_seconds=c.start_seconds, end_seconds=c.end_seconds) for c in gradual
        ]
        if faded:
            self._slow.append(Transition(kind="fade", start_seconds=faded[0], end_seconds=faded[1]))


def find_shots(picture: Picture, *, handle: Handle = Handle()) -> tuple[Transition, ...]:  # noqa: B008 - frozen
    """The transitions of a slice of a video, in timeline seconds since the slice began.

    Raises
    ------
    FileUnreadable
        The file is missing, or not to be read.
    PictureUnreadable
        It holds no picture, or none in the slice.
    """
    finder = ShotFinder()
    for frame in frames(picture, width_px=64, thumbnail_width_px=64, handle=handle):
        finder.add(frame.time_seconds, frame.thumbnail_bgr)
    return finder.finish()
