"""Moments at which something may have been hit: patches that lose their speed at once.

From the paths of patches to an envelope of deceleration, and from its peaks to candidates with a place and a size.
Which of them are impacts is for the scorer to say.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.video.motion import Floats, Motion

RATE_HZ = 60.0
_SPAN_SECONDS = 0.067
_SLOWEST = 0.03
"""Widths a second."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidate:
    """A moment that may be an impact.

    Parameters
    ----------
    time_seconds
        Of the contact.
    height
        The envelope's, widths a second that are lost there.
    x, y
        Place, as shares of the picture's width and height.
    size
        Height of what moves, as a share of the picture's.
    """

    time_seconds: float
    height: float
    x: float
    y: float
    size: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stops:
    """Every loss of speed of every patch: arrays of the same length."""

    times: Floats
    loss: Floats
    x: Floats
    y: Floats


def stops(motion: Motion) -> Stops:
    """Where patches lose speed along the way that they were going, downward ones counting most."""
    found: list[Floats] = []
    times = motion.times
    for track in motion.tracks:
        count = len(track.path)
        at = times[track.first : track.first + count]
        ahead, behind = np.searchsorted(at, at + _SPAN_SECONDS * 0.999), np.searchsorted(at, at - _SPAN_SECONDS * 1.001)
        k = np.flatnonzero((ahead < count) & (at - at[0] >= _SPAN_SECONDS * 0.999))
        if not len(k):
            continue
        before = (track.path[k] - track.path[behind[k]]) / (at[k] - at[behind[k]])[:, None]
        after = (track.path[ahead[k]] - track.path[k]) / (at[ahead[k]] - at[k])[:, None]
        speed = np.hypot(before[:, 0], before[:, 1])
        moving = speed > _SLOWEST
        k, before, after, speed = k[moving], before[moving], after[moving], speed[moving]
        loss = np.maximum(0, ((before - after) * before).sum(1) / speed) * (0.55 + 0.45 * before[:, 1] / speed)
        found.append(np.stack([at[k], loss, track.place[k, 0], track.place[k, 1] / motion.aspect], 1))
    table = np.concatenate(found) if found else np.zeros((0, 4))
    return Stops(times=table[:, 0], loss=table[:, 1], x=table[:, 2], y=table[:, 3])


def candidates(motion: Motion) -> tuple[Candidate, ...]:
    """Peaks of the sum of all stops, by time."""
    from scipy.ndimage import gaussian_filter1d, maximum_filter1d, uniform_filter1d

    if len(motion.times) < 5:
        return ()
    seen = stops(motion)
    grid = np.arange(motion.times[0], motion.times[-1], 1 / RATE_HZ)
    index = np.clip(np.searchsorted(motion.times, seen.times), 0, len(motion.times) - 1)
    envelope = np.bincount(index, seen.loss, minlength=len(motion.times))
    envelope = gaussian_filter1d(np.interp(grid, motion.times, envelope), 1.5)
    top = np.sort(envelope)[-max(3, len(envelope) // 20) :].mean()
    middle = float(np.median(envelope))
    if top < 0.3:
        return ()
    shape = np.maximum(0, (envelope - middle) / (top - middle + 1e-9)) ** 0.6
    peaks = (shape == maximum_filter1d(shape, 7)) & (shape > uniform_filter1d(shape, 21) + 0.15)
    out = []
    for k in np.flatnonzero(peaks):
        near = np.abs(seen.times - grid[k]) < 0.06
        weight = seen.loss[near] + 1e-9
        x, y = (float(np.average(a[near], weights=weight)) if near.any() else 0.5 for a in (seen.x, seen.y))
        spread = float(np.sqrt(np.average((seen.y[near] - y) ** 2, weights=weight))) if near.any() else 0.1
        out.append(Candidate(time_seconds=grid[k] + 0.02, height=float(shape[k]), x=x, y=y, size=min(1, 4 * spread)))
    return tuple(out)
