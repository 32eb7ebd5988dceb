"""Who plans: rules, or a language model with the rules behind it."""

from __future__ import annotations

from typing import Protocol

from pydantic import ValidationError

from engine.backends.registry import Backends
from engine.config import Settings
from engine.errors import BadArgument, DependencyMissing, PlannerFailed, PromptEmpty
from engine.plan import MAX_STEPS, Outline, Plan
from engine.planning import revise, rules
from engine.planning.composing import Composer
from engine.planning.parts import told_by
from engine.planning.presets import Preset, Presets
from engine.planning.routing import decide
from engine.planning.rules import Nature
from engine.planning.scene import Scene
from engine.planning.sounds import Sounds
from engine.planning.watched import watched_plan
from engine.request import ComposeRequest, GenerateRequest, Job


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
                return rules.outline(prompt, duration_seconds, self.nature)
            # Changes are made on copies, which nothing checks: what could not be read again must not become a plan.
            changed = revise.revised(previous, prompt, duration_seconds, self.nature)
            if len(changed.steps) <= max(MAX_STEPS, len(previous.steps)):
                return Outline.model_validate(changed.model_dump())
        except ValidationError:
            pass
        raise BadArgument(
            f"The words ask for more than a plan holds: at most {MAX_STEPS} sounds within one hour, "
            "repeated every ten minutes or more often. Split them into several jobs.",
            field="prompt",
        )

    def nature(self, text: str) -> Nature | None:
        """What is known of the sound that some words name, or None; see :data:`engine.planning.rules.Natural`."""
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
    if preset and preset.is_treatment:
        if not any(c.isalnum() for c in request.prompt):
            raise PromptEmpty(f"{preset.name!r} is made of effects alone: say what should be heard.", field="prompt")
        preset = None
    sounds = Sounds(backends, presets, backend=request.backend, commercial=request.delivery_safe)
    planner = RulesPlanner(sounds)
    before = previous.outline if previous else None
    if (scene := _scene(job, previous, scene)) is None:
        outline = _read(request, settings, planner, before, preset, sounds, request.duration)
        return decide(outline, job, sounds, previous)
    if request.backend and (backend := backends.get(request.backend)).capabilities.watches:
        return watched_plan(job, scene, backend, sounds, previous)
    composer = Composer(job, scene, sounds, planner.nature, previous)
    prompt = request.prompt if any(c.isalnum() for c in request.prompt) else preset.prompt if preset else ""
    if not prompt:  # the cues have words of their own
        return composer.plan(before, {})
    told = told_by(prompt, planner.nature)
    paced = any(clause.said.interval_seconds for group in told.values() for clause in group)
    timed = scene.length_samples and (paced or _wants_llm(request, settings))
    seconds = scene.length_samples / job.session.sample_rate if scene.length_samples and timed else None
    return composer.plan(_read(request, settings, planner, before, preset, sounds, seconds), told)


def _scene(job: Job, previous: Plan | None, scene: Scene | None) -> Scene | None:
    """What to compose to; a follow-up that brings no cues keeps those there are."""
    kept = Scene.of(previous) if previous else None
    if scene is None:
        return kept or (Scene() if job.verb == "compose" else None)
    evenly = isinstance(job.request, ComposeRequest) and job.request.evenly
    if kept is not None and not scene.moments and not evenly:
        return scene.model_copy(update={"cues": kept.cues})
    return scene


def _read(
    request: GenerateRequest,
    settings: Settings,
    planner: RulesPlanner,
    before: Outline | None,
    preset: Preset | None,
    sounds: Sounds,
    seconds: float | None,
) -> Outline:
    """The words, and the preset under them, as an outline of so many seconds."""
    if preset is None:
        return _outline(request, settings, planner, before, request.prompt, seconds)
    try:
        outline = _outline(request, settings, planner, before, request.prompt or preset.prompt, seconds)
    except PromptEmpty:  # "three times, from the left" says more of the preset's own sound
        outline = _outline(request, settings, planner, before, f"{preset.prompt}, {request.prompt}", seconds)
    return _starting_from(preset, outline, sounds, before)


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
    request: GenerateRequest,
    settings: Settings,
    offline: RulesPlanner,
    previous: Outline | None,
    prompt: str,
    seconds: float | None,
) -> Outline:
    """By the language model where one is asked for or configured; by rules otherwise, and where it fails."""
    if not _wants_llm(request, settings) or (previous is not None and len(previous.steps) > MAX_STEPS):
        return offline.outline(prompt, seconds, previous)
    from engine.planning.llm_planner import LlmPlanner

    try:
        return LlmPlanner(settings).outline(prompt, seconds, previous)
    except (PlannerFailed, DependencyMissing) as error:
        planned = offline.outline(prompt, seconds, previous)
        warning = f"Planned by rules, for the language model failed: {error.sentence}"
        return planned.model_copy(update={"warnings": (*planned.warnings, warning)})


def _wants_llm(request: GenerateRequest, settings: Settings) -> bool:
    return request.planner == "llm" or (request.planner == "auto" and bool(settings.llm_model))
