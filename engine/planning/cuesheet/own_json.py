"""Our own cues as JSON: exact, with every field, and where on the timeline they were counted from.

``{"cues": [...], "sample_rate": 48000, "begin_samples": 172800000}`` as :mod:`write` writes it; the ``cues`` of a spot
job's answer, in seconds of the request; or a list alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from engine.errors import CueSheetUnreadable
from engine.planning.cuesheet.sheet import MAX_ROWS, Entry, Found, Role

_FIELD = "cue_sheet"
_SECONDS: Mapping[str, Role] = {"time_seconds": "start", "length_seconds": "length"}
_SAMPLES: Mapping[str, Role] = {"start_samples": "start", "length_samples": "length"}
_SAME: tuple[Role, ...] = ("id", "kind", "strength", "confidence", "x", "y", "size", "shot", "label", "track")
_LONGEST_VALUE = 4_000
_LONGEST_TEXT = 8 * 2**20


def recognises(text: str) -> bool:
    """Whether it can only be JSON."""
    return text.lstrip()[:1] in ("{", "[") and text.rstrip()[-1:] in ("}", "]")


def read(text: str) -> Found:
    """Cues of the file, counted from 1.

    Raises
    ------
    CueSheetUnreadable
        When it is not JSON, or holds no list of cues.
    """
    if len(text) > _LONGEST_TEXT:
        raise CueSheetUnreadable(f"The JSON is longer than {_LONGEST_TEXT:,} characters.", field=_FIELD)
    try:
        content = json.loads(text, parse_int=str, parse_float=_plain)  # digits stay digits: no number is rounded
    except (ValueError, RecursionError) as error:
        raise CueSheetUnreadable(f"The cue sheet is not whole JSON: {str(error)[:100]}.", field=_FIELD) from None
    head = content if isinstance(content, dict) else {}
    cues = content if isinstance(content, list) else head.get("cues")
    if not isinstance(cues, list):
        raise CueSheetUnreadable('The JSON holds no cues: write them as {"cues": [...]}.', field=_FIELD)
    begin = _whole(head.get("begin_samples"))
    rate = _whole(head.get("sample_rate"))
    return Found(
        entries=[_entry(row, cue, begin or 0) for row, cue in enumerate(cues[:MAX_ROWS], 1)],
        counted_from="request" if begin is None else "midnight",
        own_sample_rate_hz=rate if rate and rate < 10**6 else None,
        cut_at_row=MAX_ROWS + 1 if len(cues) > MAX_ROWS else None,
    )


def _plain(number: str) -> str:
    """Without an exponent."""
    return f"{float(number):.24f}" if "e" in number.lower() else number


def _entry(row: int, cue: Any, offset: int) -> Entry:
    text = str(cue)[:_LONGEST_VALUE]
    if not isinstance(cue, dict):
        return Entry(row=row, text=text, values={}, problem='It is no cue: write it as {"start_samples": 48000}.')
    given = {name: str(value)[:_LONGEST_VALUE] for name, value in cue.items() if isinstance(value, str)}
    values: dict[Role, str] = {role: given[role] for role in _SAME if role in given}
    values |= {role: f"{given[name]} s" for name, role in _SECONDS.items() if name in given}
    for name, role in _SAMPLES.items():
        if name in given:
            count = _whole(given[name])
            shift = offset if role == "start" else 0
            values[role] = given[name] if count is None else f"{count + shift} samples"
    return Entry(row=row, text=text, values=values)


def _whole(number: object) -> int | None:
    return (
        int(number) if isinstance(number, str) and number.isascii() and number.isdigit() and len(number) < 16 else None
    )
