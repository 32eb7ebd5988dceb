"""Commands that are typed as names: a track or a locator that is renamed to ``cw ...`` runs it.

Names are looked at a few at a time, so that a large set costs no more than a small one. A name counts when it *changes*
while we look; what a set is opened with, a duplicate, or what comes back by undo runs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .commands import in_name

if TYPE_CHECKING:
    from Live.Song import CuePoint, Song
    from Live.Track import Track

NAMES_A_TICK = 64


@dataclass(frozen=True, slots=True)
class Typed:
    """A command line, and the beat of the locator that carries it; none for a track."""

    line: str
    at_beats: float | None


class Names:
    """Remembers the names of tracks and locators."""

    def __init__(self, song: Song) -> None:
        self._song = song
        self._known: dict[int, str] = {}
        self._ran: dict[int, str] = {}
        self._next = 0

    def changed(self) -> list[Typed]:
        """The commands that were typed since the last call, among the names looked at in this one."""
        found = []
        for named in self._some():
            key, name = named._live_ptr, named.name
            before, self._known[key] = self._known.get(key), name
            line = in_name(name)
            if before in (None, name) or line is None or self._ran.get(key) == name:
                continue
            self._ran[key] = name
            found.append(Typed(line, getattr(named, "time", None)))
        return found

    def _some(self) -> Iterator[Track | CuePoint]:
        """The selected track, where a name is being typed as a rule, and the next few of all."""
        yield self._song.view.selected_track
        tracks, cues = self._song.tracks, self._song.cue_points
        total = len(tracks) + len(cues)
        for _ in range(min(NAMES_A_TICK, total)):
            self._next %= total  # some may be gone since
            yield tracks[self._next] if self._next < len(tracks) else cues[self._next - len(tracks)]
            self._next += 1
