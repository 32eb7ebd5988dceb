"""All that a report page shows. Plain data: it reads no file, and knows nothing of how a page looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.cue import Cue
from engine.picture import Picture, Still
from engine.results import StemFile
from engine.session import Session
from engine.stems.manifest import Versions


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a job was asked, what it found, and what it made.

    Parameters
    ----------
    session
        Rates and timecode of the timeline.
    position_samples, length_samples
        Where on the timeline the job begins, and how long it is.
    title
        Heading of the page: the words that were asked for, or the name of the picture.
    picture, stills
        What it was made to, read in place and never copied, and a filmstrip of it.
    shots_samples
        Where each shot begins, from the position.
    cues
        Found or given, used or not; they count from the position too.
    motion, motion_rate_hz
        How much moves, any unit from 0 up, evenly sampled from the position on; empty when it is not known.
    stems, mix
        Files on disk.
    pans
        Event id to pan, -1 to 1, as in the mix.
    """

    session: Session
    length_samples: int
    position_samples: int = 0
    title: str = ""
    picture: Picture | None = None
    stills: tuple[Still, ...] = ()
    shots_samples: tuple[int, ...] = ()
    cues: tuple[Cue, ...] = ()
    motion: Sequence[float] = ()
    motion_rate_hz: float = 25.0
    stems: tuple[StemFile, ...] = ()
    mix: StemFile | None = None
    pans: Mapping[str, float] = field(default_factory=dict)
    seed: int | None = None
    versions: Versions | None = None
    warnings: tuple[str, ...] = ()
