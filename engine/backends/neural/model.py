"""What a loaded diffusion model is to the rest of the engine: batches of wishes in, arrays out.

A model knows its weights and its own sample rate. It knows nothing of takes, sessions, memory or the length of a plan.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from engine.audio import Samples
from engine.model import Model
from engine.picture import Picture

OnStep = Callable[[float], None]
"""Told after every step with the share of the call that is done; raises when the user cancelled."""


def _ignore(sentence: str) -> None:
    pass


class Option(Model):
    """A knob of a model, as a request's parameter."""

    default: float
    low: float
    high: float
    description: str
    whole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One sound asked of a model.

    Parameters
    ----------
    text
        What should be heard.
    seed
        Of its noise; each sound of a batch has a generator of its own.
    length_samples
        At the model's rate and no more than it makes in one go; equal for all of a batch.
    options
        Every option of the model, by name; equal for all of a batch.
    start
        Sound to begin from, ``(channels, length_samples)`` at the model's rate; None is noise.
    spans
        With ``start``: first sample and one past the last of each part to make anew; none is all of it, as far from
        ``start`` as the option ``strength`` says.
    onsets_seconds
        When something happens in the sound, for models that can be told.
    picture
        What is seen while it sounds, for models that watch.
    warn
        Called with a sentence for the user, of what is doubtful about the sound that was made.
    """

    text: str
    seed: int
    length_samples: int
    options: Mapping[str, float]
    start: Samples | None = None
    spans: tuple[tuple[int, int], ...] = ()
    onsets_seconds: tuple[float, ...] = ()
    picture: Picture | None = None
    warn: Callable[[str], object] = field(default=_ignore, compare=False)


class DiffusionModel(Protocol):
    """A pipeline on its device."""

    sample_rate_hz: int
    channels: int

    def __call__(self, wanted: Sequence[Wanted], on_step: OnStep) -> list[Samples]:
        """One batch: a ``(channels, length_samples)`` array for each, in order.

        Raises
        ------
        Cancelled
            From ``on_step``, within one step.
        """
        ...
