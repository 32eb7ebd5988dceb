"""Pro Tools' "Session Info as Text": clips on tracks, and markers, both as cues.

The file's own sample rate, start and timecode format are those of its times. A section ends with a blank line; columns
stand apart by tabs and are padded by spaces, and which there are depends on the version and on what was ticked: the
line of headings decides. Source: Pro Tools Reference Guide, "Exporting Session Information as Text".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.errors import BadArgument
from engine.planning.cuesheet.sheet import MAX_ROWS, Column, Entry, Found, Role
from engine.planning.cuesheet.times import recognise
from engine.timebase import FrameRate

_LONGEST_TITLE = 80
_KEYS = ("SESSION NAME:", "SAMPLE RATE:", "SESSION START TIMECODE:", "TIMECODE FORMAT:")
_SECTION = re.compile(r"(?:[A-Z#-] ){3,}[A-Z ]*[A-Z]$")
_CLIP_COLUMNS: Mapping[str, Role] = {
    "CLIP NAME": "label",
    "REGION NAME": "label",
    "START TIME": "start",
    "END TIME": "end",
    "DURATION": "length",
}
_MARKER_COLUMNS: Mapping[str, Role] = {
    "#": "id",
    "LOCATION": "start",
    "TIME REFERENCE": "samples",
    "NAME": "label",
    "TRACK NAME": "track",
    "COMMENTS": "note",
}
_EDITS = re.compile(r"(?:-[0-9]{2,3}|\.(?:L|R|cm|grp|dup[0-9]*))+$")  # what Pro Tools adds to a name when it cuts
_FADES = ("(fade in)", "(fade out)", "(cross fade)", "(fade)")
_FORMAT = re.compile(r"([0-9.]+)\s*(?:fps)?\s*(non-?drop|drop)?", re.IGNORECASE)


def recognises(lines: Sequence[str]) -> bool:
    """Whether it begins as an export does, or has its sections."""
    return any(line.startswith(_KEYS) or _is_section(line) for line in lines[:20])


def _is_section(line: str) -> bool:
    return len(line) < _LONGEST_TITLE and bool(_SECTION.match(line.strip()))


@dataclass(kw_only=True)
class _Reader:
    """Where in the file we are, and what was found."""

    head: dict[str, str] = field(default_factory=dict)
    columns: list[str] | None = None
    track: str = ""
    entries: list[Entry] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def line(self, row: int, line: str) -> None:
        """Take one line."""
        cells = [cell.strip() for cell in line.split("\t")]
        if not line.strip() or _is_section(line):
            self.columns = None
        elif line.startswith("TRACK NAME:"):
            self.track, self.columns = " ".join(cells[1:]).strip(), None
        elif self.columns is None:
            upper = [cell.upper() for cell in cells]
            if ("START TIME" in upper and "DURATION" in upper) or ("LOCATION" in upper and "TIME REFERENCE" in upper):
                self.columns = upper
            elif not self.entries and line.startswith(_KEYS):
                self.head.setdefault(cells[0], cells[1] if len(cells) > 1 else "")
        elif "LOCATION" in self.columns:
            self._marker(row, line, dict(zip(self.columns, cells, strict=False)))
        else:
            self._clip(row, line, dict(zip(self.columns, cells, strict=False)))

    def _clip(self, row: int, line: str, cells: Mapping[str, str]) -> None:
        values: dict[Role, str] = {role: cells[name] for name, role in _CLIP_COLUMNS.items() if cells.get(name)}
        if cells.get("CHANNEL", "1") not in ("1", ""):
            self._count("Second channels repeat the first")
        elif values.get("label", "").lower() in _FADES:
            self._count("Fades are no cues")
        elif cells.get("STATE", "").lower() == "muted":
            self._count("Muted clips are not heard")
        else:
            values["label"] = _EDITS.sub("", values.get("label", ""))
            values["track"] = re.sub(r" \((?:mono|stereo|[0-9.]+|quad|lcr\w*)\)$", "", self.track, flags=re.IGNORECASE)
            self.entries.append(Entry(row=row, text=line, values=values))

    def _marker(self, row: int, line: str, cells: Mapping[str, str]) -> None:
        values: dict[Role, str] = {role: cells[name] for name, role in _MARKER_COLUMNS.items() if cells.get(name)}
        if cells.get("TRACK TYPE", "").lower() == "ruler":
            values.pop("track", None)  # the name of a ruler is no track's
        counts_samples = cells.get("UNITS", "samples").lower() == "samples"
        if not counts_samples:
            values.pop("samples", None)
        elif not recognise(values.get("start", "")) and "samples" in values:
            values.pop("start", None)  # a location in bars and beats; the samples say where
        self.entries.append(Entry(row=row, text=line, values=values))

    def _count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1


def read(lines: Sequence[str]) -> Found:
    """Clips and markers of the export."""
    reader = _Reader()
    cut = None
    for row, line in enumerate(lines, 1):
        if len(reader.entries) >= MAX_ROWS:
            cut = row
            break
        reader.line(row, line)
    warnings = [f"{what}: {number:,} left out." for what, number in reader.counts.items()]
    rate, said = _rate(reader.head.get("TIMECODE FORMAT:", ""))
    sample_rate = re.match(r"[0-9]{4,6}", reader.head.get("SAMPLE RATE:", ""))
    start = recognise(reader.head.get("SESSION START TIMECODE:", ""))
    return Found(
        entries=reader.entries,
        columns=_columns(reader),
        warnings=(*warnings, *said),
        number_unit="samples",
        own_rate=rate,
        own_sample_rate_hz=int(sample_rate[0]) if sample_rate and int(sample_rate[0]) else None,
        own_start_timecode=start.text if start and start.form == "timecode" else "",
        counted_from="timeline",
        cut_at_row=cut,
    )


def _columns(reader: _Reader) -> tuple[Column, ...]:
    """The columns that were used; a clip's and a marker's are two tables of one file."""
    roles: dict[Role, str] = {}
    for names in (_CLIP_COLUMNS, _MARKER_COLUMNS):
        roles |= {role: name for name, role in names.items() if any(role in e.values for e in reader.entries)}
    return tuple(Column(number=i + 1, header=name, role=role) for i, (role, name) in enumerate(roles.items()))


def _rate(text: str) -> tuple[FrameRate | None, list[str]]:
    """``29.97 Drop Frame`` as a rate; Pro Tools calls the rate 23.976 by that name, or 23.98."""
    if not text:
        return None, []
    match = _FORMAT.match(text.strip())
    try:
        return FrameRate.parse(f"{match[1]}{'df' if (match[2] or '').lower() == 'drop' else ''}" if match else ""), []
    except BadArgument:
        return None, [f"The file's timecode format, {text[:40]!r}, is not one that is known: the session's is used."]
