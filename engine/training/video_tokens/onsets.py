"""Units to onsets: which units stand around a moment at which something begins, counted on the training set.

For each place from 4 before to 4 behind a moment, how much likelier each unit is there when an onset lies at the
moment than otherwise; the logarithms of these ratios are added up over the nine places, as if they were independent
(naive Bayes). Peaks of the sum above a threshold, no two within 100 ms, are the onsets, and the sum is how sure each
is. Counts and threshold come from units of training sound and true onsets alone; the same table then reads the units
that a model speaks. So what is scored is the tokens, with nothing of the sound beside them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.backends.neural.video_tokens.hear import Units
from engine.evaluation.token_scores import Heard, pooled_f

_AROUND = 4
_PRIOR = 0.5
_APART_SECONDS = 0.1
_THRESHOLDS = np.arange(-4.0, 12.01, 0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Units of a clip's own sound, and when something happens in it."""

    units: Units
    onsets_seconds: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OnsetReader:
    """What :func:`learn` counted.

    Parameters
    ----------
    weights
        ``(places, units)``: log ratios.
    threshold
        Least sum of an onset.
    rate_hz
        Units a second.
    """

    weights: NDArray[np.float64]
    threshold: float
    rate_hz: float

    def read(self, units: Units, true: Sequence[float], duration_seconds: float) -> Heard:
        """Onsets of a clip's units, beside the true ones."""
        places, sure = self._peaks(units, self.threshold)
        return Heard(
            true=tuple(true),
            predicted=tuple((places + 0.5) / self.rate_hz),
            confidence=tuple(sure),
            duration_seconds=duration_seconds,
        )

    def _peaks(self, units: Units, threshold: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        if not len(units):
            return np.zeros(0, np.int64), np.zeros(0)
        around = np.lib.stride_tricks.sliding_window_view(np.pad(units, _AROUND, mode="edge"), len(self.weights))
        score = self.weights[np.arange(len(self.weights)), around].sum(1)
        found: list[int] = []
        for place in np.argsort(-score, kind="stable"):
            if score[place] < threshold:
                break
            if all(abs(place - other) >= _APART_SECONDS * self.rate_hz for other in found):
                found.append(int(place))
        places = np.array(sorted(found), np.int64)
        return places, score[places]


def learn(clips: Sequence[Known], units: int, rate_hz: float) -> OnsetReader:
    """Count on the training set, and set the threshold where the F-measure on it is best.

    Parameters
    ----------
    units
        How many different ones there are.
    """
    near = np.full((2 * _AROUND + 1, units), _PRIOR)
    anywhere = near.copy()
    for clip in clips:
        if not len(clip.units):
            continue
        around = np.lib.stride_tricks.sliding_window_view(np.pad(clip.units, _AROUND, mode="edge"), len(near))
        at = [min(len(clip.units) - 1, int(onset * rate_hz)) for onset in clip.onsets_seconds]
        for place in range(len(near)):
            np.add.at(anywhere[place], around[:, place], 1)
            np.add.at(near[place], around[at, place], 1)
    weights = np.log(near / near.sum(1, keepdims=True)) - np.log(anywhere / anywhere.sum(1, keepdims=True))

    def quality(threshold: float) -> float:
        reader = OnsetReader(weights=weights, threshold=threshold, rate_hz=rate_hz)
        return pooled_f([reader.read(clip.units, clip.onsets_seconds, len(clip.units) / rate_hz) for clip in clips])

    return OnsetReader(weights=weights, threshold=float(max(_THRESHOLDS, key=quality)), rate_hz=rate_hz)
