"""Open question 1: what becomes of each sound as more of them overlap. Needs no weights and no listener.

A way of mixing is handed in and only listened to. Each event is mixed alone, then all together; the mix is taken apart
by least squares into what the events were alone, each at a gain of its own, and a rest that is in none of them. The
gains say how far each event sank in company, the rest what clipping and limiting added.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import numpy as np

from engine.audio import Audio
from engine.handle import Handle
from engine.model import Model

E = TypeVar("E")
Mixing = Callable[[Sequence[E]], Audio]
"""Events to the file that they become, all of the same length."""
Measure = Callable[[Audio], float]
CLIPPED = 1.0 - 2.0**-23
FLOOR_DB = -120.0


class OverlapRow(Model):
    """One way of mixing so many events, the mean over rounds.

    Parameters
    ----------
    sunk_db
        By how much an event is softer among the others than alone; ``worst_sunk_db`` is that of the worst event.
    spread_db
        Standard deviation of the events' levels as they are in the mix; they were asked for as equally loud.
    distortion_db
        What is in the mix and in no event, against the mix.
    peak_dbtp
        Highest true peak of all rounds.
    clipped_percent
        Samples at full scale.
    """

    method: str
    events: int
    sunk_db: float
    worst_sunk_db: float
    spread_db: float
    distortion_db: float
    peak_dbtp: float
    clipped_percent: float


class OverlapReport(Model):
    """All rows; the seed draws the events."""

    seed: int
    rounds: int
    rows: tuple[OverlapRow, ...]


def measure_overlap(
    draw: Callable[[int, int], Sequence[E]],
    methods: Mapping[str, Mixing[E]],
    *,
    counts: Sequence[int],
    rounds: int,
    seed: int,
    loudness: Measure,
    peak_dbtp: Measure,
    handle: Handle,
) -> OverlapReport:
    """Mix events drawn anew in every round.

    Parameters
    ----------
    draw
        So many events of a seed, meant to be equally loud.
    loudness, peak_dbtp
        Of a mix, in dB.
    """
    rows = []
    for number, count in enumerate(counts):
        found: dict[str, list[OverlapRow]] = {name: [] for name in methods}
        for turn in range(rounds):
            handle.progress((number + turn / rounds) / len(counts), f"{count} events")
            events = draw(count, seed * 1_000 + turn)
            for name, mixing in methods.items():
                found[name].append(_row(name, events, mixing, loudness, peak_dbtp))
        rows += [_mean(each) for each in found.values()]
    return OverlapReport(seed=seed, rounds=rounds, rows=tuple(rows))


def _row(name: str, events: Sequence[E], mixing: Mixing[E], loudness: Measure, peak_dbtp: Measure) -> OverlapRow:
    alone = [mixing([event]) for event in events]
    together = mixing(events)
    gains, rest = taken_apart(together, alone)
    sunk = [round(-_db(gain), 4) + 0.0 for gain in gains]  # no -0.00
    levels = [loudness(each) - lost for each, lost in zip(alone, sunk, strict=True)]
    return OverlapRow(
        method=name,
        events=len(events),
        sunk_db=float(np.mean(sunk)),
        worst_sunk_db=max(sunk),
        spread_db=float(np.std(levels)),
        distortion_db=rest,
        peak_dbtp=peak_dbtp(together),
        clipped_percent=100 * float(np.mean(np.abs(together.samples) >= CLIPPED)),
    )


def taken_apart(mix: Audio, events: Sequence[Audio]) -> tuple[tuple[float, ...], float]:
    """Linear gain of each event in a mix, and what is left over in dB of the mix.

    Parameters
    ----------
    mix, events
        Of the same shape; the events at their places.
    """
    columns = np.stack([each.samples.ravel() for each in events], axis=1).astype(np.float64)
    whole = mix.samples.ravel().astype(np.float64)
    gains, *_ = np.linalg.lstsq(columns, whole, rcond=None)
    rest, level = (float(np.linalg.norm(each)) for each in (whole - columns @ gains, whole))
    return tuple(float(gain) for gain in gains), _db(rest / max(level, 1e-12))


def _db(ratio: float) -> float:
    return max(FLOOR_DB, 20 * float(np.log10(max(ratio, 1e-12))))


def _mean(rows: Sequence[OverlapRow]) -> OverlapRow:
    names = ("sunk_db", "worst_sunk_db", "spread_db", "distortion_db", "clipped_percent")
    means = {name: float(np.mean([getattr(row, name) for row in rows])) for name in names}
    return rows[0].model_copy(update={**means, "peak_dbtp": max(row.peak_dbtp for row in rows)})
