"""Who plans: rules, or a language model with the rules behind it."""

from __future__ import annotations

from typing import Protocol

from engine.backends.registry import Backends
from engine.config import Settings
from engine.errors import PlannerFailed
from engine.plan import Outline, Plan, Step
from engine.planning import revise, rules
from engine.planning.presets import Presets
from engine.planning.routing import decide
from engine.planning.rules import Nature
from engine.planning.sounds import Sounds
from engine.request import Job


class Planner(Protocol):
    """Words to an outline."""

    name: str

    def outline(self, prompt: str, duration_seconds: float | None, previous: Outline | None) -> Outline:
        """Plan a prompt; with a previous outline, change that one and keep the ids of what stays.

        Raises
        ------
        PlannerFailed, RequestError
            With the reason.
        """
        ...


class RulesPlanner:
    """The offline planner; asks ``sounds`` how long things last."""

    name = rules.NAME

    def __init__(self, sounds: Sounds) -> None:
        self._sounds = sounds

    def outline(self, prompt: str, duration_seconds: float | None, previous: Outline | None) -> Outline:
        """See :class:`Planner`."""
        if previous is not None:
            return revise.revised(previous, prompt, duration_seconds, self._nature)
        return rules.outline(prompt, duration_seconds, self._nature)

    def _nature(self, text: str) -> Nature | None:
        found = self._sounds.known(text)
        if found is None:
            return None
        return Nature(
            length_seconds=found.length_seconds,
            interval_seconds=found.match.interval_seconds,
            sustained=found.match.sustained,
        )


def make_plan(job: Job, settings: Settings, backends: Backends, presets: Presets, previous: Plan | None) -> Plan:
    """From a job's words to a plan in which nothing is open.

    Raises
    ------
    RequestError
        When the words, a name or the position are wrong.
    """
    request = job.request
    sounds = Sounds(backends, presets, backend=request.backend)
    if request.backend:
        backends.get(request.backend)
    if request.preset and not previous:
        preset = presets.get(request.preset)
        step = Step(id="s1", text=request.prompt or preset.prompt, start_seconds=0.0, preset=preset.name)
        if request.duration and (found := sounds.find(step.text, preset.name)) and _sustained(found):
            step = step.model_copy(update={"length_seconds": request.duration})
        outline = Outline(steps=(step,), length_seconds=request.duration, planner="preset")
    else:
        outline = _outline(job, settings, RulesPlanner(sounds), previous.outline if previous else None)
    return decide(outline, job, sounds)


def _sustained(found: object) -> bool:
    match = getattr(found, "match", None)
    return bool(match and match.sustained)


def _outline(job: Job, settings: Settings, offline: RulesPlanner, previous: Outline | None) -> Outline:
    request = job.request
    wants_llm = request.planner == "llm" or (request.planner == "auto" and settings.llm_model)
    if not wants_llm:
        return offline.outline(request.prompt, request.duration, previous)
    from engine.planning.llm_planner import LlmPlanner

    try:
        return LlmPlanner(settings).outline(request.prompt, request.duration, previous)
    except PlannerFailed as error:
        planned = offline.outline(request.prompt, request.duration, previous)
        warning = f"Planned by rules, for the language model failed: {error.sentence}"
        return planned.model_copy(update={"warnings": (*planned.warnings, warning)})
