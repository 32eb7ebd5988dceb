"""What is said to a model: words, pictures and sounds, in the order in which they are said.

Plain data. How a server or a model of this machine wants it is known by whoever asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

SOUND_RATE_HZ = 16_000
"""Of all sound that models are given: what they were trained on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A picture, as a JPEG file."""

    jpeg: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """A sound, as a WAV file: 16 bits, mono, :data:`SOUND_RATE_HZ`."""

    wav: bytes


Part = str | Image | Sound


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What one says.

    Parameters
    ----------
    role
        Who.
    parts
        In order.
    """

    role: Literal["system", "user", "assistant"]
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """Its words alone."""
        return "\n".join(part for part in self.parts if isinstance(part, str))


def said(role: Literal["system", "user", "assistant"], content: str | Sequence[Part]) -> Message:
    """A message of words, or of parts."""
    return Message(role=role, parts=(content,) if isinstance(content, str) else tuple(content))
