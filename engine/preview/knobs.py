"""What can be moved while a sound plays: names, bounds, what they mean, and how they glide.

A knob never jumps: what is told is where it goes, within a few hundredths of a second.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from engine.errors import BadArgument

GLIDE_SECONDS = 0.02
"""Time constant: after three of them it is there, as good as."""
_THERE = 1e-4
"""Of a knob's whole range: nearer than this it is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Knob:
    """One of them."""

    name: str
    low: float
    high: float
    default: float
    unit: str
    description: str


KNOBS: Mapping[str, Knob] = MappingProxyType(
    {
        knob.name: knob
        for knob in (
            Knob(name="gain_db", low=-60, high=12, default=0, unit="dB", description="Louder or softer."),
            Knob(
                name="distance_m", low=1, high=100, default=1, unit="m", description="Softer, duller, more of the room."
            ),
            Knob(name="wetness", low=0, high=1, default=0, unit="", description="How much of the room."),
            Knob(name="tail_seconds", low=0.1, high=8, default=0.8, unit="s", description="How long the room rings."),
            Knob(
                name="brightness_db", low=-18, high=12, default=0, unit="dB", description="Of what lies over 2.5 kHz."
            ),
            Knob(
                name="pitch_semitones", low=-24, high=24, default=0, unit="st", description="Higher; as long as it was."
            ),
            Knob(name="pace", low=0.25, high=4, default=1, unit="×", description="Faster; as high as it was."),
        )
    }
)


def checked(name: str, value: float) -> float:
    """A knob's value.

    Raises
    ------
    BadArgument
        When there is no such knob, or it does not go so far.
    """
    if name not in KNOBS:
        raise BadArgument(
            f"There is no {name!r}; there are {', '.join(KNOBS)}, and chain.LINK.PARAMETER.", field="name"
        )
    knob = KNOBS[name]
    if not knob.low <= value <= knob.high:  # NaN too
        raise BadArgument(
            f"{name} is {knob.low:g} to {knob.high:g} {knob.unit}".rstrip() + f"; got {value}.", field="value"
        )
    return float(value)


class Gliding:
    """All knobs on their way, a block at a time.

    Parameters
    ----------
    block_seconds
        Of a block.
    """

    def __init__(self, block_seconds: float) -> None:
        self._share = 1.0 - math.exp(-block_seconds / GLIDE_SECONDS)
        self._targets = {name: knob.default for name, knob in KNOBS.items()}
        self.now = dict(self._targets)

    @property
    def targets(self) -> Mapping[str, float]:
        """Where they go."""
        return MappingProxyType(self._targets)

    def set(self, name: str, value: float) -> None:
        """Send one on its way; raises as :func:`checked`."""
        self._targets[name] = checked(name, value)

    def arrive(self) -> None:
        """Be there at once: before anything sounds."""
        self.now = dict(self._targets)

    def step(self) -> Mapping[str, float]:
        """One block on: where they were; ``now`` is where they are at the block's end."""
        before = self.now
        self.now = {name: self._nearer(name, before[name]) for name in before}
        return before

    def _nearer(self, name: str, value: float) -> float:
        target, knob = self._targets[name], KNOBS[name]
        if abs(target - value) <= _THERE * (knob.high - knob.low):
            return target
        return value + self._share * (target - value)
