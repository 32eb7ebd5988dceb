"""Numbers, lengths and times, as people write them, read from a list of words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from engine.planning.lexicon import COUNTS, UNITS

_CLOCK = re.compile(r"(?:(\d{1,2}):)?(\d{1,2}):(\d{2}(?:\.\d+)?)")
_DIGITS = re.compile(r"\d*\.?\d+")
MAX_SECONDS = 3_600.0
_AFTER_A_SECOND = frozenset(
    ("", "later", "apart", "of", "long", "-", "pause", "after", "and", "then", ",", ".", "a", "an", "the")
)


_LONGEST_NUMBER = 15
"""Characters; nobody counts to a number that is longer."""


def number(word: str) -> float | None:
    """A number in digits or in a word, else None.

    >>> number("3.5"), number("three"), number("door")
    (3.5, 3.0, None)
    """
    if len(word) <= _LONGEST_NUMBER and _DIGITS.fullmatch(word):
        return float(word)
    return float(COUNTS[word]) if word in COUNTS else None


def clock(word: str) -> float | None:
    """``mm:ss``, ``hh:mm:ss`` or with a fraction, in seconds, else None.

    >>> clock("00:03"), clock("1:02.5"), clock("3")
    (3.0, 62.5, None)
    """
    match = _CLOCK.fullmatch(word)
    return 3600 * int(match[1] or 0) + 60 * int(match[2]) + float(match[3]) if match else None


def length(words: Sequence[str], start: int) -> tuple[int, float] | None:
    """How many words from ``start`` say a length, and its seconds, else None.

    >>> length("half a minute of rain".split(), 0), length("a dozen seconds".split(), 0), length(["4", "s"], 0)
    ((3, 30.0), (3, 12.0), (2, 4.0))
    >>> length("two and a half seconds".split(), 0), length("a second knock".split(), 0)
    ((5, 2.5), None)
    """
    i, value = start, 0.0
    article = _at(words, i) in ("a", "an")
    if article:
        i += 1
    if _at(words, i) == "half":
        i += 2 if _at(words, i + 1) in ("a", "an") else 1
        value = 0.5
    elif (said := number(_at(words, i))) is not None:
        i, value = i + 1, said
        if _at(words, i) == "of":
            i += 1
        if list(words[i : i + 3]) == ["and", "a", "half"]:
            i, value = i + 3, value + 0.5
    elif not article or (_at(words, i) == "second" and _at(words, i + 1) not in _AFTER_A_SECOND):
        return None  # "a second knock" counts, it does not last
    else:
        value = 1.0
    if _at(words, i) == "-":
        i += 1
    if (unit := UNITS.get(_at(words, i))) is None or not 0 < value * unit <= MAX_SECONDS:
        return None
    return i + 1 - start, value * unit


def _at(words: Sequence[str], index: int) -> str:
    return words[index] if index < len(words) else ""
