"""Calibrated parts are of parameters that their models draw: a renamed one would else be ignored in silence."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import pytest

from engine.procedural.draws import calibrated, trying
from engine.procedural.families import FAMILIES
from engine.procedural.family import SAMPLE_RATE_HZ

NAMES = sorted(path.name.removesuffix(".json") for path in files("engine.procedural").joinpath("calibrated").iterdir())


@pytest.mark.parametrize("name", NAMES)
def test_every_calibrated_parameter_is_drawn(name: str) -> None:
    family = FAMILIES[name]
    drawn: set[str] = set()
    for seed in range(8):  # some are drawn only where another is large
        with trying({}) as made:
            family.render(np.random.default_rng(seed), family.knobs({}), SAMPLE_RATE_HZ, 1, lambda: None)
        drawn |= set(made[0].drawn)
    shares = calibrated(name)
    assert set(shares) <= drawn
    for low, high in shares.values():
        assert 0 <= low < high <= 1
        assert high - low > 0.14, "wide enough for takes to differ"
