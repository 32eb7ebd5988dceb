"""Markers and regions of a REAPER project file (``.rpp``).

The table that its Region/Marker Manager exports is a CSV like any other, and read as one. A project's markers are
lines ``MARKER number seconds name flags``; a region is two of them, of one number. Source: REAPER's own project files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from engine.planning.cuesheet.sheet import MAX_ROWS, Entry, Found, Role

_WORD = re.compile(r'"([^"]*)"|\'([^\']*)\'|`([^`]*)`|(\S+)')
_REGION = 1
_KINDS = {"impact", "step", "swell", "movement", "cut"}
"""What markers that have no words are named in our own projects."""


def recognises(lines: Sequence[str]) -> bool:
    """Whether it is a project file."""
    return any(line.lstrip().startswith("<REAPER_PROJECT") for line in lines[:5])


def read(lines: Sequence[str]) -> Found:
    """Markers, and regions as spans."""
    entries: list[Entry] = []
    open_regions: dict[str, int] = {}
    cut = None
    for row, line, words in _markers(lines):
        if len(entries) == MAX_ROWS:
            cut = row
            break
        number, seconds, name = words[1], words[2], words[3] if len(words) > 3 else ""
        is_region = len(words) > 4 and words[4].isdecimal() and bool(int(words[4][:6]) & _REGION)
        if is_region and number in open_regions:
            index = open_regions.pop(number)
            entries[index] = replace(entries[index], values={**entries[index].values, "end": f"{seconds} s"})
            continue
        if is_region:
            open_regions[number] = len(entries)
        values: dict[Role, str] = {"id": f"{'R' if is_region else 'M'}{number}", "start": f"{seconds} s"}
        values["kind" if name.casefold() in _KINDS else "label"] = name
        entries.append(Entry(row=row, text=line, values=values))
    return Found(entries=entries, counted_from="timeline", cut_at_row=cut)


def _markers(lines: Sequence[str]) -> Iterator[tuple[int, str, list[str]]]:
    for row, line in enumerate(lines, 1):
        stripped = line.strip()
        if stripped.startswith("MARKER "):
            words = [
                next((part for part in match.groups() if part is not None), "") for match in _WORD.finditer(stripped)
            ]
            if len(words) > 2:
                yield row, stripped, words
