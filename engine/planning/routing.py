"""An outline becomes a plan: backend, source, parameters, seeds and samples, all decided.

Seeds follow from the request's seed, the step's id, the repeat and the take: a step that a follow-up leaves alone keeps
them, and its takes come from the cache.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from engine.errors import BadArgument, PromptNotMatched, UnknownBackend
from engine.plan import MAX_EVENTS, Event, Outline, Plan, Step, TakeSpec
from engine.planning.sounds import Choice, Nearest, Sounds
from engine.request import GenerateRequest, Job
from engine.session import Session
from engine.timebase import seconds_to_samples

HUMAN_TIMING = 0.06
"""Repeats are early or late by at most this share of their interval; nobody knocks like a clock."""


def decide(outline: Outline, job: Job, sounds: Sounds) -> Plan:
    """Decide everything.

    A step that nothing can make is left out with a warning that names the nearest.

    Raises
    ------
    PromptNotMatched
        When none of the steps can be made.
    UnknownBackend
        When delivery must be safe and a step's only backend is not.
    BadArgument
        When the position lies before the session's start.
    """
    request, session = job.request, job.session
    seed = request.seed if request.seed is not None else _hash(job.id) >> 11
    warnings = list(outline.warnings)
    events: list[Event] = []
    unmatched: list[str] = []
    for step in outline.steps:
        found = sounds.find(step.text, step.preset)
        if isinstance(found, Nearest):
            near = f" (nearest: {', '.join(found.labels)})" if found.labels else ""
            unmatched.append(f"{step.text!r}{near}")
            continue
        _check_delivery(request, found)
        events += _events(step, found, request, session, seed)
    if not events:
        raise PromptNotMatched(
            f"No sound here answers {'; '.join(unmatched)}: say it in other words, or add your own sounds with "
            "'cuewright library add'.",
            field="prompt",
        )
    if unmatched:
        warnings.append(f"Left out, for no sound here answers it: {'; '.join(unmatched)}.")
    if len(events) > MAX_EVENTS:
        raise BadArgument(
            f"The plan has {len(events)} sounds, at most {MAX_EVENTS} are made: split it.", field="prompt"
        )
    rate = session.sample_rate
    whole = seconds_to_samples(outline.length_seconds, rate) if outline.length_seconds else 0
    if whole:
        events = [fitted for event in events if (fitted := _fitted(event, whole)) is not None]
        if not events:
            raise BadArgument("No sound begins within the duration: ask for a longer one.", field="duration")
    return Plan(
        prompt=request.prompt or request.preset,
        session=session,
        position_samples=_position(request, session),
        length_samples=whole or max(event.start_samples + event.length_samples for event in events),
        seed=seed,
        mix=request.mix,
        outline=outline,
        events=tuple(events),
        warnings=tuple(warnings),
    )


def _check_delivery(request: GenerateRequest, found: Choice) -> None:
    licence = found.backend.capabilities.licence
    if request.delivery_safe and not licence.commercial:
        raise UnknownBackend(
            f"Backend {found.backend.name!r} is {licence.name}, which forbids commercial use; name another backend, or "
            "leave out delivery_safe.",
            field="backend",
        )


def _events(step: Step, found: Choice, request: GenerateRequest, session: Session, seed: int) -> Iterator[Event]:
    match, rate = found.match, session.sample_rate
    length_seconds = step.length_seconds or found.length_seconds
    length_seconds = min(length_seconds, found.backend.capabilities.max_length_seconds)
    length = max(1, seconds_to_samples(length_seconds, rate))
    interval = step.interval_seconds or match.interval_seconds
    params = found.params | step.params
    if step.count > 1 and "count" in params:
        params["count"] = 1.0  # each repeat is an event of its own
    channels = request.channels or (2 if step.layer == "background" else 1)
    if channels not in found.backend.capabilities.channels:
        channels = found.backend.capabilities.channels[0]
    label = found.preset.title if found.preset else match.label
    gain_db = step.gain_db + (found.preset.gain_db if found.preset else 0.0)
    for repeat in range(step.count):
        late = interval * HUMAN_TIMING * _unit(seed, step.id, repeat) if repeat else 0.0
        start_seconds = step.start_seconds + repeat * interval + late
        yield Event(
            id=step.id if not repeat else f"{step.id}.{repeat + 1}",
            text=step.text,
            start_samples=seconds_to_samples(round(start_seconds, 6), rate),
            length_samples=length,
            layer=step.layer,
            category=found.preset.category if found.preset else match.category,
            label=label,
            track=request.track or label,
            gain_db=max(-48.0, min(12.0, gain_db)),
            pan=step.pan,
            takes=tuple(
                TakeSpec(
                    backend=found.backend.name,
                    backend_version=found.backend.version,
                    source=_source(match.sources, seed, step.id, repeat * request.takes + take),
                    text=step.text,
                    params=params,
                    seed=_hash(f"{seed}/{step.id}/{step.text}/{repeat}/{take}"),
                    length_samples=length,
                    channels=channels,
                    sample_rate_hz=rate,
                )
                for take in range(request.takes)
            ),
        )


def _source(sources: tuple[str, ...], seed: int, step: str, number: int) -> str:
    """Sources of equal worth in turn, from a start that the seed decides: neighbours differ where they can."""
    return sources[(_hash(f"{seed}/{step}/source") + number) % len(sources)]


def _fitted(event: Event, whole: int) -> Event | None:
    """The event cut to the plan's length; None when it would begin after the end."""
    room = whole - event.start_samples
    if room <= 0:
        return None
    if event.length_samples <= room:
        return event
    takes = tuple(take.model_copy(update={"length_samples": room}) for take in event.takes)
    return event.model_copy(update={"length_samples": room, "takes": takes})


def _position(request: GenerateRequest, session: Session) -> int:
    if not request.position_timecode:
        return request.position_samples
    at = session.frames.timecode_to_samples(request.position_timecode, session.sample_rate)
    if at < session.start_samples:
        raise BadArgument(
            f"{request.position_timecode} is before the session's start, {session.start_timecode}.",
            field="position_timecode",
        )
    return at - session.start_samples


def _hash(text: str) -> int:
    """63 bits that are the same on every machine."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) >> 1


def _unit(seed: int, step: str, repeat: int) -> float:
    """-1 to 1."""
    return _hash(f"{seed}/{step}/{repeat}/time") / 2**62 - 1.0
