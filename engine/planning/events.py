"""One event of a plan, decided: backend, source, parameters, seeds and samples.

Seeds follow from the plan's seed, the step's id and the take; what a step repeats are variations under one seed, for
they come from one door or dog. Where events go is for :mod:`engine.planning.routing` (as the words say) and
:mod:`engine.planning.composing` (on cues) to say.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from engine.chain import NO_CHAIN, Chain
from engine.errors import BadArgument
from engine.plan import Event, Plan, Step, TakeSpec
from engine.planning.sounds import Choice, Sounds
from engine.request import GenerateRequest, Job, RegionRequest, SpotRequest
from engine.session import Session
from engine.timebase import seconds_to_samples

NEAR_M = 4.0
"""Up to here a sound has its layer's level; further away it is softer."""
HUMAN_TIMING = 0.06
"""Repeats are early or late by at most this share of their natural interval; nobody knocks like a clock. What the words
put exactly ("every 2 seconds") stays exact."""
MIN_SECONDS = 0.02
"""A sound with less room than this before the end is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """A step and what makes it."""

    step: Step
    choice: Choice

    @property
    def interval_seconds(self) -> float:
        """Told, or natural."""
        return self.step.interval_seconds or self.choice.match.interval_seconds

    @property
    def spans(self) -> bool:
        """Whether it lasts until the plan ends: nobody said how long, and it can."""
        return self.step.length_seconds is None and self.choice.fills and self.step.count == 1

    @property
    def length_seconds(self) -> float:
        """Told, or natural, within what its backend can make."""
        longest = self.choice.backend.capabilities.max_length_seconds
        return min(self.step.length_seconds or self.choice.length_seconds, longest)

    @property
    def params(self) -> dict[str, float]:
        """The words' under the preset's under the step's, within the bounds of what makes the sound."""
        match, step = self.choice.match, self.step
        params = match.params | step.params
        if step.count > 1 and "count" in match.accepts | match.params:
            params["count"] = 1.0  # each repeat is an event of its own
        bounded = {
            name: min(max(params[name], low), high) for name, (low, high) in match.accepts.items() if name in params
        }
        told = {name: value for name, value in match.params.items() if name not in match.accepts}
        return told | bounded | ({"count": 1.0} if params.get("count") == 1.0 and "count" in told else {})

    @property
    def end_seconds(self) -> float:
        """Of the last repeat, however late it comes."""
        repeats = (self.step.count - 1) * self.interval_seconds * (1 + HUMAN_TIMING * (not self.step.interval_seconds))
        return self.step.start_seconds + repeats + self.length_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What all events of a plan share.

    Parameters
    ----------
    takes
        How many of every event.
    chain, mix_chain
        Effects that every sound goes through, behind its own; and those of the mix.
    """

    request: GenerateRequest
    session: Session
    seed: int
    takes: int
    chain: Chain = NO_CHAIN
    mix_chain: Chain = NO_CHAIN

    @classmethod
    def of(cls, job: Job, sounds: Sounds, previous: Plan | None = None) -> Brief:
        """A request's own seed and number of takes win over those of the plan that it follows."""
        request = job.words
        seed, takes = (previous.seed, len(previous.events[0].takes)) if previous else (stable_hash(job.id) >> 11, 1)
        return cls(
            request=request,
            session=job.session,
            seed=seed if request.seed is None else request.seed,
            takes=request.takes or takes,
            chain=sounds.chain_of(request),
            mix_chain=sounds.chain(request.mix_chain, "mix_chain"),
        )

    @property
    def position_samples(self) -> int:
        """Where the plan begins on the timeline.

        Raises
        ------
        BadArgument
            When that is no timecode, or before the session's start.
        """
        return position_of(self.request, self.session)

    def samples(self, seconds: float) -> int:
        """At the session's rate."""
        return seconds_to_samples(round(seconds, 6), self.session.sample_rate)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One of a step's events: where it goes, and what tells it from the others.

    Parameters
    ----------
    rotation
        Which of the sources that are of equal worth.
    seeded_by
        What its seed follows from, beside the plan's: events of one source share it.
    number
        Put behind the label; 0 puts none.
    gain_db, pan, params
        On top of, or instead of, the step's.
    """

    id: str
    start_samples: int
    length_samples: int
    variation: int = 0
    rotation: int = 0
    seeded_by: str
    title: str = ""
    number: int = 0
    track: str = ""
    category: str = ""
    gain_db: float = 0.0
    pan: float | None = None
    params: Mapping[str, float] = field(default_factory=dict)
    cue: str = ""


def told_events(routed: Routed, brief: Brief, whole: int) -> Iterator[Event | None]:
    """The step's events, at the times that it tells; None for one that would begin too late to be heard."""
    step = routed.step
    shortest = brief.samples(MIN_SECONDS)
    for repeat in range(step.count):
        start = brief.samples(_start_seconds(routed, repeat, brief.seed))
        room = min(whole - start, brief.samples(routed.choice.backend.capabilities.max_length_seconds))
        if room < shortest:
            yield None
            continue
        length = room if routed.spans else max(shortest, min(room, brief.samples(routed.length_seconds)))
        slot = Slot(
            id=repeat_id(step.id, repeat),
            start_samples=start,
            length_samples=length,
            variation=repeat,
            rotation=repeat,
            seeded_by=step.id,
        )
        yield event_of(routed, brief, slot)


