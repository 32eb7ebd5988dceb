"""What spotting is measured against: chance, an even grid, and two curves that look at the whole picture at once.

They are told nothing but the frames, except chance and the grid, which are told the true count. This module knows no
file and no cue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Grays = Iterable[tuple[float, NDArray[np.uint8]]]
"""Seconds and gray picture of each frame."""

_RATE_HZ = 60.0
_DIRECTIONS = 32
_WIDTH_PX = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A curve over time; one value a frame."""

    times: Floats
    values: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Peaks:
    """How the peaks of a curve become onsets; the values are those that serve each curve best on the public clips."""

    above: float
    gap_seconds: float
    late_seconds: float

    def pick(self, curve: Curve) -> tuple[Floats, Floats]:
        """Seconds of the peaks that rise ``above`` the mean around them, and their heights, 1 the top."""
        from scipy.ndimage import maximum_filter1d, uniform_filter1d

        if len(curve.times) < 5:
            return np.zeros(0), np.zeros(0)
        even = np.arange(curve.times[0], curve.times[-1], 1 / _RATE_HZ)
        values = np.interp(even, curve.times, curve.values)
        middle, top = float(np.median(values)), float(np.sort(values)[-max(3, len(values) // 20) :].mean())
        shape = (values - middle) / (top - middle + 1e-12)
        highest = shape == maximum_filter1d(shape, 2 * round(self.gap_seconds * _RATE_HZ / 2) + 1)
        around = uniform_filter1d(shape, round(0.35 * _RATE_HZ))
        k = np.flatnonzero(highest & (shape > around + self.above) & (shape > self.above))
        return np.maximum(0, even[k] + self.late_seconds), shape[k]


FRAME_DIFFERENCE = Peaks(above=0.05, gap_seconds=0.16, late_seconds=0.04)
VISBEAT = Peaks(above=0.15, gap_seconds=0.16, late_seconds=-0.04)


def random_onsets(count: int, duration_seconds: float, rng: np.random.Generator) -> Floats:
    """As many as there are, anywhere."""
    return np.sort(rng.uniform(0, duration_seconds, count))


def even_onsets(count: int, duration_seconds: float, rng: np.random.Generator) -> Floats:
    """As many as there are, evenly apart, the first anywhere in the first gap."""
    return (np.arange(count) + rng.uniform()) * duration_seconds / max(1, count)


def picture_curves(grays: Grays) -> dict[str, Curve]:
    """The mean absolute difference of frames, and VisBeat's impact envelope."""
    import cv2

    resize: Callable[..., Any] = cv2.resize
    flow_of = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_FAST)  # type: ignore[attr-defined]
    times: list[float] = []
    change: list[float] = []
    directions: list[Floats] = []
    before: Any = None
    for time, gray in grays:
        small = resize(
            gray, (_WIDTH_PX, round(_WIDTH_PX * gray.shape[0] / gray.shape[1])), interpolation=cv2.INTER_AREA
        )
        times.append(time)
        if before is None:
            change.append(0.0)
            directions.append(np.zeros(_DIRECTIONS))
        else:
            change.append(float(np.abs(small.astype(np.int16) - before).mean()))
            flow = flow_of.calc(before, small, None)
            angle, speed = np.arctan2(flow[..., 1], flow[..., 0]), np.hypot(flow[..., 0], flow[..., 1])
            histogram = np.histogram(angle, _DIRECTIONS, (-np.pi, np.pi), weights=speed)[0]
            directions.append(histogram / small.size)
        before = small
    at = np.array(times)
    return {
        "frame difference": Curve(times=at, values=np.array(change)),
        "VisBeat envelope": Curve(times=at, values=_impact_envelope(at, np.array(directions).reshape(len(at), -1))),
    }


def _impact_envelope(times: Floats, directions: Floats) -> Floats:
    """Loss of motion in each direction between frames, without its slow part.

    Smoothed less in time than there, which serves it better here.

    Source: Davis and Agrawala, Visual Rhythm and Beat (SIGGRAPH 2018), section 4: directogram, deceleration, high pass.
    """
    from scipy.ndimage import gaussian_filter, median_filter
    from scipy.signal import butter, filtfilt

    if len(times) < 3:
        return np.zeros(len(times))
    smooth = median_filter(gaussian_filter(directions, (0.7, 1.25)), (3, 3))
    envelope = np.maximum(0, -np.diff(smooth, axis=0, prepend=smooth[:1])).mean(1)
    if len(times) > 40:
        rate = (len(times) - 1) / (times[-1] - times[0])
        b, a = butter(5, min(0.99, 1.25 / (rate / 2)), "high")
        envelope = filtfilt(b, a, envelope)
    high, cap = np.percentile(np.abs(envelope), [99, 98])
    return np.asarray(np.where(np.abs(envelope) > high, cap, envelope))
