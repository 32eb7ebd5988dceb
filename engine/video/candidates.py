"""Moments at which something may have been hit, and what is to be seen there.

A candidate is a peak of three signs together: something moved too fast to be followed, something lost its speed, and a
network that has watched many contacts takes it for one. Its features say how far it stands out and what happens around
it; which candidates are impacts is for the scorer to say.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.video.contacts import contact_curve
from engine.video.envelopes import RATE_HZ, Curves, curves, relative
from engine.video.motion import Floats, Motion

FEATURES = (
    "stands_out",
    "height",
    "over_previous",
    "over_next",
    "dominance",
    "arrest",
    "unexplained",
    "starting",
    "change_falls",
    "blur_falls",
    "alike",
    "change_db",
    "arrest_db",
    "sudden_db",
    "unrest",
    "jolt",
)
"""Names of the columns of ``Candidates.features``; the ones in db are absolute, the others of the shot's own scale."""
_POWER = 0.7
_BLUR_LATE_SECONDS = 0.04
"""Things are fastest a moment before they touch."""
_NEAR_SAMPLES = 5
_ARREST = (0.25, 0.35)
"""Of the shot's own scale: with less arrest than the first, what is too fast to be followed is lifted or flies by; with
more than the second it counts in full."""
_AFTER_A_HIT_SECONDS = (0.15, 0.2, 0.25, 0.3, 0.35)
_LIFT = 0.4
"""What comes this soon after a hit is its lift or its rebound; this share of the hit's height is taken from it."""
_BEFORE_CONTACT_SECONDS = 0.02
"""What is too fast to be followed is so before it touches, and so are the peaks; the network tells the contact."""
_LEAST_HEIGHT = 0.12
_PEAK_SAMPLES = 9
_AROUND_SECONDS = 0.5
_BEFORE_SECONDS = 0.45
_AFTER_SECONDS = 0.3
_SETTLE = 0.8
"""What follows a hit this soon is its lift or rebound, unless it is about as high."""
_JOLT_SECONDS = 0.08
_STILL = 0.5
"""Gray levels: a cell whose median change is greater is never still."""
_RESTLESS = 0.24
"""Share of the picture that is never still where everything moves: water, a crowd."""
_BY_HAND = 0.06
"""Widths a second: the median speed of a camera that a hand moves; more of it is seen as motion that is none."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidates:
    """Moments of a block, by time; every array has one row per moment.

    Parameters
    ----------
    times
        Seconds.
    features
        ``(moments, len(FEATURES))``.
    x, y, size
        Place and height of what stops, as shares of the picture.
    speed
        Absolute height of ``arrest``, widths a second: how hard it is.
    """

    times: Floats
    features: Floats
    x: Floats
    y: Floats
    size: Floats
    speed: Floats


def candidates(motion: Motion) -> Candidates:
    """The moments of a block that may be impacts, with their features."""
    from scipy.ndimage import gaussian_filter1d, maximum_filter1d, uniform_filter1d

    if len(motion.times) < 3:
        return _nothing()
    seen = curves(motion)
    if len(seen.times) < 3:
        return _nothing()
    blur = np.interp(seen.times - _BLUR_LATE_SECONDS, seen.times, relative(seen.unexplained) ** _POWER)
    arrest = relative(seen.arrest) ** _POWER
    held = np.clip((maximum_filter1d(arrest, _NEAR_SAMPLES) - _ARREST[0]) / (_ARREST[1] - _ARREST[0]), 0.0, 1.0)
    both = arrest + held * blur
    after = [np.interp(seen.times - late, seen.times, both, left=0.0) for late in _AFTER_A_HIT_SECONDS]
    both = relative(np.maximum(0.0, both - _LIFT * np.max(after, 0)))
    times, likely = contact_curve(motion)
    both += gaussian_filter1d(np.interp(seen.times + _BEFORE_CONTACT_SECONDS, times, likely), 1.0)
    peaks = np.flatnonzero((both == maximum_filter1d(both, _PEAK_SAMPLES)) & (both > _LEAST_HEIGHT))
    if not len(peaks):
        return _nothing()
    around = uniform_filter1d(both, int(_AROUND_SECONDS * RATE_HZ) | 1)
    times, height = seen.times[peaks], both[peaks]
    x, y, size = _places(seen, times)
    columns = _features(motion, seen, times, height, height - around[peaks])
    return Candidates(
        times=times,
        features=np.stack([columns[name] for name in FEATURES], 1),
        x=x,
        y=y,
        size=size,
        speed=_highest(seen, seen.arrest, times),
    )


def _nothing() -> Candidates:
    none = np.zeros(0)
    return Candidates(times=none, features=np.zeros((0, len(FEATURES))), x=none, y=none, size=none, speed=none)


def _features(motion: Motion, seen: Curves, times: Floats, height: Floats, stands_out: Floats) -> dict[str, Floats]:
    def near(curve: Floats, first: float = -0.05, last: float = 0.06) -> Floats:
        return np.asarray(np.interp(times + np.linspace(first, last, 7)[:, None], seen.times, curve).mean(0))

    def scaled(curve: Floats) -> Floats:
        return np.asarray(np.minimum(relative(curve), 1.5) ** _POWER)

    def decibels(curve: Floats) -> Floats:
        return np.asarray(20 * np.log10(_highest(seen, curve, times) + 1e-3))

    change, blur = scaled(seen.change), scaled(seen.unexplained)
    ahead = times[None] - times[:, None]
    others = height[None] * np.ones((len(times), 1))
    previous = np.where((ahead < -0.05) & (ahead > -_BEFORE_SECONDS), others, 0).max(1)
    following = np.where((ahead > 0.05) & (ahead < _AFTER_SECONDS), others, 0).max(1)
    highest = np.where(np.abs(ahead) < _AROUND_SECONDS, others, 0).max(1)
    usual_db = 20 * np.log10(float(np.median(seen.change)) + 1e-3)
    return {
        "stands_out": stands_out,
        "height": height,
        "over_previous": height - _SETTLE * previous,
        "over_next": height - _SETTLE * following,
        "dominance": height / highest,
        "arrest": near(scaled(seen.arrest)),
        "unexplained": near(blur),
        "starting": near(scaled(seen.starting)),
        "change_falls": near(change, -0.12, -0.02) - near(change, 0.03, 0.13),
        "blur_falls": near(blur, -0.12, -0.02) - near(blur, 0.03, 0.13),
        "alike": _alike(motion, times, height),
        "change_db": decibels(seen.change),
        "arrest_db": decibels(seen.arrest),
        "sudden_db": decibels(seen.change) - usual_db,
        "unrest": np.full(len(times), _unrest(motion)),
        "jolt": _jolts(motion, times),
    }


def _unrest(motion: Motion) -> float:
    """0: all is still but for what moves; 1 and more: everything moves, or the camera."""
    busy = float(np.mean(np.median(motion.change, 0) > _STILL))
    return max(busy / _RESTLESS, float(np.median(np.hypot(*motion.camera[:, :2].T))) / _BY_HAND)


def _jolts(motion: Motion, times: Floats) -> Floats:
    """How much the camera's speed changes from one frame to the next near each time, widths a second."""
    change = np.hypot(*np.diff(motion.camera[:, :2], axis=0, prepend=motion.camera[:1, :2]).T)
    near = np.abs(motion.times[None] - times[:, None]) < _JOLT_SECONDS
    return np.asarray(np.where(near, change[None], 0.0).max(1))


