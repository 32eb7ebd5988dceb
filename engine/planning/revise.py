"""Follow-ups by rules: words that change a plan.

"add rain", "make the dog bark twice", "remove the car", "louder", "the rain softer", "move the bell to 3 s", "make it 10
seconds", "replace the cat with a dog". Steps that stay keep their ids, so only what changed is rendered again.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from engine import ucs
from engine.errors import PromptNotMatched
from engine.plan import Outline, Step
from engine.planning import rules
from engine.planning.numbers import COUNTS, LENGTH, NUMBER, UNIT, clock, number, seconds
from engine.planning.rules import Natural

_SPLIT = re.compile(
    r"\s*(?:;|\.(?=\s|$)|,|\band\s+then\b|\bthen\b|\band\b(?=\s+(?:add|remove|make|move|replace|delete)\b))\s*", re.I
)
_ADD = re.compile(r"^(?:also\s+)?(?:add|include|insert|put in)\s+(?:in\s+)?(?:some\s+|a\s+|an\s+)?(.+)$", re.I)
_REMOVE = re.compile(r"^(?:remove|delete|drop|take out|lose|no|without|mute)\s+(?:the\s+|all\s+)?(.+)$", re.I)
_REPLACE = re.compile(r"^(?:replace|swap|change)\s+(?:the\s+)?(.+?)\s+(?:with|by|for|to|into)\s+(?:an?\s+)?(.+)$", re.I)
_COUNT = re.compile(
    rf"^(?:make\s+|have\s+|let\s+)?(?:the\s+)?(.+?)\s+(?:(once|twice|thrice)|({NUMBER})\s+times)$", re.I
)
_COUNT_NOUN = re.compile(rf"^(?:make\s+(?:it|them)\s+)?({'|'.join(COUNTS)}|\d{{1,2}})\s+(.+)$", re.I)
_MOVE = re.compile(
    rf"^(?:move|start|put|place)\s+(?:the\s+)?(.+?)\s+(?:to|at)\s+(?:(\d{{1,2}}:\d{{2}}(?:\.\d+)?)|({NUMBER})\s*({UNIT}))$",
    re.I,
)
_SHIFT = re.compile(rf"^(?:move\s+)?(?:the\s+)?(.+?)\s+{LENGTH}\s+(earlier|later)$", re.I)
_WHOLE = re.compile(rf"^make\s+(?:it|this|everything|the whole(?: thing)?)\s+(?:last\s+)?{LENGTH}(?:\s+long)?$", re.I)
_LAST = re.compile(rf"^(?:make\s+|let\s+)?(?:the\s+)?(.+?)\s+(?:last\s+|be\s+)?(?:for\s+)?{LENGTH}(?:\s+long)?$", re.I)
_PACE = re.compile(
    r"^(?:make\s+)?(?:the\s+)?(.*?)\s*\b(?:(twice|three times|half)\s+as\s+(fast|slow)|(faster|slower|quicker))$", re.I
)
_LEVEL = re.compile(
    r"^(?:make\s+|turn\s+)?(?:the\s+)?(.*?)\s*\b(?:(a (?:bit|little)|much|a lot|slightly)\s+)?"
    r"(?:(?:(\d+(?:\.\d+)?)\s*db\s+)?(louder|softer|quieter|up|down))$",
    re.I,
)
_PLACE = re.compile(
    r"^(?:pan|move|put)\s+(?:the\s+)?(.+?)\s+(?:to\s+|on\s+)?(?:the\s+)?(left|right|cent(?:re|er)|middle)$", re.I
)
_ALL = {"", "it", "this", "that", "them", "all", "everything", "whole thing", "all of it"}
_LEVEL_DB = {"a bit": 2.0, "a little": 2.0, "slightly": 2.0, "much": 8.0, "a lot": 8.0}
_USUAL_DB = 4.0


def revised(previous: Outline, prompt: str, duration_seconds: float | None, natural: Natural) -> Outline:
    """The outline after a follow-up's changes, made one after another.

    Raises
    ------
    PromptNotMatched
        When it names what the plan does not have, or nothing that changes a plan.
    """
    outline = previous.model_copy(update={"warnings": (), "planner": rules.NAME})
    parts = [part.strip() for part in _SPLIT.split(prompt.strip(" .!")) if part.strip()]
    for part in parts:
        outline = _changed(outline, part, natural)
    if duration_seconds is not None:
        outline = outline.model_copy(update={"length_seconds": duration_seconds})
    return outline


def _changed(outline: Outline, words: str, natural: Natural) -> Outline:
    if match := _REPLACE.match(words):
        return _replace(outline, match[1], match[2])
    if match := _ADD.match(words):
        return _add(outline, match[1], natural)
    if match := _REMOVE.match(words):
        return _remove(outline, match[1])
    if match := _WHOLE.match(words):
        return _whole(outline, seconds(match[1], match[2]))
    if match := _MOVE.match(words):
        at = clock(match[2]) if match[2] else seconds(match[3], match[4])
        return _each(outline, match[1], lambda step: {"start_seconds": at})
    if match := _SHIFT.match(words):
        by = seconds(match[2], match[3]) * (1 if match[4].lower() == "later" else -1)
        return _each(outline, match[1], lambda step: {"start_seconds": max(0.0, step.start_seconds + by)})
    if match := _PLACE.match(words):
        pan = {"left": -0.6, "right": 0.6}.get(match[2].lower(), 0.0)
        return _each(outline, match[1], lambda step: {"pan": pan})
    if match := _PACE.match(words):
        return _pace(outline, match)
    if match := _LEVEL.match(words):
        up = match[4].lower() in ("louder", "up")
        by = (float(match[3]) if match[3] else _LEVEL_DB.get((match[2] or "").lower(), _USUAL_DB)) * (1 if up else -1)
        return _each(outline, match[1], lambda step: {"gain_db": max(-48.0, min(12.0, step.gain_db + by))})
    if match := _COUNT.match(words):
        count = max(1, min(64, int(number(match[2] or match[3]))))
        return _each(outline, match[1], lambda step: {"count": count})
    if (match := _COUNT_NOUN.match(words)) and _named(outline, match[2]):
        count = max(1, min(64, int(number(match[1]))))
        return _each(outline, match[2], lambda step: {"count": count})
    if (match := _LAST.match(words)) and _named(outline, match[1]):
        length = seconds(match[2], match[3])
        return _each(outline, match[1], lambda step: {"length_seconds": length})
    if natural(words) is not None:
        return _add(outline, words, natural)
    raise PromptNotMatched(
        f"{words!r} does not say what to change. Say it like: add rain; remove the car; make the dog bark twice; louder. "
        f"The plan has: {_listed(outline)}.",
        field="prompt",
    )


def _named(outline: Outline, words: str) -> list[Step]:
    """The steps that the words mean: those that share most of their content words."""
    if words.strip().lower() in _ALL:
        return list(outline.steps)
    asked = set(ucs.words(words))
    shared = {step.id: len(asked & set(ucs.words(step.text))) for step in outline.steps}
    most = max(shared.values(), default=0)
    return [step for step in outline.steps if most and shared[step.id] == most]


def _must_name(outline: Outline, words: str) -> list[Step]:
    if not (steps := _named(outline, words)):
        raise PromptNotMatched(f"The plan has no {words!r}; it has: {_listed(outline)}.", field="prompt")
    return steps


def _listed(outline: Outline) -> str:
    return ", ".join(repr(step.text) for step in outline.steps)


def _with_steps(outline: Outline, steps: list[Step]) -> Outline:
    return outline.model_copy(update={"steps": tuple(steps)})


def _each(outline: Outline, words: str, change: Callable[[Step], dict[str, object]]) -> Outline:
    ids = {step.id for step in _must_name(outline, words)}
    return _with_steps(
        outline, [step.model_copy(update=change(step)) if step.id in ids else step for step in outline.steps]
    )


def _add(outline: Outline, words: str, natural: Natural) -> Outline:
    added = rules.outline(words, None, natural)
    highest = max(int("".join(filter(str.isdigit, step.id)) or 0) for step in outline.steps)
    whole = outline.length_seconds or _end(outline, natural)
    steps = list(outline.steps)
    for offset, step in enumerate(added.steps, start=1):
        nature = natural(step.text)
        changes: dict[str, object] = {"id": f"s{highest + offset}"}
        if nature and nature.sustained:  # a bed lies under all of what is there
            changes |= {"layer": "background", "length_seconds": max(whole, 0.1)}
        steps.append(step.model_copy(update=changes))
    return _with_steps(outline, steps).model_copy(update={"warnings": (*outline.warnings, *added.warnings)})


def _end(outline: Outline, natural: Natural) -> float:
    ends = []
    for step in outline.steps:
        nature = natural(step.text) or rules.UNKNOWN
        interval = step.interval_seconds or nature.interval_seconds
        ends.append(step.start_seconds + (step.count - 1) * interval + (step.length_seconds or nature.length_seconds))
    return max(ends)


def _remove(outline: Outline, words: str) -> Outline:
    ids = {step.id for step in _must_name(outline, words)}
    kept = [step for step in outline.steps if step.id not in ids]
    if not kept:
        raise PromptNotMatched(f"Without {words!r} nothing is left of the plan.", field="prompt")
    return _with_steps(outline, kept)


def _replace(outline: Outline, words: str, by: str) -> Outline:
    return _each(outline, words, lambda step: {"text": by.strip(), "preset": ""})


def _whole(outline: Outline, length_seconds: float) -> Outline:
    """Beds follow the new length; what happens stays where it is."""
    steps = [
        step.model_copy(update={"length_seconds": max(0.02, length_seconds - step.start_seconds)})
        if step.layer == "background" or (len(outline.steps) == 1 and step.length_seconds)
        else step
        for step in outline.steps
    ]
    return _with_steps(outline, steps).model_copy(update={"length_seconds": length_seconds})


def _pace(outline: Outline, match: re.Match[str]) -> Outline:
    factor = {"twice": 2.0, "three times": 3.0, "half": 0.5}.get((match[2] or "").lower(), 1.4)
    slower = (match[3] or match[4] or "").lower() in ("slow", "slower")
    factor = 1 / factor if slower else factor
    manner = "slow" if factor < 1 else "fast"

    def change(step: Step) -> dict[str, object]:
        if step.count > 1 and step.interval_seconds:
            return {"interval_seconds": step.interval_seconds / factor}
        return {"text": f"{manner} {step.text}"}

    return _each(outline, match[1], change)
