"""What is measured in a picture, once for all versions of its sound: shots, moments, how much moves, and how evenly.

The finding is :mod:`engine.video.spotting`'s; here it becomes the data that sounds are compared with.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.handle import Handle
from engine.picture import Picture
from engine.trace import Moment, Seen
from engine.video.spotting import MOTION_RATE_HZ, spot

SENSITIVITY = 0.7
"""More is looked for than would be shown to people: what is unsure weighs little, and enough of it tells."""
CURVE_RATE_HZ = 4.0
_COUNT_HZ = 48_000
_LATER_SECONDS = 0.004
"""Of rendered contacts a cue lies 8 ms early in the median, of recorded ones in time; the ear forgives late sound more
than early sound (ITU-R BT.1359)."""
_LEAST_RETURNS = 4
_EVEN = 0.12
"""Of the distances from one to the next: how far their middle half may spread, as a share, to be even."""


def see(picture: Picture, handle: Handle) -> tuple[Seen, tuple[str, ...]]:
    """What is seen, and sentences for people.

    Raises
    ------
    FileUnreadable, PictureUnreadable
        With what is wrong with the file.
    """
    found = spot(picture, sample_rate_hz=_COUNT_HZ, sensitivity=SENSITIVITY, handle=handle)
    moments = tuple(
        Moment(
            time_seconds=cue.start_samples / _COUNT_HZ + _LATER_SECONDS,
            strength=cue.strength,
            confidence=cue.confidence,
        )
        for cue in found.cues
        if cue.kind in ("impact", "step")
    )
    every = round(MOTION_RATE_HZ / CURVE_RATE_HZ)
    seen = Seen(
        length_seconds=found.length_samples / _COUNT_HZ,
        shots_seconds=tuple(start / _COUNT_HZ for start in found.shots_samples),
        moments=moments,
        period_seconds=period_of([moment.time_seconds for moment in moments]),
        motion=tuple(round(max(found.motion[k : k + every]), 3) for k in range(0, len(found.motion), every)),
    )
    return seen, found.warnings


def period_of(times_seconds: Sequence[float]) -> float | None:
    """The distance at which moments return; None where they do not, or are too few to tell."""
    gaps = np.diff(np.asarray(times_seconds))
    if len(gaps) < _LEAST_RETURNS - 1:
        return None
    low, middle, high = (float(value) for value in np.percentile(gaps, (25, 50, 75)))
    return middle if high - low <= _EVEN * middle else None
