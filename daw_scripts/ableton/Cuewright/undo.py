"""Everything that one command changes in the set, as one undo step: all of it, or nothing."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from Live.Song import Song

Made = TypeVar("Made")


class UndoStep:
    """Opens a step, always closes it, and takes back what a failure left half done.

    Live has no call that removes a take lane, so taking back is Live's own undo; it is used only when something was
    made, or it would take back what the user did before.
    """

    def __init__(self, song: Song) -> None:
        self._song = song
        self._changed = False

    def __enter__(self) -> UndoStep:
        self._song.begin_undo_step()
        return self

    def made(self, thing: Made) -> Made:
        """Note that something is in the set now."""
        self._changed = True
        return thing

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._song.end_undo_step()
        if kind is not None and self._changed:
            self._song.undo()
