"""What a cue sheet says: its cues, its bad rows and how its columns were taken; and what a format's reader hands on.

Values only. It does not know any format, nor how a time is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from engine.cue import Cue
from engine.model import Model
from engine.timebase import FrameRate

MAX_ROWS = 16_384
"""Rows looked at, blank ones and comments apart: four times the cues that a request may have."""
MAX_TEXT = 80
"""Characters of a bad row that are shown."""

Role = Literal[
    "start",
    "end",
    "length",
    "label",
    "name",
    "note",
    "id",
    "cue",
    "track",
    "kind",
    "strength",
    "confidence",
    "x",
    "y",
    "size",
    "shot",
    "samples",
    "length_samples",
]
"""What a column can say. ``cue`` is a number or words: its content decides. ``samples`` makes a timecode exact."""
Unit = Literal["seconds", "milliseconds", "samples", "frames"]
"""What a bare number counts."""


class BadRow(Model):
    """A row that is not a cue, and why."""

    row: int = Field(ge=1, description="As the editor of the sheet counts it.")
    reason: str
    text: str = Field(max_length=MAX_TEXT, description="How the row begins.")


class Column(Model):
    """A column of the sheet and what it was taken for."""

    number: int = Field(ge=1, description="Counted from 1 at the left.")
    header: str = Field(description="As the sheet names it; empty when it has no header.")
    role: str = Field(description="What it was taken for; empty when it is not used.")


class Sheet(Model):
    """A cue sheet, read: the good rows, the bad ones, and what had to be decided."""

    cues: tuple[Cue, ...]
    bad_rows: tuple[BadRow, ...] = ()
    columns: tuple[Column, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of a table before its columns are known."""

    number: int
    cells: tuple[str, ...]

    @property
    def text(self) -> str:
        """What a person sees of it."""
        return ", ".join(cell for cell in self.cells if cell)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A row whose cells have roles; every value is still text."""

    row: int
    text: str
    values: Mapping[Role, str]
    problem: str = ""
    """Why it cannot be a cue, when its format's reader knows already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """All that a format's reader found in a file."""

    entries: Sequence[Entry]
    columns: tuple[Column, ...] = ()
    warnings: tuple[str, ...] = ()
    number_unit: Unit | None = None
    """What bare numbers count; None: their size decides."""
    own_rate: FrameRate | None = None
    """Frame rate that the file itself names."""
    own_drop_frame: bool | None = None
    """Whether the file says that its timecode drops numbers."""
    own_sample_rate_hz: int | None = None
    own_start_timecode: str = ""
    """Timecode at which the file's own timeline begins."""
    counted_from: Literal["timeline", "request", "midnight"] | None = None
    """Where times that are not timecode count from; None: from the timeline's beginning or midnight, as they look."""
    moment_frames: int = 0
    """Length that stands for none, where a format knows no moments."""
    cut_at_row: int | None = None
    """First row that was not looked at, when there are too many."""


def shown(text: str) -> str:
    """The row's text on one printable line, cut to what a bad row shows."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * MAX_TEXT]).split())
    return line if len(line) <= MAX_TEXT else line[: MAX_TEXT - 1] + "…"
