"""Tables as text: CSV with any separator, TSV, in the encodings that spreadsheets write.

It turns bytes into text and text into rows; what the columns are is :mod:`columns`' to say. A row's number is that of
the line on which it begins, as a text editor counts.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Literal

from engine.planning.cuesheet.columns import Layout, find_layout
from engine.planning.cuesheet.sheet import MAX_ROWS, Entry, Found, Row

DELIMITERS = "\t;|,"  # a comma last: where it is a decimal mark, another one separates
_SAMPLED_ROWS = 100
_LONGEST_LINE = 100_000
_MOST_LINES = 32
"""Lines that one quoted cell may go over; a quote that is still open then was an inch mark."""


def decoded(data: bytes) -> str:
    """Text of a file, whatever a spreadsheet encoded it in; null characters are dropped.

    A byte order mark decides, then null bytes (UTF-16 without a mark), then whether it is UTF-8; else Windows' Latin.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = data.decode("utf-16", errors="replace")
    elif (start := data[:1024]).count(0) > len(start) // 4:
        little = start[1::2].count(0) > start[0::2].count(0)
        text = data.decode("utf-16-le" if little else "utf-16-be", errors="replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", errors="replace")
    return text.replace("\0", "")


def read_delimited(text: str) -> Found:
    """Entries of a table; none when no column of it holds times."""
    best: tuple[str, Layout] | None = None
    for delimiter in DELIMITERS:
        layout = find_layout(list(islice(rows_of(text, delimiter), _SAMPLED_ROWS)))
        if layout and (best is None or _better(layout, best[1])):
            best = delimiter, layout
    if best is None:
        return Found(entries=())
    delimiter, layout = best
    return found_in(rows_of(text, delimiter), layout)


def _better(layout: Layout, than: Layout) -> bool:
    return (layout.worth, len(layout.roles)) > (than.worth, len(than.roles))


def found_in(rows: Iterator[Row], layout: Layout) -> Found:
    """Entries of rows whose columns are known."""
    entries: list[Entry] = []
    cut = None
    for row in rows:
        if layout.header and row.number <= layout.header.number:
            continue
        if len(entries) == MAX_ROWS:
            cut = row.number
            break
        if entry := layout.entry(row):
            entries.append(entry)
    return Found(entries=entries, columns=layout.columns(), number_unit=layout.unit, cut_at_row=cut)


def rows_of(text: str, delimiter: str) -> Iterator[Row]:
    """Rows that are not blank."""
    lines = deque[str]()
    source = io.StringIO(text, newline=None)
    open_quote = re.compile(rf'(?:^|{re.escape(delimiter)}) *"(?:[^"]|"")*\Z')
    number = 1
    while True:
        record, complete = _record(source, lines, open_quote)
        if not record:
            return
        cells = _cells("".join(record)[:_LONGEST_LINE], delimiter, csv.QUOTE_MINIMAL if complete else csv.QUOTE_NONE)
        if any(cells):
            yield Row(number=number, cells=cells)
        number += len(record)


def _record(source: io.StringIO, waiting: deque[str], open_quote: re.Pattern[str]) -> tuple[list[str], bool]:
    """Lines of the next record, and whether its quotes close; a line alone where they never do."""
    line = waiting.popleft() if waiting else source.readline()
    if line.count('"') % 2 == 0 or not open_quote.search(line[:_LONGEST_LINE]):
        return [line] if line else [], True
    record = [line]
    while len(record) < _MOST_LINES and (line := waiting.popleft() if waiting else source.readline()):
        record.append(line)
        if line.count('"') % 2:
            return record, True
    waiting.extendleft(reversed(record[1:]))
    return record[:1], False


def _cells(record: str, delimiter: str, quoting: Literal[0, 3]) -> tuple[str, ...]:
    try:
        cells = next(csv.reader([record], delimiter=delimiter, quoting=quoting, skipinitialspace=True), [])
    except csv.Error:
        cells = record.split(delimiter)
    return tuple(" ".join(cell.split()) for cell in cells)
