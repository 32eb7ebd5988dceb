"""The parts of a composition: each sound that the words name, what makes it, and what it asks of the cues.

Words only, of the prompt and of the cues' own labels; which cues a part gets is for :mod:`engine.planning.casting`.
"""

from __future__ import annotations

import hashlib
import re
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from engine.errors import PromptEmpty
from engine.plan import Step
from engine.planning import rules
from engine.planning.casting import Role, Sound, Where
from engine.planning.clauses import Clause, clauses, is_ambience, tokens, without_negations
from engine.planning.lexicon import word_set
from engine.planning.rules import Natural
from engine.planning.sounds import Choice, Nearest, Sounds
from engine.timebase import seconds_to_samples

Told = Mapping[str, deque[Clause]]
"""What the words say of each sound, by its text, in their order."""

MOVING = word_set("""
    gust gusts pass passes passing passby flyby swish swoosh whoosh sweep drag drags dragging slide slides sliding
    rustle rustles rustling flutter movement
    """)
"""Said of what moves by: it lies on what is seen to move, not under the whole."""
_STEPS, _SWEEPS = ("FEET", "FOLYFeet"), ("WHSH", "SWSH")
_WHERE: tuple[tuple[Where, re.Pattern[str]], ...] = (
    ("cut", re.compile(r"\b(?:at|on|with|over) (?:(?:the|a|each|every|all|any) )*(?:hard )?(?:cut|shot change)s?\b")),
    ("end", re.compile(r"\b(?:(?:at|in|near|towards?) the (?:very )?(?:end|last)\b(?: of (?:it|the \w+))?|finally\b)")),
    ("start", re.compile(r"\b(?:at|in|near) (?:the (?:very )?(?:start|beginning|first)\b|first\b)")),
)
_PREFIX, _SEPARATOR = re.compile(r"^\s*[A-Z]{2,5}\s*(?::|-\s)\s*"), re.compile(r"\s+[-–—|/]+\s+|\s*[:;]\s+")
"""What sheets write before a sound ('FX: ', 'BG - ') and between it and what describes it."""
_BEGINNINGS = {("the", "start"), ("the", "beginning"), ("very", "beginning")}
_SEEN = word_set("he she they it we you i who someone somebody everyone")
"""Words that begin what is seen rather than heard: 'when he sits'."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One sound of a composition.

    Parameters
    ----------
    once
        What sounds on a cue.
    whole
        What sounds where words alone say when, or for the length of a cue.
    series
        All of "three knocks" as one sound, where one sound can be that.
    role
        What it asks of the cues; None asks for none.
    bed
        Lies under the whole.
    placed
        The words say when it begins.
    length_seconds
        Told by the words.
    title
        What a label calls it; empty is the sound's own name.
    unsaid
        Other sounds that the same label names.
    """

    step: Step
    once: Choice
    whole: Choice
    sound: Sound
    series: Choice | None = None
    role: Role | None = None
    bed: bool = False
    placed: bool = False
    length_seconds: float | None = None
    title: str = ""
    unsaid: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Parts, and the words that no sound answers, each with its nearest."""

    parts: tuple[Part, ...]
    unmatched: tuple[tuple[str, Nearest], ...]


def told_by(prompt: str, natural: Natural) -> Told:
    """Read a prompt for what an outline does not keep: told times and places, 'a' and 'an'."""
    wanted, _ = without_negations(tokens(prompt))
    begins = not _BEGINNINGS.isdisjoint(pairwise(wanted))
    found: dict[str, deque[Clause]] = {}
    for clause in clauses(wanted, lambda text: nature.name if (nature := natural(text)) else None):
        if clause.said.at_seconds == 0.0 and begins:  # read as a time already
            said = replace(clause.said, at_seconds=None)
            found.setdefault(clause.text, deque()).append(replace(clause, text="at the start", said=said))
        else:
            found.setdefault(clause.text, deque()).append(clause)
    return found


def parts_of(steps: Sequence[Step], told: Told, sounds: Sounds, sample_rate_hz: int) -> Parts:
    """The parts of an outline's steps.

    A step of what is only seen ("when he sits at 2 s") makes no sound; its time is that of the sound before it.
    """
    parts: list[Part] = []
    unmatched: list[tuple[str, Nearest]] = []
    for step in steps:
        clause = _next(told, step.text)
        found = part_of(step, clause, sounds, sample_rate_hz)
        if isinstance(found, Part):
            parts.append(found)
        elif _SEEN.isdisjoint(tokens(step.text)[:1]):
            unmatched.append((step.text, found))
        elif clause is not None and clause.said.at_seconds is not None and parts and (role := parts[-1].role):
            at = seconds_to_samples(clause.said.at_seconds, sample_rate_hz)
            parts[-1] = replace(parts[-1], role=replace(role, at_samples=at))
    return Parts(parts=tuple(parts), unmatched=tuple(unmatched))


def _next(told: Told, text: str) -> Clause | None:
    """What is said of the next sound of that text; a sound that became several steps is said once."""
    waiting = told.get(text)
    if not waiting:
        return None
    return waiting.popleft() if len(waiting) > 1 else waiting[0]


def part_of(step: Step, clause: Clause | None, sounds: Sounds, sample_rate_hz: int) -> Part | Nearest:
    """The part of one step; the nearest where nothing makes it."""
    text, where = _without_place(step.text)
    if clause is not None and where is None:
        where = _without_place(clause.text)[1]
    one = step.params.get("count") == 1.0
    once = sounds.find(text, step.preset, 1)
    whole = sounds.find(text, step.preset, 1 if one or step.count > 1 else None)
    if isinstance(once, Nearest) or isinstance(whole, Nearest):
        return once if isinstance(once, Nearest) else Nearest(labels=())
    step = step.model_copy(update={"text": text})
    sound = _sound(text, once)
    said = clause.said if clause else None
    moves = not MOVING.isdisjoint(tokens(text))
    under = step.layer == "background" and (not moves or said is None or said.layer == "background")
    bed = whole.fills and (under or (is_ambience(text) and not moves))
    step = step.model_copy(update={"layer": "background" if bed or under else "foreground"})
    asks_for_none = bed or under or (said is not None and said.interval_seconds is not None)
    role = None
    placed = said.at_seconds is not None if said else bed and step.start_seconds > 0
    if not asks_for_none:
        at = seconds_to_samples(said.at_seconds, sample_rate_hz) if said and said.at_seconds is not None else None
        count = step.count if step.count > 1 else 1 if one else None
        role = Role(sound=sound, at_samples=at, where=where, count=count, single=bool(clause and clause.single))
    return Part(
        step=step,
        once=once,
        whole=whole,
        sound=sound,
        series=_series(step, sounds),
        role=role,
        bed=bed,
        placed=placed,
        length_seconds=said.length_seconds if said else step.length_seconds if clause is None else None,
    )


def _series(step: Step, sounds: Sounds) -> Choice | None:
    found = sounds.find(step.text, step.preset, step.count) if step.count > 1 else None
    return found if isinstance(found, Choice) and found.match.params.get("count") == step.count else None


def _sound(text: str, once: Choice) -> Sound:
    category = once.preset.category if once.preset else once.match.category
    if once.fills:
        return "lasting"
    if category.startswith(_STEPS):
        return "step"
    return "sweep" if category.startswith(_SWEEPS) or not MOVING.isdisjoint(tokens(text)) else "hit"


def _without_place(text: str) -> tuple[str, Where | None]:
    """The text without the words that say where among the cues, and what they say."""
    for where, pattern in _WHERE:
        if pattern.search(text):
            return " ".join(pattern.sub(" ", text).split()) or text, where
    return text, None


def label_id(label: str, track: str) -> str:
    """The id of a label's step: its words', so that what a cue sounds like does not hang on the cues before it."""
    digest = hashlib.sha256(f"{track}\n{label}".encode()).hexdigest()[:12]
    return "l" + digest.translate(str.maketrans("0123456789", "ghijklmnop"))


def labelled_part(label: str, track: str, sounds: Sounds, natural: Natural, rate_hz: int) -> Part | Nearest:
    """The part that a cue's own words ask for: one sound, the first of them that can be made.

    On a cue without a length, what is told as going on ("typing") goes on for its natural length.
    """
    words = _SEPARATOR.sub(", ", _PREFIX.sub("", label))
    told = told_by(words, natural)
    try:
        steps = rules.outline(words, None, natural).steps
    except PromptEmpty:
        return Nearest(labels=())
    found = [part_of(step, _next(told, step.text), sounds, rate_hz) for step in steps]
    made = [part for part in found if isinstance(part, Part)]
    if not made:
        return next(part for part in found if isinstance(part, Nearest))
    part = made[0]
    if part.whole.fills and any(word.endswith("ing") for word in tokens(part.step.text)):
        part = replace(part, once=part.whole)
    step = part.step.model_copy(update={"id": label_id(label, track), "start_seconds": 0.0})
    unsaid = tuple(repr(other.step.text) for other in made[1:])
    return replace(part, step=step, title=" ".join(label.split())[:60], unsaid=unsaid)
