"""An outline becomes a plan: backend, source, parameters, seeds and samples, all decided.

Seeds follow from the plan's seed, the step's id and the take; repeats are variations under one seed, for they come from
one door or dog. A step that a follow-up leaves alone keeps its seeds, and its takes come from the cache.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.errors import BadArgument, PromptNotMatched
from engine.plan import MAX_EVENTS, Event, Outline, Plan, Step, TakeSpec
from engine.planning.sounds import Choice, Nearest, Sounds
from engine.request import MAX_LENGTH_SECONDS, GenerateRequest, Job
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
class _Routed:
    """A step and what makes it."""

    step: Step
    choice: Choice

    @property
    def interval_seconds(self) -> float:
        return self.step.interval_seconds or self.choice.match.interval_seconds

    @property
    def spans(self) -> bool:
        """Whether it lasts until the plan ends: nobody said how long, and it can."""
        return self.step.length_seconds is None and self.choice.fills and self.step.count == 1

    @property
    def length_seconds(self) -> float:
        longest = self.choice.backend.capabilities.max_length_seconds
        return min(self.step.length_seconds or self.choice.length_seconds, longest)

    @property
    def end_seconds(self) -> float:
        repeats = (self.step.count - 1) * self.interval_seconds * (1 + HUMAN_TIMING * (not self.step.interval_seconds))
        return self.step.start_seconds + repeats + self.length_seconds


def decide(outline: Outline, job: Job, sounds: Sounds, *, seed: int | None = None, takes: int = 1) -> Plan:
    """Decide everything.

    A step that nothing can make is left out with a warning that names the nearest.

    Parameters
    ----------
    seed
        Of the plan that this one follows; a seed in the request wins, and without either it follows from the job's id.
    takes
        Of the plan that this one follows; a number in the request wins.

    Raises
    ------
    PromptNotMatched
        When none of the steps can be made.
    BadArgument
        When a backend's licence forbids what must be safe to deliver, the position lies before the session's start, or
        nothing begins within the duration.
    """
    request, session = job.words, job.session
    seed = request.seed if request.seed is not None else seed if seed is not None else _hash(job.id) >> 11
    routed, unmatched = _routed(outline.steps, sounds)
    if not routed:
        raise PromptNotMatched(
            f"No sound here answers {'; '.join(unmatched)}: say it in other words, or add your own sounds with "
            "'cuewright library add'.",
            field="prompt",
        )
    warnings = list(outline.warnings)
    if unmatched:
        warnings.append(f"Left out, for no sound here answers it: {'; '.join(unmatched)}.")
    if (count := sum(each.step.count for each in routed)) > MAX_EVENTS:
        raise BadArgument(f"The plan has {count} sounds, at most {MAX_EVENTS} are made: split it.", field="prompt")
    whole_seconds = outline.length_seconds or _natural_end(routed)
    if whole_seconds > MAX_LENGTH_SECONDS:
        raise BadArgument(
            f"The plan would last {whole_seconds / 60:,.0f} minutes, and at most {MAX_LENGTH_SECONDS / 60:.0f} are "
            "made: ask for less, or split it into several jobs.",
            field="duration" if request.duration else "prompt",
        )
    whole = seconds_to_samples(whole_seconds, session.sample_rate)
    events: list[Event] = []
    for each in routed:
        made = [
            event for event in _events(each, request, session, seed, whole, request.takes or takes) if event is not None
        ]
        events += made
        if len(made) < each.step.count:
            warnings.append(f"{each.step.text!r}: {each.step.count - len(made)} left out, after the end.")
        warnings += _dropped(each)
    if not events:
        raise BadArgument("No sound begins within the duration: ask for a longer one.", field="duration")
    if not outline.length_seconds:  # the timing of repeats may have moved the last end
        whole = max(event.start_samples + event.length_samples for event in events)
    return Plan(
        prompt=request.prompt or request.preset,
        session=session,
        position_samples=_position(request, session),
        length_samples=whole,
        seed=seed,
        mix=request.mix,
        outline=outline,
        events=tuple(events),
        warnings=tuple(warnings),
    )


def _routed(steps: Sequence[Step], sounds: Sounds) -> tuple[list[_Routed], list[str]]:
    """What makes each step, and what nothing makes, with its nearest."""
    routed: list[_Routed] = []
    unmatched: list[str] = []
    for step in steps:
        single = step.count > 1 or step.params.get("count") == 1.0
        found = sounds.find(step.text, step.preset, 1 if single else None)
        if isinstance(found, Nearest):
            near = f" (nearest: {', '.join(found.labels)})" if found.labels else ""
            unmatched.append(f"{step.text!r}{near}")
        else:
            routed.append(_Routed(step=step, choice=found))
    return routed, unmatched


def _natural_end(routed: Sequence[_Routed]) -> float:
    """The last end when nobody said how long: a bed that spans counts with its natural length."""
    return max(each.end_seconds for each in routed)


def _events(
    routed: _Routed, request: GenerateRequest, session: Session, seed: int, whole: int, takes: int
) -> Iterator[Event | None]:
    """The step's events; None for one that would begin too late to be heard."""
    step, choice, rate = routed.step, routed.choice, session.sample_rate
    match, backend, preset = choice.match, choice.backend, choice.preset
    longest = seconds_to_samples(backend.capabilities.max_length_seconds, rate)
    label = preset.title if preset else match.label
    params = _params(routed)
    gain_db = step.gain_db + (preset.gain_db if preset else 0.0) + _distance_db(params)
    gain_db = max(-48.0, min(12.0, gain_db))
    for repeat in range(step.count):
        start = seconds_to_samples(round(_start_seconds(routed, repeat, seed), 6), rate)
        room = min(whole - start, longest)
        shortest = seconds_to_samples(MIN_SECONDS, rate)
        if room < shortest:
            yield None
            continue
        length = room if routed.spans else max(shortest, min(room, seconds_to_samples(routed.length_seconds, rate)))
        specs = tuple(
            TakeSpec(
                backend=backend.name,
                backend_version=backend.version,
                source=_source(match.sources, seed, step.id, repeat + take),
                text=step.text,
                params=params,
                seed=_hash(f"{seed}/{step.id}/{take}"),
                variation=repeat,
                length_samples=max(1, length),
                channels=_channels(request, routed),
                sample_rate_hz=rate,
            )
            for take in range(takes)
        )
        yield Event(
            id=step.id if not repeat else f"{step.id}.{repeat + 1}",
            text=step.text,
            start_samples=start,
            length_samples=max(1, length),
            layer=step.layer,
            category=preset.category if preset else match.category,
            label=label,
            track=request.track or label,
            gain_db=gain_db,
            pan=step.pan,
            takes=specs,
        )


