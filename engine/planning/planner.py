"""Who plans: rules, or a language model with the rules behind it."""

from __future__ import annotations

from typing import Protocol

from pydantic import ValidationError

from engine.backends.registry import Backends
from engine.config import Settings
from engine.errors import BadArgument, DependencyMissing, PlannerFailed, PromptEmpty
from engine.plan import MAX_STEPS, Outline, Plan
from engine.planning import revise, rules
from engine.planning.presets import Preset, Presets
from engine.planning.routing import decide
from engine.planning.rules import Nature
from engine.planning.scene import Scene
from engine.planning.sounds import Sounds
from engine.request import GenerateRequest, Job


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
        try:
            if previous is None:
                return rules.outline(prompt, duration_seconds, self._nature)
            # Changes are made on copies, which nothing checks: what could not be read again must not become a plan.
            changed = revise.revised(previous, prompt, duration_seconds, self._nature)
            return Outline.model_validate(changed.model_dump())
        except ValidationError:
            raise BadArgument(
                f"The words ask for more than a plan holds: at most {MAX_STEPS} sounds within one hour, "
                "repeated every ten minutes or more often. Split them into several jobs.",
                field="prompt",
            ) from None

    def _nature(self, text: str) -> Nature | None:
        number, _, words = text.partition(" ")
        counted = number.isascii() and number.isdigit() and len(number) <= 3 and words
        found = self._sounds.known(words, int(number)) if counted else self._sounds.known(text)
        if found is None:
            return None
        return Nature(
            name=found.name,
            length_seconds=found.length_seconds,
            interval_seconds=found.match.interval_seconds,
            sustained=found.fills,
        )


def make_plan(
    job: Job,
    settings: Settings,
    backends: Backends,
    presets: Presets,
    previous: Plan | None,
    scene: Scene | None = None,
) -> Plan:
    """From a job's words to a plan in which nothing is open.

    Parameters
    ----------
    previous
        The plan that the words change; None makes a new one.
    scene
        Cues, shots and length to compose to; None makes a plan of words alone, or keeps the scene of ``previous``.

    Raises
    ------
    RequestError
        When the words, a name or the position are wrong.
    """
    request = job.words
    if request.backend:
        backends.get(request.backend)
    preset = presets.get(request.preset) if request.preset else None
    sounds = Sounds(backends, presets, backend=request.backend, commercial=request.delivery_safe)
    before = previous.outline if previous else None
    planner = RulesPlanner(sounds)
    if preset is None:
        outline = _outline(request, settings, planner, before, request.prompt)
    else:
        try:
            outline = _outline(request, settings, planner, before, request.prompt or preset.prompt)
        except PromptEmpty:  # "three times, from the left" says more of the preset's own sound
            outline = _outline(request, settings, planner, before, f"{preset.prompt}, {request.prompt}")
        outline = _starting_from(preset, outline, sounds, before)
    return decide(outline, job, sounds, previous)


def _starting_from(preset: Preset, outline: Outline, sounds: Sounds, before: Outline | None) -> Outline:
    """The preset under the steps that name no other sound ("distant, three times"), else under the first new one."""
    old = {step.id for step in before.steps} if before else set()
    new = [step.id for step in outline.steps if step.id not in old] or [step.id for step in outline.steps]
    own = sounds.known(preset.prompt)
    plain = {
        step.id
        for step in outline.steps
        if step.id in new
        and ((found := sounds.known(step.text)) is None or (own and found.match.sources == own.match.sources))
    }
    chosen = plain or {new[0]}
    steps = [
        step.model_copy(update={"preset": preset.name}) if step.id in chosen and not step.preset else step
        for step in outline.steps
    ]
    return outline.model_copy(update={"steps": tuple(steps)})


def _outline(
    request: GenerateRequest, settings: Settings, offline: RulesPlanner, previous: Outline | None, prompt: str
) -> Outline:
    """By the language model where one is asked for or configured; by rules otherwise, and where it fails."""
    wants_llm = request.planner == "llm" or (request.planner == "auto" and bool(settings.llm_model))
    if not wants_llm:
        return offline.outline(prompt, request.duration, previous)
    from engine.planning.llm_planner import LlmPlanner

    try:
        return LlmPlanner(settings).outline(prompt, request.duration, previous)
    except (PlannerFailed, DependencyMissing) as error:
        planned = offline.outline(prompt, request.duration, previous)
        warning = f"Planned by rules, for the language model failed: {error.sentence}"
        return planned.model_copy(update={"warnings": (*planned.warnings, warning)})
