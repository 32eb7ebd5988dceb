"""A language model plans: it reads both descriptions, the measures and what was tried, and names actions.

What it names is checked against the catalogue, and asked for again with what is wrong; the length of the sound stays
whatever it plans.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from pydantic import Field, model_validator
from pydantic.fields import FieldInfo

from engine import action as do
from engine.action import Action
from engine.alignment.base import Brief, Proposal
from engine.alignment.models.facts import facts
from engine.alignment.models.senses import ask, prompt_of
from engine.errors import BadArgument
from engine.llm.client import Asker
from engine.model import Model
from engine.planning.action_text import parse_actions
from engine.trace import Cycle, Score

ALLOWED: tuple[type[Action], ...] = (
    *(do.FillGaps, do.Declick, do.RemoveDc, do.Dehum),
    *(do.Denoise, do.SpectralSubtraction, do.Wiener, do.Wavelet, do.SpectralGate),
    *(do.Shift, do.Speed, do.Warp, do.Pitch, do.Volume, do.Limit),
)
"""The eight of AVAgent, noise filters one by one, and what puts a sound in time or mends it without new sounds."""
_MOST_ACTIONS = 12
_SAME_SECONDS = 1e-4
_BOUNDS = {"gt": "above", "ge": "from", "lt": "below", "le": "to"}


class PlanAnswer(Model):
    """What the model is asked for."""

    actions: tuple[str, ...] = Field(max_length=_MOST_ACTIONS)
    reason: str = Field("", max_length=4_000)

    @model_validator(mode="after")
    def _can_be_done(self) -> PlanAnswer:
        for action in self.parsed():
            if not isinstance(action, ALLOWED):
                names = ", ".join(kind.name for kind in ALLOWED)
                raise BadArgument(f"{action.name} may not be used here; these may: {names}.", field="actions")
        return self

    def parsed(self) -> tuple[Action, ...]:
        """Its actions."""
        return parse_actions("; ".join(self.actions)) if any(text.strip() for text in self.actions) else ()


class ModelPlanner:
    """Plans with a language model.

    Parameters
    ----------
    asker
        Who is asked.
    """

    def __init__(self, asker: Asker) -> None:
        self._asker = asker
        self._name = f"llm/{asker.name}"

    def plan(self, brief: Brief) -> Proposal:
        """See :meth:`engine.alignment.base.Planner.plan`."""
        seconds = brief.pair.heard.length_seconds
        system = prompt_of("align_plan").replace("{actions}", catalogue()).replace("{seconds}", f"{seconds:.3f}")
        answer = ask(self._asker, PlanAnswer, system, ["\n".join(_told(brief))])
        actions = _as_long(answer.parsed(), seconds)
        return Proposal(actions=actions, reason=answer.reason, planner=self._name)


def catalogue() -> str:
    """The actions, each with its parameters, bounds and defaults, a line each.

    >>> catalogue().splitlines()[-1]
    '- limit: Hold the true peak down. ceiling_dbtp (from -60, to 0, left out: -1): No peak is above.'
    """
    return "\n".join(" ".join(_entry(kind)) for kind in ALLOWED)


def _entry(kind: type[Action]) -> Iterator[str]:
    yield f"- {kind.name}: {(kind.__doc__ or '').partition(chr(10))[0]}"
    for key, field in kind.model_fields.items():
        yield f"{key}{_bounds(field)}: {field.description}"


def _bounds(field: FieldInfo) -> str:
    """A parameter's bounds and default, as its model has them."""
    limits = {bound: getattr(each, bound) for each in field.metadata for bound in _BOUNDS if hasattr(each, bound)}
    told = [f"{_BOUNDS[bound]} {limit:g}" for bound, limit in limits.items()]
    if not field.is_required() and field.default not in (None, ()):
        told.append(f"left out: {field.default:g}")
    return f" ({', '.join(told)})" if told else ""


def _as_long(actions: tuple[Action, ...], seconds: float) -> tuple[Action, ...]:
    """The same, and as long at its end as at its beginning."""
    length = seconds
    for action in actions:
        length = action.length_after(length)
    if abs(length - seconds) < _SAME_SECONDS:
        return actions
    return (*actions, do.Shift(seconds=0.0, length_seconds=seconds))


def _told(brief: Brief) -> Iterator[str]:
    yield f"Heard: {brief.description.heard}"
    yield f"Seen: {brief.description.seen}"
    yield f"Measured: {facts(brief.pair)}"
    yield f"The original scored: {json.dumps(_scores(brief.original))}"
    for cycle in brief.history:
        yield f"Tried {cycle.number}: {json.dumps(_tried(cycle))}"


def _tried(cycle: Cycle) -> dict[str, object]:
    outcome = _scores(cycle.score) if cycle.score else {"problem": cycle.problem}
    return {"actions": cycle.actions, **outcome}


def _scores(score: Score) -> dict[str, object]:
    told: dict[str, object] = {
        "alignment": round(score.alignment, 3),
        "synchronisation": round(score.synchronisation, 3),
        "rationale": score.rationale,
    }
    if score.fit:
        told["left"] = {"delay_seconds": round(score.fit.delay_seconds, 4), "rate": round(score.fit.rate, 5)}
    return told
