"""A model judges: one version beside the stills, in the same words for every version.

It is told no name, no number, nothing of what was done, and not whether it is the original. A model that does not hear
is told in words what another hears in that version. What was measured in it goes with it: no model tells 20 ms.
"""

from __future__ import annotations

import json

from pydantic import ConfigDict, Field

from engine.alignment.base import Pair
from engine.alignment.hearing import hear
from engine.alignment.matching import fit_of
from engine.alignment.measured import believed
from engine.alignment.models.describe import listened
from engine.alignment.models.facts import heard_facts, seen_facts
from engine.alignment.models.senses import Stills, ask, played, prompt_of
from engine.handle import Handle
from engine.llm.client import Asker
from engine.llm.message import Part
from engine.model import Model
from engine.source import Source
from engine.trace import Score

_OF = 10.0


class JudgeAnswer(Model):
    """What the model is asked for; keys that nobody asked for are let be."""

    model_config = ConfigDict(extra="ignore")

    alignment: float = Field(ge=0, le=_OF, strict=True)
    synchronisation: float = Field(ge=0, le=_OF, strict=True)
    rationale: str = Field("", max_length=4_000)


class ModelJudge:
    """Scores by asking a model.

    Parameters
    ----------
    eyes
        Who judges.
    ears
        Who tells it what is heard; None: it hears itself, or has the measures alone.
    stills
        What is looked at.
    """

    def __init__(self, eyes: Asker, ears: Asker | None, stills: Stills) -> None:
        self.name = eyes.name
        self._eyes, self._ears, self._stills = eyes, ears, stills

    def judge(self, version: Source, pair: Pair, handle: Handle) -> Score:
        """See :meth:`engine.alignment.base.Judge.judge`."""
        heard = hear(version, handle)
        measured = {"sound": heard_facts(heard), "film": seen_facts(pair.seen)}
        parts: list[Part] = ["The film:", *self._stills.of(pair.picture, handle), "The sound:"]
        if self._ears:
            parts.append(listened(self._ears, version))
        elif self._eyes.hears:
            parts += played(version)
        parts.append(f"Measured: {json.dumps(measured)}")
        answer = ask(self._eyes, JudgeAnswer, prompt_of("align_judge"), parts)
        return Score(
            alignment=answer.alignment / _OF,
            synchronisation=answer.synchronisation / _OF,
            rationale=answer.rationale,
            by=self.name,
            fit=believed(fit_of(heard.onsets, pair.seen.moments, pair.seen.length_seconds)),
        )
