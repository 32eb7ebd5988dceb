"""Paths as people type them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from engine.errors import FileUnreadable


def full(path: Path) -> Path:
    """The path from the root, with the user's home for ``~``; another user's who is unknown is a name like any other.

    Raises
    ------
    FileUnreadable
        When the folder that it counts from is gone.
    """
    with suppress(RuntimeError):
        path = path.expanduser()
    try:
        return path.absolute()
    except FileNotFoundError:
        raise FileUnreadable(
            f"{path} counts from a folder that is gone: change to another folder, or give the whole path."
        ) from None
