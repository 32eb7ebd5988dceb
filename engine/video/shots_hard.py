"""Hard cuts: PySceneDetect says where the picture jumps, and a jump that leads nowhere new is left out.

Its AdaptiveDetector compares each change of colour and brightness with those of the frames around. It is set to hear
more than it does by default, because each jump is then judged by what is seen before and after: a flash, an explosion
and somebody in front of the lens give way to the same shot again; a lamp and a camera's jerk never left it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from engine.video.shots_look import SAME_SHOT, Look, Pixels, colours_shared, likeness

if TYPE_CHECKING:
    from scenedetect.detectors import AdaptiveDetector

_BEFORE_SECONDS = (0.0, 0.08, 0.25)
_AFTER_SECONDS = (0.0, 0.08, 0.16, 0.3, 0.5)
_BLIND_SECONDS = 2.0  # a white frame hides a shot at most so long
_FROZEN = 0.25  # levels of 0 to 255; noise alone makes more
_FREEZE_SECONDS = 0.15
_FOR_COLOURS = 0.07  # frames of the same colours need be less alike
_SAME_COLOURS = 0.7


class HardFinder:
    """Judges the jumps between frames that are added one by one."""

    def __init__(self) -> None:
        from scenedetect.detectors import AdaptiveDetector

        self._detector: AdaptiveDetector = AdaptiveDetector(
            adaptive_threshold=1.5, min_content_val=12.0, min_scene_len=0
        )
        self._times: deque[float] = deque(maxlen=8)
        self._count = 0
        self._jumps: deque[float] = deque()

    def see(self, time_seconds: float, thumbnail_bgr: Pixels) -> None:
        """Take the next frame."""
        from scenedetect import FrameTimecode

        self._times.append(time_seconds)
        for jump in self._detector.process_frame(FrameTimecode(self._count, 25.0), thumbnail_bgr):
            self._jumps.append(self._times[jump.frame_num - self._count - 1])  # it counts frames, whatever the rate
        self._count += 1

    def decide(self, looks: Sequence[Look], *, at_end: bool = False) -> list[float]:
        """Times of the cuts among the jumps of which enough has been seen by now."""
        cuts = []
        while self._jumps:
            jump = self._jumps[0]
            after = [k for k in looks if k.time_seconds >= jump - 1e-9]
            before = [k for k in reversed(looks) if k.time_seconds < jump - 1e-9]
            if not before or not after:
                self._jumps.popleft()
                continue
            passed = after[-1].time_seconds - jump
            blind = all(k.is_even for k in after if k.time_seconds <= jump + _AFTER_SECONDS[-1])
            if not at_end and passed < (_BLIND_SECONDS if blind else _AFTER_SECONDS[-1] + 0.1):
                break
            self._jumps.popleft()
            if not _goes_on(before, after, jump):
                cuts.append(jump)
        return cuts


def _goes_on(before: Sequence[Look], after: Sequence[Look], jump: float) -> bool:
    """Whether the shot is still there after the jump: ``before`` backwards from it, ``after`` forwards."""
    still = [k for k in before if k.time_seconds > jump - _FREEZE_SECONDS]
    frozen = len(still) > 2 and all(float(np.abs(k.coarse - before[0].coarse).mean()) < _FROZEN for k in still)
    if frozen and colours_shared(before[0], after[0]) > _SAME_COLOURS:
        return True  # frames were dropped, and what moves has moved far
    allowance = _FOR_COLOURS if colours_shared(before[0], after[0]) > 0.8 else 0.0
    if likeness(before[0], after[0]) >= SAME_SHOT - allowance:
        return True
    olds = _sampled(before, jump, _BEFORE_SECONDS)
    news = _sampled(after, jump, _AFTER_SECONDS)
    if all(k.is_even for k in news):
        news += [k for k in after if not k.is_even and k.time_seconds < jump + _BLIND_SECONDS][:1]
    return any(likeness(old, new) >= SAME_SHOT + 0.06 for old, new in product(olds, news))


def _sampled(looks: Sequence[Look], origin: float, seconds: Sequence[float]) -> list[Look]:
    chosen: list[Look] = []
    for distance in seconds:
        look = min(looks, key=lambda k: abs(abs(k.time_seconds - origin) - distance))
        if not any(look is k for k in chosen):
            chosen.append(look)
    return chosen
