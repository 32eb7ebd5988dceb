"""The offline planner: words to an outline by rules.

What is joined by "then" sounds one after another, each as long as it naturally lasts; what is joined by "while", "with"
or "and" starts together; weather and places lie under what happens. It asks how long a sound naturally lasts, and knows
nothing of samples or backends.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.errors import PromptEmpty
from engine.plan import MAX_STEPS, Layer, Outline, Step
from engine.planning.clauses import Clause, clauses, is_ambience, tokens, without_negations

NAME = "rules/2"
REPEATS = 4
"""How often something happens that comes 'every 2 seconds' with no end told."""
MIN_SECONDS = 0.02
SHORTEST_SHARE = 0.25
"""Beds in a sequence give way down to this share of their natural length, before all moves closer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nature:
    """What is known of a sound before it is made."""

    name: str
    length_seconds: float
    interval_seconds: float
    sustained: bool


Natural = Callable[[str], Nature | None]
"""The nature of what some words name, or None when no such sound can be made. A number before the words asks for so
many happenings: of footsteps, which go on, '1 footsteps' is one step."""

UNKNOWN = Nature(name="", length_seconds=1.0, interval_seconds=1.0, sustained=False)


@dataclass(slots=True)
class _Placed:
    """A clause on its way to a step."""

    clause: Clause
    nature: Nature
    layer: Layer
    count: int
    interval_seconds: float | None
    length_seconds: float | None
    start_seconds: float = 0.0

    @property
    def interval(self) -> float:
        return self.interval_seconds or self.nature.interval_seconds

    @property
    def span_seconds(self) -> float:
        """From the first onset to the last sound's end."""
        return (self.count - 1) * self.interval + (self.length_seconds or self.nature.length_seconds)

    @property
    def end_seconds(self) -> float:
        return self.start_seconds + self.span_seconds

    @property
    def stretches(self) -> bool:
        """Goes on, and nobody said for how long."""
        return self.nature.sustained and self.clause.said.length_seconds is None and self.count == 1


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
    wanted, forbidden = without_negations(tokens(prompt))
    found = clauses(wanted, lambda text: nature.name if (nature := natural(text)) else None)
    if not found:
        said = f"all that it names is to be left out ({', '.join(forbidden)})" if forbidden else "it names no sound"
        raise PromptEmpty(f"The prompt has nothing to make: {said}. Say what should be heard.", field="prompt")
    warnings = [f"Left out, as asked: {', '.join(forbidden)}."] if forbidden else []
    placed = _laid_out(found, natural, duration_seconds)
    if duration_seconds is not None and not _fit(placed, duration_seconds):
        warnings.append(f"More is told than fits into {duration_seconds:g} s: sounds follow one another faster.")
    steps: list[Step] = []
    for one in placed:
        added = _steps(one, first=len(steps) + 1)
        if one.clause.said.pan_end is not None and len(added) == 1:
            warnings.append(f"{one.clause.text!r} stays where it begins: only repeats can move from side to side.")
        steps += added
    if len(steps) > MAX_STEPS:
        warnings.append(f"Only the first {MAX_STEPS} of {len(steps)} sounds are made: split the prompt.")
        steps = steps[:MAX_STEPS]
    return Outline(steps=tuple(steps), length_seconds=duration_seconds, planner=NAME, warnings=tuple(warnings))


def _laid_out(found: Sequence[Clause], natural: Natural, duration_seconds: float | None) -> list[_Placed]:
    """Start times: groups of what starts together, one group after another."""
    placed = [_placed(clause, natural, duration_seconds) for clause in found]
    groups = _groups(placed)
    for group in groups:
        for one in group:
            one.layer = _layer(one, group, only=len(groups) == 1)
    begin = end = 0.0
    before: _Placed | None = None
    for group in groups:
        led = group[0].clause.said
        begin = led.at_seconds if led.at_seconds is not None else end + led.pause_seconds
        if led.delay_seconds is not None and led.at_seconds is None:
            begin = led.delay_seconds + _counts_from(before)
        for one in group:
            said = one.clause.said
            one.start_seconds = begin
            if one is not group[0]:
                one.start_seconds += said.pause_seconds + (said.delay_seconds or 0.0)
            if said.at_seconds is not None:
                one.start_seconds = said.at_seconds
            elif one.layer == "background":
                one.start_seconds = 0.0  # it lies under the whole
        heard = [one for one in group if one.layer == "foreground"]
        happened = [one.end_seconds for one in heard if not one.stretches]
        for one in heard:
            if one.stretches and len(groups) > 1 and group is not groups[-1]:
                # It must end before what comes next, and not before what it sounds with.
                one.length_seconds = max(
                    one.nature.length_seconds, *(e - one.start_seconds for e in happened), MIN_SECONDS
                )
        end = max([one.end_seconds for one in heard], default=end)
        before = heard[-1] if heard else before
    _last(placed)
    return placed


