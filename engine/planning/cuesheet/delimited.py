"""Tables as text: CSV with any separator, TSV.

It turns lines into rows; what the columns are is :mod:`columns`' to say. A row's number is that of the line on which it
begins, as a text editor counts.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Literal

from engine.planning.cuesheet.columns import Layout, find_layout
from engine.planning.cuesheet.sheet import MAX_ROWS, Entry, Found, Row

DELIMITERS = "\t;|,"  # a comma last: where it is a decimal mark, another one separates
_SAMPLED_ROWS = 100
_MOST_LINES = 32
"""Lines that one quoted cell may go over; a quote that is still open then was an inch mark."""


def read_delimited(lines: Sequence[str]) -> Found:
    """Entries of a table; none when no column of it holds times."""
    best: tuple[str, Layout] | None = None
    for delimiter in DELIMITERS:
        layout = find_layout(list(islice(rows_of(lines, delimiter), _SAMPLED_ROWS)))
        if layout and (best is None or _better(layout, best[1])):
            best = delimiter, layout
    if best is None:
        return Found(entries=())
    delimiter, layout = best
    return found_in(rows_of(lines, delimiter), layout)


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


def rows_of(lines: Sequence[str], delimiter: str) -> Iterator[Row]:
    """Rows that are not blank."""
    open_quote = re.compile(rf'(?:^|{re.escape(delimiter)}) *"(?:[^"]|"")*\Z')
    at = 0
    while at < len(lines):
        if not lines[at] or lines[at].isspace():
            at += 1
            continue
        after = _end_of_record(lines, at, open_quote)
        if after is None:
            cells = _cells(lines[at], delimiter, csv.QUOTE_NONE)
            after = at + 1
        else:
            cells = _cells("\n".join(lines[at:after]), delimiter, csv.QUOTE_MINIMAL)
        if any(cells):
            yield Row(number=at + 1, cells=cells)
        at = after


def _end_of_record(lines: Sequence[str], at: int, open_quote: re.Pattern[str]) -> int | None:
    """Index after the record that begins in a line; None where a quote is never closed."""
    if lines[at].count('"') % 2 == 0 or not open_quote.search(lines[at]):
        return at + 1
    following = range(at + 1, min(at + _MOST_LINES, len(lines)))
    return next((i + 1 for i in following if lines[i].count('"') % 2), None)


def _cells(record: str, delimiter: str, quoting: Literal[0, 3]) -> tuple[str, ...]:
    try:
        cells = next(csv.reader([record], delimiter=delimiter, quoting=quoting, skipinitialspace=True), [])
    except csv.Error:
        cells = record.split(delimiter)
    return tuple(" ".join(cell.split()) for cell in cells)
