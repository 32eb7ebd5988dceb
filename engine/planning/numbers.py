"""Numbers, counts and times, as people write them."""

from __future__ import annotations

import re

COUNTS = {
    **{"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10},
    **{"eleven": 11, "twelve": 12, "dozen": 12, "couple": 2, "few": 3, "several": 4},
    **{"single": 1, "once": 1, "twice": 2, "thrice": 3},
}
"""Words to counts; 'a few' and 'several' are fixed numbers, so that a plan repeats."""

NUMBER = r"(?:\d+(?:\.\d+)?|" + "|".join(COUNTS) + r"|half an?|an?)"
UNIT = r"(?:milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|min)\b"
LENGTH = rf"({NUMBER})[ -]?({UNIT})"


def number(text: str) -> float:
    """A number in digits or words.

    >>> number("3.5"), number("three"), number("half a"), number("a")
    (3.5, 3.0, 0.5, 1.0)
    """
    word = text.lower().strip()
    if word in ("a", "an"):
        return 1.0
    if word.startswith("half"):
        return 0.5
    return float(COUNTS.get(word) or float(word))


def seconds(value: str, unit: str) -> float:
    """A length in seconds.

    >>> seconds("half a", "minute"), seconds("250", "ms"), seconds("two", "seconds")
    (30.0, 0.25, 2.0)
    """
    scale = 0.001 if unit.startswith(("ms", "milli")) else 60.0 if unit.startswith("m") else 1.0
    return number(value) * scale


def clock(text: str) -> float | None:
    """``mm:ss`` or ``mm:ss.fff`` in seconds, else None.

    >>> clock("00:03"), clock("1:02.5"), clock("3")
    (3.0, 62.5, None)
    """
    match = re.fullmatch(r"(\d{1,2}):(\d{2}(?:\.\d+)?)", text.strip())
    return 60 * int(match[1]) + float(match[2]) if match else None
