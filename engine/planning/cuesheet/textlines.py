"""Lines of a text with their numbers, as a text editor counts them; nothing is copied before it is asked for."""

from __future__ import annotations

import io
from collections.abc import Iterator

LONGEST_LINE = 100_000


def numbered_lines(text: str) -> Iterator[tuple[int, str]]:
    """Every line from 1, without its end, cut where it is absurdly long."""
    for number, line in enumerate(io.StringIO(text, newline=None), 1):
        yield number, line[:LONGEST_LINE].rstrip("\n")
