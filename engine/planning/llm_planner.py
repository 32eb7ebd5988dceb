"""A language model plans: it says what sounds when; levels, seeds and sounds are decided as for the rules."""

from __future__ import annotations

from importlib.resources import files

from pydantic import Field, model_validator

from engine.config import Settings
from engine.model import Model
from engine.plan import MAX_STEPS, Outline, Step
from engine.planning.asking import language_model


class Answer(Model):
    """What the model is asked for."""

    steps: tuple[Step, ...] = Field(min_length=1, max_length=MAX_STEPS)
    length_seconds: float | None = Field(None, gt=0, le=3_600)

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Answer:
        ids = [step.id for step in self.steps]
        if len(set(ids)) < len(ids):
            raise ValueError("two steps have the same id")
        return self


class LlmPlanner:
    """Plans with the model of the settings.

    Raises
    ------
    PlannerFailed
        When none is configured.
    """

    def __init__(self, settings: Settings) -> None:
        self._client = language_model(settings)
        self.name = f"llm/{settings.llm_model}"

    def outline(self, prompt: str, duration_seconds: float | None, previous: Outline | None) -> Outline:
        """See :class:`~engine.planning.planner.Planner`."""
        user = prompt
        if duration_seconds is not None:
            user += f"\n\nThe whole lasts {duration_seconds:g} seconds."
        if previous is not None:
            known = tuple(step.model_copy(update={"cues": ()}) for step in previous.steps)
            plan = Answer(steps=known, length_seconds=previous.length_seconds).model_dump_json()
            user = _text("revise").replace("{previous}", plan) + "\n" + user
        answer = self._client.ask(Answer, _text("plan"), user)
        kept = {step.id: step.preset for step in previous.steps} if previous else {}
        # Presets are the user's to name, and cues are cast later; a model would make up both.
        steps = tuple(step.model_copy(update={"preset": kept.get(step.id, ""), "cues": ()}) for step in answer.steps)
        return Outline(steps=steps, length_seconds=duration_seconds or answer.length_seconds, planner=self.name)


def _text(name: str) -> str:
    return files("engine.llm").joinpath("prompts", f"{name}.txt").read_text(encoding="utf-8")
