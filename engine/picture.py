"""A picture on the timeline: which slice of which video file, played how fast; and stills of it.

Plain data; it opens no file. ``engine.video.reader`` does.
"""

from __future__ import annotations

from pydantic import Field

from engine.model import Model


class Picture(Model):
    """A slice of a video file. Timeline seconds = (source seconds - offset) / play rate."""

    path: str = Field(min_length=1, max_length=4_096, description="Video file, read in place.")
    offset_seconds: float = Field(
        0.0, ge=0, le=864_000, description="Where the slice begins, from the first frame that the file shows."
    )
    length_seconds: float | None = Field(
        None, gt=0, le=864_000, description="Length on the timeline; None: to the end of the picture."
    )
    play_rate: float = Field(1.0, ge=0.01, le=100, description="2 plays it twice as fast.")


class Still(Model):
    """One frame of a picture, small, for people to look at."""

    time_seconds: float = Field(ge=0, description="When it shows, on the timeline from where the slice begins.")
    jpeg: bytes = Field(min_length=1, description="The frame, upright, as a JPEG file.")
