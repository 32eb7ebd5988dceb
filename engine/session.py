"""What the DAW tells once: rates, timecode, project and media folder.

A session is plain data. It knows nothing of jobs; a plan carries the session it was made for.
"""

from __future__ import annotations

from typing import Self

from pydantic import Field, field_validator, model_validator

from engine.errors import BadArgument
from engine.model import Model
from engine.timebase import FrameRate


class Session(Model):
    """The timeline that stems are made for."""

    sample_rate: int = Field(48_000, ge=8_000, le=192_000, description="Samples per second of the project.")
    frame_rate: str = Field(
        "25", max_length=32, description='Frames per second: "25", "24000/1001", "23.976", "29.97df".'
    )
    start_timecode: str = Field(
        "00:00:00:00", max_length=16, description="Timecode at position 0 of the project's timeline."
    )
    project: str = Field("", max_length=120, description="Project name, written into file names and metadata.")
    scene: str = Field("", max_length=120, description="Scene name, written into iXML.")

    @field_validator("frame_rate")
    @classmethod
    def _rate_is_readable(cls, text: str) -> str:
        return str(FrameRate.parse(text))

    @model_validator(mode="after")
    def _start_exists(self) -> Self:
        try:
            _ = self.start_samples
        except BadArgument as error:
            raise BadArgument(error.sentence, field="start_timecode") from None
        return self

    @property
    def frames(self) -> FrameRate:
        """The frame rate, exact."""
        return FrameRate.parse(self.frame_rate)

    @property
    def start_samples(self) -> int:
        """Samples since midnight at position 0 of the timeline."""
        return self.frames.timecode_to_samples(self.start_timecode, self.sample_rate)
