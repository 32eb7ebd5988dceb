"""What a picture, a sheet or a person says of the time to fill: the cues, the shots, the length.

Plain data between whoever found it and :mod:`engine.planning.composing`; it opens no file and places no sound.
"""

from __future__ import annotations

from pydantic import Field

from engine.cue import MAX_CUES, Cue
from engine.model import Model
from engine.picture import Picture
from engine.plan import Plan


class Scene(Model):
    """What sounds are put to."""

    cues: tuple[Cue, ...] = Field((), max_length=MAX_CUES, description="Found or given, in any order; ids are unique.")
    shots_samples: tuple[int, ...] = Field((0,), description="Where each shot begins, from the scene's start.")
    length_samples: int | None = Field(None, ge=1, description="Exactly how long it is; None follows from the sounds.")
    picture: Picture | None = Field(None, description="What is seen.")
    warnings: tuple[str, ...] = ()

    @classmethod
    def of(cls, plan: Plan) -> Scene | None:
        """The scene of a plan that was composed; None for one made from words alone."""
        if not plan.cues and plan.picture is None:
            return None
        return cls(
            cues=plan.cues,
            shots_samples=plan.shots or (0,),
            length_samples=plan.length_samples if plan.picture else None,
            picture=plan.picture,
        )
