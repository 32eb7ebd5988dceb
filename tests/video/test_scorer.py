"""The scorer's constants fit the features, and sensitivity only ever adds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.video.candidates import FEATURES, Candidates
from engine.video.scorer import Scorer, audible, contact_times, scorer


def found(rows: int, seed: int = 1) -> Candidates:
    rng = np.random.default_rng(seed)
    features = rng.normal(0, 1, (rows, len(FEATURES)))
    for name, middle, spread in (
        ("change_db", 0, 15),
        ("arrest_db", 0, 20),
        ("unrest", 0.5, 0.3),
        ("jolt", 0.1, 0.1),
        ("sudden_db", 8, 6),
    ):
        features[:, FEATURES.index(name)] = rng.normal(middle, spread, rows)
    one = np.full(rows, 0.5)
    return Candidates(times=np.sort(rng.uniform(0, 9, rows)), features=features, x=one, y=one, size=one, speed=one)


def test_the_constants_name_features_that_exist() -> None:
    assert set(scorer().names) <= set(FEATURES)
    assert len(scorer().centre) == len(scorer().scale) == len(scorer().weight) == len(scorer().names)
    assert min(scorer().scale) > 0


def test_probability_by_hand() -> None:
    one = Scorer(
        names=("unrest", "height"), centre=(1.0, 0.0), scale=(2.0, 1.0), weight=(2.0, 0.0), bias=1.0, threshold=0.5
    )
    candidates = found(1)
    candidates.features[0, FEATURES.index("unrest")] = 2.0
    assert one.probability(candidates)[0] == pytest.approx(1 / (1 + np.exp(-2.0)))
    assert one.least(0.5) == pytest.approx(0.5)


def test_what_stands_out_more_is_surer() -> None:
    candidates = found(2)
    candidates.features[1] = candidates.features[0]
    candidates.features[1, FEATURES.index("stands_out")] += 1
    first, second = scorer().probability(candidates)
    assert second > first


@given(st.floats(0, 1), st.floats(0, 1), st.integers(0, 99))
def test_more_sensitivity_never_loses_a_candidate(one: float, other: float, seed: int) -> None:
    less, more = sorted((one, other))
    candidates = found(30, seed)
    assert scorer().least(more) <= scorer().least(less)
    assert not (audible(candidates, less) & ~audible(candidates, more)).any()


def test_the_gate_is_absolute() -> None:
    candidates = found(1)
    row = candidates.features[0]
    row[[FEATURES.index(n) for n in ("change_db", "arrest_db", "unrest", "jolt")]] = (10, 0, 0.0, 0.0)
    assert audible(candidates, 0.5)[0]
    row[FEATURES.index("unrest")] = 0.9  # water, a crowd, a camera held by hand
    assert not audible(candidates, 0.5)[0]
    assert audible(candidates, 0.9)[0]
    row[[FEATURES.index(n) for n in ("change_db", "unrest")]] = (-30, 0.0)
    assert not audible(candidates, 1.0)[0]


def test_what_breaks_into_stillness_is_heard_earlier() -> None:
    candidates = found(2)
    candidates.times[:] = 1.0
    candidates.features[:, FEATURES.index("sudden_db")] = (0.0, 17.0)
    steady, sudden = contact_times(candidates)
    assert 0.01 < steady - sudden < 0.02
