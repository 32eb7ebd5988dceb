"""How well predicted onsets agree with true ones.

Three views that others report: the F-measure of matched onsets (mir_eval), the accuracy and average precision of
CondFoleyGen, and the lag at which prediction and truth agree best, as DeSync asks. Times are in seconds; nothing here
knows of pictures or of sound.

Source: Raffel et al., mir_eval (ISMIR 2014); Du et al., Conditional Generation of Audio from Video via Foley Analogies
(CVPR 2023), section 5; Viertola et al., Temporally Aligned Audio for Video with Autoregression (ICASSP 2025).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Onsets = Sequence[float] | Floats

WINDOWS_SECONDS = (0.05, 0.1)
_SAME_SECONDS = 0.05
_LAGS_SECONDS = np.round(np.arange(-0.25, 0.2501, 0.01), 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """Predictions matched one to one with truths, as many as can be.

    Parameters
    ----------
    hits, predicted, true
        Counts.
    errors
        Seconds by which each matched prediction is late.
    """

    hits: int
    predicted: int
    true: int
    errors: tuple[float, ...]

    @property
    def precision(self) -> float:
        """Share of the predictions that are true; 0 where there is none."""
        return self.hits / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        """Share of the truths that are predicted; 0 where there is none."""
        return self.hits / self.true if self.true else 0.0

    @property
    def f(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.hits / (self.predicted + self.true) if self.hits else 0.0


def match(true: Onsets, predicted: Onsets, window_seconds: float) -> Matched:
    """The largest one-to-one matching of onsets no farther apart than the window."""
    from mir_eval.util import match_events

    truth, guess = np.sort(np.asarray(true, float)), np.sort(np.asarray(predicted, float))
    pairs = match_events(truth, guess, window_seconds) if len(truth) and len(guess) else []
    errors = tuple(float(guess[j] - truth[i]) for i, j in pairs)
    return Matched(hits=len(pairs), predicted=len(guess), true=len(truth), errors=errors)


@dataclass(frozen=True, slots=True, kw_only=True)
class CondFoley:
    """The figures of CondFoleyGen's evaluation.

    Parameters
    ----------
    same_count
        Whether as many onsets are predicted as there are.
    accuracy
        Share of the true onsets with a prediction nearer than 100 ms: the hits.
    average_precision
        Area under the precision-recall curve of the confidences. It hardly tells good from bad: chance with the right
        count makes 0.6.
    """

    same_count: bool
    accuracy: float
    average_precision: float


def condfoley(true: Onsets, predicted: Onsets, confidence: Onsets, *, window_seconds: float = 0.1) -> CondFoley:
    """CondFoleyGen's figures: predictions within 50 ms of a surer one are dropped, each truth takes the surest near it.

    The original stops at the true onset that uses up the last prediction; the figures are the same, for there is no
    false prediction left then.
    """
    times, sure = _thinned(np.asarray(predicted, float), np.asarray(confidence, float))
    left = list(range(len(times)))
    labels: list[bool] = []
    scores: list[float] = []
    hits = 0
    for onset in true:
        near = [k for k in left if abs(times[k] - onset) < window_seconds]
        best = max(near, key=lambda k: sure[k], default=None)
        hits += best is not None
        labels.append(True)
        scores.append(0.0 if best is None else float(sure[best]))
        if best is not None:
            left.remove(best)
    labels += [False] * len(left)
    scores += [float(sure[k]) for k in left]
    return CondFoley(
        same_count=len(times) == len(true),
        accuracy=hits / len(true) if len(true) else 0.0,
        average_precision=average_precision(labels, scores),
    )


def _thinned(times: Floats, sure: Floats) -> tuple[Floats, Floats]:
    kept: list[int] = []
    for k in np.argsort(-sure):
        if all(abs(times[k] - times[j]) >= _SAME_SECONDS for j in kept):
            kept.append(int(k))
    kept.sort(key=lambda k: float(times[k]))
    return times[kept], sure[kept]


def average_precision(labels: Sequence[bool], scores: Sequence[float]) -> float:
    """Sum of the precision at each score, weighted by how much recall it adds; 0 where no label is true.

    >>> average_precision([True, False, True], [0.9, 0.8, 0.7])
    0.8333333333333333
    """
    truth, score = np.asarray(labels, bool), np.asarray(scores, float)
    if not truth.any():
        return 0.0
    order = np.argsort(-score, kind="stable")
    hits = np.cumsum(truth[order])
    last = np.append(np.diff(score[order]) != 0, True)  # equal scores are one step
    precision, recall = (hits / np.arange(1, len(truth) + 1))[last], (hits / truth.sum())[last]
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def best_lag(true: Onsets, predicted: Onsets, *, window_seconds: float = 0.05) -> float:
    """Seconds by which the predictions are late as a whole: the lag at which most of them agree with the truth.

    Of several equal ones the nearest to 0; 0 where nothing agrees. DeSync asks a network for this lag between picture
    and sound; with onsets it can be counted.
    """
    guess = np.asarray(predicted, float)
    found = [(match(true, guess - lag, window_seconds).hits, -abs(lag), lag) for lag in _LAGS_SECONDS]
    hits, _, lag = max(found)
    return float(lag) if hits else 0.0


def chance_f(
    true: Onsets,
    count: int,
    duration_seconds: float,
    window_seconds: float,
    rng: np.random.Generator,
    *,
    rounds: int = 20,
) -> float:
    """Mean F of as many onsets placed at random."""
    draws = (rng.uniform(0, duration_seconds, count) for _ in range(rounds))
    return float(np.mean([match(true, draw, window_seconds).f for draw in draws])) if count and len(true) else 0.0
