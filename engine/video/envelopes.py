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
_SPAN = 6
"""Samples; speed before and after is a mean over this many."""
_SLOWEST = 0.02
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
    starting
        Gain of speed in cells, widths a second.
    change
        Root mean square change of brightness, gray levels.
    arrest_map
        ``(samples, rows, columns)``: where ``arrest`` comes from.
    """

    times: Floats
    unexplained: Floats
    arrest: Floats
    starting: Floats
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

    arrests, starts = _arrests(motion, even, between)
    return Curves(
        times=even,
        unexplained=sampled(between, against_usual(motion.residual).mean((1, 2))),
        arrest=np.asarray(gaussian_filter1d(arrests.sum((1, 2)), 1.0)),
        starting=np.asarray(gaussian_filter1d(starts, 1.0)),
        change=sampled(between, np.sqrt((motion.change**2).mean((1, 2)))),
        arrest_map=arrests,
    )


def _arrests(motion: Motion, even: Floats, between: Floats) -> tuple[Floats, Floats]:
    """Loss of speed in each cell, ``(samples, rows, columns)``, and gain of speed in all, ``(samples,)``."""
    count, (rows, columns) = len(even), motion.velocity.shape[1:3]
    place = np.clip(np.searchsorted(between, even, "right") - 1, 0, len(between) - 2)
    share = np.clip((even - between[place]) / (between[place + 1] - between[place]), 0, 1)[:, None, None, None]
    velocity = motion.velocity[place] * (1 - share) + motion.velocity[place + 1] * share
    total = np.concatenate([np.zeros((1, rows, columns, 2)), np.cumsum(velocity, 0)])

    def mean(first: int, last: int) -> Floats:
        low = np.clip(np.arange(count) + first, 0, count - 1)
        high = np.maximum(np.clip(np.arange(count) + last, 1, count), low + 1)
        return np.asarray((total[high] - total[low]) / (high - low)[:, None, None, None])

    before, after = mean(-_SPAN, 0), mean(1, _SPAN + 1)
    speed = np.hypot(before[..., 0], before[..., 1])
    safe = np.maximum(speed, 1e-6)
    loss = np.maximum(0, ((before - after) * before).sum(-1) / safe) * (speed > _SLOWEST)
    gain = np.maximum(0, np.hypot(after[..., 0], after[..., 1]) - speed).sum((1, 2))
    return np.asarray(loss * (1 - _DOWN + _DOWN * before[..., 1] / safe)), np.asarray(gain)
