"""Dissolves and wipes: is the picture between two moments made of the pictures at both?

Let A and B be the pictures at the ends of a window, and F one between. In a dissolve F = A + a (B - A) with one a for
all of the picture, rising from 0 to 1 (the linear model of Hampapur, Jain & Weymouth 1994); its detail falls to about
half on the way (the parabola of Alattar 1993). In a wipe every part is A or B, and turns once, the sooner the nearer to
where the wipe began. A camera that moves, or somebody who walks through, shows what is in neither; a zoom to twice the
size and more within a second is taken for a dissolve now and then. Of all windows that pass, the one whose ends differ
most is taken. See Lienhart, "Reliable transition detection in videos", 2001, and Hanjalic, "Shot-boundary detection:
unraveled and resolved?", 2002, for what else has been tried.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from engine.video.shots_look import COLOUR, SAME_SHOT, Look, colours_shared, likeness

LENGTHS = (0.3, 0.45, 0.7, 1.0, 1.5, 2.2, 3.0)
"""Seconds of the windows that are tried."""

AWAY_SECONDS = 1.3
"""What comes back after this has been another shot meanwhile."""

_CHAIN_SECONDS = 6.0  # windows that overlap are judged together, if it does not take longer than this

Kind = Literal["hard", "dissolve", "fade", "wipe"]
Array = np.ndarray[Any, Any]

_RELIT = 0.92  # correlation of the ends above which they are one picture in two lights
_SURE = 1.2  # log odds
_UNLIKE = 0.3  # hardly two pictures are less alike
_LEAST_DISTANCE = 18.0
_BLOCK = 2  # pixels of the small colour picture to a block: 16 x 8 blocks


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A window that passed."""

    kind: Kind
    start_seconds: float
    end_seconds: float
    distance: float  # between the ends


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Facts:
    """What is measured of a window.

    Parameters
    ----------
    distance
        Root mean square between the first picture and the last, in levels of 0 to 255.
    share
        Of every frame, how far it is on the line from the first picture to the last: 0 to 1.
    rest
        The largest square distance of a frame of the middle third from that line, as a part of ``distance`` squared:
        0 in a dissolve of still pictures, 0.25 in the middle of a wipe, 0.75 when it is another picture altogether.
    detail
        How much detail the middle frame has, as a part of that at the ends.
    spread
        Standard deviation of the moments at which the parts of the picture turn, in lengths of the window.
    scatter
        The same after the best plane and cone through those moments.
    order
        How much of their variance that plane and cone explain: 1 in a wipe.
    width
        How long a part is neither what it was nor what it becomes: 0 in a wipe with a sharp edge.
    travel
        How far the picture as a whole has moved from the first to the last, in widths or heights: a camera pans.
    """

    distance: float
    share: Array
    rest: float
    detail: float
    spread: float
    scatter: float
    order: float
    width: float
    travel: float

    def speaks_for(self, likeness_of_ends: float) -> Kind | None:
        """What these facts speak for, by logistic regressions over edited reels; neither, when neither is sure."""
        if likeness_of_ends >= SAME_SHOT:
            return None
        travel, distance = min(self.travel, 0.6), np.log(min(self.distance, 100))
        detail = np.log(np.clip(self.detail, 0.4, 5))  # less than in a dissolve speaks for nothing
        dissolve = 5.1 * distance - 29.4 * likeness_of_ends - 8.2 * travel
        dissolve += -4.0 * self.rest - 1.4 * detail - 27.5 * self.spread - 3.4
        wipe = 4.8 * distance - 32.0 * likeness_of_ends - 7.5 * travel
        wipe += 0.6 * self.order - 24.1 * self.scatter - 4.9 * self.width - 2.8
        if max(wipe, dissolve) < _SURE:
            return None
        return "wipe" if wipe > dissolve else "dissolve"


class GradualFinder:
    """Tries windows that end at the newest of the looks kept."""

    def __init__(self) -> None:
        self._due = dict.fromkeys(LENGTHS, float("-inf"))
        self._passed: list[Candidate] = []
        self._done_until = float("-inf")

    def add(self, looks: Sequence[Look]) -> list[Candidate]:
        """Take the newest; what is now known to be dissolves and wipes."""
        now = looks[-1].time_seconds
        times = [k.time_seconds for k in looks]
        for length in LENGTHS:
            if now < self._due[length]:
                continue
            first = bisect_left(times, now - length - 1e-3)
            if now - times[first] < 0.9 * length or len(times) - first < 5:
                continue
            self._due[length] = now + length / 7
            candidate = examine(looks[first:])
            if candidate and candidate.start_seconds > self._done_until:
                self._passed.append(candidate)
        if not self._passed:
            return []
        latest = max(c.end_seconds for c in self._passed)
        if now < latest + AWAY_SECONDS and now < self._passed[0].start_seconds + _CHAIN_SECONDS:
            return []
        return self.settle(looks)

    def settle(self, looks: Sequence[Look]) -> list[Candidate]:
        """Choose among the windows that passed so far: no two that overlap, those first whose ends differ most."""
        chosen: list[Candidate] = []
        for one in sorted(self._passed, key=lambda c: -c.distance):
            if all(one.end_seconds <= c.start_seconds or one.start_seconds >= c.end_seconds for c in chosen):
                chosen.append(one)
        self._passed = []
        self._done_until = max((c.end_seconds for c in chosen), default=self._done_until)
        return [c for c in chosen if not _comes_back(c, looks)]


