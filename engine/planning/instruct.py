"""Words to actions: "remove the hum and make it a bit slower" to ``dehum; speed factor=0.9091``.

Actions by name are taken as they are; words are read by a language model where one is configured, and by rules
otherwise and where it fails.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import Literal

from pydantic import Field, field_validator

from engine.action import ACTIONS, MAX_ACTIONS, Action
from engine.config import Settings
from engine.errors import DependencyMissing, PlannerFailed
from engine.model import Model
from engine.planning.action_text import are_actions, parse_actions
from engine.planning.asking import language_model
from engine.planning.instruct_rules import Treatments, actions_by_rules, no_treatments


@dataclass(frozen=True, slots=True, kw_only=True)
class Instructed:
    """What was understood.

    Parameters
    ----------
    planner
        Name of what understood it: ``named``, ``rules/1`` or the language model.
    """

    actions: tuple[Action, ...]
    planner: str
    warnings: tuple[str, ...] = ()


class Answer(Model):
    """What a language model is asked for."""

    actions: tuple[str, ...] = Field(min_length=1, max_length=MAX_ACTIONS)

    @field_validator("actions")
    @classmethod
    def _are_right(cls, actions: tuple[str, ...]) -> tuple[str, ...]:
        parse_actions("; ".join(actions))
        return actions


def instructed(
    text: str,
    settings: Settings,
    *,
    planner: Literal["auto", "rules", "llm"],
    length_seconds: float,
    selected: bool,
    treatments: Treatments = no_treatments,
) -> Instructed:
    """The actions that a text asks for.

    Parameters
    ----------
    length_seconds
        Of what is edited.
    selected
        Whether it is a selection within a region, whose length then stays.
    treatments
        Finds what the words name of them.

    Raises
    ------
    BadArgument, PromptNotMatched
        With what is wrong with an action, or what in the words is not understood.
    """
    if are_actions(text):
        return Instructed(actions=parse_actions(text), planner="named")
    warnings: tuple[str, ...] = ()
    if planner == "llm" or (planner == "auto" and settings.llm_model):
        try:
            return Instructed(
                actions=_by_model(text, settings, length_seconds, selected), planner=f"llm/{settings.llm_model}"
            )
        except (PlannerFailed, DependencyMissing) as error:
            warnings = (f"Planned by rules, for the language model failed: {error.sentence}",)
    actions = actions_by_rules(text, length_seconds=length_seconds, selected=selected, treatments=treatments)
    return Instructed(actions=actions, planner="rules/1", warnings=warnings)


def _by_model(text: str, settings: Settings, length_seconds: float, selected: bool) -> tuple[Action, ...]:
    prompt = files("engine.llm").joinpath("prompts", "edit.txt").read_text(encoding="utf-8")
    what = "a selection inside a longer sound" if selected else "a whole sound"
    system = (
        prompt.replace("{actions}", described()).replace("{what}", what).replace("{seconds}", f"{length_seconds:g}")
    )
    answer = language_model(settings).ask(Answer, system, text)
    return parse_actions("; ".join(answer.actions))


def described() -> str:
    """Every action with its parameters, a line each."""
    lines = []
    for name, kind in ACTIONS.items():
        keys = [f"{key}: {field.description}" for key, field in kind.model_fields.items()]
        lines.append(" ".join([f"- {name}:", (kind.__doc__ or "").partition("\n")[0], *keys]))
    return "\n".join(lines)
