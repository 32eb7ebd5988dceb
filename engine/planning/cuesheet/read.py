"""A cue sheet file to cues: finds the format by what is in the file, never by its name, and reads it.

It knows which formats there are and how large a file may be; each format has its own module.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from engine.errors import CueSheetUnreadable, FileUnreadable
from engine.planning.cuesheet import edl, own_json, protools, reaper, xlsx
from engine.planning.cuesheet.cues import sheet_of
from engine.planning.cuesheet.delimited import read_delimited
from engine.planning.cuesheet.sheet import Found, Sheet
from engine.planning.cuesheet.textlines import MAX_LINES, decoded, lines_of
from engine.session import Session
from engine.timebase import FrameRate

MAX_BYTES = 50 * 2**20
_FIELD = "cue_sheet"
_REASONS_NAMED = 3
_TEXT_FORMATS: tuple[tuple[Callable[[Sequence[str]], bool], Callable[[Sequence[str]], Found]], ...] = (
    (protools.recognises, protools.read),
    (edl.recognises, edl.read),
    (reaper.recognises, reaper.read),
)
_NOT_SHEETS = {
    b"\xd0\xcf\x11\xe0": "an old Excel file: save it as XLSX or CSV",
    b"%PDF": "a PDF: export the sheet as XLSX or CSV",
    b"RIFF": "a media file, not a cue sheet",
    b"{\\rtf": "a word processor's file: save it as plain text or CSV",
}


def read_sheet(path: Path, *, session: Session, position_samples: int, frame_rate: FrameRate | None = None) -> Sheet:
    """Read a cue sheet.

    Parameters
    ----------
    path
        CSV, TSV, XLSX, Pro Tools session text, CMX3600 EDL, REAPER's marker list or project, or our own JSON.
    session
        The timeline that the cues are for.
    position_samples
        Where on it the request begins; cues count from there, and a row before it is a bad row.
    frame_rate
        Of the sheet's timecode; None: as the file says, else the session's.

    Raises
    ------
    FileUnreadable
        When the file is missing or cannot be opened.
    CueSheetUnreadable
        When it is too large, of another kind, or not one row of it is a cue.
    BadArgument
        When the session's start timecode does not exist at its frame rate.
    """
    data = _bytes_of(path)
    found = _found_in(data, path.name)
    sheet = sheet_of(found, session=session, position_samples=position_samples, frame_rate=frame_rate, origin="sheet")
    if not sheet.cues:
        raise CueSheetUnreadable(no_cue(f"the cue sheet {path.name}", sheet), field=_FIELD)
    return sheet


def _bytes_of(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise FileUnreadable(f"There is no cue sheet at {path}.", field=_FIELD)
        if (size := path.stat().st_size) > MAX_BYTES:
            raise CueSheetUnreadable(
                f"The cue sheet {path.name} has {size / 2**20:.0f} MB; at most {MAX_BYTES >> 20} are read.",
                field=_FIELD,
            )
        with path.open("rb") as file:
            return file.read(size)
    except (OSError, ValueError) as error:
        raise FileUnreadable(f"The cue sheet {path.name} cannot be read: {error}.", field=_FIELD) from None


def _found_in(data: bytes, name: str) -> Found:
    for start, kind in _NOT_SHEETS.items():
        if data.startswith(start):
            raise CueSheetUnreadable(f"{name} is {kind}.", field=_FIELD)
    if xlsx.is_xlsx(data):
        return xlsx.read_xlsx(data)
    text = decoded(data)
    if own_json.recognises(text):
        return own_json.read(text)
    lines = lines_of(text)
    read = next((read for recognises, read in _TEXT_FORMATS if recognises(lines)), read_delimited)
    found = read(lines[:MAX_LINES])
    return replace(found, cut_at_row=MAX_LINES + 1) if len(lines) > MAX_LINES and not found.cut_at_row else found


def no_cue(what: str, sheet: Sheet) -> str:
    """The sentence for a sheet without a single cue."""
    if not sheet.bad_rows:
        return f"Nothing in {what} is a time: a row needs a start in timecode, clock time, seconds or samples."
    reasons = " ".join(f"Row {bad.row}: {bad.reason}" for bad in sheet.bad_rows[:_REASONS_NAMED])
    return f"Not one row of {what} is a cue. {reasons}"
