"""Picture to cues: what happens when, where in the frame and how hard. No model weights are needed.

The picture is measured in blocks, of which only candidates and a few numbers a frame are kept: memory does not grow
with the length. It does not know what will sound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

import numpy as np

from engine.cue import MAX_CUES, Cue
from engine.handle import Handle
from engine.picture import Picture
from engine.timebase import round_late
from engine.video.blocks import blocks
from engine.video.candidates import candidates
from engine.video.kinds import Span, spans, steps
from engine.video.motion import Floats, Motion
from engine.video.reader import probe, slice_length
from engine.video.scorer import audible, contact_times, scorer
from engine.video.shots import ShotFinder

MOTION_RATE_HZ = 25.0
_CUT_SECONDS = 0.1
"""Nothing is told from what changes this near to a cut."""
_APART_SECONDS = 0.15
_LEAST_RATE_HZ = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Spotted:
    """What was found in a slice of a picture.

    Parameters
    ----------
    cues
        By time, of the kinds impact, step, swell, movement and cut. ``strength`` is 1 for the hardest of its shot;
        ``confidence`` is the share of the candidates that look like it and were audible in the clips it was fitted to.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Impact:
    time: float
    probability: float
    speed: float
    x: float
    y: float
    size: float


@dataclass(slots=True)
class _Findings:
    """What is kept of the blocks."""

    impacts: list[_Impact] = field(default_factory=list)
    frames: list[Floats] = field(default_factory=list)
    """For each block ``(frames, 5)``: seconds, mean speed, and x, y and height of what moves."""

    def take(self, block: Motion, sensitivity: float) -> None:
        self.frames.append(_movement(block))
        found = candidates(block)
        if not len(found.times):
            return
        likely = scorer().probability(found)
        wanted = audible(found, sensitivity) & (likely >= scorer().least(sensitivity))
        times = contact_times(found)
        for k in _apart(found.times, likely):
            if wanted[k]:
                self.impacts.append(
                    _Impact(
                        time=float(times[k]),
                        probability=float(likely[k]),
                        speed=float(found.speed[k]),
                        x=float(found.x[k]),
                        y=float(found.y[k]),
                        size=float(found.size[k]),
                    )
                )


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
        0 to 1: more finds more, right and wrong; what is found with less is found with more.

    Raises
    ------
    FileUnreadable
        The file is missing, or not to be read.
    PictureUnreadable
        It holds no picture, or none in the slice.
    """
    warnings: list[str] = []
    footage = probe(picture.path)
    length = float(slice_length(picture, footage))
    finder, findings, seen = ShotFinder(), _Findings(), 0
    for block in blocks(picture, finder=finder, footage=footage, warn=warnings.append, handle=handle):
        findings.take(block, sensitivity)
        seen += len(block.times)
    cuts = [transition.middle_seconds for transition in finder.finish()]
    if seen > 1 and seen < _LEAST_RATE_HZ * min(length, findings.frames[-1][-1, 0] + 1 / _LEAST_RATE_HZ):
        warnings.append(f"The picture shows {seen / length:.1f} frames a second; cues may be off by a frame.")
    cues = _cues(findings, cuts, length, sample_rate_hz)
    if len(cues) > MAX_CUES:
        warnings.append(f"Of {len(cues)} cues the {MAX_CUES} surest are kept; spot a shorter slice for all of them.")
        surest = sorted(cues, key=lambda cue: -cue.confidence)[:MAX_CUES]
        cues = sorted(surest, key=lambda cue: cue.start_samples)
    if not any(cue.kind != "cut" for cue in cues):
        warnings.append("Nothing moves in this picture as if it were to be heard.")
    return Spotted(
        cues=tuple(cues),
        shots_samples=(0, *(_samples(t, sample_rate_hz) for t in cuts)),
        length_samples=round_late(slice_length(picture, footage) * sample_rate_hz),
        motion=_curve(findings.frames, length),
        warnings=tuple(warnings),
    )


def _movement(block: Motion) -> Floats:
    rows, columns = block.speed.shape[1:]
    across, down = (np.arange(columns) + 0.5) / columns, (np.arange(rows) + 0.5) / rows
    weight = block.speed**2 + 1e-12
    total = weight.sum((1, 2))
    x, y = (weight.sum(1) @ across) / total, (weight.sum(2) @ down) / total
    spread = np.sqrt(np.maximum(0, (weight.sum(2) @ down**2) / total - y**2))
    size = np.minimum(1, 1 / rows + 3.5 * spread)
    return np.stack([block.times, block.speed.mean((1, 2)), x, y, size], 1)


def _apart(times: Floats, likely: Floats) -> list[int]:
    """Indices, by time, of the likeliest moments that leave each other room."""
    kept: list[int] = []
    for k in np.argsort(-likely, kind="stable"):
        if all(abs(times[k] - times[j]) >= _APART_SECONDS for j in kept):
            kept.append(int(k))
    return sorted(kept)


def _cues(findings: _Findings, cuts: Sequence[float], length: float, sample_rate_hz: int) -> list[Cue]:
    edges = [0.0, *cuts, length]
    cues: list[Cue] = []
    moving = np.concatenate(findings.frames) if findings.frames else np.zeros((0, 5))
    for shot, (start, end) in enumerate(pairwise(edges), 1):
        from_cut, to_cut = start + _CUT_SECONDS * (shot > 1), end - _CUT_SECONDS * (shot <= len(cuts))
        impacts = [i for i in findings.impacts if from_cut <= i.time < to_cut]
        inside = (moving[:, 0] >= from_cut) & (moving[:, 0] < to_cut)
        if shot > 1:
            cues.append(Cue(id=f"cut{shot - 1}", start_samples=_samples(start, sample_rate_hz), kind="cut", shot=shot))
        cues += _moments(impacts, shot, sample_rate_hz)
        found = spans(moving[inside], [i.time for i in impacts])
        cues += [_span(span, shot, n, sample_rate_hz) for n, span in enumerate(found, 1)]
    return sorted(cues, key=lambda cue: cue.start_samples)


def _moments(impacts: Sequence[_Impact], shot: int, sample_rate_hz: int) -> list[Cue]:
    hardest = max((i.speed for i in impacts), default=0.0) or 1.0
    return [
        Cue(
            id=f"s{shot}.{n}",
            start_samples=_samples(i.time, sample_rate_hz),
            kind="step" if step else "impact",
            strength=float(np.sqrt(i.speed / hardest)),
            confidence=i.probability,
            x=i.x,
            y=i.y,
            size=i.size,
            shot=shot,
        )
        for n, (i, step) in enumerate(zip(impacts, steps([i.time for i in impacts]), strict=True), 1)
    ]


def _span(span: Span, shot: int, number: int, sample_rate_hz: int) -> Cue:
    start = _samples(span.start_seconds, sample_rate_hz)
    return Cue(
        id=f"m{shot}.{number}",
        start_samples=start,
        length_samples=max(1, _samples(span.end_seconds, sample_rate_hz) - start),
        kind=span.kind,
        strength=min(1.0, span.speed / 0.1),
        confidence=0.5,
        x=span.x,
        y=span.y,
        size=span.size,
        shot=shot,
    )


def _curve(blocks: Sequence[Floats], length: float) -> tuple[float, ...]:
    even = np.arange(0, length, 1 / MOTION_RATE_HZ)
    if not blocks:
        return (0.0,) * len(even)
    table = np.concatenate(blocks)
    curve = np.interp(even, table[:, 0], table[:, 1], right=0.0)
    return tuple((curve / (float(curve.max()) or 1.0)).round(4).tolist())


def _samples(seconds: float, sample_rate_hz: int) -> int:
    return max(0, round_late(Fraction(seconds) * sample_rate_hz))
