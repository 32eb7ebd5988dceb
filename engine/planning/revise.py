"""Follow-ups by rules: words that change a plan.

"add rain", "make the dog bark twice", "remove the car", "louder", "the rain softer", "move the bell to 3 s", "make it
10 seconds", "replace the cat with a dog", "twice as fast". Steps that stay keep their ids, so only what changed is
rendered again. Several changes may stand in one prompt; they are made one after another.
"""

from __future__ import annotations

from engine import ucs
from engine.errors import PromptNotMatched
from engine.plan import Outline, Step
from engine.planning import lexicon, marks, rules
from engine.planning.changes import ALL, ENDS, REPLACED_BY, VERBS, Change, commands, read, target_of
from engine.planning.clauses import is_ambience, tokens
from engine.planning.lexicon import longest
from engine.planning.rules import UNKNOWN, Natural

_EXAMPLES = "add rain; remove the car; make the dog bark twice; louder; move the bell to 3 s"
_GAIN_BOUNDS_DB = (-48.0, 12.0)
_PACE_BOUNDS = (0.25, 4.0)


def revised(previous: Outline, prompt: str, duration_seconds: float | None, natural: Natural) -> Outline:
    """The outline after a follow-up's changes.

    Raises
    ------
    PromptNotMatched
        When it names what the plan does not have, or nothing that changes a plan.
    """
    outline = previous.model_copy(update={"warnings": (), "planner": rules.NAME})
    for words in commands(tokens(prompt)):
        outline = _Reviser(outline, natural).changed(words)
    if duration_seconds is not None:
        outline = outline.model_copy(update={"length_seconds": duration_seconds})
    return outline


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
        if kind == "replace" and (cut := next((i for i, w in enumerate(rest) if w in REPLACED_BY and i), None)):
            return self._replace(rest[:cut], rest[cut + 1 :])
        change = read(rest)
        if verb and words[: verb[0]] in (["turn", "up"], ["turn", "down"]):
            change.gain_db = (abs(change.gain_db) or 4.0) * (1 if words[1] == "up" else -1)
        whole = target_of(change.target) in ALL
        if not verb and not whole and not self._named(change.target) and self._natural(" ".join(rest)):
            return self._add(rest)
        if change.empty:
            return self._told_otherwise(words, rest)
        if whole and change.sets and "length_seconds" in change.sets:
            return self._outline.model_copy(update={"length_seconds": change.sets["length_seconds"]})
        return self._apply(change)

    def _told_otherwise(self, words: list[str], rest: list[str]) -> Outline:
        """No known change: new manner for a step ('make the door wooden'), or a sound to add ('make it rain')."""
        content = [word for word in rest if word not in lexicon.ARTICLES and word not in ALL]
        named = [word for word in content if self._named([word])]
        others = [word for word in content if word not in named]
        alone = len(self._outline.steps) == 1 and "it" in rest and self._natural(" ".join(others)) is None
        if (named or alone) and 0 < len(others) <= 2:
            return self._apply(Change(named, manner=" ".join(others)))
        sound = [word for word in rest if word not in ALL]
        if "it" in rest and sound and self._natural(" ".join(sound)) is not None:
            return self._add(sound)
        raise PromptNotMatched(
            f"{' '.join(words)!r} does not say what to change. Say it like: {_EXAMPLES}. "
            f"The plan has: {self._listed()}.",
            field="prompt",
        )

    def _apply(self, change: Change) -> Outline:
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

    def _with(self, step: Step, change: Change) -> Step:
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
            if end := longest(ENDS, words, i):
                return words[:i] + words[i + end[0] :], self._at_the_end(words[:i])
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

    def _at_the_end(self, words: list[str]) -> float:
        """So that a sound ends with the plan where its length is told, else after all that is not a background."""
        if self._outline.length_seconds is not None:
            nature = self._natural(" ".join(words)) or UNKNOWN
            return max(0.0, self._outline.length_seconds - nature.length_seconds)
        heard = [step for step in self._outline.steps if step.layer == "foreground"] or list(self._outline.steps)
        return max(self._end(step) for step in heard)

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
                f"Without {target_of(words) or 'all of it'!r} nothing is left of the plan; it has: {self._listed()}.",
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
        target = target_of(words)
        if target in ALL:
            return list(self._outline.steps)
        asked = set(ucs.words(target))
        shared = {step.id: len(asked & set(ucs.words(step.text))) for step in self._outline.steps}
        most = max(shared.values())
        nature = self._natural(target)
        if nature is not None and most < len(asked):
            return [step for step in self._outline.steps if self._nature(step).name == nature.name]
        return [step for step in self._outline.steps if most and 2 * most >= len(asked) and shared[step.id] == most]

    def _must_name(self, words: list[str]) -> list[Step]:
        """The steps that a list of targets means: 'the dog and the bell'."""
        named: list[Step] = []
        for target in _split(words):
            if not (steps := self._named(target)):
                raise PromptNotMatched(
                    f"The plan has no {target_of(target)!r}; it has: {self._listed()}.", field="prompt"
                )
            named += steps
        return named

    def _nature(self, step: Step) -> rules.Nature:
        return rules.nature_of(step.text, step.count > 1 or "count" in step.params, self._natural)

    def _end(self, step: Step) -> float:
        nature = self._nature(step)
        interval = step.interval_seconds or nature.interval_seconds
        return step.start_seconds + (step.count - 1) * interval + (step.length_seconds or nature.length_seconds)

    def _listed(self) -> str:
        return ", ".join(repr(step.text) for step in self._outline.steps)


def _split(words: list[str]) -> list[list[str]]:
    """Targets between 'and' and commas."""
    found: list[list[str]] = [[]]
    for word in words:
        if word in ("and", ","):
            found.append([])
        else:
            found[-1].append(word)
    return [target for target in found if target] or [[]]


def _with_steps(outline: Outline, steps: list[Step]) -> Outline:
    return outline.model_copy(update={"steps": tuple(steps)})
