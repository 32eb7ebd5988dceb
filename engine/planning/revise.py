"""Follow-ups by rules: words that change a plan.

"add rain", "make the dog bark twice", "remove the car", "louder", "the rain softer", "move the bell to 3 s", "make it
10 seconds", "replace the cat with a dog", "twice as fast". Steps that stay keep their ids, so only what changed is
rendered again. Several changes may stand in one prompt; they are made one after another.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine import ucs
from engine.errors import PromptNotMatched
from engine.plan import Outline, Step
from engine.planning import lexicon, marks, rules
from engine.planning.clauses import counted, is_ambience, tokens
from engine.planning.lexicon import longest, phrases
from engine.planning.numbers import length, number
from engine.planning.rules import UNKNOWN, Natural

VERBS = lexicon.table(
    (
        ("add", "add,include,insert,put in,bring in,mix in,add in,also add,now add,let there be,have"),
        ("remove", "remove,delete,drop,take out,take away,lose,mute,get rid of,leave out,cut,no,without,no more,kill"),
        ("replace", "replace,swap,exchange,substitute,change"),
        ("change", "make,let,set,turn,keep,move,shift,put,place,pan,start,delay,play,turn up,turn down,bring,have the"),
    )
)
_REPLACED_BY = frozenset(("with", "by", "for", "to", "into"))
_POLITE = dict.fromkeys(phrases("please,now,also,can you,could you,and,but,then,ok,okay,just,next"))
_ALL = frozenset(
    ("", "it", "this", "that", "them", "all", "everything", "whole thing", "all of it", "mix", "sound", "sounds")
)
_LEVELS_DB = lexicon.table(
    (
        (4.0, "louder,up"),
        (-4.0, "softer,quieter,down,lower,less loud"),
        (2.0, "a bit louder,a little louder,slightly louder,a bit up"),
        (
            -2.0,
            "a bit softer,a bit quieter,a little softer,a little quieter,slightly softer,slightly quieter,a bit down",
        ),
        (8.0, "much louder,a lot louder,way louder"),
        (-8.0, "much softer,much quieter,a lot softer,a lot quieter,way quieter"),
    )
)
_PACES = lexicon.table(
    (
        (1.4, "faster,quicker,more quickly"),
        (1 / 1.4, "slower,more slowly"),
        (1.2, "a bit faster,slightly faster,a little faster"),
        (1 / 1.2, "a bit slower,slightly slower,a little slower"),
        (2.0, "twice as fast,double speed,much faster,two times faster,twice as quick"),
        (0.5, "twice as slow,half as fast,half speed,much slower,at half speed,two times slower"),
        (3.0, "three times as fast,three times faster"),
    )
)
_MANNERS = lexicon.table(
    (
        *(
            (word, f"{word}er,more {word}")
            for word in ("deep", "bright", "dark", "hard", "soft", "light", "long", "short")
        ),
        *(
            (word, more)
            for word, more in (("big", "bigger"), ("large", "larger"), ("small", "smaller"), ("heavy", "heavier"))
        ),
        *(
            (word, more)
            for word, more in (("close", "closer,nearer"), ("distant", "farther,further,further away,more distant"))
        ),
        *((word, more) for word, more in (("wet", "wetter"), ("dry", "drier,dryer"), ("muffled", "more muffled"))),
        *(
            (word, more)
            for word, more in (("violent", "more violent,stronger,more intense"), ("gentle", "gentler,more gentle"))
        ),
    )
)
_ENDS = dict.fromkeys(phrases("at the end,at the very end,in the end"))
_EXAMPLES = "add rain; remove the car; make the dog bark twice; louder; move the bell to 3 s"
_GAIN_BOUNDS_DB = (-48.0, 12.0)
_PACE_BOUNDS = (0.25, 4.0)


@dataclass(slots=True)
class _Change:
    """What a command says beside its target."""

    target: list[str]
    gain_db: float = 0.0
    pace: float = 1.0
    manner: str = ""
    shift_seconds: float = 0.0
    sets: dict[str, object] | None = None

    @property
    def empty(self) -> bool:
        return not (self.gain_db or self.pace != 1.0 or self.manner or self.shift_seconds or self.sets)


def revised(previous: Outline, prompt: str, duration_seconds: float | None, natural: Natural) -> Outline:
    """The outline after a follow-up's changes.

    Raises
    ------
    PromptNotMatched
        When it names what the plan does not have, or nothing that changes a plan.
    """
    outline = previous.model_copy(update={"warnings": (), "planner": rules.NAME})
    for words in _commands(tokens(prompt)):
        outline = _Reviser(outline, natural).changed(words)
    if duration_seconds is not None:
        outline = outline.model_copy(update={"length_seconds": duration_seconds})
    return outline


def _commands(words: list[str]) -> list[list[str]]:
    """One list of words a change: a new one begins at a verb after a comma, an 'and' or a full stop."""
    found: list[list[str]] = [[]]
    for i, word in enumerate(words):
        after_break = i > 0 and words[i - 1] in (",", ";", ".", "and", "then", "!", "also")
        bare = words[i - 1] != "and" and _bare_change(words, i)  # "bigger and louder" is one change
        if after_break and found[-1] and (bare or longest(VERBS, words, i)):
            while found[-1] and (found[-1][-1] in (",", ";", ".", "!") or (found[-1][-1],) in _POLITE):
                found[-1].pop()
            found.append([])
        found[-1].append(word)
    stripped = [_without(list(words), _POLITE) for words in found]
    return [[word for word in words if word not in (".", "!", "?", ";")] for words in stripped if words]


def _bare_change(words: list[str], at: int) -> bool:
    return bool(longest(_LEVELS_DB, words, at) or longest(_PACES, words, at))


def _without(words: list[str], leading: dict[lexicon.Phrase, None]) -> list[str]:
    while words and (found := longest(leading, words, 0)):
        words = words[found[0] :]
    return words


class _Reviser:
    """One change to one outline."""

    def __init__(self, outline: Outline, natural: Natural) -> None:
        self._outline = outline
        self._natural = natural

    def changed(self, words: list[str]) -> Outline:
        verb = longest(VERBS, words, 0)
        kind, rest = (verb[1], words[verb[0] :]) if verb else ("", words)
        if kind == "add":
            return self._add(rest)
        if kind == "remove":
            return self._remove(rest)
        if kind == "replace" and (cut := next((i for i, w in enumerate(rest) if w in _REPLACED_BY and i), None)):
            return self._replace(rest[:cut], rest[cut + 1 :])
        change = _read(rest)
        if verb and words[: verb[0]] in (["turn", "up"], ["turn", "down"]):
            change.gain_db = (abs(change.gain_db) or 4.0) * (1 if words[1] == "up" else -1)
        whole = _target(change.target) in _ALL
        if not verb and not whole and not self._named(change.target) and self._natural(" ".join(rest)):
            return self._add(rest)
        if change.empty:
            return self._told_otherwise(words, rest)
        if whole and change.sets and "length_seconds" in change.sets:
            return self._outline.model_copy(update={"length_seconds": change.sets["length_seconds"]})
        return self._apply(change)

    def _told_otherwise(self, words: list[str], rest: list[str]) -> Outline:
        """No known change: new manner for a step ('make the door wooden'), or a sound to add ('make it rain')."""
        content = [word for word in rest if word not in lexicon.ARTICLES and word not in _ALL]
        named = [word for word in content if self._named([word])]
        others = [word for word in content if word not in named]
        alone = len(self._outline.steps) == 1 and "it" in rest and self._natural(" ".join(others)) is None
        if (named or alone) and 0 < len(others) <= 2:
            return self._apply(_Change(named, manner=" ".join(others)))
        sound = [word for word in rest if word not in _ALL]
        if "it" in rest and sound and self._natural(" ".join(sound)) is not None:
            return self._add(sound)
        raise PromptNotMatched(
            f"{' '.join(words)!r} does not say what to change. Say it like: {_EXAMPLES}. "
            f"The plan has: {self._listed()}.",
            field="prompt",
        )

    def _apply(self, change: _Change) -> Outline:
        ids = {step.id for step in self._must_name(change.target)}
        everything = len(ids) == len(self._outline.steps) > 1
        steps: list[Step] = []
        for step in self._outline.steps:
            new = self._with(step, change) if step.id in ids else step
            if change.pace != 1.0 and everything:
                new = new.model_copy(update={"start_seconds": round(new.start_seconds / change.pace, 6)})
            steps.append(new)
        outline = _with_steps(self._outline, steps)
        if change.sets and "count" in change.sets:
            outline = self._moved_on(outline, ids)
        return outline

    def _with(self, step: Step, change: _Change) -> Step:
        low, high = _GAIN_BOUNDS_DB
        update: dict[str, object] = {"gain_db": max(low, min(high, step.gain_db + change.gain_db))}
        if change.shift_seconds:
            update["start_seconds"] = max(0.0, step.start_seconds + change.shift_seconds)
        if change.manner:
            update["text"] = f"{change.manner} {step.text}"[:400]
        if change.pace != 1.0:
            if step.count > 1:
                interval = step.interval_seconds or self._nature(step).interval_seconds
                update["interval_seconds"] = round(interval / change.pace, 6)
            else:
                pace = max(_PACE_BOUNDS[0], min(_PACE_BOUNDS[1], step.params.get("pace", 1.0) * change.pace))
                update["params"] = step.params | {"pace": pace}
        for name, value in (change.sets or {}).items():
            if name == "at_seconds":
                update["start_seconds"] = value
            elif name == "count":
                update["count"] = value
                update["params"] = {k: v for k, v in step.params.items() if k != "count"} | (
                    {"count": 1.0} if value == 1 else {}
                )
            elif name in ("length_seconds", "interval_seconds", "pan", "gain_db", "layer"):
                update[name] = value
        return step.model_copy(update=update)

    def _moved_on(self, outline: Outline, ids: set[str]) -> Outline:
        """What came after a step that now takes longer, or shorter, still comes after it."""
        steps = list(outline.steps)
        for old, new in zip(self._outline.steps, outline.steps, strict=True):
            grown = self._end(new) - self._end(old)
            if old.id in ids and grown:
                steps = [
                    step.model_copy(update={"start_seconds": round(step.start_seconds + grown, 6)})
                    if step.id not in ids and step.layer == "foreground" and step.start_seconds >= self._end(old) - 1e-6
                    else step
                    for step in steps
                ]
        return _with_steps(outline, steps)

    def _add(self, words: list[str]) -> Outline:
        words, anchor = self._anchored(words)
        added = rules.outline(" ".join(words), None, self._natural)
        timed = any(
            found is not None and "at_seconds" in found[1].sets
            for found in (marks.read(words, i) for i in range(len(words)))
        )
        numbers = [int("".join(filter(str.isdigit, step.id)) or 0) for step in self._outline.steps]
        offset = 0.0 if timed else anchor if anchor is not None else self._after_what_happens()
        steps = list(self._outline.steps)
        for i, step in enumerate(added.steps, start=max(numbers) + 1):
            nature = self._natural(step.text) or UNKNOWN
            bed = nature.sustained and is_ambience(step.text) and step.count == 1
            update: dict[str, object] = {"id": f"s{i}"}
            if bed and not timed and anchor is None:
                update |= {"layer": "background", "start_seconds": 0.0}
            elif step.layer == "foreground" and not (nature.sustained and anchor is None):
                update["start_seconds"] = round(step.start_seconds + offset, 6)
            steps.append(step.model_copy(update=update))
        return _with_steps(self._outline, steps).model_copy(
            update={"warnings": (*self._outline.warnings, *added.warnings)}
        )

    def _anchored(self, words: list[str]) -> tuple[list[str], float | None]:
        """Where a new sound goes beside one that is there: 'after the bell', 'with the dog', 'at the end'."""
        for i, word in enumerate(words):
            if end := longest(_ENDS, words, i):
                return words[:i] + words[i + end[0] :], max(self._end(step) for step in self._outline.steps)
            if (
                i
                and word in ("after", "before", "with", "while", "when", "as")
                and (named := self._named(words[i + 1 :]))
            ):
                if self._natural(" ".join(words[i + 1 :])) is None and len(words) > i + 3:
                    continue
                if word == "after":
                    return words[:i], max(self._end(step) for step in named)
                first = min(step.start_seconds for step in named)
                if word == "before":
                    nature = self._natural(" ".join(words[:i])) or UNKNOWN
                    return words[:i], max(0.0, first - nature.length_seconds)
                return words[:i], first
        return words, None

    def _after_what_happens(self) -> float:
        ends = [
            self._end(step)
            for step in self._outline.steps
            if step.layer == "foreground" and not self._nature(step).sustained
        ]
        return max(ends, default=0.0)

    def _remove(self, words: list[str]) -> Outline:
        ids = {step.id for step in self._must_name(words)}
        kept = [step for step in self._outline.steps if step.id not in ids]
        if not kept:
            raise PromptNotMatched(
                f"Without {_target(words) or 'all of it'!r} nothing is left of the plan; it has: {self._listed()}.",
                field="prompt",
            )
        return _with_steps(self._outline, kept)

    def _replace(self, words: list[str], by: list[str]) -> Outline:
        ids = {step.id for step in self._must_name(words)}
        new = rules.outline(" ".join(by), None, self._natural).steps[0]
        sustained = self._nature(new).sustained
        steps = list(self._outline.steps)
        for i, step in enumerate(steps):
            if step.id in ids:
                update: dict[str, object] = {"text": new.text, "preset": "", "params": new.params}
                update["count"] = new.count if new.count > 1 else 1 if sustained else step.count
                # What only happens does not last as long as the bed that it replaces.
                update["length_seconds"] = new.length_seconds or (step.length_seconds if sustained else None)
                steps[i] = step.model_copy(update=update)
        return _with_steps(self._outline, steps)

    def _named(self, words: list[str]) -> list[Step]:
        """The steps that the words mean: by their words, or by being the same sound in other words."""
        target = _target(words)
        if target in _ALL:
            return list(self._outline.steps)
        asked = set(ucs.words(target))
        shared = {step.id: len(asked & set(ucs.words(step.text))) for step in self._outline.steps}
        most = max(shared.values())
        nature = self._natural(target)
        if nature is not None and most < len(asked):
            return [step for step in self._outline.steps if self._nature(step).name == nature.name]
        return [step for step in self._outline.steps if most and 2 * most >= len(asked) and shared[step.id] == most]

    def _must_name(self, words: list[str]) -> list[Step]:
        if not (steps := self._named(words)):
            raise PromptNotMatched(f"The plan has no {_target(words)!r}; it has: {self._listed()}.", field="prompt")
        return steps

    def _nature(self, step: Step) -> rules.Nature:
        return rules.nature_of(step.text, step.count > 1 or "count" in step.params, self._natural)

    def _end(self, step: Step) -> float:
        nature = self._nature(step)
        interval = step.interval_seconds or nature.interval_seconds
        return step.start_seconds + (step.count - 1) * interval + (step.length_seconds or nature.length_seconds)

    def _listed(self) -> str:
        return ", ".join(repr(step.text) for step in self._outline.steps)


def _read(words: list[str]) -> _Change:
    """Take the changes out of the words; what stays names the target."""
    change = _Change([])
    i = 0
    while i < len(words):
        if (level := longest(_LEVELS_DB, words, i)) is not None and (i or len(words) == level[0]):
            change.gain_db += level[1]
            i += level[0]
        elif (pace := longest(_PACES, words, i)) is not None:
            change.pace *= pace[1]
            i += pace[0]
        elif (manner := longest(_MANNERS, words, i)) is not None:
            change.manner = manner[1]
            i += manner[0]
        elif exact := _decibels(words, i):
            change.gain_db += exact[1]
            i += exact[0]
        elif shift := _shift(words, i):
            change.shift_seconds += shift[1]
            i += shift[0]
        elif (mark := _mark(words, i)) is not None:
            change.sets = (change.sets or {}) | mark[1].sets
            i += mark[0]
        else:
            change.target.append(words[i])
            i += 1
    change.target = [word for word in change.target if word != "and"]
    if not change.sets:
        rest, count = counted(change.target)
        if count is not None:
            change.target, change.sets = rest, {"count": count}
    return change


def _mark(words: list[str], at: int) -> tuple[int, marks.Mark] | None:
    """A mark, also behind 'to' or 'last': 'to 3 s', 'to 00:03', 'last 4 s'."""
    if words[at] == "to" and (moved := marks.read([*words[:at], "at", *words[at + 1 :]], at)):
        return moved if "at_seconds" in moved[1].sets else marks.read(words, at)
    lead = 1 if words[at] in ("last", "be") else 0
    found = marks.read(words, at + lead) if at + lead < len(words) else None
    return (found[0] + lead, found[1]) if found else None


def _decibels(words: list[str], at: int) -> tuple[int, float] | None:
    """'3 db louder', 'by 3 db', 'up 3 db', 'down by 3 db'."""
    sign, i = 1.0, at
    if words[i] in ("up", "down", "by"):
        sign, i = (-1.0 if words[i] == "down" else 1.0), i + 1
        i += 1 if words[i : i + 1] == ["by"] else 0
    value = number(words[i]) if i < len(words) else None
    if value is None or words[i + 1 : i + 2] != ["db"]:
        return None
    after = words[i + 2] if i + 2 < len(words) else ""
    if after in ("softer", "quieter", "down", "lower"):
        sign = -1.0
    return i + 2 - at + (after in ("softer", "quieter", "down", "lower", "louder", "up")), sign * value


def _shift(words: list[str], at: int) -> tuple[int, float] | None:
    lead = 1 if words[at] == "by" else 0
    found = length(words, at + lead)
    after = words[at + lead + found[0] : at + lead + found[0] + 1] if found else []
    if found is None or after not in (["earlier"], ["later"], ["sooner"]):
        return None
    return lead + found[0] + 1, found[1] * (1 if after == ["later"] else -1)


def _target(words: list[str]) -> str:
    kept = [word for word in words if any(c.isalnum() for c in word)]
    while kept and kept[0] in (lexicon.ARTICLES | {"all", "of", "to"}) and " ".join(kept) not in _ALL:
        kept = kept[1:]
    return " ".join(kept)


def _with_steps(outline: Outline, steps: list[Step]) -> Outline:
    return outline.model_copy(update={"steps": tuple(steps)})
