"""Spans of movement between impacts, and series of impacts that are steps.

A step is an impact of a regular series. A swell is movement that grows and dies away, a movement one that goes on; both
stand out from what always moves in their shot (water, leaves), and neither is reported where impacts tell more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.video.motion import Floats

_STEPS_SECONDS = (0.25, 1.1)
"""Between two steps: from a sprint to a stroll."""
_REGULAR = 0.15
_SERIES = 4
_RATE_HZ = 25.0
_SMOOTH_SECONDS = 0.25
_MOVING = 0.012
"""Mean speed of the whole picture, widths a second, above what always moves; a person who crosses it makes 0.02."""
_SHORTEST_SECONDS = 0.7
_LONGEST_SWELL_SECONDS = 6.0
_CLEAR_SECONDS = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of movement; seconds, and its highest mean speed in widths a second."""

    start_seconds: float
    end_seconds: float
    kind: Literal["swell", "movement"]
    speed: float
    x: float
    y: float
    size: float


def steps(times: Sequence[float]) -> NDArray[np.bool_]:
    """``(times,)``: which of the impacts at these times, sorted, belong to a regular series of four or more.

    >>> steps([0.0, 0.5, 1.0, 1.5, 1.7]).tolist()
    [True, True, True, True, False]
    """
    apart = np.diff(np.asarray(times, float))
    regular = np.zeros(len(times), bool)
    first = 0
    while first < len(apart):
        last = first + 1
        while last < len(apart) and abs(apart[last] / np.mean(apart[first:last]) - 1) < _REGULAR:
            last += 1
        period = float(np.mean(apart[first:last]))
        if last - first + 1 >= _SERIES and _STEPS_SECONDS[0] <= period <= _STEPS_SECONDS[1]:
            regular[first : last + 1] = True
        first = last
    return regular


def spans(moving: Floats, taken: Sequence[float]) -> list[Span]:
    """The spans of a shot.

    Parameters
    ----------
    moving
        ``(frames, 5)``: seconds; mean speed of the picture without the camera's, widths a second; x, y and height of
        what moves.
    taken
        Times of impacts; a span that holds one is not reported.
    """
    from scipy.ndimage import gaussian_filter1d

    times, speed, x, y, size = moving.T
    if len(times) < 3 or times[-1] - times[0] < _SHORTEST_SECONDS:
        return []
    even = np.arange(times[0], times[-1], 1 / _RATE_HZ)
    curve = gaussian_filter1d(np.interp(even, times, speed), _SMOOTH_SECONDS * _RATE_HZ)
    always = float(np.percentile(curve, 20))
    above = curve > 2 * always + _MOVING
    edges = np.flatnonzero(np.diff(np.concatenate([[False], above, [False]]).astype(int)))
    found = []
    for first, last in edges.reshape(-1, 2):
        start, end = float(even[first]), float(even[last - 1])
        if end - start < _SHORTEST_SECONDS or any(start - _CLEAR_SECONDS < t < end + _CLEAR_SECONDS for t in taken):
            continue
        inside = (times >= start) & (times <= end)
        weight = speed[inside] + 1e-9
        whole = first == 0 or last == len(even)  # it goes on beyond the shot
        swell = not whole and end - start < _LONGEST_SWELL_SECONDS and _humps(curve[first:last]) == 1
        found.append(
            Span(
                start_seconds=start,
                end_seconds=end,
                kind="swell" if swell else "movement",
                speed=float(curve[first:last].max()),
                x=float(np.average(x[inside], weights=weight)),
                y=float(np.average(y[inside], weights=weight)),
                size=float(np.average(size[inside], weights=weight)),
            )
        )
    return found


def _humps(curve: Floats) -> int:
    """Peaks that rise from valleys of half their height or less."""
    from scipy.signal import find_peaks

    padded = np.concatenate([[0.0], curve, [0.0]])
    return len(find_peaks(padded, prominence=0.5 * float(curve.max()))[0])
