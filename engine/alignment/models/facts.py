"""What was measured, as JSON that a model reads: no more of it than it can, times to the millisecond."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from engine.alignment.base import Pair
from engine.alignment.measured import believed
from engine.trace import Heard, Moment, Seen

_MOST_MOMENTS = 48
_MOST_OF_CURVE = 96


def facts(pair: Pair) -> str:
    """Sound, picture, and how they lie on each other, where that is more than chance."""
    found = believed(pair.fit)
    fit = found.model_dump() if found else None
    return json.dumps({"sound": heard_facts(pair.heard), "film": seen_facts(pair.seen), "fit": _rounded(fit)})


def heard_facts(heard: Heard) -> dict[str, Any]:
    """Of a sound."""
    told = heard.model_dump(exclude={"onsets", "loudness_curve"})
    return {
        **_rounded(told),
        "onsets_seconds": _moments(heard.onsets),
        "loudness_curve_db": _curve(heard.loudness_curve),
    }


def seen_facts(seen: Seen) -> dict[str, Any]:
    """Of a picture."""
    told = seen.model_dump(exclude={"moments", "motion"})
    told["shots_seconds"] = told["shots_seconds"][:_MOST_MOMENTS]
    return {**_rounded(told), "contacts_seconds": _moments(seen.moments), "motion_curve": _curve(seen.motion)}


def _moments(moments: Sequence[Moment]) -> list[float]:
    """The surest, in time."""
    surest = sorted(moments, key=lambda moment: -moment.confidence * moment.strength)[:_MOST_MOMENTS]
    return sorted(round(moment.time_seconds, 3) for moment in surest)


def _curve(values: Sequence[float]) -> list[float]:
    """The highest of as many equal parts as are told."""
    size = -(-len(values) // _MOST_OF_CURVE) or 1
    return [round(max(values[start : start + size]), 2) for start in range(0, len(values), size)]


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(each) for each in value]
    return value