def _comes_back(candidate: Candidate, looks: Sequence[Look]) -> bool:
    """Whether what was before is there again soon after: somebody walked through, or something was held up."""

    def near(begin: float, end: float) -> list[Look]:
        inside = [k for k in looks if begin <= k.time_seconds <= end and not k.is_even]
        return inside[:: max(1, len(inside) // 8)]

    before = near(candidate.start_seconds - AWAY_SECONDS, candidate.start_seconds + 1e-9)
    after = near(candidate.end_seconds - 1e-9, candidate.end_seconds + AWAY_SECONDS)
    pairs = ((old, new) for old in before for new in after if colours_shared(old, new) > 0.4)
    return any(likeness(old, new) > SAME_SHOT + 0.04 for old, new in pairs)


def examine(looks: Sequence[Look]) -> Candidate | None:
    """Whether a dissolve or a wipe takes place between the first frame and the last."""
    facts = measure(looks)
    if facts is None or facts.speaks_for(_UNLIKE) is None:
        return None
    kind = facts.speaks_for(likeness(looks[0], looks[-1]))
    if kind is None:
        return None
    begin, end = _span(looks, facts.share)
    return Candidate(kind=kind, start_seconds=begin, end_seconds=end, distance=facts.distance)


def measure(looks: Sequence[Look]) -> Facts | None:
    """What judges a window, or None when its ends do not differ, or are joined by more or less than one rise."""
    first, last = looks[0], looks[-1]
    if first.is_even or last.is_even:
        return None
    coarse = np.array([k.coarse for k in looks])
    apart = coarse[-1] - coarse[0]
    square = float(apart @ apart)
    distance = (square / len(apart)) ** 0.5
    if distance < _LEAST_DISTANCE:
        return None
    share = (coarse - coarse[0]) @ apart / square
    steps = np.abs(np.diff(share))
    if steps.sum() > 1.6 or steps.max() > 0.5:
        return None
    third = len(looks) // 3
    rest = coarse[third:-third] - coarse[0] - share[third:-third, None] * apart
    strange = float((rest**2).sum(1).max() / square)
    if strange > 0.7:
        return None
    detail = looks[len(looks) // 2].energy / max(1.0, (first.energy + last.energy) / 2)
    if np.corrcoef(coarse[0], coarse[-1])[0, 1] > _RELIT:
        return None
    travel = float(np.abs(np.array([k.shift for k in looks[1:]]).sum(0)).max())
    return Facts(distance=distance, share=share, rest=strange, detail=detail, travel=travel, **_turns(looks))


def _span(looks: Sequence[Look], share: Array) -> tuple[float, float]:
    """Where the rise begins and ends, by the line through its middle."""
    times = np.array([k.time_seconds for k in looks])
    rising = np.maximum.accumulate(share)
    low, high = (float(np.interp(x, rising, times)) for x in (0.15, 0.85))
    reach = (high - low) * 0.15 / 0.7
    step = float(times[-1] - times[0]) / (len(times) - 1)
    return low - reach + step / 2, high + reach


def _turns(looks: Sequence[Look]) -> dict[str, float]:
    width, height = COLOUR[0] // _BLOCK, COLOUR[1] // _BLOCK
    count = len(looks)
    pictures = np.array([k.colour for k in looks]).reshape(count, height, _BLOCK, width, _BLOCK, 3)
    blocks = pictures.transpose(0, 1, 3, 2, 4, 5).reshape(count, height * width, -1)
    apart = blocks[-1] - blocks[0]
    squares = (apart**2).sum(-1)
    weight = squares / squares.sum()
    share = np.clip(((blocks - blocks[0]) * apart).sum(-1) / np.maximum(squares, 1), 0, 1)
    turn = 1 - share.mean(0)  # when a block turns, 0 to 1 of the window
    mean = (weight * turn).sum()
    variance = float((weight * (turn - mean) ** 2).sum())
    y, x = np.mgrid[0:height, 0:width].reshape(2, -1)
    x, y = (x + 0.5) / width - 0.5, (y + 0.5) / height - 0.5
    basis = np.stack([np.ones_like(x), x, y, np.hypot(x, y)], 1)
    root = np.sqrt(weight)
    fit = np.linalg.lstsq(basis * root[:, None], turn * root, rcond=None)[0]
    left = float((weight * (turn - basis @ fit) ** 2).sum())
    return {
        "spread": variance**0.5,
        "scatter": left**0.5,
        "order": 1 - left / max(variance, 1e-9),
        "width": float((weight * (4 * share * (1 - share)).mean(0)).sum()),
    }