def repeat_id(step_id: str, repeat: int) -> str:
    """The id of a step's event, counted from 0."""
    return step_id if not repeat else f"{step_id}.{repeat + 1}"


def event_of(routed: Routed, brief: Brief, slot: Slot) -> Event:
    """Decide one event."""
    step, choice = routed.step, routed.choice
    match, preset = choice.match, choice.preset
    title = slot.title or (preset.title if preset else match.label)
    params = routed.params | dict(slot.params)
    gain_db = step.gain_db + (preset.gain_db if preset else 0.0) + _distance_db(params) + slot.gain_db
    specs = tuple(
        TakeSpec(
            backend=choice.backend.name,
            backend_version=choice.backend.version,
            source=_source(match.sources, brief.seed, step.id, slot.rotation + take),
            text=choice.said or step.text,
            params=params,
            seed=stable_hash(f"{brief.seed}/{slot.seeded_by}/{take}"),
            variation=slot.variation,
            length_samples=max(1, slot.length_samples),
            channels=_channels(brief.request, routed),
            sample_rate_hz=brief.session.sample_rate,
        )
        for take in range(brief.takes)
    )
    return Event(
        id=slot.id,
        text=step.text,
        start_samples=slot.start_samples,
        length_samples=max(1, slot.length_samples),
        layer=step.layer,
        category=slot.category or (preset.category if preset else match.category),
        label=f"{title} {slot.number}" if slot.number else title,
        track=slot.track or brief.request.track or title,
        gain_db=max(-48.0, min(12.0, gain_db)),
        pan=step.pan if slot.pan is None else slot.pan,
        cue=slot.cue,
        chain=choice.chain.then(brief.chain),
        takes=specs,
    )


def _start_seconds(routed: Routed, repeat: int, seed: int) -> float:
    step, interval = routed.step, routed.interval_seconds
    human = 0.0 if not repeat or step.interval_seconds else HUMAN_TIMING * _unit(f"{seed}/{step.id}/{repeat}/time")
    return step.start_seconds + (repeat + human) * interval


def _distance_db(params: dict[str, float]) -> float:
    """How much softer something is for being far away: half of what the air does (6 dB a doubling), as mixers do."""
    beyond = params.get("distance_m", NEAR_M) / NEAR_M
    return -10.0 * math.log10(beyond) if beyond > 1 else 0.0


def dropped(routed: Routed) -> Iterator[str]:
    """A note on parameters that a step sets and its sound does not have."""
    match = routed.choice.match
    if unknown := sorted(routed.step.params.keys() - match.accepts.keys() - match.params.keys() - {"count", "pace"}):
        yield f"{match.label} has no {', '.join(unknown)}; it is made without."


def _channels(request: GenerateRequest, routed: Routed) -> int:
    able = routed.choice.backend.capabilities.channels
    wanted = request.channels or (2 if routed.step.layer == "background" else 1)
    return wanted if wanted in able else able[0]


def _source(sources: tuple[str, ...], seed: int, step: str, number: int) -> str:
    """Sources of equal worth in turn, from a start that the seed decides: neighbours differ where they can."""
    return sources[(stable_hash(f"{seed}/{step}/source") + number) % len(sources)]


def position_of(request: GenerateRequest | SpotRequest | RegionRequest, session: Session) -> int:
    """Samples on the timeline at which a request begins; timecode wins.

    Raises
    ------
    BadArgument
        When that is no timecode, or before the session's start.
    """
    if not request.position_timecode:
        return request.position_samples or 0
    try:
        at = session.frames.timecode_to_samples(request.position_timecode, session.sample_rate)
    except BadArgument as error:
        raise BadArgument(error.sentence, field="position_timecode") from None
    if at < session.start_samples:
        raise BadArgument(
            f"{request.position_timecode} is before the session's start, {session.start_timecode}.",
            field="position_timecode",
        )
    return at - session.start_samples


def stable_hash(text: str) -> int:
    """63 bits that are the same on every machine."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) >> 1


def _unit(text: str) -> float:
    """-1 to 1."""
    return stable_hash(text) / 2**62 - 1.0
