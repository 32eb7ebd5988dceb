"""CMX3600 edit decision lists, and the marker lists that NLEs export in that form.

Record-in is the cue; a clip's name, a marker's name or a comment is what should sound. Read line by line: a general
EDL parser refuses a whole list for one wrong event, and every list with events that overlap, which sounds do.
Source: CMX 3600 edit list format; Avid's locators (``* LOC:``) and Resolve's markers (``|M:``) in comments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from engine.planning.cuesheet.sheet import MAX_ROWS, Entry, Found, Role

_TIMECODE = re.compile(r"[0-9]{1,2}[:;.][0-9]{2}[:;.][0-9]{2}[:;.][0-9]{2,3}")
_LONGEST_EVENT = 500
_TIMES_OF_EVENT = 4  # source in, source out, record in, record out
_TRANSITION = re.compile(r"C|D|W[0-9]{1,3}|K[BO]?")
_FCM = re.compile(r"\s*FCM:\s*(NON[- ]?DROP|DROP)", re.IGNORECASE)
_LOCATOR = re.compile(r"\s*\*\s*LOC:\s*(?P<in>[0-9:;.]{8,15})\s*(?P<colour>\S+)?\s*(?P<label>.*)", re.IGNORECASE)
_CLIP = re.compile(r"\s*\*\s*(?:FROM|TO) CLIP NAME:\s*(.+)", re.IGNORECASE)
_REMARK = re.compile(r"\s*\*\s*(?:COMMENT:|NOTES?:)?\s*(.+)", re.IGNORECASE)
_MARKER = re.compile(r"\|M:([^|]*)")
_NOT_REMARKS = re.compile(r"\s*\*\s*(?:SOURCE FILE|EFFECT|AUDIO LEVEL|KEY CLIP|ASC_|OTIO|REEL|TO CLIP IS|FROM CLIP IS)")


def recognises(lines: Sequence[str]) -> bool:
    """Whether one of the first lines is an event; a title alone may be a spreadsheet's."""
    return any(_is_numbered(x) and any(map(_TRANSITION.fullmatch, x.split()[3:4])) and _times(x) for x in lines[:50])


def _is_numbered(line: str) -> bool:
    """Whether a line begins as events do."""
    words = line.split(maxsplit=2)
    return len(words) > 1 and words[0].isdecimal()


def _times(line: str) -> list[str]:
    return [word for word in line[:_LONGEST_EVENT].split() if _TIMECODE.fullmatch(word)]


def read(lines: Sequence[str]) -> Found:
    """Events and locators of the list."""
    drop: bool | None = None
    entries: list[Entry] = []
    cut = None
    for row, event, remarks in _events(lines):
        if (mode := _FCM.match(event)) is not None:
            drop = mode[1].upper() == "DROP" if drop is None else drop
            continue
        if len(entries) >= MAX_ROWS:
            cut = row
            break
        entries.extend(_entries(row, event, remarks))
    return Found(entries=_without_dissolved(entries), own_drop_frame=drop, moment_frames=1, cut_at_row=cut)


def _events(lines: Sequence[str]) -> Iterator[tuple[int, str, list[tuple[int, str]]]]:
    """Events and frame code modes, each with the lines that belong to it."""
    row, event, remarks = 1, "", list[tuple[int, str]]()
    for number, line in enumerate(lines, 1):
        if _FCM.match(line) or (_is_numbered(line) and not _MARKER.search(line)):
            yield row, event, remarks
            row, event, remarks = number, line, []
        else:
            remarks.append((number, line))
    yield row, event, remarks


def _entries(row: int, event: str, remarks: list[tuple[int, str]]) -> Iterator[Entry]:
    if event:
        words, times = event.split(maxsplit=2), _times(event)
        if len(times) != _TIMES_OF_EVENT:
            problem = (
                "It is not a whole event: an EDL's event ends in four timecodes, the last two those of the record."
            )
            yield Entry(row=row, text=event, values={}, problem=problem)
        elif words[1].upper() not in ("BL", "BLACK"):
            label = _label(words[1], [line for _, line in remarks])
            values: dict[Role, str] = {"id": words[0], "start": times[2], "end": times[3], "label": label}
            yield Entry(row=row, text=event, values=values)
    for number, line in remarks:
        if locator := _LOCATOR.match(line):
            yield Entry(row=number, text=line, values={"start": locator["in"], "label": locator["label"]})


def _label(reel: str, remarks: list[str]) -> str:
    """A marker's name, else the clip's, else a remark, else the reel."""
    for pattern in (_MARKER, _CLIP):
        for line in remarks:
            if (match := pattern.search(line)) and match[1].strip():
                return match[1].strip()
    for line in remarks:
        if not _NOT_REMARKS.match(line) and not _LOCATOR.match(line) and (match := _REMARK.match(line)):
            return match[1].strip()
    return "" if reel.upper() in ("AX", "AUX", "GEN", "001", "UNKNOWN") else reel


def _without_dissolved(entries: list[Entry]) -> list[Entry]:
    """Without the first halves of transitions: no length, and the number of the event that follows."""
    kept = []
    for entry, after in zip(entries, [*entries[1:], None], strict=True):
        values = entry.values
        empty = bool(values.get("id")) and values.get("start") == values.get("end")
        if not (empty and after and after.values.get("id") == values["id"]):
            kept.append(entry)
    return kept
