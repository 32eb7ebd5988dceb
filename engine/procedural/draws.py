"""What is drawn once for a source: named parameters between bounds, within the part of them that was calibrated.

A model says the bounds that physics gives; where recordings or listeners have shown that only a part of them sounds
like the thing, that part is kept as data beside the models, in ``calibrated/<family>.json``, and draws stay in it. How
such a part is found is in :mod:`engine.evaluation.calibration`; nothing here judges.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from engine.procedural.noise import Rng

Shares = Mapping[str, tuple[float, float]]
"""Of a parameter's bounds, the part that draws stay in: 0 to 1, on its own scale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Of one parameter."""

    low: float
    high: float
    is_logarithmic: bool


@cache
def calibrated(family: str) -> Shares:
    """The calibrated parts of a family's parameters; none where it was not calibrated."""
    path = files("engine.procedural").joinpath("calibrated", f"{family}.json")
    if not path.is_file():
        return MappingProxyType({})
    told = json.loads(path.read_text(encoding="utf-8"))["shares"]
    return MappingProxyType({name: (float(low), float(high)) for name, (low, high) in told.items()})


@dataclass(slots=True)
class Draws:
    """Draws each parameter once, by name; asked again, it is the same.

    Parameters
    ----------
    shares
        Parts of the bounds to stay in.

    >>> draws = Draws(np.random.default_rng(1), {"pitch_hz": (0.5, 0.5)})
    >>> draws("pitch_hz", 100, 400, logarithmic=True)
    200.0
    """

    rng: Rng
    shares: Shares
    drawn: dict[str, float] = field(default_factory=dict)
    """Where in its bounds each lies, 0 to 1."""
    bounds: dict[str, Bounds] = field(default_factory=dict)
    _values: dict[str, float] = field(default_factory=dict)

    def __call__(self, name: str, low: float, high: float, *, logarithmic: bool = False) -> float:
        """The value of a parameter between ``low`` and ``high``.

        Parameters
        ----------
        logarithmic
            As likely between 100 and 200 as between 200 and 400.
        """
        if name not in self._values:
            first, last = self.shares.get(name, (0.0, 1.0))
            share = first + (last - first) * float(self.rng.random())
            self.drawn[name] = share
            self.bounds[name] = Bounds(low=low, high=high, is_logarithmic=logarithmic)
            self._values[name] = low * (high / low) ** share if logarithmic else low + (high - low) * share
        return self._values[name]


_tried: ContextVar[tuple[Shares, list[Draws]] | None] = ContextVar("_tried", default=None)


def draws_of(rng: Rng, family: str) -> Draws:
    """Draws for a source of a family, within its calibrated parts."""
    if (trial := _tried.get()) is None:
        return Draws(rng, calibrated(family))
    shares, made = trial
    made.append(Draws(rng, shares))
    return made[-1]


@contextmanager
def trying(shares: Shares) -> Iterator[list[Draws]]:
    """Within it all draws stay in these parts instead, and are told: for the search of such parts."""
    made: list[Draws] = []
    token = _tried.set((shares, made))
    try:
        yield made
    finally:
        _tried.reset(token)
