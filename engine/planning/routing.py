"""An outline becomes a plan: backend, source, parameters, seeds and samples, all decided.

A step that a follow-up leaves alone keeps its seeds, and its takes come from the cache.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.errors import BadArgument, PromptNotMatched
from engine.plan import MAX_EVENTS, Event, Outline, Plan, Step
from engine.planning.events import Brief, Routed, dropped, told_events
from engine.planning.sounds import Nearest, Sounds
from engine.request import MAX_LENGTH_SECONDS, Job
from engine.timebase import seconds_to_samples

MOST_LISTED = 8


def decide(outline: Outline, job: Job, sounds: Sounds, previous: Plan | None = None) -> Plan:
    """Decide everything.

    A step that nothing can make is left out with a warning that names the nearest.

    Parameters
    ----------
    previous
        The plan that this one follows: its seed and number of takes are kept where the request names none.

    Raises
    ------
    PromptNotMatched
        When none of the steps can be made.
    BadArgument
        When a backend's licence forbids what must be safe to deliver, the position lies before the session's start, or
        nothing begins within the duration.
    """
    brief = Brief.of(job, sounds, previous)
    request, session = brief.request, brief.session
    routed, unmatched = _routed(outline.steps, sounds)
    if not routed:
        raise nothing_matched(unmatched)
    warnings = list(outline.warnings)
    if unmatched:
        warnings.append(f"Left out, for no sound here answers it: {'; '.join(unmatched)}.")
    if (count := sum(each.step.count for each in routed)) > MAX_EVENTS:
        raise BadArgument(f"The plan has {count} sounds, at most {MAX_EVENTS} are made: split it.", field="prompt")
    whole_seconds = outline.length_seconds or _natural_end(routed)
    check_length(whole_seconds, field="duration" if request.duration else "prompt")
    whole = seconds_to_samples(whole_seconds, session.sample_rate)
    events: list[Event] = []
    for each in routed:
        made = [event for event in told_events(each, brief, whole) if event is not None]
        events += made
        if len(made) < each.step.count:
            warnings.append(f"{each.step.text!r}: {each.step.count - len(made)} left out, after the end.")
        warnings += dropped(each)
    if not events:
        raise BadArgument("No sound begins within the duration: ask for a longer one.", field="duration")
    if not outline.length_seconds:  # the timing of repeats may have moved the last end
        whole = max(event.start_samples + event.length_samples for event in events)
    return Plan(
        prompt=request.prompt or request.preset,
        session=session,
        position_samples=brief.position_samples,
        length_samples=whole,
        seed=brief.seed,
        mix=request.mix,
        mix_chain=brief.mix_chain,
        outline=outline,
        events=tuple(events),
        warnings=tuple(warnings),
    )


def _routed(steps: Sequence[Step], sounds: Sounds) -> tuple[list[Routed], list[str]]:
    """What makes each step, and what nothing makes, with its nearest."""
    routed: list[Routed] = []
    unmatched: list[str] = []
    for step in steps:
        single = step.count > 1 or step.params.get("count") == 1.0
        found = sounds.find(step.text, step.preset, 1 if single else None)
        if isinstance(found, Nearest):
            unmatched.append(missed(step.text, found))
        else:
            routed.append(Routed(step=step, choice=found))
    return routed, unmatched


def _natural_end(routed: Sequence[Routed]) -> float:
    """The last end when nobody said how long: a bed that spans counts with its natural length."""
    return max(each.end_seconds for each in routed)


def missed(text: str, nearest: Nearest) -> str:
    """Words that nothing answers, as warnings and errors write them."""
    return f"{text!r}" + (f" (nearest: {', '.join(nearest.labels)})" if nearest.labels else "")


def nothing_matched(unmatched: Sequence[str], *, field: str = "prompt") -> PromptNotMatched:
    """The error for words none of which is answered; it lists the first few."""
    more = f" and {len(unmatched) - MOST_LISTED} more" if len(unmatched) > MOST_LISTED else ""
    return PromptNotMatched(
        f"No sound here answers {'; '.join(unmatched[:MOST_LISTED])}{more}: say it in other words, or add your own "
        "sounds with 'cuewright library add'.",
        field=field,
    )


def check_length(seconds: float, *, field: str) -> None:
    """Refuse a plan that is longer than may be asked for."""
    if seconds > MAX_LENGTH_SECONDS:
        raise BadArgument(
            f"The plan would last {seconds / 60:,.0f} minutes, and at most {MAX_LENGTH_SECONDS / 60:.0f} are "
            "made: ask for less, or split it into several jobs.",
            field=field,
        )