def _highest(seen: Curves, curve: Floats, times: Floats) -> Floats:
    late = np.array([-0.06, -0.03, 0.0, 0.03, 0.06])[:, None]
    return np.asarray(np.interp(times + late, seen.times, curve).max(0))


def _alike(motion: Motion, times: Floats, height: Floats) -> Floats:
    """Mean height of the other candidates, weighted by how like theirs the motion before this one is.

    Within a shot, hits come from the same side to the same place; so do lifts, but less high.
    """
    from scipy.ndimage import gaussian_filter

    if len(times) < 2:
        return np.zeros(len(times))
    fields = []
    for time in times:
        before = (motion.times > time - 0.1) & (motion.times <= time + 0.02)
        field = motion.velocity[before].mean(0) if before.any() else motion.velocity[0]
        fields.append(gaussian_filter(field, (1, 1, 0)).ravel())
    table = np.array(fields)
    table /= np.linalg.norm(table, axis=1, keepdims=True) + 1e-9
    likeness = np.maximum(0, table @ table.T) ** 2 + 1e-3
    np.fill_diagonal(likeness, 0)
    return np.asarray(likeness @ height / likeness.sum(1))


def _places(seen: Curves, times: Floats) -> tuple[Floats, Floats, Floats]:
    """x, y and height of what stops near each time, as shares of the picture."""
    rows, columns = seen.arrest_map.shape[1:]
    across, down = (np.arange(columns) + 0.5) / columns, (np.arange(rows) + 0.5) / rows
    out = []
    for k in np.searchsorted(seen.times, times):
        cells = seen.arrest_map[max(0, k - 3) : k + 4].max(0) ** 2 + 1e-12
        cells = cells / cells.sum()
        x, y = float(cells.sum(0) @ across), float(cells.sum(1) @ down)
        spread = float(np.sqrt(cells.sum(1) @ (down - y) ** 2))
        out.append((x, y, min(1.0, 1 / rows + 3.5 * spread)))  # a bar of height h has a deviation of h / 3.5
    return tuple(np.array(column) for column in zip(*out, strict=True))  # type: ignore[return-value]
