"""What can be done to a sound that is there: the actions of an editor, by name, with their parameters and bounds.

An action is written ``name key=value ...``; several are parted by ``;`` and done in that order. That text is what a
script sends, what a person reads before anything is rendered, and what can be changed and sent again. This module knows
the parameters; how an action works is in ``engine.editing``, and how words become actions in ``engine.planning``.

Source of the eight alignment actions: AVAgent (arXiv 2410.23230): the four noise filters, speed, pitch, volume, fill.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, ClassVar, Literal, Self, TypeVar

from pydantic import Field, model_validator

from engine.errors import BadArgument
from engine.model import Model

MAX_ACTIONS = 64
MAX_POINTS = 256
MAX_SECONDS = 86_400.0

Reach = Literal["span", "around", "whole"]
"""What an action looks at: the span that it changes, what lies around it too, or it takes no span but the whole."""


A = TypeVar("A", bound="Action")


class Action(Model):
    """Base of all actions; its name is the class's in lower case with underscores."""

    name: ClassVar[str]
    reach: ClassVar[Reach] = "span"

    @classmethod
    def __pydantic_init_subclass__(cls, **keys: Any) -> None:
        cls.name = "".join(f"_{c.lower()}" if c.isupper() else c for c in cls.__name__).lstrip("_")

    def __str__(self) -> str:
        said = self.model_dump(exclude_defaults=True)
        return " ".join([self.name, *(f"{key}={_written(value)}" for key, value in said.items())])

    def length_after(self, length_seconds: float) -> float:
        """How long a sound of so many seconds is when it is done to all of it."""
        return length_seconds


class Denoise(Action):
    """Take steady noise away, with the best that there is here; sound without noise is left as it is."""

    reach = "around"
    reduction_db: float = Field(24.0, ge=0, le=60, description="Noise is lowered by at most this much.")


class SpectralSubtraction(Action):
    """Subtract the noise's spectrum from the sound's."""

    reach = "around"
    over_subtraction: float = Field(4.0, ge=0.5, le=10, description="Times the noise that is subtracted.")
    floor_db: float = Field(-26.0, ge=-80, le=0, description="What stays of the noise, so that it does not sing.")


class Wiener(Action):
    """Weigh every part of the spectrum by how far it stands above the noise (decision-directed)."""

    reach = "around"
    floor_db: float = Field(-26.0, ge=-80, le=0, description="What stays of the noise.")


class Wavelet(Action):
    """Shrink small wavelet coefficients, level by level."""

    reach = "around"
    strength: float = Field(1.0, ge=0, le=4, description="Times the threshold that theory gives.")


class SpectralGate(Action):
    """Close every part of the spectrum that does not stand above the noise."""

    reach = "around"
    threshold_db: float = Field(8.0, ge=0, le=40, description="Above the noise, to open.")
    reduction_db: float = Field(24.0, ge=0, le=80, description="How far it closes.")


class Declick(Action):
    """Find clicks and crackle, and fill them from what lies around."""

    reach = "around"
    sensitivity: float = Field(0.5, ge=0, le=1, description="More finds more.")


class Dehum(Action):
    """Subtract mains hum and its harmonics."""

    reach = "around"
    frequency_hz: float | None = Field(None, ge=20, le=1_000, description="Left out, it is found near 50 or 60.")
    harmonics: int = Field(24, ge=1, le=200, description="How many, the first among them.")


class RemoveDc(Action):
    """Take a constant offset away, and what lies below hearing."""

    reach = "around"
    cutoff_hz: float = Field(10.0, ge=1, le=100, description="Half the power is left here.")


class Speed(Action):
    """Faster or slower; the pitch is kept."""

    reach = "whole"
    factor: float | None = Field(None, ge=0.25, le=4, description="2 is twice as fast.")
    length_seconds: float | None = Field(None, gt=0, le=MAX_SECONDS, description="Instead: how long it becomes.")

    @model_validator(mode="after")
    def _says_how_much(self) -> Self:
        return _exactly_one(self, "factor", "length_seconds")

    def length_after(self, length_seconds: float) -> float:
        """See :meth:`Action.length_after`."""
        return length_seconds / self.factor if self.factor else self.length_seconds or length_seconds


