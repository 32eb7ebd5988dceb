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

MOST_DELAY_SECONDS = 0.6
MOST_DRIFT = 0.03
"""Of the rate, to each side; and no more than moves the end by :data:`MOST_MOVED_SECONDS`."""
MOST_MOVED_SECONDS = 4.0
SPREAD_SECONDS = 0.03
"""An onset so far from a moment counts exp(-1/2) of one that lies on it."""
_GRID_SECONDS = 0.0025
_GRIDS_A_STEP = 2
_END_STEP_SECONDS = 0.01
"""Delays and rates are tried so finely; the second by how far the end moves."""
_NEAR_SECONDS = 0.06
"""Matched is what is no farther apart, once delay and rate are taken away."""
_OTHER_SECONDS = 0.12
"""A delay so far from the best is another delay."""
_FOR_DRIFT = 0.12
"""A drift has to bring so much more together than none does."""
_FOR_FAR = 0.15
"""The longest delay has to bring so much more together than none does."""
_MOST_STEPS = round(MOST_DELAY_SECONDS / (_GRIDS_A_STEP * _GRID_SECONDS))
_DELAYS = np.arange(-_MOST_STEPS, _MOST_STEPS + 1) * _GRIDS_A_STEP * _GRID_SECONDS
_DOUBT = 1 - _FOR_FAR * np.abs(_DELAYS) / MOST_DELAY_SECONDS
_KERNEL = round(4 * SPREAD_SECONDS / _GRID_SECONDS)
_REACH_SECONDS = 5 * SPREAD_SECONDS
_SEED, _TRIES, _TRIES_OF_POINTS = 0, (12, 60), 3_000
"""What chance does is tried so often, less often with many points."""
_LEAST_FOR_DRIFT = 6
"""Onsets that have to match before a drift is believed."""
_TREMBLE_SECONDS = 0.008
"""Of the moments of a picture, at the least: how far they lie from where they should."""
_SURELY = 3.0
"""Standard errors, from which a slope is no chance."""
_LEAST_SHARE = 0.12
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
    middle = length_seconds / 2
    density = _Density(heard)
    still = density.together(seen, 1.0, middle)
    rate, found = 1.0, still
    if min(len(onsets), len(moments)) >= _LEAST_FOR_DRIFT:
        most = min(MOST_DRIFT, MOST_MOVED_SECONDS / max(length_seconds, 1e-3))
        step = _END_STEP_SECONDS / max(length_seconds, 0.5)
        for tried in 1.0 + np.arange(-most, most + step / 2, step):
            curve = density.together(seen, float(tried), middle)
            if curve.max() > max(float(still.max()) + _FOR_DRIFT, float(found.max())):
                rate, found = float(tried), curve
    best = int(found.argmax())
    if found[best] < _LEAST_SHARE:
        return None
    surely = 1 - 2 * _by_chance(heard, seen, length_seconds, float(still.max()))
    return _refined(heard, seen, rate, float(_DELAYS[best]), middle, max(0.0, surely) * _stands_out(found, best))


class _Points:
    """Times and weights as arrays."""

    def __init__(self, times: Real, weights: Real) -> None:
        self.times, self.weights = times, weights

    @classmethod
    def of(cls, moments: Sequence[Moment]) -> _Points:
        """What is faint or unsure weighs less."""
        weights = np.array([moment.confidence * (0.5 + 0.5 * moment.strength) for moment in moments])
        return cls(np.array([moment.time_seconds for moment in moments]), np.maximum(weights, 1e-3))


class _Density:
    """Onsets as a curve: at every time, the weight of the nearest ones."""

    def __init__(self, heard: _Points) -> None:
        self._total = float(heard.weights.sum())
        self._begins = float(heard.times[0]) - _REACH_SECONDS
        count = round((float(heard.times[-1]) + _REACH_SECONDS - self._begins) / _GRID_SECONDS) + 1
        self._curve = np.zeros(count)
        near = np.arange(-_KERNEL, _KERNEL + 1)
        for time, weight in zip(heard.times, np.sqrt(heard.weights), strict=True):
            at = (time - self._begins) / _GRID_SECONDS
            places = round(at) + near
            here = weight * np.exp(-0.5 * ((places - at) * _GRID_SECONDS / SPREAD_SECONDS) ** 2)
            self._curve[places] = np.maximum(self._curve[places], here)

    def together(self, seen: _Points, rate: float, middle: float) -> Real:
        """For each delay at the middle, the share of all weights that comes together, 0 to 1, less the doubt in it."""
        expected = middle + rate * (seen.times - middle)
        first = np.round((expected - self._begins + _DELAYS[0]) / _GRID_SECONDS).astype(np.int64)
        places = first[:, None] + np.arange(_DELAYS.size)[None, :] * _GRIDS_A_STEP
        inside = (places >= 0) & (places < self._curve.size)
        met = np.where(inside, self._curve[np.clip(places, 0, self._curve.size - 1)], 0.0)
        shares = np.sqrt(seen.weights) @ met
        return np.asarray(_DOUBT * shares / np.sqrt(seen.weights.sum() * self._total))


def _by_chance(heard: _Points, seen: _Points, length_seconds: float, height: float) -> float:
    """How often onsets anywhere in the sound come together as well as these do; those that do as well count half."""
    chance = np.random.default_rng(_SEED)
    tries = int(np.clip(_TRIES_OF_POINTS / (heard.times.size + seen.times.size), *_TRIES))
    reached = 0.0
    for _ in range(tries):
        anywhere = np.sort(chance.uniform(0, length_seconds, heard.times.size))
        curve = _Density(_Points(anywhere, chance.permutation(heard.weights))).together(seen, 1.0, length_seconds / 2)
        reached += 1.0 if curve.max() > height + 1e-3 else 0.5 if curve.max() > height - 0.02 else 0.0
    return reached / tries


def _stands_out(curve: Real, best: int) -> float:
    """How far the best delay stands out of the others; half for one that a beat more or less does as well."""
    others = curve[np.abs(_DELAYS - _DELAYS[best]) > _OTHER_SECONDS]
    height = float(curve[best])
    return float(np.clip(0.55 + 2 * (height - float(others.max(initial=0.0))) / height, 0, 1))


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
