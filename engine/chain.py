"""A chain of effects as data: which plugins a sound goes through, in order, and how they are set.

The same words describe built-in effects and the user's own VST3 or AU plugins, in a TOML or JSON file, in a preset, in
a plan or in a request. This module knows no plugin: whether the names and values are right is checked by
``plugin_bridge`` against the plugin itself.
"""

from __future__ import annotations

import base64
import binascii
from typing import Literal

from pydantic import Field, field_validator

from engine.errors import BadArgument
from engine.model import Model

MAX_LINKS = 32
MAX_TAIL_SECONDS = 60.0
MAX_STATE_CHARACTERS = 32 * 2**20

Value = bool | float | str
"""A number in the parameter's own unit; text with a unit ("250 ms", "-3 dB", "2 kHz") or a choice's name; on or off."""


class Link(Model):
    """One effect of a chain."""

    plugin: str = Field(
        min_length=1,
        max_length=4_096,
        description="A built-in effect ('reverb'), the name of a plugin that a scan found, or a plugin's path.",
    )
    parameters: dict[str, Value] = Field(default_factory=dict, max_length=4_096, description="By name; others stay.")
    state: str = Field("", max_length=MAX_STATE_CHARACTERS, description="The plugin's own state, base64.")
    preset: str = Field("", max_length=4_096, description="A .vstpreset file, loaded before parameters are set.")
    mix: float = Field(1.0, ge=0, le=1, description="0 is the sound as it came, 1 the effect alone.")
    on: bool = Field(True, description="Off, the sound goes past it.")

    @field_validator("state")
    @classmethod
    def _state_is_base64(cls, state: str) -> str:
        try:
            base64.b64decode(state, validate=True)
        except (binascii.Error, ValueError):
            raise BadArgument("A plugin's state is written in base64; this is not.", field="state") from None
        return state


class Chain(Model):
    """Effects in the order that the sound goes through them."""

    links: tuple[Link, ...] = Field((), max_length=MAX_LINKS)
    missing: Literal["stop", "skip"] = Field(
        "stop", description="What happens where a plugin is missing or fails: stop, or go on without it and say so."
    )
    tail_seconds: float | None = Field(
        None, ge=0, le=MAX_TAIL_SECONDS, description="How long it rings on at most; left out, until it is silent."
    )

    def then(self, other: Chain) -> Chain:
        """This chain and another behind it; what stops for one of them stops for both.

        Raises
        ------
        BadArgument
            When together they are longer than a chain may be.
        """
        tails = (self.tail_seconds, other.tail_seconds)
        return Chain.read(
            {
                "links": (*self.links, *other.links),
                "missing": "skip" if {self.missing, other.missing} == {"skip"} else "stop",
                "tail_seconds": None if None in tails else max(tail for tail in tails if tail is not None),
            }
        )


NO_CHAIN = Chain()
