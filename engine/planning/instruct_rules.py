"""Words to actions, by rules: what sound people say about a sound that is there.

The first rule that knows a clause, and explains each of its words and numbers, makes its actions. What no rule explains
is an error that names the words: nothing that was asked for is left out in silence.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence

from engine import action as do
from engine.action import ACTIONS, Action
from engine.errors import BadArgument, PromptEmpty, PromptNotMatched
from engine.planning.action_text import parse_actions
from engine.planning.instruct_beyond import near_what_is_beyond
from engine.planning.instruct_clauses import SECONDS, Clause, clauses_of, placed
from engine.planning.instruct_rule import PLAIN
from engine.planning.instruct_sound import LEVELS, REPAIRS, removing
from engine.planning.instruct_time import RULES as TIMES

_ONCE = (do.Denoise, do.Declick, do.Dehum, do.RemoveDc, do.FillGaps)
"""Clicks and pops are taken out together."""
_OTHERWISE = "say it otherwise, or name actions, like 'denoise; volume gain_db=3'"
_NOT = r"not\b|never\b|cannot\b|\w+n't\b|dont\b"
_AS_IF = r"as|if|though|coming|came|comes|heard|hear|hearing|playing|plays|played|put|place|in|were|was|treat"
"""Beside the name of a treatment."""
_BOTH_WAYS = (
    *(("louder", "quieter|softer"), ("faster", "slower"), ("higher", "lower|deeper")),
    *(("wider", "narrower|mono"), ("left", "right"), ("longer", "shorter")),
)


Treatments = Callable[[str], tuple[str, tuple[str, ...]]]
"""A text to what it says without the treatments that it names, and the names of these."""


def no_treatments(text: str) -> tuple[str, tuple[str, ...]]:
    """There are none."""
    return text, ()


def actions_by_rules(
    text: str, *, length_seconds: float, selected: bool, treatments: Treatments = no_treatments
) -> tuple[Action, ...]:
    """The actions that a text asks for, in its order.

    Raises
    ------
    PromptNotMatched
        Naming the clause that no rule explains, and what in it.
    BadArgument
        When two clauses contradict each other, or one asks for what cannot be.
    """
    found: list[Action] = []
    length = length_seconds
    clauses = clauses_of(text)
    if not clauses:
        raise PromptEmpty("There is nothing to do: say it in words, or name an action.", field="do")
    for words in clauses:
        clause = placed(Clause(text=words, length_seconds=length, selected=selected))
        made = [
            parse_actions(str(action))[0] for action in _made(clause, treatments)
        ]  # its numbers as they are written
        _see_that_it_has_its_place(clause, made)
        found += [action for action in made if action not in found or not isinstance(action, _ONCE)]
        for action in made:
            length = action.length_after(length)
    _see_no_contradiction(found)
    return tuple(found)


def _treated(clause: Clause, treatments: Treatments) -> list[Action]:
    """Treatments, where the clause says nothing else."""
    left, names = treatments(clause.words or clause.text)
    rest = re.sub(rf"\b(?:{_AS_IF}|{PLAIN})\b", " ", left)
    return [] if re.search(r"\w", rest) else [do.Treat(chain=name) for name in names]


def _made(clause: Clause, treatments: Treatments) -> list[Action]:
    if any(clause.has(rf"(?:{one})\b") and clause.has(rf"(?:{other})\b") for one, other in _BOTH_WAYS):
        near = near_what_is_beyond(clause.text)
        told = f"'{clause.said}' asks for it both ways: {near or 'say which one is meant'}."
        raise BadArgument(told, field="do")
    unexplained: list[str] = []
    if not clause.has(rf"more (?:noise|hiss|hum)|add\b(?!.*\d ?db)|{_NOT}"):
        try:
            for rule in (*REPAIRS, *TIMES, *LEVELS):
                if made := rule.make(clause):
                    if not (rest := rule.unexplained(clause)):
                        return made
                    unexplained = unexplained or [rest, "; ".join(map(str, made))]
            if made := removing(clause):
                return made
            if made := _treated(clause, treatments):
                return made
        except BadArgument as error:  # the request has no key of an action's
            field = error.field if error.field == "selection_length" else "do"
            raise BadArgument(f"'{clause.said}': {error.sentence}", field=field) from None
    if near := near_what_is_beyond(clause.text):
        raise PromptNotMatched(f"No action is known for '{clause.said}': {near}.", field="do")
    if unexplained:
        rest, otherwise = unexplained
        what = "say what is counted, like dB or seconds" if re.search(r"\d$", rest) else "say it otherwise"
        if re.search(rf"\d ?{SECONDS}$", rest):
            what = "say from where to where, like 'from 2 to 3 s'"
        raise PromptNotMatched(
            f"In '{clause.said}', '{rest}' is not understood: {what}. Without it, it would be '{otherwise}'.",
            field="do",
        )
    names = difflib.get_close_matches(clause.text.replace(" ", "_"), ACTIONS, n=1, cutoff=0.8)
    other = f"the nearest action is '{names[0]}'" if names else _OTHERWISE
    raise PromptNotMatched(f"No action is known for '{clause.said}': {other}.", field="do")


def _see_that_it_has_its_place(clause: Clause, made: Sequence[Action]) -> None:
    if clause.place is not None and not all(isinstance(action, do.Volume | do.Fade | do.Trim) for action in made):
        told = f"'{clause.said}' is about a part of the sound: select that part and send the other words for it."
        raise BadArgument(told, field="do")
    if clause.gradually and not all(isinstance(action, do.Volume | do.Fade | do.Speed) for action in made):
        raise BadArgument(f"'{clause.said}': only the volume changes gradually.", field="do")


def _see_no_contradiction(actions: Sequence[Action]) -> None:
    """Louder and softer, faster and slower, left and right: one of the two was not meant."""
    signs: dict[str, float] = {}
    for action in actions:
        match action:
            case do.Speed(factor=float(factor)):
                sign = factor - 1
            case do.Pitch():
                sign = action.semitones
            case do.Volume(gain_db=float(gain)):
                sign = gain
            case do.Width():
                sign = action.amount - 1
            case do.Pan():
                sign = action.position
            case _:
                continue
        if signs.setdefault(action.name, sign) * sign < 0:
            raise BadArgument(f"The words ask for {action.name} both ways: say which one is meant.", field="do")
