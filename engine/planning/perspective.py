"""From what is seen to how it sounds: strength to level and force, place to pan, size to distance.

It sees one cue at a time and, for what is usual, all the cues of its scene. It knows parameters by their names only:
what a sound does not accept is not set.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from statistics import median

from engine.backends.base import Match
from engine.cue import Cue

LOUDER_DB, SOFTER_DB = 3.0, -9.0
"""The strongest and the weakest there can be, beside the median cue."""
WIDEST_PAN = 0.7
"""Further out a sound leaves the picture for whoever sits to one side."""
FORCE_SHARE = 0.4
"""Share of a force's range that lies between the weakest and the strongest."""
FORCES = ("intensity", "force")
NEAREST_M, FARTHEST_M = 1.0, 32.0


class Perspective:
    """How the cues of a scene are heard.

    Parameters
    ----------
    shots_samples
        Where each shot begins: what lies in one shot is seen from one place.
    """

    def __init__(self, cues: Sequence[Cue], shots_samples: Sequence[int]) -> None:
        self._shots = shots_samples
        strengths = [cue.strength for cue in cues if cue.kind != "cut"] or [1.0]
        # In tenths, so that one cue more or less changes no other's sound.
        self._usual = round(median(strengths), 1)
        self._all_alike = len(set(strengths)) == 1
        sizes: dict[int, list[float]] = {}
        for cue in cues:
            if cue.size is not None:
                sizes.setdefault(self._shot(cue), []).append(cue.size)
        self._sizes = {shot: median(found) for shot, found in sizes.items()}

    def gain_db(self, cue: Cue) -> float:
        """0 for the median strength, up to :data:`LOUDER_DB` and down to :data:`SOFTER_DB`; never falls with strength.

        A cue that is as strong as all the others is neither.
        """
        if self._all_alike:
            return 0.0
        above = cue.strength - self._usual
        share = above / (1.0 - self._usual) if above > 0 else -above / self._usual if above < 0 else 0.0
        return round((LOUDER_DB if above > 0 else SOFTER_DB) * share, 2)

    def pan(self, cue: Cue) -> float:
        """Where it is seen, at most :data:`WIDEST_PAN` aside; what fills the picture is heard from its middle."""
        narrow = 1.0 if cue.size is None else min(1.0, 2.0 * (1.0 - cue.size))
        return round(WIDEST_PAN * (2.0 * cue.x - 1.0) * narrow, 3)

    def params(self, cue: Cue, match: Match, told: Mapping[str, float]) -> dict[str, float]:
        """Force and distance, where the sound has them; what the words set is where the force varies from."""
        found: dict[str, float] = {}
        force = next((name for name in FORCES if name in match.accepts), None)
        if force is not None and not self._all_alike:
            low, high = match.accepts[force]
            usual = told.get(force, (low + high) / 2)
            value = usual + FORCE_SHARE * (high - low) * (cue.strength - self._usual)
            found[force] = round(min(max(value, low), high), 3)
        distance = self._distance_m(cue)
        if distance is not None and "distance_m" in match.accepts and "distance_m" not in told:
            low, high = match.accepts["distance_m"]
            found["distance_m"] = min(max(distance, low), high)
        return found

    def _distance_m(self, cue: Cue) -> float | None:
        """From its own size, else from what is usual in its shot; in steps of 3 dB, so that a size may tremble.

        Something as high as the picture is a metre away, something half as high two: as seen by a usual lens, for
        things of a person's reach.
        """
        size = cue.size if cue.size is not None else self._sizes.get(self._shot(cue))
        if size is None:
            return None
        distance = NEAREST_M
        while distance * 2**0.25 < min(1.0 / max(size, 1e-6), FARTHEST_M):
            distance *= 2**0.5
        return round(distance, 3)

    def _shot(self, cue: Cue) -> int:
        return bisect_right(self._shots, cue.start_samples)
