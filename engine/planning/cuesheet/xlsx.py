"""XLSX workbooks: the first sheet that has times in it.

Cells become the text that a person sees; times, durations and dates of Excel become clock times. A workbook is a
compressed archive written by anyone: what it unpacks to, and how far a sheet claims to reach, are bounded.
"""

from __future__ import annotations

import datetime
import io
import warnings
import zipfile
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from engine.errors import CueSheetUnreadable
from engine.planning.cuesheet.columns import find_layout
from engine.planning.cuesheet.delimited import found_in
from engine.planning.cuesheet.sheet import Found, Row

if TYPE_CHECKING:
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

_FIELD = "cue_sheet"
_MOST_UNPACKED_BYTES = 16 * 2**20
_MOST_ROWS = 100_000
_MOST_COLUMNS = 64
_SAMPLED_ROWS = 100
_LONGEST_CELL = 600


def is_xlsx(data: bytes) -> bool:
    """Whether it is an archive, as a workbook is."""
    return data.startswith(b"PK\x03\x04")


def read_xlsx(data: bytes) -> Found:
    """Entries of the first sheet that has times in it; none when there is none.

    Raises
    ------
    CueSheetUnreadable
        When it is no workbook, is damaged, or would unpack to more than a cue sheet ever holds.
    """
    _check_size(data)
    from openpyxl import load_workbook

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions, which carry no cue
            book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
            for sheet in book.worksheets:
                if layout := find_layout(list(islice(_rows(sheet), _SAMPLED_ROWS))):
                    return found_in(_rows(sheet), layout)
    except Exception as error:  # a damaged workbook raises whatever its broken part leads to
        raise CueSheetUnreadable(
            "The workbook cannot be read: save it again as XLSX, or as CSV.", field=_FIELD
        ) from error
    return Found(entries=())


def _check_size(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise CueSheetUnreadable(f"The workbook is damaged: {str(error)[:100]}.", field=_FIELD) from None
    unpacked = sum(part.file_size for part in parts if part.filename.endswith((".xml", ".rels")))
    if unpacked > _MOST_UNPACKED_BYTES:
        raise CueSheetUnreadable(
            f"The workbook unpacks to {unpacked / 2**20:.0f} MB; at most {_MOST_UNPACKED_BYTES >> 20} are read: "
            "keep only the cue sheet in it, or save that as CSV.",
            field=_FIELD,
        )


def _rows(sheet: ReadOnlyWorksheet) -> Iterator[Row]:
    """Rows that are not blank, by the workbook's own numbers; what it claims of its size is not asked."""
    rows: Iterator[tuple[object, ...]] = sheet.iter_rows(  # type: ignore[misc]  # its stub takes another class's self
        max_row=_MOST_ROWS, max_col=_MOST_COLUMNS, values_only=True
    )
    for number, values in enumerate(rows, 1):
        cells = tuple(_text(value) for value in values)
        if any(cells):
            yield Row(number=number, cells=cells)


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case datetime.datetime() | datetime.time():
            return _clock(3600 * value.hour + 60 * value.minute + value.second, value.microsecond)
        case datetime.timedelta():
            return _clock(86_400 * value.days + value.seconds, value.microseconds)
        case float() if value.is_integer() and abs(value) < 2**53:
            return str(int(value))
        case float():
            return f"{value:.12f}".rstrip("0").rstrip(".")
        case _:
            return " ".join(str(value)[:_LONGEST_CELL].split())


def _clock(seconds: int, microseconds: int) -> str:
    fraction = f".{microseconds:06d}" if microseconds else ""
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{fraction}"
