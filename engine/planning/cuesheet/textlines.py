"""Bytes to lines of text, whatever a spreadsheet or an editor encoded them in; how many and how long is bounded.

Lines are counted as a text editor counts them. It does not know what they say.
"""

from __future__ import annotations

import codecs

MAX_LINES = 200_000
LONGEST_LINE = 100_000


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
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            text = data.decode("cp1252", errors="replace")
    return text.replace("\0", "").removeprefix("\ufeff")


def lines_of(text: str) -> list[str]:
    """Lines without their ends; at most one more than :data:`MAX_LINES`, each cut where it is absurdly long."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n", MAX_LINES + 1)[: MAX_LINES + 1]
    return [line[:LONGEST_LINE] for line in lines]
