"""What the tests of cue sheets share: a session, a file read, and the times of what was found."""

from __future__ import annotations

from pathlib import Path

from engine.planning.cuesheet import Sheet, read_sheet
from engine.session import Session
from engine.timebase import FrameRate

FILM = Session(frame_rate="25")
NTSC = Session(frame_rate="29.97df", start_timecode="01:00:00;00")


def read(
    folder: Path,
    content: str | bytes,
    *,
    session: Session = FILM,
    position_samples: int = 0,
    frame_rate: str = "",
    encoding: str = "utf-8",
) -> Sheet:
    """The sheet of a file with this content; its name never tells the format."""
    path = folder / "sheet.dat"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    rate = FrameRate.parse(frame_rate) if frame_rate else None
    return read_sheet(path, session=session, position_samples=position_samples, frame_rate=rate)


def starts(sheet: Sheet) -> list[int]:
    return [cue.start_samples for cue in sheet.cues]


def labels(sheet: Sheet) -> list[str]:
    return [cue.label for cue in sheet.cues]


def bad(sheet: Sheet) -> dict[int, str]:
    return {row.row: row.reason for row in sheet.bad_rows}
