"""Fades: one shot sinks into an even colour, most often black, and another rises out of it.

Followed by the contrast of the picture alone: it falls to next to nothing, stays there, and rises, each side in a
line (Lienhart, "Comparison of automatic shot boundary detection algorithms", 1999). What is dark or bright for other
reasons comes back as the same shot, and is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.video.shots_look import EVEN, SAME_SHOT, Look, likeness

RAMP_SECONDS = 2.5
"""The longest side of a fade."""

_LOW = 0.12  # of the contrast before, under which the picture is taken to have sunk
_JUMP = 10.0  # levels of 0 to 255
_ABRUPT_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class _Ramp:
    zero_seconds: float
    full_seconds: float
    full: Look
    step_seconds: float

    @property
    def seconds(self) -> float:
        return abs(self.full_seconds - self.zero_seconds)


class FadeFinder:
    """Follows the contrast, and says where a fade began and ended."""

    def __init__(self) -> None:
        self._sunk_since: float | None = None
        self._risen_at: float | None = None
        self._out: _Ramp | None = None
        self._low = EVEN

    def add(self, looks: Sequence[Look]) -> tuple[float, float] | None:
        """Take the newest of the looks kept; the start and end of a fade that is now known to be one."""
        now = looks[-1]
        if self._risen_at is not None:
            sinks_again = now.contrast < self._low
            if sinks_again or now.time_seconds - self._risen_at > RAMP_SECONDS:
                found = self._settle(looks[:-1] if sinks_again else looks)
                if sinks_again:
                    self._sink(looks)
                return found
            return None
        if self._sunk_since is not None:
            if now.contrast > self._low:
                self._risen_at = now.time_seconds
            return None
        recent = [k.contrast for k in looks if k.time_seconds > now.time_seconds - RAMP_SECONDS]
        self._low = max(EVEN, _LOW * float(np.percentile(recent, 80)))
        if now.contrast < self._low:
            self._sink(looks)
        return None

    def finish(self, looks: Sequence[Look]) -> tuple[float, float] | None:
        """No more frames come."""
        return self._settle(looks) if self._risen_at is not None else None

    def _sink(self, looks: Sequence[Look]) -> None:
        self._sunk_since = looks[-1].time_seconds
        before = [k for k in looks if k.time_seconds >= self._sunk_since - RAMP_SECONDS]
        self._out = _ramp(before[::-1]) if len(before) > 2 else None
        self._risen_at = None

    def _settle(self, looks: Sequence[Look]) -> tuple[float, float] | None:
        out, self._out, risen = self._out, None, self._risen_at
        self._sunk_since = self._risen_at = None
        after = [k for k in looks if risen is not None and k.time_seconds >= risen - 0.05]
        if out is None or len(after) < 3:
            return None
        back = _ramp(after)
        if out.seconds + back.seconds < _ABRUPT_SECONDS or likeness(out.full, back.full) > SAME_SHOT:
            return None
        return out.full_seconds + out.step_seconds, back.full_seconds


def _ramp(looks: Sequence[Look]) -> _Ramp:
    """The line from next to nothing to full contrast that fits best, the looks given in the direction of its rise."""
    looks = _one_shot(looks)
    times: np.ndarray[Any, Any] = np.array([k.time_seconds for k in looks])
    contrast = np.array([k.contrast for k in looks])
    way = np.abs(times - times[0])
    step = way[-1] / (len(way) - 1)
    best, zero, full = np.inf, 0.0, step
    for z in np.arange(-0.2, 0.11, step):
        for f in way[1:]:
            if f - z < step / 2:
                continue
            shape = np.clip((way - z) / (f - z), 0, 1)
            height = float(shape @ contrast / max(shape @ shape, 1e-9))
            error = float(((contrast - height * shape) ** 2).sum())
            if error < best - 1e-9:
                best, zero, full = error, float(z), float(f)
    sign = 1.0 if times[-1] >= times[0] else -1.0
    index = int(np.argmin(np.abs(way - full)))
    return _Ramp(float(times[0] + sign * zero), float(times[0] + sign * full), looks[index], float(step))


def _one_shot(looks: Sequence[Look]) -> Sequence[Look]:
    """As many as follow without a jump to another shot."""
    for k in range(1, len(looks)):
        one, other = looks[k - 1], looks[k]
        jump = float(np.abs(one.coarse - other.coarse).mean())
        if jump > _JUMP and not (one.is_even or other.is_even) and likeness(one, other) < SAME_SHOT:
            return looks[: max(k, 3)]
    return looks
