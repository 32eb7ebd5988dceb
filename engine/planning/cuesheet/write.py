"""Cues to a sheet that people and other programs read: the way back of :mod:`read`.

Every format gives each cue that lies on a frame back on the same sample. CSV, TSV, XLSX, Pro Tools' text and JSON also
count samples, so they give back every cue; an EDL has frames alone, and takes the nearest. It writes no file.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal, get_args

from engine.cue import Cue
from engine.errors import BadArgument
from engine.session import Session
from engine.timebase import FrameRate, round_late

SheetFormat = Literal["csv", "tsv", "xlsx", "protools", "edl", "reaper", "json"]
_SUFFIXES: dict[str, SheetFormat] = {".txt": "protools"}
_HEADERS = (
    *("Cue number", "In", "Out", "Description", "Track", "Kind", "Strength", "Confidence"),
    *("X", "Y", "Size", "Shot", "Samples since midnight", "Length in samples"),
)
_EDL_NAME = 200


def write_sheet(
    cues: Sequence[Cue],
    path_or_format: Path | SheetFormat,
    *,
    session: Session,
    position_samples: int,
    frame_rate: FrameRate | None = None,
) -> bytes:
    """The bytes of a sheet; nothing is written.

    Parameters
    ----------
    cues
        What it holds, in their order.
    path_or_format
        The format, or a path whose suffix names it; ``.txt`` is Pro Tools' text.
    session
        The timeline that the cues lie on.
    position_samples
        Where on it they count from.
    frame_rate
        Of the timecode; None: the session's.

    Raises
    ------
    BadArgument
        When the suffix is no format's, or the session's start timecode does not exist at its frame rate.
    """
    name = path_or_format.suffix.lower() if isinstance(path_or_format, Path) else path_or_format
    form = _SUFFIXES.get(name) or name.removeprefix(".")
    if form not in _WRITERS:
        known = ", ".join(get_args(SheetFormat))
        raise BadArgument(f"{form!r} is not a format of cue sheets; there are {known}.", field="path")
    page = _Page(
        rate=frame_rate or session.frames,
        session=session,
        begin_samples=session.start_samples + position_samples,
    )
    return _WRITERS[form](cues, page)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """Where cues lie in the day, and how that is written."""

    rate: FrameRate
    session: Session
    begin_samples: int

    def start(self, cue: Cue) -> int:
        """Samples since midnight."""
        return self.begin_samples + cue.start_samples

    def end(self, cue: Cue) -> int:
        """Samples since midnight."""
        return self.start(cue) + cue.length_samples

    def frame(self, samples: int) -> int:
        """The frame that a sample lies in."""
        nearest = self.nearest_frame(samples)
        begins = self.rate.frames_to_samples(nearest, self.session.sample_rate)
        return nearest - 1 if begins > samples else nearest

    def nearest_frame(self, samples: int) -> int:
        """The frame that begins nearest to a sample."""
        return round_late(Fraction(samples, self.session.sample_rate) * self.rate.rate)

    def timecode(self, samples: int) -> str:
        """Timecode of the frame that a sample lies in."""
        return self.rate.frames_to_timecode(self.frame(samples))

    def on_frame(self, samples: int) -> bool:
        """Whether a frame begins at the sample."""
        return self.rate.frames_to_samples(self.frame(samples), self.session.sample_rate) == samples

    def clock(self, samples: int) -> str:
        """h:m:s since midnight, finely enough for every sample."""
        microseconds = round_late(Fraction(samples * 1_000_000, self.session.sample_rate))
        seconds, fraction = divmod(microseconds, 1_000_000)
        return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{fraction:06d}"


def _table(cues: Sequence[Cue], page: _Page) -> list[list[str]]:
    rows = [list(_HEADERS)]
    for cue in cues:
        out = page.timecode(page.end(cue)) if cue.length_samples else ""
        numbers = [f"{value:.6g}" for value in (cue.strength, cue.confidence, cue.x, cue.y)]
        size = "" if cue.size is None else f"{cue.size:.6g}"
        length = str(cue.length_samples) if cue.length_samples else ""
        rows.append(
            [
                *(cue.id, page.timecode(page.start(cue)), out, _line(cue.label), _line(cue.track), cue.kind),
                *(*numbers, size, str(cue.shot), str(page.start(cue)), length),
            ]
        )
    return rows


def _separated(rows: Sequence[Sequence[str]], delimiter: str) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode("utf-8-sig")  # without the mark, spreadsheets take it for their own old encoding


def _csv(cues: Sequence[Cue], page: _Page) -> bytes:
    return _separated(_table(cues, page), ",")


def _tsv(cues: Sequence[Cue], page: _Page) -> bytes:
    return _separated(_table(cues, page), "\t")


def _xlsx(cues: Sequence[Cue], page: _Page) -> bytes:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Cues")
    for row in _table(cues, page):
        cells = []
        for value in row:
            cell = WriteOnlyCell(sheet, value=value)
            cell.data_type = "s"  # text, also where it begins like a formula
            cells.append(cell)
        sheet.append(cells)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def _reaper(cues: Sequence[Cue], page: _Page) -> bytes:
    spans = [(page.start(cue), page.end(cue)) for cue in cues]
    on_frames = all(page.on_frame(sample) for span in spans for sample in span)
    written: Callable[[int], str] = page.timecode if on_frames else page.clock
    rows = [["#", "Name", "Start", "End", "Length"]]
    for number, (cue, (start, end)) in enumerate(zip(cues, spans, strict=True), 1):
        if cue.length_samples:
            length = page.timecode(cue.length_samples) if on_frames and not page.rate.drop_frame else ""
            rows.append([f"R{number}", _line(cue.label), written(start), written(end), length])
        else:
            rows.append([f"M{number}", _line(cue.label), written(start), "", ""])
    return _separated(rows, ",").removeprefix(b"\xef\xbb\xbf")


def _protools(cues: Sequence[Cue], page: _Page) -> bytes:
    session = page.session
    same = page.rate == session.frames
    start = session.start_timecode if same else page.timecode(session.start_samples)
    zero = page.rate.timecode_to_samples(start, session.sample_rate)
    name = str(page.rate).removesuffix("df") + (" Drop" if page.rate.drop_frame else "")
    lines = [
        f"SESSION NAME:\t{_line(session.project) or 'Cuewright'}",
        f"SAMPLE RATE:\t{session.sample_rate:.6f}",
        "BIT DEPTH:\t24-bit",
        f"SESSION START TIMECODE:\t{start}",
        f"TIMECODE FORMAT:\t{name} Frame",
        "# OF AUDIO TRACKS:\t0",
        "# OF AUDIO CLIPS:\t0",
        "# OF AUDIO FILES:\t0",
        *("", "", "M A R K E R S  L I S T I N G"),
        "#   \tLOCATION     \tTIME REFERENCE    \tUNITS    \tNAME                             \tCOMMENTS",
    ]
    for number, cue in enumerate(cues, 1):
        begins = page.start(cue)
        label = _line(cue.label) or cue.kind
        lines.append(
            f"{number:<4}\t{page.timecode(begins):<13}\t{begins - zero:<18}\tSamples  \t{label:<33}\t{_line(cue.track)}"
        )
    return ("\n".join(lines) + "\n").encode()


def _edl(cues: Sequence[Cue], page: _Page) -> bytes:
    lines = [
        f"TITLE: {_line(page.session.project)[:70] or 'CUEWRIGHT'}",
        f"FCM: {'' if page.rate.drop_frame else 'NON-'}DROP FRAME",
        "",
    ]
    for number, cue in enumerate(cues, 1):
        first = page.nearest_frame(page.start(cue))
        after = max(first + 1, page.nearest_frame(page.end(cue)))  # the shortest event is a frame
        record = f"{page.rate.frames_to_timecode(first)} {page.rate.frames_to_timecode(after)}"
        source = f"{page.rate.frames_to_timecode(0)} {page.rate.frames_to_timecode(after - first)}"
        lines.append(f"{number:03d}  AX       V     C        {source} {record}")
        lines.append(f"* FROM CLIP NAME: {(_line(cue.label) or cue.kind)[:_EDL_NAME]}")
    return ("\r\n".join(lines) + "\r\n").encode()


def _json(cues: Sequence[Cue], page: _Page) -> bytes:
    content = {
        "sample_rate": page.session.sample_rate,
        "begin_samples": page.begin_samples,
        "cues": [cue.model_dump(mode="json") for cue in cues],
    }
    return json.dumps(content, indent=1, ensure_ascii=False).encode()


def _line(text: str) -> str:
    return " ".join(text.split())


_WRITERS: dict[str, Callable[[Sequence[Cue], _Page], bytes]] = {
    "csv": _csv,
    "tsv": _tsv,
    "xlsx": _xlsx,
    "protools": _protools,
    "edl": _edl,
    "reaper": _reaper,
    "json": _json,
}
