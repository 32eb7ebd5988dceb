"""How the onsets of a sound lie on the moments of a picture: the delay and the drift that bring most of them together.

Every delay within reach is tried at every rate within reach, and the pair that brings most onsets onto moments wins,
each counted by how sure its finder is. A winner is believed as far as it stands out of what the other delays reach:
evenly spaced steps fit a beat too early as well as in time, and noise fits nowhere. Nothing is heard or seen here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.trace import Fit, Moment

Real = NDArray[np.float64]

MOST_DELAY_SECONDS = 1.0
MOST_DRIFT = 0.03
"""Of the rate, to each side; and no more than moves the end by :data:`MOST_MOVED_SECONDS`."""
MOST_MOVED_SECONDS = 4.0
SPREAD_SECONDS = 0.03
"""An onset so far from a moment counts exp(-1/2) of one that lies on it."""
_STEP_SECONDS = 0.005
_END_STEP_SECONDS = 0.01
"""Delays and rates are tried so finely; the second by how far the end moves."""
_NEAR_SECONDS = 0.06
"""Matched is what is no farther apart, once delay and rate are taken away."""
_OTHER_SECONDS = 0.12
"""A delay so far from the best is another delay."""
_FOR_DRIFT = 0.06
"""A drift has to bring so much more together than none does."""
_FOR_FAR = 0.06
"""A delay of a second has to bring so much more together than none does."""
_LEAST_FOR_DRIFT = 4
"""Onsets that have to match before a drift is believed."""
_TREMBLE_SECONDS = 0.008
"""Of the moments of a picture, at the least: how far they lie from where they should."""
_SURELY = 3.0
"""Standard errors, from which a slope is no chance."""
_LEAST_SHARE = 0.25
"""Of the weights of onsets and moments: what must come together for anything to be believed."""


def fit_of(onsets: Sequence[Moment], moments: Sequence[Moment], length_seconds: float) -> Fit | None:
    """How the onsets lie on the moments; None where one of them is empty or nothing comes together anywhere.

    Parameters
    ----------
    onsets
        Of the sound, by time.
    moments
        Of the picture, by time.
    length_seconds
        Of both: what a rate is bounded by.
    """
    if not onsets or not moments:
        return None
    heard, seen = _Points.of(onsets), _Points.of(moments)
    delays = np.arange(-MOST_DELAY_SECONDS, MOST_DELAY_SECONDS + _STEP_SECONDS / 2, _STEP_SECONDS)
    doubt = 1 - _FOR_FAR * np.abs(delays) / MOST_DELAY_SECONDS
    middle = length_seconds / 2
    still = _together(heard, seen, 1.0, delays, middle) * doubt
    rate, found = 1.0, still
    if min(len(onsets), len(moments)) >= _LEAST_FOR_DRIFT:
        most = min(MOST_DRIFT, MOST_MOVED_SECONDS / max(length_seconds, 1e-3))
        step = _END_STEP_SECONDS / max(length_seconds, 0.5)
        for tried in 1.0 + np.arange(-most, most + step / 2, step):
            curve = _together(heard, seen, float(tried), delays, middle) * doubt
            if curve.max() > max(float(still.max()) + _FOR_DRIFT, float(found.max())):
                rate, found = float(tried), curve
    best = int(found.argmax())
    if found[best] < _LEAST_SHARE / 2:
        return None
    return _refined(heard, seen, rate, float(delays[best]), middle, _confidence(found, delays, best))


class _Points:
    """Times and weights as arrays."""

    def __init__(self, times: Real, weights: Real) -> None:
        self.times, self.weights = times, weights

    @classmethod
    def of(cls, moments: Sequence[Moment]) -> _Points:
        """What is faint or unsure weighs less."""
        weights = np.array([moment.confidence * (0.5 + 0.5 * moment.strength) for moment in moments])
        return cls(np.array([moment.time_seconds for moment in moments]), np.maximum(weights, 1e-3))


def _together(heard: _Points, seen: _Points, rate: float, delays: Real, middle: float) -> Real:
    """For each delay at the middle, the share of all weights that comes together, 0 to 1."""
    expected = middle + rate * (seen.times - middle)
    shares = np.zeros(len(delays))
    half = max(MOST_DELAY_SECONDS, float(delays[-1])) + 4 * SPREAD_SECONDS
    for time, weight in zip(expected, seen.weights, strict=True):
        first, last = np.searchsorted(heard.times, (time - half, time + half))
        near = heard.times[first:last]
        if near.size:
            apart = (near[None, :] - time - delays[:, None]) / SPREAD_SECONDS
            shares += (np.sqrt(weight * heard.weights[first:last]) * np.exp(-0.5 * apart**2)).max(axis=1)
    return np.asarray(shares / np.sqrt(seen.weights.sum() * heard.weights.sum()))


def _confidence(curve: Real, delays: Real, best: int) -> float:
    """From how much comes together, and how far it stands out of the other delays."""
    others = curve[np.abs(delays - delays[best]) > _OTHER_SECONDS]
    rival = float(others.max(initial=0.0))
    height = float(curve[best])
    return float(np.clip(height / (2 * _LEAST_SHARE), 0, 1) * np.clip(0.5 + 2 * (height - rival) / height, 0, 1))


def _refined(heard: _Points, seen: _Points, rate: float, delay: float, middle: float, confidence: float) -> Fit | None:
    """Delay to the median of what is left of the matched, and the rate along its slope where there is one."""
    times, left, weights = _apart(heard, seen, rate, delay, middle)
    if not left.size:
        return None
    slope = _slope(times, left)
    rate += slope
    delay += _median(left - slope * (times - middle), weights)
    _, left, _ = _apart(heard, seen, rate, delay, middle)
    return Fit(
        delay_seconds=delay - (rate - 1.0) * middle,
        rate=rate,
        matched=int(left.size),
        error_seconds=float(np.median(np.abs(left))) if left.size else _NEAR_SECONDS,
        confidence=confidence,
    )


def _slope(times: Real, left: Real) -> float:
    """Drift in what is left, 0 unless it is surely more than the moments tremble."""
    if left.size < _LEAST_FOR_DRIFT:
        return 0.0
    around = times - times.mean()
    spread = float(np.square(around).sum())
    slope = float((around * left).sum()) / max(spread, 1e-9)
    rest = left - left.mean() - slope * around
    tremble = max(_TREMBLE_SECONDS, float(np.sqrt(np.square(rest).sum() / (left.size - 2))))
    return slope if abs(slope) * np.sqrt(spread) > _SURELY * tremble else 0.0


def _apart(heard: _Points, seen: _Points, rate: float, delay: float, middle: float) -> tuple[Real, Real, Real]:
    """When the matched moments are, how late their onsets still are, and their weights."""
    expected = middle + rate * (seen.times - middle) + delay
    nearest = np.abs(heard.times[None, :] - expected[:, None]).argmin(axis=1)
    late = heard.times[nearest] - expected
    near = np.abs(late) <= _NEAR_SECONDS
    return seen.times[near], late[near], np.sqrt(seen.weights[near] * heard.weights[nearest[near]])


def _median(values: Real, weights: Real) -> float:
    order = np.argsort(values)
    rising = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(rising, rising[-1] / 2)])
