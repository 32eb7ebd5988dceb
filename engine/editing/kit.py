"""What actions work with, besides the sound itself; where it comes from is not known here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from engine.action import Restyle
from engine.audio import Audio, Samples
from engine.errors import BadArgument
from engine.handle import Handle
from engine.source import Blocks, Source

MakeSound = Callable[[str, Handle], Audio]
"""Words to a new sound, at the rate of what is edited, mono or with its channels, as long as the selection or less."""

TreatSound = Callable[[str, Source, Handle], Blocks]
"""A treatment's name and a sound to that sound treated, what rings on behind its end included."""


class ChangeSound(Protocol):
    """Gives a sound that is there to what answers some words, and takes back what it made of a span."""

    def __call__(
        self, text: str, source: Source, start: int, end: int, handle: Handle, *, vary: Restyle | None = None
    ) -> Samples | None:
        """Samples ``start`` to ``end`` anew, or varied as an action says, ``(channels, end - start)``.

        None when what answers the words makes sounds but cannot work on one.

        Raises
        ------
        BadArgument
            When the span is longer than it takes.
        BackendFailed
            With the reason.
        """
        ...


def _no_sound(text: str, handle: Handle) -> Audio:
    raise BadArgument("No new sound can be made here; leave the words of fill out.", field="do")


def _no_change(
    text: str, source: Source, start: int, end: int, handle: Handle, *, vary: Restyle | None = None
) -> Samples | None:
    return None


def _no_treatment(name: str, source: Source, handle: Handle) -> Blocks:
    raise BadArgument("No treatments are known here.", field="do")


def _ignore(sentence: str) -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """What actions work with.

    Parameters
    ----------
    folder
        Where long results are put aside.
    noise
        Noise alone; None: it is found in the sound.
    reference
        Sound in the room that worldize takes.
    seed
        Of what chance has a part in.
    make_sound
        For fill with words.
    change_sound
        For the same, where a model can; and for what only a model can.
    treat
        For treat.
    warn
        Called with a sentence for the user.
    handle
        Progress of all actions together, or to one of them its own; and cancel.
    """

    folder: Path
    noise: Source | None = None
    reference: Source | None = None
    seed: int = 0
    make_sound: MakeSound = _no_sound
    change_sound: ChangeSound = _no_change
    treat: TreatSound = _no_treatment
    warn: Callable[[str], object] = _ignore
    handle: Handle = field(default_factory=Handle)
