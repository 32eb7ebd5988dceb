"""Fits the constants of the scorer of spotting to clips with known onsets.

The order of the candidates is that of the feature; the fit makes their confidence a share of right ones.

A clip's candidates near a true onset are right, those far from all are wrong, and those in between are left out. The
share of a clip in the fit grows with the root of its candidates, so that a long one does not decide alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.evaluation.spotting_bench import Clip
from engine.picture import Picture
from engine.video.blocks import blocks
from engine.video.candidates import FEATURES, candidates
from engine.video.motion import Floats
from engine.video.scorer import Scorer, contact_times

NAMES = ("stands_out",)
"""More features and boosted trees were tried: they fit better, and find less on clips of makers not seen before."""
_RIGHT_SECONDS, _WRONG_SECONDS = 0.08, 0.1
_REGULARISATION = 0.1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample:
    """The candidates of a clip: ``(moments, features)``, and their times."""

    clip: Clip
    features: Floats
    times: Floats


def sample(clip: Clip) -> Sample:
    """Measure a clip."""
    found = [candidates(block) for block in blocks(Picture(path=str(clip.path)))]
    return Sample(
        clip=clip,
        features=np.concatenate([one.features for one in found]),
        times=np.concatenate([contact_times(one) for one in found]),
    )


def fit(samples: Sequence[Sample], *, stands_out: float = 0.28) -> Scorer:
    """The constants that fit the samples; ``stands_out`` is taken at middle sensitivity."""
    from sklearn.linear_model import LogisticRegression

    columns = [FEATURES.index(name) for name in NAMES]
    rows, right, weight = [], [], []
    for one in samples:
        away = np.abs(one.times[:, None] - np.array(one.clip.onsets)[None]).min(1)
        clear = (away < _RIGHT_SECONDS) | (away > _WRONG_SECONDS)
        rows.append(one.features[clear][:, columns])
        right.append(away[clear] < _RIGHT_SECONDS)
        weight.append(np.full(int(clear.sum()), 1 / np.sqrt(max(1, int(clear.sum())))))
    table, weights = np.concatenate(rows), np.concatenate(weight)
    centre, scale = table.mean(0), table.std(0)
    model = LogisticRegression(C=_REGULARISATION, max_iter=500)
    model.fit((table - centre) / scale, np.concatenate(right), sample_weight=weights / weights.mean())
    slope, bias = model.coef_[0], float(model.intercept_[0])
    threshold = 1 / (1 + np.exp(-(slope[0] * (stands_out - centre[0]) / scale[0] + bias)))
    return Scorer(
        names=NAMES,
        centre=tuple(centre.round(5).tolist()),
        scale=tuple(scale.round(5).tolist()),
        weight=tuple(slope.round(5).tolist()),
        bias=round(bias, 5),
        threshold=round(float(threshold), 3),
    )