def _start_seconds(routed: _Routed, repeat: int, seed: int) -> float:
    step, interval = routed.step, routed.interval_seconds
    human = 0.0 if not repeat or step.interval_seconds else HUMAN_TIMING * _unit(f"{seed}/{step.id}/{repeat}/time")
    return step.start_seconds + (repeat + human) * interval


def _params(routed: _Routed) -> dict[str, float]:
    """The words' under the preset's under the step's, within the bounds of what makes the sound."""
    match, step = routed.choice.match, routed.step
    params = match.params | step.params
    if step.count > 1 and "count" in match.accepts | match.params:
        params["count"] = 1.0  # each repeat is an event of its own
    bounded = {name: min(max(params[name], low), high) for name, (low, high) in match.accepts.items() if name in params}
    told = {name: value for name, value in match.params.items() if name not in match.accepts}
    return told | bounded | ({"count": 1.0} if params.get("count") == 1.0 and "count" in told else {})


def _distance_db(params: dict[str, float]) -> float:
    """How much softer something is for being far away: half of what the air does (6 dB a doubling), as mixers do."""
    beyond = params.get("distance_m", NEAR_M) / NEAR_M
    return -10.0 * math.log10(beyond) if beyond > 1 else 0.0


def _dropped(routed: _Routed) -> Iterator[str]:
    """A note on parameters that a step sets and its sound does not have."""
    match = routed.choice.match
    if unknown := sorted(routed.step.params.keys() - match.accepts.keys() - match.params.keys() - {"count", "pace"}):
        yield f"{match.label} has no {', '.join(unknown)}; it is made without."


def _channels(request: GenerateRequest, routed: _Routed) -> int:
    able = routed.choice.backend.capabilities.channels
    wanted = request.channels or (2 if routed.step.layer == "background" else 1)
    return wanted if wanted in able else able[0]


def _source(sources: tuple[str, ...], seed: int, step: str, number: int) -> str:
    """Sources of equal worth in turn, from a start that the seed decides: neighbours differ where they can."""
    return sources[(_hash(f"{seed}/{step}/source") + number) % len(sources)]


def _position(request: GenerateRequest, session: Session) -> int:
    if not request.position_timecode:
        return request.position_samples
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


def _hash(text: str) -> int:
    """63 bits that are the same on every machine."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) >> 1


def _unit(text: str) -> float:
    """-1 to 1."""
    return _hash(text) / 2**62 - 1.0