class Pitch(Action):
    """Higher or lower; the length is kept."""

    semitones: float = Field(ge=-24, le=24, description="12 is an octave up.")


class Warp(Action):
    """Move moments to where they belong; between them time is stretched and the pitch kept."""

    anchors: tuple[tuple[float, float], ...] = Field(
        min_length=1, max_length=MAX_POINTS, description="Seconds from:to, both rising: 0.5:0.52,1.2:1.1."
    )

    @model_validator(mode="after")
    def _rise(self) -> Self:
        for side in zip(*self.anchors, strict=True):
            _rising(side, "anchors")
        return self


class Shift(Action):
    """Later or earlier by so much; silence comes in where nothing was."""

    reach = "whole"
    seconds: float = Field(ge=-3_600, le=3_600, description="Negative is earlier.")
    length_seconds: float | None = Field(
        None, gt=0, le=MAX_SECONDS, description="How long the result is; left out, as before."
    )

    def length_after(self, length_seconds: float) -> float:
        """See :meth:`Action.length_after`."""
        return self.length_seconds or length_seconds


class Reverse(Action):
    """Backwards."""


class Resample(Action):
    """At another sample rate."""

    reach = "whole"
    rate_hz: int = Field(ge=8_000, le=192_000, description="Samples a second.")


class Volume(Action):
    """Louder or softer."""

    gain_db: float | None = Field(None, ge=-120, le=48, description="By this much.")
    loudness_lufs: float | None = Field(None, ge=-70, le=0, description="Instead: to this loudness (EBU R128).")
    peak_dbtp: float | None = Field(None, ge=-60, le=0, description="Instead: to this true peak.")
    envelope: tuple[tuple[float, float], ...] = Field(
        (), max_length=MAX_POINTS, description="Instead: seconds:dB, in straight lines: 0:0,5.5:0,6:3."
    )

    @model_validator(mode="after")
    def _says_how_much(self) -> Self:
        if self.envelope:
            _rising([time for time, _ in self.envelope], "envelope")
            if any(abs(gain) > 120 for _, gain in self.envelope):
                raise BadArgument("A gain in an envelope is within ±120 dB.", field="envelope")
        return _exactly_one(self, "gain_db", "loudness_lufs", "peak_dbtp", "envelope")


class Limit(Action):
    """Hold the true peak down."""

    ceiling_dbtp: float = Field(-1.0, ge=-60, le=0, description="No peak is above.")


class Fade(Action):
    """Fade the ends."""

    in_seconds: float = Field(0.0, ge=0, le=3_600, description="Length of the fade-in.")
    out_seconds: float = Field(0.0, ge=0, le=3_600, description="Length of the fade-out.")
    shape: Literal["equal_power", "linear"] = Field("equal_power", description="Of the curve.")

    @model_validator(mode="after")
    def _says_where(self) -> Self:
        return _at_least_one(self, "in_seconds", "out_seconds")


class Pan(Action):
    """Place it between left and right; a mono sound becomes stereo."""

    reach = "whole"
    position: float = Field(ge=-1, le=1, description="-1 left, 0 centre, 1 right.")


class Width(Action):
    """Narrow or widen a stereo image."""

    amount: float = Field(ge=0, le=3, description="0 mono, 1 as it is, 2 the sides twice as strong.")


class Distance(Action):
    """As if it were further away: softer, duller, and more of the room than of itself."""

    metres: float = Field(ge=1, le=200, description="From the listener; 1 is as recorded.")


class Worldize(Action):
    """Into the room that a reference was recorded in."""

    amount: float = Field(1.0, ge=0, le=1, description="0 dry, 1 as in the reference.")


