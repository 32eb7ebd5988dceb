"""A region on the timeline: which slice of which sound file, at what place, played how fast.

Plain data; it opens no file. ``engine.stems.original`` does.
"""

from __future__ import annotations

from pydantic import Field

from engine.model import Model


class Region(Model):
    """A slice of a sound file. Source seconds = offset + play rate x timeline seconds from where the region begins."""

    path: str = Field(min_length=1, max_length=4_096, description="Sound file, read in place and never written.")
    offset_seconds: float = Field(0.0, ge=0, le=864_000, description="Where the slice begins in the file.")
    length_seconds: float | None = Field(
        None, gt=0, le=864_000, description="Length on the timeline; None: to the end of the file."
    )
    play_rate: float = Field(1.0, ge=0.01, le=100, description="2 plays it twice as fast.")
    channels: tuple[int, ...] = Field((), max_length=8, description="Which channels, from 1; empty: all of them.")
    mixed: bool = Field(False, description="Down to one channel.")
