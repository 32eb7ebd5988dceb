"""The Protocol every backend fulfils.

A backend says what it can do, says how well it could answer some words, and renders fully decided takes. It knows
nothing of plans, timelines, levels or files: placing, gain and fades are the mixer's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol, runtime_checkable

from pydantic import Field

from engine.audio import Audio
from engine.config import Settings
from engine.handle import Handle
from engine.model import Model
from engine.plan import TakeSpec
from engine.results import Licence, Take

MATCHED = 0.5
"""A match with at least this score answers the words; below, it is only the nearest."""


class Capabilities(Model):
    """What a backend can be asked for."""

    sample_rates_hz: tuple[int, ...] = Field((), description="Rates it renders at; empty means any.")
    channels: tuple[int, ...] = (1, 2)
    max_length_seconds: float
    licence: Licence
    deterministic: bool = Field(description="Same spec, same bytes, on one kind of processor and one version.")
    tolerance: float = Field(
        0.0, ge=0, le=0.01, description="Share of the peak by which a take differs when others are made beside it."
    )
    watches: bool = Field(
        False, description="Makes one sound for a whole picture, from its cues or its frames, instead of one a cue."
    )
    needs_gpu: bool = False


class Match(Model):
    """How a backend would answer some words."""

    score: float = Field(ge=0, le=1, description="Confidence; compare with MATCHED.")
    sources: tuple[str, ...] = Field(
        min_length=1,
        description="What TakeSpec.source may be; more than one are of equal worth, so takes rotate.",
    )
    label: str = Field(description="Short name for people and files: 'Oak Door Slam'.")
    category: str = Field(description="UCS CatID.")
    params: dict[str, float] = Field(default_factory=dict, description="What the words set.")
    accepts: dict[str, tuple[float, float]] = Field(
        default_factory=dict, description="Parameters that steps and presets may set as well, with their bounds."
    )
    length_seconds: float = Field(gt=0, description="Natural length of one happening, or a good one for a bed.")
    interval_seconds: float = Field(gt=0, description="Natural time between repeats.")
    sustained: bool = Field(description="Fills any length (rain); else it happens (a knock).")


@runtime_checkable
class Backend(Protocol):
    """What the registry's objects make when called with the settings."""

    name: str
    version: str
    capabilities: Capabilities

    def match(self, text: str) -> tuple[Match, ...]:
        """Possible answers, best first; the last resort is the nearest. Empty only when there is nothing to offer."""
        ...

    def render(self, specs: Sequence[TakeSpec], handle: Handle) -> Iterator[Take]:
        """Yield one take a spec, in order.

        Each take has the spec's rate and channels and ``length_samples`` after its onset (shorter only when the sound
        has died away, never longer), is finite, not silent, and free of DC. ``handle.check()`` is called at least
        every 100 ms of work, and within a step of a model; cancelling raises :class:`~engine.errors.Cancelled`. Where
        one take may take long, ``handle.progress`` says how far all of them together have come.

        Raises
        ------
        BackendFailed
            With the reason, when a spec cannot be rendered.
        """
        ...


@runtime_checkable
class Changer(Protocol):
    """A backend that can also work on a sound that is there."""

    longest_change_seconds: float

    def change(self, audio: Audio, spans: Sequence[tuple[int, int]], spec: TakeSpec, handle: Handle) -> Audio:
        """The sound with spans made anew as the spec's words say, or varied as a whole where there are none.

        Parameters
        ----------
        audio
            All that is to be heard by the model: with what lies around the spans.
        spans
            First sample and one past the last of each part to make anew.
        spec
            Source, words, parameters and seed; its length, rate and channels are the sound's own.

        Returns
        -------
        Audio
            Of the same rate, channels and length, as loud as before; outside of the spans it is only like the old one.

        Raises
        ------
        BadArgument
            When it cannot, or the sound is longer than it takes.
        BackendFailed
            With the reason.
        """
        ...


class WordEdit(Model):
    """What is said, and what was said before."""

    source: str = Field(min_length=1, max_length=400, description="Words of the sound as it is.")
    target: str = Field(min_length=1, max_length=400, description="Words of the sound as it should be.")
    cross_replace_share: float = Field(
        0.8, ge=0, le=1, description="Of the steps, in which words keep their places; less lets the sound change more."
    )
    self_replace_share: float = Field(
        0.4, ge=0, le=1, description="Of the steps, in which the arrangement as a whole is kept."
    )
    weights: Mapping[str, float] = Field(
        default_factory=dict, description="Words of the target to make stronger or weaker; 1 is as it is, 0 is unheard."
    )


@runtime_checkable
class Reworder(Protocol):
    """A backend that can change single words of a sound, and keep the rest of it where it is."""

    def change_words(self, audio: Audio, edit: WordEdit, spec: TakeSpec, handle: Handle) -> Audio:
        """The sound, varied so that it is what ``edit.target`` says; else as :meth:`Changer.change`."""
        ...


BackendFactory = Callable[[Settings], Backend]
