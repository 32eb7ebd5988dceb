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

    @property
    def moments(self) -> tuple[Cue, ...]:
        """The cues that a sound may be wanted on: all but the cuts."""
        return tuple(cue for cue in self.cues if cue.kind != "cut")

    def with_even_cues(self, number: int) -> Scene:
        """So many cues spread evenly, each in the middle of its share of the length."""
        length = self.length_samples or 0
        even = (
            Cue(id=f"even{i + 1}", start_samples=(2 * i + 1) * length // (2 * number), kind="mark", origin="marker")
            for i in range(number)
        )
        return self.model_copy(update={"cues": (*self.cues, *even)})

    def with_cuts(self) -> Scene:
        """With a cue on every cut, where nobody gave any."""
        if any(cue.kind == "cut" for cue in self.cues):
            return self
        cuts = (
            Cue(id=f"shot{i}", start_samples=start, kind="cut", shot=i)
            for i, start in enumerate(self.shots_samples, start=1)
            if i > 1
        )
        return self.model_copy(update={"cues": (*self.cues, *cuts)[:MAX_CUES]})

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
