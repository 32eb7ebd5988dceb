"""What will be done, fully decided.

An *outline* is what a planner says: steps in words and seconds. A *plan* is what is rendered: events whose backend,
source, parameters, seeds and sample positions are all fixed. Rendering a plan twice with the same versions gives the
same bytes. Neither knows how sound is made or where files go.
"""

from __future__ import annotations

import hashlib
from typing import Literal

from pydantic import Field

from engine.chain import NO_CHAIN, Chain
from engine.cue import MAX_CUES, Cue
from engine.model import Model
from engine.picture import Picture
from engine.region import Region
from engine.session import Session

MAX_STEPS = 64
"""That one prompt may ask for; the rows of a cue sheet may ask for more."""
MAX_EVENTS = 2_048
Layer = Literal["foreground", "background"]


class Step(Model):
    """One thing that sounds, as a planner puts it; seconds, because planners are people and language models."""

    id: str = Field(pattern=r"^[a-z0-9]{1,16}$", description="Stable across follow-ups; unchanged steps keep it.")
    text: str = Field(min_length=1, max_length=400, description="One simple description: 'heavy oak door slams'.")
    start_seconds: float = Field(ge=0, le=3_600, description="When it starts, from the request's position.")
    length_seconds: float | None = Field(None, gt=0, le=3_600, description="How long; None is its natural length.")
    count: int = Field(1, ge=1, le=64, description="How many times it happens.")
    interval_seconds: float | None = Field(None, gt=0, le=600, description="Between repeats; None is natural.")
    layer: Layer = Field("foreground", description="background lies under the others for the whole span.")
    gain_db: float = Field(0.0, ge=-48, le=12, description="Louder or softer than its layer's level.")
    pan: float = Field(0.0, ge=-1, le=1, description="-1 left, 0 centre, 1 right.")
    preset: str = Field("", description="Preset this step starts from.")
    cues: tuple[str, ...] = Field((), max_length=MAX_EVENTS, description="Ids of the cues it sounds on, once each.")
    params: dict[str, float] = Field(
        default_factory=dict, description="Sound parameters set outright (distance, intensity ...)."
    )


class Outline(Model):
    """A planner's answer."""

    steps: tuple[Step, ...] = Field(min_length=1, max_length=MAX_EVENTS)
    length_seconds: float | None = Field(None, gt=0, le=3_600, description="The whole; None follows from the steps.")
    planner: str = Field("rules", description="Name and version of what planned.")
    warnings: tuple[str, ...] = ()


class TakeSpec(Model):
    """All that decides the samples of one take, and nothing else."""

    backend: str
    backend_version: str
    source: str = Field(description="What the backend plays: a family, a library item, a model.")
    text: str
    params: dict[str, float] = Field(default_factory=dict)
    seed: int = Field(ge=0, lt=2**63, description="Decides what is left open: which door, which room.")
    variation: int = Field(0, ge=0, description="Which happening of the same source: the second knock on one door.")
    length_samples: int = Field(ge=1)
    channels: int = Field(ge=1, le=8)
    sample_rate_hz: int = Field(ge=8_000, le=192_000)
    onsets_samples: tuple[int, ...] = Field(
        (), max_length=MAX_CUES, description="When things happen in it, from its start, for what makes a whole scene."
    )
    picture: Picture | None = Field(None, description="What is seen while it sounds, for what makes a whole scene.")

    @property
    def key(self) -> str:
        """Content address of the take: equal keys, equal samples."""
        ordered = self.model_copy(update={"params": dict(sorted(self.params.items()))})
        return hashlib.sha256(ordered.model_dump_json().encode()).hexdigest()


class Event(Model):
    """One sound on the timeline."""

    id: str = Field(description="The step's id, and '.2', '.3' ... for its repeats.")
    text: str
    start_samples: int = Field(ge=0, le=2**53, description="Where the onset goes, from the plan's position.")
    length_samples: int = Field(ge=1, description="How long it sounds.")
    layer: Layer
    category: str = Field(pattern=r"^[A-Za-z0-9]{1,32}$", description="UCS CatID; it begins file names.")
    label: str = Field(description="Short name for files and tracks: 'Oak Door Slam'.")
    track: str
    gain_db: float = 0.0
    pan: float = Field(0.0, ge=-1, le=1)
    cue: str = Field("", description="Id of the cue that its onset lies on.")
    chain: Chain = Field(NO_CHAIN, description="Effects that its takes go through.")
    takes: tuple[TakeSpec, ...] = Field(min_length=1, max_length=16)


class Plan(Model):
    """Everything decided; render it."""

    prompt: str
    session: Session
    position_samples: int = Field(ge=0, le=2**53, description="Where the plan starts on the session's timeline.")
    length_samples: int = Field(ge=1, description="Length of the mix.")
    seed: int
    mix: bool = True
    mix_chain: Chain = Field(NO_CHAIN, description="Effects that the mix goes through.")
    outline: Outline
    events: tuple[Event, ...] = Field(min_length=1, max_length=MAX_EVENTS)
    picture: Picture | None = Field(None, description="What it was composed to.")
    shots: tuple[int, ...] = Field((), description="Where each shot begins, in samples from the plan's position.")
    cues: tuple[Cue, ...] = Field((), max_length=MAX_CUES, description="What was found or given, used or not.")
    warnings: tuple[str, ...] = ()


class Cutting(Model):
    """A slice of a file by samples."""

    path: str
    start_samples: int = Field(ge=0, description="In the file, at its own rate.")
    end_samples: int = Field(ge=1, description="One past the last.")


class EditPlan(Model):
    """What will be done to a region, fully decided."""

    said: str = Field(description="The request's words, or its actions.")
    actions: tuple[str, ...] = Field(min_length=1, max_length=64, description="Each as engine.action writes it.")
    planner: str = Field(description="What made actions of the words.")
    session: Session
    region: Region
    cutting: Cutting = Field(description="The region in its file.")
    selection: tuple[int, int] | None = Field(
        None, description="First sample and one past the last, from the cutting's start; None is all of it."
    )
    position_samples: int = Field(description="Of the region on the session's timeline, at the file's rate.")
    noise: Cutting | None = Field(None, description="Noise alone.")
    reference: str = Field("", description="File recorded in the room for worldize.")
    sounds: tuple[TakeSpec, ...] = Field((), description="New sounds for fill, one an action that has words.")
    chains: dict[str, Chain] = Field(default_factory=dict, description="What treat names, by name.")
    seeds: tuple[int, ...] = Field(min_length=1, max_length=16, description="One a take.")
    warnings: tuple[str, ...] = ()