def _counts_from(before: _Placed | None) -> float:
    """'Three seconds later' counts from a single happening's onset, from the end of what goes on or repeats."""
    if before is None:
        return 0.0
    single = before.count == 1 and not before.nature.sustained and before.clause.said.length_seconds is None
    return before.start_seconds if single else before.end_seconds


def _last(placed: Sequence[_Placed]) -> None:
    """What goes on lasts at least as long as what it sounds with."""
    end = max(one.end_seconds for one in placed)
    for one in placed:
        if one.stretches and one.layer == "foreground" and one.length_seconds is None and one.end_seconds < end:
            one.length_seconds = end - one.start_seconds


def nature_of(text: str, counted: bool, natural: Natural) -> Nature:
    """The nature of a sound; of one happening, where happenings are counted and the sound has any."""
    nature = natural(text) or UNKNOWN
    one = natural(f"1 {text}") if counted else None
    return one if one is not None and one.name == nature.name and not one.sustained else nature


def _placed(clause: Clause, natural: Natural, duration_seconds: float | None) -> _Placed:
    said = clause.said
    count, interval, length = said.count or 1, said.interval_seconds, said.length_seconds
    nature = nature_of(clause.text, said.count is not None or interval is not None, natural)
    if nature.sustained:  # "two birds singing" is one sound
        count, interval = 1, None
    elif interval is not None and said.count is None:
        whole = length or duration_seconds
        count = max(1, min(64, math.ceil(round(whole / interval, 6)))) if whole else REPEATS
        length = None
    elif count > 1 and length is not None:
        interval, length = interval or length / count, None
    elif said.goes_on and length is not None and said.count is None:
        count = max(1, min(64, round(length / nature.interval_seconds)))
        length = None if count > 1 else length
    return _Placed(clause, nature, "foreground", count, interval if count > 1 else None, length)


def _groups(placed: Sequence[_Placed]) -> list[list[_Placed]]:
    """What starts together. Joined by a mere comma, things that happen follow one another, others start together."""
    groups: list[list[_Placed]] = []
    for one in placed:
        join = one.clause.join
        if join == "list" and groups:
            beside_beds = one.nature.sustained or all(other.nature.sustained for other in groups[-1])
            timed = one.clause.said.delay_seconds is not None or one.clause.said.pause_seconds
            join = "together" if (beside_beds or one.clause.said.layer == "background") and not timed else "then"
        if groups and join in ("together", "under"):
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


def _layer(one: _Placed, group: Sequence[_Placed], *, only: bool) -> Layer:
    """Told so; or weather and places, where they lie beside something else or are all there is."""
    said = one.clause.said
    if said.layer is not None:
        return said.layer
    bed = (one.clause.join == "under" or is_ambience(one.clause.text)) and one.nature.sustained and one.count == 1
    return "background" if bed and (only or len(group) > 1) else "foreground"


def _fit(placed: Sequence[_Placed], duration_seconds: float) -> bool:
    """Bring what the words did not place into the duration; whether beds alone could give way."""
    heard = [one for one in placed if one.layer == "foreground"]
    end = max((one.end_seconds for one in heard), default=0.0)
    told = any(one.clause.said.at_seconds is not None for one in heard)
    if told or end <= duration_seconds or not any(one.start_seconds for one in heard):
        return True
    gives = [(one.start_seconds, one.end_seconds) for one in heard if one.stretches]
    elastic = _covered(gives, end)
    share = 1 - (end - duration_seconds) / elastic if elastic else 0.0
    easily = share >= SHORTEST_SHARE
    for one in heard:
        first, last = one.start_seconds, one.end_seconds
        if easily:
            first, last = (t - (1 - share) * _covered(gives, t) for t in (first, last))
        else:
            first, last = (t * duration_seconds / end for t in (first, last))
        if one.stretches and one.length_seconds is not None:
            one.length_seconds = max(MIN_SECONDS, last - first)
        one.start_seconds = first
    return easily


def _covered(spans: Sequence[tuple[float, float]], until: float) -> float:
    """Seconds before ``until`` that lie in any of the spans."""
    total = reached = 0.0
    for first, last in sorted(spans):
        total += max(0.0, min(last, until) - max(first, reached))
        reached = max(reached, last)
    return total


def _steps(one: _Placed, *, first: int) -> list[Step]:
    said = one.clause.said
    step = Step(
        id=f"s{first}",
        text=one.clause.text,
        start_seconds=round(one.start_seconds, 6),
        length_seconds=one.length_seconds,
        count=one.count,
        interval_seconds=one.interval_seconds,
        layer=one.layer,
        gain_db=said.gain_db,
        pan=said.pan,
        params={"count": 1.0} if said.count == 1 and not one.nature.sustained else {},
    )
    if said.pan_end is None or one.count == 1:
        return [step]
    return [  # what moves across is one step a place
        step.model_copy(
            update={
                "id": f"s{first + i}",
                "start_seconds": round(one.start_seconds + i * one.interval, 6),
                "count": 1,
                "interval_seconds": None,
                "pan": said.pan + (said.pan_end - said.pan) * i / (one.count - 1),
                "params": {"count": 1.0},
            }
        )
        for i in range(one.count)
    ]
