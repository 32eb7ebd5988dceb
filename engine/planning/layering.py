"""Parts that are cast, as events: in the foreground on their cues, in the background over the span.

Everything here is in samples; a sound on a cue begins on exactly its sample. Which part is on which cue was decided
before (:mod:`engine.planning.casting`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from engine.cue import Cue
from engine.plan import Event
from engine.planning.events import (
    MIN_SECONDS,
    Brief,
    Routed,
    Slot,
    event_of,
    repeat_id,
    stable_hash,
    told_events,
)
from engine.planning.parts import Part
from engine.planning.perspective import Perspective
from engine.planning.sounds import Choice

FOLEY = {"FEET": "FOLYFeet", "CLOTH": "FOLYClth"}
"""UCS categories of what is performed to picture, by how those of wild sounds begin."""
SPANS = ("mark", "movement", "swell")
"""Kinds of cues whose length says how long something sounds; that of others says how long it is seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """A part and its cues, in time order; without cues it goes where the words say.

    Parameters
    ----------
    series
        "Three knocks" all sound on each of the cues, not one on each of three.
    """

    part: Part
    cues: tuple[Cue, ...] = ()
    series: bool = False


def on_cues(cast: Cast, brief: Brief, perspective: Perspective, whole: int | None) -> Iterator[Event]:
    """One event a cue, or a series of them.

    Neighbours differ: each cue has a variation of its own, which follows from the cue's id; where several sources are
    of equal worth, a cue whose id chooses that of the cue before takes the next.

    Parameters
    ----------
    whole
        Length of the scene, where it is told: what lasts ends with it, what happens rings on.
    """
    step = cast.part.step
    before, variation = -1, 0
    count = 0
    for cue in cast.cues:
        routed, length, repeats = _heard(cast, cue, brief)
        if whole is not None and routed.choice.fills:
            length = min(length, max(whole - cue.start_samples, 0))
        length = max(length, brief.samples(MIN_SECONDS))
        sources = len(routed.choice.match.sources)
        rotation = stable_hash(f"{brief.seed}/{step.id}/{cue.id}/source") % sources
        rotation = (rotation + 1) % sources if rotation == before else rotation
        own = 1 + stable_hash(f"{brief.seed}/{step.id}/{cue.id}") % 2**31
        before, variation = rotation, own + (own == variation)
        params = _params(routed, cue, perspective, brief)
        for repeat in range(repeats):
            yield event_of(
                routed,
                brief,
                Slot(
                    id=repeat_id(step.id, count),
                    start_samples=cue.start_samples + brief.samples(repeat * routed.interval_seconds),
                    length_samples=length,
                    variation=variation + repeat,
                    rotation=rotation + repeat,
                    seeded_by=step.id,
                    title=cast.part.title,
                    number=count + 1 if len(cast.cues) > 1 or repeats > 1 else 0,
                    track=cue.track,
                    category=_foley(routed.choice),
                    gain_db=0.0 if cue.kind == "cut" else perspective.gain_db(cue),
                    pan=step.pan or perspective.pan(cue),
                    params=params,
                    cue="" if repeat else cue.id,
                ),
            )
            count += 1


def _heard(cast: Cast, cue: Cue, brief: Brief) -> tuple[Routed, int, int]:
    """What sounds on a cue, how long it is wanted, and how often."""
    part = cast.part
    span = cue.length_samples if cue.kind in SPANS else 0
    choice, repeats = part.once, 1
    if part.whole.fills and (span or part.bed):
        choice = part.whole
    elif cast.series and part.step.count > 1:
        if part.series is not None:
            routed = Routed(step=part.step.model_copy(update={"count": 1}), choice=part.series)
            return routed, brief.samples(routed.length_seconds), 1
        repeats = part.step.count
    routed = Routed(step=part.step, choice=choice)
    told = part.length_seconds if part.sound != "step" or choice.fills else None
    length = brief.samples(min(told or choice.length_seconds, choice.backend.capabilities.max_length_seconds))
    if span and told is None and (choice.fills or part.sound == "sweep"):
        length = min(span, brief.samples(choice.backend.capabilities.max_length_seconds))
    return routed, length, repeats


def _params(routed: Routed, cue: Cue, perspective: Perspective, brief: Brief) -> dict[str, float]:
    match, told = routed.choice.match, routed.params
    params = {} if cue.kind == "cut" else perspective.params(cue, match, told)
    if cue.kind in SPANS and cue.length_samples and not match.sustained and "pace" in match.accepts.keys() - told:
        low, high = match.accepts["pace"]
        pace = match.length_seconds * brief.session.sample_rate / cue.length_samples
        params["pace"] = round(min(max(pace, low), high), 3)
    return params


def _foley(choice: Choice) -> str:
    category = choice.preset.category if choice.preset else choice.match.category
    return next((foley for wild, foley in FOLEY.items() if category.startswith(wild)), "")


def as_told(part: Part, brief: Brief, whole: int | None) -> list[Event]:
    """The part's events where the words say, for want of cues; those that would begin after the end are left out."""
    routed = Routed(step=part.step, choice=part.whole)
    end = whole if whole is not None else brief.samples(routed.end_seconds)
    return [event for event in told_events(routed, brief, end) if event is not None]


def bed(part: Part, brief: Brief, shots: Sequence[int], whole: int) -> Iterator[Event]:
    """A background over the whole, to the sample, or one for each of several shots, from cut to cut.

    What the words place ("rain from 2 s to 5 s") lies where they say; where no time is left for it, there is none.
    """
    start = brief.samples(part.step.start_seconds) if part.placed else 0
    end = min(whole, start + brief.samples(part.length_seconds)) if part.length_seconds else whole
    routed = Routed(step=part.step, choice=part.whole)
    longest = brief.samples(part.whole.backend.capabilities.max_length_seconds)
    if end - start < brief.samples(MIN_SECONDS):
        return
    edges = [start]
    for shot in sorted(shots):
        if edges[-1] + brief.samples(MIN_SECONDS) <= shot <= end - brief.samples(MIN_SECONDS):
            edges.append(shot)
    edges.append(end)
    for number, (first, last) in enumerate(pairwise(edges)):
        yield event_of(
            routed,
            brief,
            Slot(
                id=repeat_id(part.step.id, number),
                start_samples=first,
                length_samples=min(last - first, longest),
                variation=number,
                rotation=number,
                seeded_by=f"{part.step.id}/{number}" if number else part.step.id,
                number=number + 1 if len(edges) > 2 else 0,
            ),
        )
