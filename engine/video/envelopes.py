"""From the measurements of a block to curves over time whose peaks are moments that may be heard.

Each curve follows one sign of an impact: what moves too fast to be followed, and what loses its speed at once. The
curves are sampled evenly, whatever the frame rate, and hold absolute values; what is much in one shot is little in
another, so :func:`relative` brings a curve to the scale of its own shot.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.video.motion import Floats, Motion

RATE_HZ = 60.0
_SPAN_SECONDS = 0.067
"""Speed before and after is a mean over this long."""
_DENSE_SPAN = 6
"""The same for the flow in cells, in samples of the curves."""
_SLOWEST = 0.03
_SLOWEST_CELL = 0.02
"""Widths a second; slower is noise."""
_DOWN = 0.45
"""Things fall and are brought down: a stop on the way up counts ``1 - 2 * _DOWN`` of one on the way down."""
_USUAL = 0.02
"""Share of the greatest value that is added to what is usual at a place, lest a place where nothing is usual wins."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curves:
    """Curves of a block at ``RATE_HZ``, each ``(samples,)``.

    Parameters
    ----------
    times
        Seconds.
    unexplained
        Change that no motion explains (blur, what appears, flashes), against what is usual at its place.
    arrest
        Loss of speed in cells along the way that they were going, most on the way down; widths a second.
    hardest
        The same of patches, root of the sum of squares: a few that stop hard outweigh many that slow down.
    stopping
        The same of patches, sum, most on the way down.
    starting
        Gain of speed of patches, sum.
    reversing
        Speed of patches against the way that they came, sum.
    change
        Root mean square change of brightness, gray levels.
    arrest_map
        ``(samples, rows, columns)``: where ``arrest`` comes from.
    """

    times: Floats
    unexplained: Floats
    arrest: Floats
    hardest: Floats
    stopping: Floats
    starting: Floats
    reversing: Floats
    change: Floats
    arrest_map: Floats


def relative(curve: Floats) -> Floats:
    """A curve on the scale of its shot: 0 at its median, about 1 at its peaks.

    The scale is the mean of the highest twentieth; where impacts are rarer than that, a share of the highest.
    """
    if not len(curve):
        return curve
    middle = float(np.median(curve))
    top = float(np.sort(curve)[-max(3, len(curve) // 20) :].mean())
    scale = max(top - middle, 0.4 * (float(curve.max()) - middle))
    return np.maximum(0.0, (curve - middle) / (scale + 1e-9))


def against_usual(cells: Floats) -> Floats:
    """What exceeds the median of each cell over time, in units of that median."""
    usual = np.median(cells, axis=0)
    return np.asarray(np.maximum(0.0, cells - usual) / (usual + _USUAL * float(cells.max()) + 1e-9))


def curves(motion: Motion) -> Curves:
    """The curves of a block of two frames or more."""
    from scipy.ndimage import gaussian_filter1d

    times = motion.times
    even = np.arange(times[0], times[-1], 1 / RATE_HZ)
    steps = np.diff(times, prepend=2 * times[0] - times[1])
    between = times - steps / 2  # a change belongs to the middle of the two frames that show it

    def sampled(at: Floats, values: Floats) -> Floats:
        return np.asarray(gaussian_filter1d(np.interp(even, at, values), 1.0))

    losses = _losses(motion)
    frame = losses.frame.astype(np.int64)

    def summed(values: Floats) -> Floats:
        return np.bincount(frame, values, minlength=len(times)).astype(np.float64)

    arrests = _arrests(motion, even, between)
    return Curves(
        times=even,
        unexplained=sampled(between, against_usual(motion.residual).mean((1, 2))),
        arrest=np.asarray(gaussian_filter1d(arrests.sum((1, 2)), 1.0)),
        hardest=sampled(times, np.sqrt(summed(losses.loss**2))),
        stopping=sampled(times, summed(losses.loss * losses.down)),
        starting=sampled(times, summed(losses.gain)),
        reversing=sampled(times, summed(losses.back)),
        change=sampled(between, np.sqrt((motion.change**2).mean((1, 2)))),
        arrest_map=arrests,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Losses:
    """What each patch does at each frame; arrays of one length."""

    frame: Floats
    loss: Floats
    down: Floats
    gain: Floats
    back: Floats


def _losses(motion: Motion) -> _Losses:
    times = motion.times
    span = max(_SPAN_SECONDS, (times[-1] - times[0]) / (len(times) - 1))
    found: list[Floats] = [np.zeros((0, 5))]
    for track in motion.tracks:
        at = times[track.first : track.first + len(track.path)]
        k = np.flatnonzero((at - at[0] >= 0.99 * span) & (at[-1] - at >= 0.99 * span))
        if not len(k):
            continue
        here = track.path[k]
        before = (here - _along(at, track.path, at[k] - span)) / span
        after = (_along(at, track.path, at[k] + span) - here) / span
        speed, later = np.hypot(*before.T), np.hypot(*after.T)
        moving, safe = speed > _SLOWEST, np.maximum(speed, 1e-9)
        loss = np.where(moving, np.maximum(0, ((before - after) * before).sum(1) / safe), 0)
        back = np.where(moving, np.maximum(0, -(after * before).sum(1) / safe), 0)
        gain = np.where(later > _SLOWEST, np.maximum(0, later - speed), 0)
        found.append(np.stack([k + track.first, loss, 1 - _DOWN + _DOWN * before[:, 1] / safe, gain, back], 1))
    frame, loss, down, gain, back = np.concatenate(found).T
    return _Losses(frame=frame, loss=loss, down=down, gain=gain, back=back)


def _along(at: Floats, path: Floats, when: Floats) -> Floats:
    return np.stack([np.interp(when, at, path[:, 0]), np.interp(when, at, path[:, 1])], 1)


def _arrests(motion: Motion, even: Floats, between: Floats) -> Floats:
    """Loss of speed in each cell, ``(samples, rows, columns)``, widths a second."""
    count, (rows, columns) = len(even), motion.velocity.shape[1:3]
    place = np.clip(np.searchsorted(between, even, "right") - 1, 0, len(between) - 2)
    share = np.clip((even - between[place]) / (between[place + 1] - between[place]), 0, 1)[:, None, None, None]
    velocity = motion.velocity[place] * (1 - share) + motion.velocity[place + 1] * share
    total = np.concatenate([np.zeros((1, rows, columns, 2)), np.cumsum(velocity, 0)])

    def mean(first: int, last: int) -> Floats:
        low = np.clip(np.arange(count) + first, 0, count - 1)
        high = np.maximum(np.clip(np.arange(count) + last, 1, count), low + 1)
        return np.asarray((total[high] - total[low]) / (high - low)[:, None, None, None])

    before, after = mean(-_DENSE_SPAN, 0), mean(1, _DENSE_SPAN + 1)
    speed = np.hypot(before[..., 0], before[..., 1])
    safe = np.maximum(speed, 1e-6)
    loss = np.maximum(0, ((before - after) * before).sum(-1) / safe) * (speed > _SLOWEST_CELL)
    return np.asarray(loss * (1 - _DOWN + _DOWN * before[..., 1] / safe))
