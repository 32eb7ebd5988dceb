"""What a sound family is, and the knobs that all families share.

A knob means the same in every family that has it, so that a preset, a planner or a word ("huge", "distant") can set
it without knowing which family will answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE_HZ = 48_000
"""Everything is made at this rate."""

Signal = NDArray[np.floating[Any]]
"""Mono ``(samples,)`` inside a family, ``(channels, samples)`` where a docstring says so; float64 until it is long."""

Index = NDArray[np.integer[Any]]
"""Positions in samples, or which of several."""

Check = Callable[[], None]
"""Called at least every 100 ms of work; raises when the work is cancelled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Param:
    """Bounds and meaning of one knob."""

    low: float
    high: float
    default: float
    unit: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Knobs:
    """A value for every knob; a family reads those it has and ignores the rest."""

    size: float = 1.0
    intensity: float = 0.6
    distance_m: float = 2.0
    wetness: float = 0.15
    brightness: float = 0.5
    hardness: float = 0.5
    pace: float = 1.0
    count: float = 0.0
    variation: float = 0.0
    """Not a knob: which happening of one source this is. What stays the same (the door, the room) is drawn first."""


VOCABULARY: Mapping[str, Param] = MappingProxyType(
    {
        "size": Param(low=0.25, high=4.0, default=1.0, unit="×", description="How big the source is, 1 as usual."),
        "intensity": Param(low=0.0, high=1.0, default=0.6, unit="", description="How hard, dense or violent it is."),
        "distance_m": Param(low=0.3, high=1000.0, default=2.0, unit="m", description="How far away it is."),
        "wetness": Param(low=0.0, high=1.0, default=0.15, unit="", description="How much room: 0 dry, 1 a cave."),
        "brightness": Param(low=0.0, high=1.0, default=0.5, unit="", description="Muffled at 0, glaring at 1."),
        "hardness": Param(low=0.0, high=1.0, default=0.5, unit="", description="What hits: 0 a soft mallet, 1 steel."),
        "pace": Param(low=0.25, high=4.0, default=1.0, unit="×", description="How fast it goes, 1 as usual."),
        "count": Param(low=0.0, high=64.0, default=0.0, unit="", description="How many times; 0 fills the length."),
    }
)
_ALWAYS = ("size", "intensity", "distance_m", "wetness", "brightness")

Render = Callable[[np.random.Generator, Knobs, int, int, Check], tuple[Signal, int]]
"""``(rng, knobs, length_samples, channels, check)`` to ``(channels, samples)`` at 48 kHz and the onset's sample."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One kind of sound.

    Parameters
    ----------
    name
        Stable identifier: what a plan's take is made from.
    label
        Name for people and files.
    category
        UCS CatID.
    words
        Phrases that name it, the most usual first.
    heard_as
        Classes of AudioSet that a listener who knows only these may name it as; empty where it has none.
    params
        The knobs it has, each with its own default.
    sustained
        Fills any length (rain); else it happens (a knock).
    length_seconds
        Natural length of one happening, or a good one for a bed.
    interval_seconds
        Natural time from one happening to the next.
    render
        Makes it.
    """

    name: str
    label: str
    category: str
    words: tuple[str, ...]
    params: Mapping[str, Param]
    sustained: bool
    length_seconds: float
    interval_seconds: float
    render: Render
    heard_as: tuple[str, ...] = ()

    def knobs(self, params: Mapping[str, float]) -> Knobs:
        """All knobs: those given, else this family's defaults; bounds are the caller's matter."""
        return Knobs(**{name: float(params.get(name, param.default)) for name, param in self.params.items()})


def params(**defaults: float) -> Mapping[str, Param]:
    """The knobs of a family: those every family has, and those named here, with the defaults given.

    >>> sorted(params(count=1))
    ['brightness', 'count', 'distance_m', 'intensity', 'size', 'wetness']
    """
    names = dict.fromkeys((*_ALWAYS, *defaults))
    return MappingProxyType(
        {name: replace(VOCABULARY[name], default=defaults.get(name, VOCABULARY[name].default)) for name in names}
    )
