"""Picture to cues: what happens when, where in the frame and how hard. No weights are needed.

One pass over the frames feeds the shot finder and the motion meter; the picture is measured in blocks, so a two-hour
file takes no more memory than a short one. It does not know what will sound.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from engine.cue import MAX_CUES, Cue
from engine.handle import Handle
from engine.picture import Picture
from engine.timebase import round_late
from engine.video.candidates import Candidate, candidates
from engine.video.motion import MotionMeter
from engine.video.reader import frames, probe, slice_length
from engine.video.shots import ShotFinder

MOTION_RATE_HZ = 25.0
_MAX_RATE_HZ = 61.0
_BLOCK_FRAMES = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class Spotted:
    """What was found in a slice of a picture.

    Parameters
    ----------
    cues
        By time, of the kinds impact, step, swell, movement and cut.
    shots_samples
        Where each shot begins; the first is 0.
    length_samples
        Of the slice.
    motion
        How much moves, 0 to 1, at ``MOTION_RATE_HZ`` from the slice's beginning.
    warnings
        Sentences for people.
    """

    cues: tuple[Cue, ...]
    shots_samples: tuple[int, ...]
    length_samples: int
    motion: tuple[float, ...]
    warnings: tuple[str, ...]


def spot(
    picture: Picture,
    *,
    sample_rate_hz: int,
    sensitivity: float = 0.5,
    handle: Handle = Handle(),  # noqa: B008 - frozen
) -> Spotted:
    """Find the moments and spans of a slice where something should sound.

    Parameters
    ----------
    picture
        The slice.
    sample_rate_hz
        Of the samples in which cues are counted.
    sensitivity
        0 to 1: more finds more, right and wrong.

    Raises
    ------
    FileUnreadable
        The file is missing, or not to be read.
    PictureUnreadable
        It holds no picture, or none in the slice.
    """
    warnings: list[str] = []
    footage = probe(picture.path)
    length = slice_length(picture, footage)
    meter, finder = MotionMeter(), ShotFinder()
    found: list[Candidate] = []
    times: list[float] = []
    levels: list[float] = []

    def measure() -> None:
        block = meter.take()
        if block is not None:
            found.extend(candidates(block))
            times.extend(block.times)
            levels.extend(block.speed.mean((1, 2)))

    for frame in frames(picture, max_rate_hz=_MAX_RATE_HZ, footage=footage, warn=warnings.append, handle=handle):
        finder.add(frame.time_seconds, frame.thumbnail_bgr)
        meter.add(frame.time_seconds, frame.gray)
        if meter.frames >= _BLOCK_FRAMES:
            measure()
    measure()
    cuts = [t.middle_seconds for t in finder.finish()]
    near = np.array([-9.0, *cuts])
    least = 0.75 - 0.9 * sensitivity
    kept = [
        c for c in found if c.height > least and np.abs(near - c.time_seconds).min() > 0.1 and c.time_seconds < length
    ]
    if not kept and not cuts:
        warnings.append("Nothing moves in this picture that could be heard.")
    cues = [
        Cue(
            id=f"p{k + 1}",
            start_samples=_samples(c.time_seconds, sample_rate_hz),
            kind="impact",
            strength=min(1.0, c.height),
            confidence=min(1.0, c.height),
            x=min(1.0, max(0.0, c.x)),
            y=min(1.0, max(0.0, c.y)),
            size=c.size,
            shot=int(np.searchsorted(cuts, c.time_seconds, "right")) + 1,
        )
        for k, c in enumerate(kept[:MAX_CUES])
    ]
    cues += [
        Cue(id=f"c{k + 1}", start_samples=_samples(t, sample_rate_hz), kind="cut", shot=k + 2)
        for k, t in enumerate(cuts)
    ]
    grid = np.arange(0, float(length), 1 / MOTION_RATE_HZ)
    curve = np.interp(grid, times, levels) if times else np.zeros(len(grid))
    return Spotted(
        cues=tuple(sorted(cues, key=lambda cue: cue.start_samples)[:MAX_CUES]),
        shots_samples=(0, *(_samples(t, sample_rate_hz) for t in cuts)),
        length_samples=round_late(length * sample_rate_hz),
        motion=tuple((curve / (curve.max() or 1.0)).tolist()),
        warnings=tuple(warnings),
    )


def _samples(seconds: float, sample_rate_hz: int) -> int:
    return max(0, round_late(Fraction(seconds) * sample_rate_hz))
