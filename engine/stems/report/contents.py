"""All that a page shows. Plain data: it reads no file, and knows nothing of how a page looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engine.cue import Cue
from engine.picture import Picture, Still
from engine.results import StemFile
from engine.session import Session
from engine.stems.manifest import Versions
from engine.trace import Moment, Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What every page has: a stretch of the timeline, and the picture on it.

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
    motion, motion_rate_hz
        How much moves, any unit from 0 up, evenly sampled from the position on; empty when it is not known.
    """

    session: Session
    length_samples: int
    position_samples: int = 0
    title: str = ""
    picture: Picture | None = None
    stills: tuple[Still, ...] = ()
    shots_samples: tuple[int, ...] = ()
    motion: Sequence[float] = ()
    motion_rate_hz: float = 25.0
    versions: Versions | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(Shown):
    """What a job was asked, what it found, and what it made.

    Parameters
    ----------
    cues
        Found or given, used or not; they count from the position too.
    stems, mix
        Files on disk.
    pans
        Event id to pan, -1 to 1, as in the mix.
    """

    cues: tuple[Cue, ...] = ()
    stems: tuple[StemFile, ...] = ()
    mix: StemFile | None = None
    pans: Mapping[str, float] = field(default_factory=dict)
    seed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One version of a sound, as a file.

    Parameters
    ----------
    number
        Of the cycle that made it; 0 is the original.
    onsets
        Where something begins to sound in it.
    """

    number: int
    path: Path
    length_seconds: float
    channels: int
    onsets: tuple[Moment, ...]
    loudness_lufs: float | None
    peak_dbtp: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AlignReport(Shown):
    """How a sound was fitted to its picture.

    Parameters
    ----------
    sound
        Name of the original's file.
    heard
        The original and every version that could be made, in order.
    threshold, most_cycles
        As they were asked for.
    """

    sound: str
    trace: Trace
    heard: tuple[Heard, ...]
    threshold: float
    most_cycles: int
