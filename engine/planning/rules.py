"""The offline planner: words to an outline by rules.

What stands one after another sounds one after another; what is joined by "while", "with" or "and" starts together;
beds lie under what happens. It asks how long a sound naturally lasts, and knows nothing of samples or backends.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.errors import PromptEmpty
from engine.plan import MAX_STEPS, Outline, Step
from engine.planning.clauses import Clause, clauses, without_negations

NAME = "rules/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Nature:
    """What is known of a sound before it is made."""

    length_seconds: float
    interval_seconds: float
    sustained: bool


Natural = Callable[[str], Nature | None]
"""The nature of what some words name, or None when no such sound can be made."""

UNKNOWN = Nature(length_seconds=1.0, interval_seconds=1.0, sustained=False)
BED_SECONDS = 8.0
"""A bed that nothing gives a length lasts this long, or its own natural length when that is more."""


def outline(prompt: str, duration_seconds: float | None, natural: Natural) -> Outline:
    """Plan a prompt.

    Parameters
    ----------
    duration_seconds
        Length of the whole; what does not fit is moved closer together. None: the words decide.

    Raises
    ------
    PromptEmpty
        When all that the words name is forbidden by them.
    """
    wanted, forbidden = without_negations(prompt)
    found = clauses(wanted, lambda text: natural(text) is not None)
    if not found:
        said = f"all it names is excluded ({', '.join(forbidden)})" if forbidden else "it names nothing"
        raise PromptEmpty(f"The prompt has nothing to make: {said}. Say what should be heard.", field="prompt")
    warnings = [f"Understood: no {what}." for what in forbidden]
    if len(found) > MAX_STEPS:
        warnings.append(f"Only the first {MAX_STEPS} of {len(found)} sounds are made: split the prompt.")
        found = found[:MAX_STEPS]
    steps = _timed(found, natural, duration_seconds)
    return Outline(steps=tuple(steps), length_seconds=duration_seconds, planner=NAME, warnings=tuple(warnings))


def _timed(found: Sequence[Clause], natural: Natural, duration_seconds: float | None) -> list[Step]:
    natures = [natural(clause.text) or UNKNOWN for clause in found]
    beds = _beds(found, natures)
    mingled = _mingled(found, natures)
    cursor = start = 0.0
    timed: list[tuple[Clause, Nature, float, float | None]] = []
    for clause, nature, bed in zip(found, natures, beds, strict=True):
        if bed:
            timed.append((clause, nature, clause.at_seconds or 0.0, clause.length_seconds))
            continue
        if clause.at_seconds is not None:
            start = clause.at_seconds
        elif clause.join != "together" and not mingled:
            start = cursor + clause.pause_seconds
        else:
            start += clause.pause_seconds
        length = _length(clause, nature, duration_seconds if mingled else None)
        span = (clause.count - 1) * (clause.interval_seconds or nature.interval_seconds) + length
        cursor = max(cursor, start + span) if clause.join == "together" or mingled else start + span
        timed.append((clause, nature, start, clause.length_seconds or (length if nature.sustained else None)))
    happenings = [start for (*_, start, _), bed in zip(timed, beds, strict=True) if not bed]
    squeeze = _squeeze(happenings, cursor, duration_seconds)
    whole = duration_seconds or max(
        cursor, *(_bed_end(entry) for entry, bed in zip(timed, beds, strict=True) if bed), 0.0
    )
    steps: list[Step] = []
    for (clause, nature, begin, given), bed in zip(timed, beds, strict=True):
        if bed:
            steps += _steps(clause, nature, begin, given or max(0.02, whole - begin), bed, first=len(steps) + 1)
        else:
            steps += _steps(clause, nature, begin * squeeze, given, bed, first=len(steps) + 1)
    return steps


def _beds(found: Sequence[Clause], natures: Sequence[Nature]) -> list[bool]:
    """Which lie under the rest: told so, or sustained and joined to something that happens."""
    happens = any(not nature.sustained for nature in natures)
    beds = []
    for index, (clause, nature) in enumerate(zip(found, natures, strict=True)):
        after = found[index + 1] if index + 1 < len(found) else None
        joined = (
            clause.join == "together"
            or (after is not None and after.join == "together")
            or (clause.join == "list" and natures[index - 1].sustained)
            or (after is not None and after.join == "list" and natures[index + 1].sustained)
        )
        timed = clause.at_seconds is not None or clause.pause_seconds > 0 or clause.length_seconds is not None
        beds.append(
            not clause.foreground and (clause.background or (nature.sustained and happens and joined and not timed))
        )
    # A background needs something in front of it.
    return beds if not all(beds) else [clause.background and len(found) > 1 and i > 0 for i, clause in enumerate(found)]


def _mingled(found: Sequence[Clause], natures: Sequence[Nature]) -> bool:
    """Whether all there is goes on at once: "rain, wind and a stream"."""
    return (
        all(nature.sustained for nature in natures)
        and all(clause.join != "sequence" for clause in found[1:])
        and all(clause.at_seconds is None and not clause.pause_seconds for clause in found)
    )


def _length(clause: Clause, nature: Nature, duration_seconds: float | None) -> float:
    if clause.length_seconds is not None:
        return clause.length_seconds
    if nature.sustained:
        return duration_seconds or max(BED_SECONDS, nature.length_seconds)
    return nature.length_seconds


def _bed_end(entry: tuple[Clause, Nature, float, float | None]) -> float:
    _, nature, begin, length = entry
    return begin + (length or max(BED_SECONDS, nature.length_seconds))


def _squeeze(starts: Sequence[float], end: float, duration_seconds: float | None) -> float:
    """Factor on the start times that brings all that happens into the duration."""
    if duration_seconds is None or end <= duration_seconds or not starts or max(starts) <= 0:
        return 1.0
    # The last sound keeps the share of the time that it would have had.
    return min(1.0, duration_seconds / end)


def _steps(clause: Clause, nature: Nature, begin: float, length: float | None, bed: bool, *, first: int) -> list[Step]:
    layer = "background" if bed else "foreground"
    common = {"text": clause.text[:400], "layer": layer, "gain_db": clause.gain_db}
    if clause.pan_end is None or clause.count == 1:
        return [
            Step(
                id=f"s{first}",
                start_seconds=begin,
                length_seconds=length,
                count=clause.count,
                interval_seconds=clause.interval_seconds,
                pan=clause.pan,
                **common,
            )
        ]
    # What moves across is one step a place.
    interval = clause.interval_seconds or nature.interval_seconds
    return [
        Step(
            id=f"s{first + i}",
            start_seconds=begin + i * interval,
            length_seconds=length,
            pan=clause.pan + (clause.pan_end - clause.pan) * i / (clause.count - 1),
            **common,
        )
        for i in range(clause.count)
    ]
