"""How well transitions are found: counts, precision, recall and F1, by kind.

A found transition is right when it lies on one that was made, and each answers for one only, as in TRECVID's shot
boundary task (Smeaton, Over & Doherty 2010). A finder that knows no kinds calls all its cuts hard: its recall of each
kind is counted by what was made, its precision by what it said. The module knows nothing of how cuts are found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import numpy as np

from engine.evaluation.cut_clips import Edit, Shot, clips_of, edited, known_edits, write

KINDS = {
    "hard": ("hard",),
    **{kind: (kind,) for kind in ("dissolve", "fade", "wipe")},
    "gradual": ("dissolve", "fade", "wipe"),
    "all": ("hard", "dissolve", "fade", "wipe"),
}


class Found(Protocol):
    """What a finder says of a transition."""

    @property
    def kind(self) -> str:
        """``hard``, or how it is gradual."""

    @property
    def start_seconds(self) -> float:
        """First frame that is not the old shot alone."""

    @property
    def end_seconds(self) -> float:
        """First frame that is the new shot alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Counts of one kind of transition, or of all.

    Parameters
    ----------
    made, recalled
        Transitions of that kind in the footage, and how many of them were found, as whatever kind.
    found, right
        Transitions that were said to be of that kind, and how many of them lie on one that was made.
    named
        How many of the recalled were called by their kind.
    """

    made: int = 0
    recalled: int = 0
    found: int = 0
    right: int = 0
    named: int = 0

    def __add__(self, other: Score) -> Score:
        return Score(
            made=self.made + other.made,
            recalled=self.recalled + other.recalled,
            found=self.found + other.found,
            right=self.right + other.right,
            named=self.named + other.named,
        )

    @property
    def precision(self) -> float:
        """Share of what was found that is right; 1 when nothing was said."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Share of what was made that was found; 1 when there was nothing."""
        return self.recalled / self.made if self.made else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def match(found: Sequence[Found], made: Sequence[Edit], tolerance_seconds: float) -> tuple[tuple[int, int], ...]:
    """Pairs (index found, index made), each index once, as many as can be and then the nearest.

    Two may pair when their middles come within the tolerance, and with a gradual one when the spans from start to end
    do: whoever knows only cuts may put one anywhere in a dissolve.
    """
    from scipy.optimize import linear_sum_assignment

    if not found or not made:
        return ()
    far = 1e6
    costs = np.full((len(found), len(made)), far)
    for i, one in enumerate(found):
        for j, other in enumerate(made):
            apart = abs(one.start_seconds + one.end_seconds - other.start_seconds - other.end_seconds) / 2
            gap = max(one.start_seconds - other.end_seconds, other.start_seconds - one.end_seconds)
            if (apart if other.kind == "hard" else gap) <= tolerance_seconds:
                costs[i, j] = apart
    pairs = zip(*linear_sum_assignment(costs), strict=True)
    return tuple((int(i), int(j)) for i, j in pairs if costs[i, j] < far)


def score(found: Sequence[Found], made: Sequence[Edit], tolerance_seconds: float = 0.02) -> dict[str, Score]:
    """Scores by kind, of the ``gradual`` ones together, and of ``all``.

    The tolerance of 20 ms is under half a frame of film: a hard cut must be found on its frame.
    """
    pairs = match(found, made, tolerance_seconds)
    scores = {}
    for name, kinds in KINDS.items():
        scores[name] = Score(
            made=sum(e.kind in kinds for e in made),
            recalled=sum(made[j].kind in kinds for _, j in pairs),
            found=sum(f.kind in kinds for f in found),
            right=sum(found[i].kind in kinds for i, _ in pairs),
            named=sum(made[j].kind in kinds and found[i].kind == made[j].kind for i, j in pairs),
        )
    return scores


Finder = Callable[[Path], Sequence[Found]]


def compare(
    shots: Sequence[Shot],
    seeds: Sequence[int],
    finders: Mapping[str, Finder],
    *,
    length_seconds: float = 60.0,
    tricks: bool = True,
) -> dict[str, dict[str, Score]]:
    """Scores by finder and kind over one reel a seed, PySceneDetect's with its defaults beside those given.

    Every reel is written as H.264 in one of four qualities, and read by each finder as it reads any file.
    """
    totals: dict[str, dict[str, Score]] = {}
    with TemporaryDirectory() as folder:
        for seed in seeds:
            reel, path = edited(shots, seed, length_seconds=length_seconds, tricks=tricks), Path(folder) / f"{seed}.mp4"
            write(reel, path, quality=(20, 23, 28, 32)[seed % 4])
            _add(totals, path, reel.edits, finders)
            path.unlink()
    return totals


def compare_unedited(folder: Path, finders: Mapping[str, Finder]) -> dict[str, dict[str, Score]]:
    """The same over a folder's clips as they are, by the edits they are known to have; cut short ones do not count."""
    totals: dict[str, dict[str, Score]] = {}
    known = known_edits()
    for path in clips_of(folder):
        _add(totals, path, [e for e in known.get(path.stem, ()) if e.kind == "hard"], finders)
    return totals


def _add(totals: dict[str, dict[str, Score]], path: Path, edits: Sequence[Edit], finders: Mapping[str, Finder]) -> None:
    found = {**pyscenedetect(path), **{name: finder(path) for name, finder in finders.items()}}
    for name, transitions in found.items():
        before = totals.setdefault(name, {})
        totals[name] = {kind: before.get(kind, Score()) + s for kind, s in score(transitions, edits).items()}


def pyscenedetect(path: Path) -> dict[str, Sequence[Found]]:
    """What PySceneDetect's detectors find in a file with the settings they come with."""
    from scenedetect import AdaptiveDetector, ContentDetector, ThresholdDetector, detect

    found: dict[str, Sequence[Found]] = {}
    for detector in (ContentDetector(), AdaptiveDetector(), ThresholdDetector()):
        scenes = detect(str(path), detector)
        starts = [begin.seconds for begin, _ in scenes[1:]]
        name = type(detector).__name__.removesuffix("Detector").lower()
        found[name] = tuple(Edit(kind="hard", start_seconds=s, end_seconds=s) for s in starts)
    return found
