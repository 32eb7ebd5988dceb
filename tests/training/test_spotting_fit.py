"""The fit of spotting's scorer: confidence is a share of right candidates, the threshold where it was asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.evaluation.spotting_bench import Clip
from engine.training.spotting import Sample, fit
from engine.video.candidates import FEATURES, Candidates

ONSETS = (1.0, 2.0, 3.0, 4.0)


def made(right: float, wrong: float, *, doubtful: float = 0.0) -> Sample:
    """Four candidates on onsets, four between them, and one whose distance says nothing, with these heights."""
    times = np.array([*ONSETS, 1.5, 2.5, 3.5, 4.5, 2.09])
    features = np.zeros((len(times), len(FEATURES)))
    features[:, FEATURES.index("stands_out")] = [right] * 4 + [wrong] * 4 + [doubtful]
    clip = Clip(name="a", path=Path("a"), category="hit", tier="A", source="me", duration_seconds=5.0, onsets=ONSETS)
    return Sample(clip=clip, features=features, times=times)


def probability(samples: list[Sample], stands_out: float) -> float:
    features = np.zeros((1, len(FEATURES)))
    features[0, FEATURES.index("stands_out")] = stands_out
    one = np.zeros(1)
    return float(
        fit(samples).probability(Candidates(times=one, features=features, x=one, y=one, size=one, speed=one))[0]
    )


def test_what_stands_out_is_surer_and_the_threshold_lies_where_it_was_asked_for() -> None:
    samples = [made(0.8, 0.1), made(0.6, 0.3)]
    assert probability(samples, 0.8) > 0.6 > 0.4 > probability(samples, 0.1)
    assert fit(samples, stands_out=0.28).threshold == pytest.approx(probability(samples, 0.28), abs=0.002)


def test_a_candidate_that_is_neither_near_nor_far_is_left_out() -> None:
    assert fit([made(0.8, 0.1, doubtful=0.8)]) == fit([made(0.8, 0.1, doubtful=-5.0)])
