"""Markers written in a line: ``1.25; 2.5 door slam; 01:00:04:12 glass breaks``.

A time and, after it, words; markers stand apart by semicolons or lines. Seconds and clock times count from where the
request begins; a timecode is the session's.
"""

from __future__ import annotations

import re

from engine.errors import CueSheetUnreadable
from engine.planning.cuesheet.cues import sheet_of
from engine.planning.cuesheet.read import no_cue
from engine.planning.cuesheet.sheet import MAX_ROWS, Entry, Found, Sheet
from engine.planning.cuesheet.times import recognise
from engine.session import Session

_SEPARATOR = re.compile(r"[;\n\r]+")
_BEFORE_FRAMES = re.compile(r"(?<![0-9:])([0-9]{1,2}:[0-9]{2}:[0-9]{2});(?=[0-9]{2}(?![0-9.,:]))")
_DROP = "\0"  # stands for the semicolon that belongs to a timecode


def read_markers(text: str, *, session: Session, position_samples: int) -> Sheet:
    """Read markers; their rows are counted from 1.

    Parameters
    ----------
    text
        The markers.
    session
        The timeline, whose frame rate their timecode has.
    position_samples
        Where on it the request begins.

    Raises
    ------
    CueSheetUnreadable
        When not one of them is a cue.
    BadArgument
        When the session's start timecode does not exist at its frame rate.
    """
    kept = _BEFORE_FRAMES.sub(rf"\1{_DROP}", text.replace(_DROP, " ").replace("\N{FULLWIDTH SEMICOLON}", ";"))
    items = [item.strip().replace(_DROP, ";") for item in _SEPARATOR.split(kept)]
    entries = [entry for item in items if item for entry in _entries(item)][: MAX_ROWS + 1]
    numbered = [Entry(row=i + 1, text=entry.text, values=entry.values) for i, entry in enumerate(entries)]
    found = Found(
        entries=numbered[:MAX_ROWS],
        number_unit="seconds",
        counted_from="request",
        cut_at_row=MAX_ROWS + 1 if len(numbered) > MAX_ROWS else None,
    )
    sheet = sheet_of(found, session=session, position_samples=position_samples, frame_rate=None, origin="marker")
    if not sheet.cues:
        raise CueSheetUnreadable(no_cue("the markers", sheet), field="markers")
    return sheet


def _entries(item: str) -> list[Entry]:
    """One marker, or several that are bare times with commas between: ``1.25, 2.5, 4``."""
    times = re.split(r",?\s+", item)
    if len(times) > 1 and all(recognise(time) for time in times):
        return [Entry(row=1, text=time, values={"start": time}) for time in times]
    time, _, label = item.partition(" ")
    if (two := " ".join(item.split()[:2])) and (written := recognise(two)) and written.form == "measured":
        time, label = two, item.partition(two)[2] if two in item else ""  # "350 ms door"
    return [Entry(row=1, text=item, values={"start": time.rstrip(",:"), "label": label.strip(" ,:-–")})]
