"""Finds the part of each parameter's bounds in which a model sounds like the thing, by the cross-entropy method.

Sounds are drawn, a fitness says how good each is, and the bounds are narrowed to where the best lie; a few rounds. The
fitness is an argument: a judge's score, a distance to recordings, or both. Ranges never become points: a model whose
takes are all alike is worth nothing, so a part of every bound is kept. Source: R. Rubinstein, "The cross-entropy method
for combinatorial and continuous optimization", Methodology and Computing in Applied Probability 1, 1999.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from engine.handle import Handle

Shares = Mapping[str, tuple[float, float]]
Trial = Callable[[int, Shares], tuple[Mapping[str, float], float]]
"""A seed and the parts to stay in, to where each parameter lay (0 to 1) and the fitness; larger is better."""

ELITE = 0.2
LEAST_ELITE = 6
REACH = 1.6
"""Standard deviations of the best, to each side, that stay."""
LEAST_PART = 0.15
"""Of a bound, that always stays: so takes go on to differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one round did."""

    shares: Shares
    mean_fitness: float
    best_fitness: float


def calibrate(trial: Trial, *, rounds: int, population: int, seed: int, handle: Handle) -> tuple[Round, ...]:
    """Narrow the parts round by round.

    Raises
    ------
    Cancelled
        Between two trials.
    """
    shares: dict[str, tuple[float, float]] = {}
    done: list[Round] = []
    seeds = np.random.default_rng(seed).integers(2**31, size=(rounds, population))
    for number, row in enumerate(seeds.tolist()):
        trials = []
        for k, each in enumerate(row):
            handle.progress((number + k / population) / rounds, f"round {number + 1} of {rounds}")
            trials.append(trial(each, shares))
        fitness = np.array([worth for _, worth in trials])
        best = np.argsort(-fitness)[: max(LEAST_ELITE, round(ELITE * population))]
        names = sorted({name for drawn, _ in trials for name in drawn})
        shares = {
            name: _narrowed([trials[i][0][name] for i in best if name in trials[i][0]], shares.get(name, (0.0, 1.0)))
            for name in names
        }
        done.append(Round(shares=shares, mean_fitness=float(fitness.mean()), best_fitness=float(fitness.max())))
    return tuple(done)


def _narrowed(best: list[float], before: tuple[float, float]) -> tuple[float, float]:
    low, high = before
    if len(best) < LEAST_ELITE:
        return before
    middle, reach = float(np.mean(best)), REACH * float(np.std(best))
    low, high = max(low, middle - reach), min(high, middle + reach)
    if high - low < LEAST_PART:
        middle = min(max((low + high) / 2, LEAST_PART / 2), 1 - LEAST_PART / 2)
        low, high = middle - LEAST_PART / 2, middle + LEAST_PART / 2
    return round(low, 4), round(high, 4)
