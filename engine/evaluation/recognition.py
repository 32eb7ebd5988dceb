"""How often a judge names a sound for what it is.

A judge is any function of mono sound to names with scores, best first; which net it is, its names and its hierarchy are
its own affair. A family is asked for by the names that the judge may call it. This module knows no synthesis: sounds
are handed in as functions of a seed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.audio import Audio
from engine.handle import Handle
from engine.model import Model

Named = Sequence[tuple[str, float]]
"""Names and scores from 0 to 1, best first."""
Judge = Callable[[Audio], Named]
Maker = Callable[[int], Audio]
"""A seed to a sound."""

TOP = 5


class Recognised(Model):
    """How one family was named, over all seeds."""

    family: str
    seeds: int
    first_percent: float
    """Of the seeds that were named right at once."""
    top_percent: float
    """Of those with a right name among the best five."""
    called: tuple[str, ...]
    """What it was called most, right or wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A family and the names that are right for it."""

    name: str
    make: Maker
    right: Collection[str]


def recognise(families: Sequence[Asked], judge: Judge, seeds: Sequence[int], handle: Handle) -> tuple[Recognised, ...]:
    """Judge every family on every seed.

    Parameters
    ----------
    seeds
        Fresh ones: none that anything was fitted to.
    """
    found = []
    for number, family in enumerate(families):
        handle.progress(number / len(families), family.name)
        places, called = [], dict[str, int]()
        for seed in seeds:
            names = [name for name, _ in judge(family.make(seed))]
            places.append(place_of(names, family.right))
            for name in names[:2]:
                called[name] = called.get(name, 0) + 1
        most = sorted(called, key=lambda name: (-called[name], name))[:4]
        found.append(
            Recognised(
                family=family.name,
                seeds=len(seeds),
                first_percent=100 * float(np.mean([place == 1 for place in places])),
                top_percent=100 * float(np.mean([place is not None and place <= TOP for place in places])),
                called=tuple(most),
            )
        )
    return tuple(found)


def place_of(names: Sequence[str], right: Collection[str]) -> int | None:
    """The place, from 1, of the first right name; None where there is none."""
    return next((place for place, name in enumerate(names, start=1) if name in right), None)


def means(rows: Sequence[Recognised]) -> Mapping[str, float]:
    """The class means of both shares, per cent, and how many families are under half."""
    return {
        "first": float(np.mean([row.first_percent for row in rows])),
        "top": float(np.mean([row.top_percent for row in rows])),
        "under half": float(sum(row.top_percent < 50 for row in rows)),
    }
