"""How sure it is that a candidate is an impact, and when exactly.

Logistic regression over a few features, evaluated in plain numpy; the constants are in ``scorer.json``, which
``engine.training.spotting`` writes. An absolute gate comes on top: what is much in its own shot may still be nothing.
"""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.model import Model
from engine.video.candidates import FEATURES, Candidates
from engine.video.motion import Floats

_LEAST_CHANGE_DB = -6.0
"""Half a gray level of change, root mean square over the picture: compression alone reaches less."""
_LEAST_ARREST_DB = (-40.0, 6.0)
"""Speed that is lost in all cells together, 0 dB being a picture width a second: where the picture is still but for
what moves, and where it moves all the time (water, a crowd, a camera held by hand)."""
_HIGHEST_JOLT = 0.2
"""Widths a second: where the camera seems to change its speed by more, something large was mistaken for it."""
_SENSITIVITY_DB = 24.0
_SENSITIVITY_LOGITS = 4.0
_LATEST_SECONDS = 0.027
_EARLIER_SECONDS_PER_DB = 0.001
_SUDDEN_DB = (0.0, 17.0)
"""What breaks into stillness is heard as it begins; where things move before, as they stop."""


class Scorer(Model):
    """Constants of a logistic regression.

    Each feature is centred and scaled before it is weighted.
    """

    names: tuple[str, ...]
    centre: tuple[float, ...]
    scale: tuple[float, ...]
    weight: tuple[float, ...]
    bias: float
    threshold: float
    """Probability from which a candidate is taken at middle sensitivity."""

    def probability(self, found: Candidates) -> Floats:
        """``(moments,)``: how likely each is an impact."""
        columns = found.features[:, [FEATURES.index(name) for name in self.names]]
        logits = (columns - np.array(self.centre)) / np.array(self.scale) @ np.array(self.weight) + self.bias
        return np.asarray(1 / (1 + np.exp(-logits)))

    def least(self, sensitivity: float) -> float:
        """Probability from which a candidate is taken."""
        logit = np.log(self.threshold / (1 - self.threshold)) - _SENSITIVITY_LOGITS * (sensitivity - 0.5)
        return float(1 / (1 + np.exp(-logit)))


@functools.cache
def scorer() -> Scorer:
    """The constants that come with the engine."""
    return Scorer.read((Path(__file__).parent / "scorer.json").read_bytes())


def audible(found: Candidates, sensitivity: float) -> NDArray[np.bool_]:
    """``(moments,)``: which are large enough, on an absolute scale, for a sound."""
    change, arrest, unrest, jolt = (
        found.features[:, FEATURES.index(n)] for n in ("change_db", "arrest_db", "unrest", "jolt")
    )
    easier = _SENSITIVITY_DB * (sensitivity - 0.5)
    least = np.interp(unrest, (0.0, 1.0), _LEAST_ARREST_DB)
    return np.asarray((change >= _LEAST_CHANGE_DB - easier) & (arrest >= least - easier) & (jolt <= _HIGHEST_JOLT))


def contact_times(found: Candidates) -> Floats:
    """``(moments,)`` seconds: when each is heard, from how sudden it is."""
    sudden = np.clip(found.features[:, FEATURES.index("sudden_db")], *_SUDDEN_DB)
    return np.asarray(np.maximum(0.0, found.times + _LATEST_SECONDS - _EARLIER_SECONDS_PER_DB * sudden))