class Treat(Action):
    """Through the effects of a preset: phone, next-room, or one of your own."""

    reach = "around"
    chain: str = Field(min_length=1, max_length=64, description="Name of the preset.")


class Trim(Action):
    """Keep a part."""

    reach = "whole"
    start_seconds: float = Field(0.0, ge=0, le=MAX_SECONDS, description="Where it begins.")
    length_seconds: float | None = Field(None, gt=0, le=MAX_SECONDS, description="How long; left out, to the end.")

    @model_validator(mode="after")
    def _says_what(self) -> Self:
        return _at_least_one(self, "start_seconds", "length_seconds")

    def length_after(self, length_seconds: float) -> float:
        """See :meth:`Action.length_after`."""
        return max(0.0, min(length_seconds - self.start_seconds, self.length_seconds or length_seconds))


class Loop(Action):
    """So that its end meets its beginning without a seam."""

    reach = "whole"
    crossfade_seconds: float = Field(0.25, gt=0, le=60, description="Of the end into the beginning.")

    def length_after(self, length_seconds: float) -> float:
        """See :meth:`Action.length_after`."""
        return length_seconds - min(self.crossfade_seconds, length_seconds / 2)


class Extend(Action):
    """Longer, by more of the same, or as a model goes on with it."""

    reach = "whole"
    length_seconds: float = Field(gt=0, le=MAX_SECONDS, description="How long it becomes.")
    text: str = Field("", max_length=400, description="What a model goes on with; empty: more of the same.")

    def length_after(self, length_seconds: float) -> float:
        """See :meth:`Action.length_after`."""
        return self.length_seconds


class Fill(Action):
    """Replace the selected spot by what fits to its surroundings, or by a new sound."""

    reach = "around"
    text: str = Field("", max_length=400, description="What should sound there; empty: what sounds around it.")


class Restyle(Action):
    """More like this: a model varies the sound as words say."""

    text: str = Field(min_length=1, max_length=400, description="What it should be heard as.")
    strength: float = Field(0.5, gt=0, le=1, description="How far from what is there; 1 keeps nothing of it.")
    was: str = Field("", max_length=400, description="What it is heard as now: words that stay keep their places.")
    weights: tuple[tuple[str, float], ...] = Field(
        (), max_length=16, description="With was, words to make stronger or weaker: metal:1.5,rain:0.5."
    )


class FillGaps(Action):
    """Find dropouts, and fill them from what lies around."""

    reach = "around"


ACTIONS: dict[str, type[Action]] = {
    kind.name: kind
    for kind in (
        *(Denoise, SpectralSubtraction, Wiener, Wavelet, SpectralGate, Declick, Dehum, RemoveDc),
        *(Speed, Pitch, Warp, Shift, Reverse, Resample),
        *(Volume, Limit, Fade, Pan, Width, Distance, Worldize, Treat),
        *(Trim, Loop, Extend, Fill, Restyle, FillGaps),
    )
}
"""All there are, by name, in the order in which they are documented."""


def _written(value: object) -> str:
    if isinstance(value, tuple):
        told = [first if isinstance(first, str) else f"{first:.12g}" for first, _ in value]
        return shlex.quote(",".join(f"{first}:{second:.12g}" for first, (_, second) in zip(told, value, strict=True)))
    return shlex.quote(f"{value:.12g}" if isinstance(value, float) else str(value))


def _rising(values: Sequence[float], field: str) -> None:
    if values[0] < 0 or any(later <= earlier for earlier, later in pairwise(values)):
        raise BadArgument("Times begin at 0 or later and rise.", field=field)


def _exactly_one(action: A, *names: str) -> A:
    given = [name for name in names if getattr(action, name) not in (None, ())]
    if len(given) != 1:
        raise BadArgument(f"Give one of {', '.join(names)}.", field=given[1] if len(given) > 1 else names[0])
    return action


def _at_least_one(action: A, *names: str) -> A:
    if not any(getattr(action, name) for name in names):
        raise BadArgument(f"Give {' or '.join(names)}: nothing would change.", field=names[0])
    return action
