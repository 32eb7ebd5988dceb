"""Words to a match, for models that take any words: what kind of sound it is, how long, whether it lasts.

The built-in bank knows how long its kinds of sound are and which of them last; the categories of the field tell the
rest. Words of which none is known to either are no description of a sound here.
"""

from __future__ import annotations

import re

from engine import ucs
from engine.backends.base import MATCHED, Match
from engine.procedural.words import answers

KNOWN_SCORE, UNKNOWN_SCORE = 0.75, 0.25
LASTING = frozenset({"AIR", "AMBIENCE", "CROWDS", "FIRE", "MACHINES", "MOTORS", "RAIN", "WATER", "WEATHER", "WIND"})
"""Categories whose sounds go on for any length."""
LENGTH_SECONDS, BED_SECONDS = 2.0, 10.0
LABEL_WORDS = 4
_SMALL = frozenset({"a", "an", "and", "at", "by", "for", "from", "in", "into", "of", "on", "or", "the", "to", "with"})
_WORD = re.compile(r"[^\W_]+")


def matched(text: str, source: str, accepts: dict[str, tuple[float, float]]) -> tuple[Match, ...]:
    """The one answer that a model has to some words; none to no words at all."""
    spoken = _WORD.findall(text)
    if not spoken:
        return ()
    telling = [word for word in spoken if word.lower() not in _SMALL] or spoken
    label = " ".join(word.capitalize() for word in telling[:LABEL_WORDS])
    known = next((answer for answer in answers(text) if answer.score >= MATCHED), None)
    category = next(iter(ucs.search(text, 1)), None)
    if known is not None:
        return (
            Match(
                score=KNOWN_SCORE,
                sources=(source,),
                label=label,
                category=known.family.category,
                accepts=accepts,
                length_seconds=known.length_seconds,
                interval_seconds=known.interval_seconds,
                sustained=known.sustained,
            ),
        )
    lasts = category is not None and category.category.category in LASTING
    length_seconds = BED_SECONDS if lasts else LENGTH_SECONDS
    return (
        Match(
            score=UNKNOWN_SCORE if category is None else KNOWN_SCORE,
            sources=(source,),
            label=label,
            category="DSGNMisc" if category is None else category.cat_id,
            accepts=accepts,
            length_seconds=length_seconds,
            interval_seconds=1.2 * length_seconds,
            sustained=lasts,
        ),
    )
