"""Measures spotting on a folder of clips with known onsets, beside chance and what anybody could do.

The folder holds ``manifest.csv``, the clips and ``gt_*.json``: clip, file, category, tier, duration and onsets in
seconds. Tier A is scored; in tier N nothing is to be found; the others are listed in no table. Who spots, and who reads
the frames, is handed in: this module decodes nothing.
"""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.errors import FileUnreadable
from engine.evaluation.onset import best_lag, chance_f, condfoley, match
from engine.evaluation.spotting_baselines import (
    FRAME_DIFFERENCE,
    VISBEAT,
    Grays,
    even_onsets,
    picture_curves,
    random_onsets,
)
from engine.model import Model

SPARSE_PER_SECOND = 2.5
"""Denser clips say little: an even grid with the true count does well on them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A clip and its true onsets, seconds; where its sound is out of sync, they were moved by the offset."""

    name: str
    path: Path
    category: str
    tier: str
    source: str
    duration_seconds: float
    onsets: tuple[float, ...]
    av_offset_seconds: float = 0.0

    @property
    def sparse(self) -> bool:
        """Whether it has few onsets a second."""
        return len(self.onsets) <= SPARSE_PER_SECOND * self.duration_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """Predicted onsets of a clip, seconds, and how sure each is."""

    onsets: tuple[float, ...]
    confidence: tuple[float, ...]


class Row(Model):
    """One method on one set of clips; means over clips, so that a long clip counts as much as a short one."""

    method: str
    clips_of: str
    clips: int
    onsets: int
    f50: float
    f100: float
    chance50: float
    chance100: float
    f50_pooled: float
    f100_pooled: float
    hits: float
    precision100: float
    average_precision: float
    count_error: float
    best_lag_ms: float
    """Median over clips of the lag at which prediction and truth agree best."""


class PhysicsRow(Model):
    """Rendered clips, whose contacts are known exactly; pooled over clips."""

    clips: int
    onsets: int
    found: int
    f50: float
    f100: float
    seed: int


class SpottingReport(Model):
    """Everything ``bench spotting`` measures on a folder."""

    rows: tuple[Row, ...]
    false_per_second: dict[str, float]
    """Of each method, on the clips in which nothing is to be found."""
    realtime_factor: float
    """Seconds of picture spotted in a second, decoding included."""
    physics: PhysicsRow | None = None
    clips: dict[str, tuple[float, float, int, int]]
    """F at 50 and 100 ms, found and true count of spotting, clip by clip."""


def read_clips(folder: Path) -> tuple[Clip, ...]:
    """The clips of a folder, in the order of its manifest.

    Raises
    ------
    FileUnreadable
        There is no manifest, no truth, or one of them is not what it should be.
    """
    truth: dict[str, dict[str, object]] = {}
    try:
        with (folder / "manifest.csv").open(newline="", encoding="utf-8") as file:
            manifest = {row["clip"]: row for row in csv.DictReader(file)}
        for path in sorted(folder.glob("gt_*.json")):
            truth.update(json.loads(path.read_bytes()))
        clips = tuple(
            Clip(
                name=name,
                path=folder / str(truth[name]["file"]),
                category=row["category"],
                tier=row["tier"],
                source=row["source_repo"],
                duration_seconds=float(str(truth[name]["duration"])),
                onsets=tuple(float(t) for t in truth[name]["onsets"]),  # type: ignore[attr-defined]
                av_offset_seconds=float(str(truth[name].get("av_offset", 0.0))),
            )
            for name, row in manifest.items()
            if name in truth
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FileUnreadable(
            f"{folder} is no folder of clips: it takes manifest.csv and gt_*.json as the README says ({error}).",
            field="folder",
        ) from None
    if not clips:
        raise FileUnreadable(f"{folder} has no clip with known onsets.", field="folder")
    return clips


def measure(
    clips: Sequence[Clip],
    spot: Callable[[Path], Guess],
    grays: Callable[[Path], Grays],
    listen: Callable[[Path], Guess],
    *,
    seed: int = 0,
    progress: Callable[[float, str], None] = lambda fraction, stage: None,
) -> SpottingReport:
    """Spot every scored clip, and the baselines on the same ones.

    Parameters
    ----------
    spot
        Path to onsets.
    grays
        Path to the frames that the baselines see.
    listen
        Path to the onsets of the clip's own sound.
    """
    scored = [clip for clip in clips if clip.tier in ("A", "N")]
    rng = np.random.default_rng(seed)
    guesses: dict[str, dict[str, Guess]] = {}
    spent = 0.0
    for done, clip in enumerate(scored):
        progress(done / len(scored), clip.name)
        began = time.perf_counter()
        guesses.setdefault("cuewright", {})[clip.name] = spot(clip.path)
        spent += time.perf_counter() - began
        heard = listen(clip.path)
        guesses.setdefault("guide track", {})[clip.name] = heard
        guesses.setdefault("guide track, in sync", {})[clip.name] = Guess(
            onsets=tuple(t + clip.av_offset_seconds for t in heard.onsets), confidence=heard.confidence
        )
        for method, guess in _baselines(clip, grays(clip.path), rng).items():
            guesses.setdefault(method, {})[clip.name] = guess
    ours = guesses["cuewright"]
    return SpottingReport(
        rows=tuple(_rows(scored, guesses, rng)),
        false_per_second={method: _false_per_second(scored, made) for method, made in guesses.items()},
        realtime_factor=sum(clip.duration_seconds for clip in scored) / max(spent, 1e-9),
        clips={
            clip.name: (
                match(clip.onsets, ours[clip.name].onsets, 0.05).f,
                match(clip.onsets, ours[clip.name].onsets, 0.1).f,
                len(ours[clip.name].onsets),
                len(clip.onsets) if clip.tier == "A" else 0,
            )
            for clip in scored
        },
    )


def measure_physics(
    rendered: Iterable[tuple[Path, Sequence[float]]], spot: Callable[[Path], Guess], *, seed: int
) -> PhysicsRow:
    """Spot rendered clips, given as paths and true onsets; ``seed`` is the one they were rendered with."""
    made = [(onsets, spot(path).onsets) for path, onsets in rendered]
    found, true = sum(len(guess) for _, guess in made), sum(len(onsets) for onsets, _ in made)
    hits = [sum(match(onsets, guess, window).hits for onsets, guess in made) for window in (0.05, 0.1)]
    f50, f100 = (2 * count / max(1, found + true) for count in hits)
    return PhysicsRow(clips=len(made), onsets=true, found=found, f50=f50, f100=f100, seed=seed)


def _baselines(clip: Clip, grays: Grays, rng: np.random.Generator) -> dict[str, Guess]:
    count = len(clip.onsets) if clip.tier == "A" else 0
    made = {
        "random, true count": random_onsets(count, clip.duration_seconds, rng),
        "even grid, true count": even_onsets(count, clip.duration_seconds, rng),
    }
    guesses = {name: Guess(onsets=tuple(at), confidence=(1.0,) * count) for name, at in made.items()}
    seen = picture_curves(grays)
    for name, peaks in (("frame difference", FRAME_DIFFERENCE), ("VisBeat envelope", VISBEAT)):
        at, height = peaks.pick(seen[name])
        guesses[name] = Guess(onsets=tuple(at.tolist()), confidence=tuple(height.tolist()))
    return guesses


def _rows(clips: Sequence[Clip], guesses: dict[str, dict[str, Guess]], rng: np.random.Generator) -> Iterable[Row]:
    real = [clip for clip in clips if clip.tier == "A" and clip.onsets]
    sparse = [clip for clip in real if clip.sparse]
    for method, made in guesses.items():
        yield row(method, "sparse", sparse, made, rng)
        yield row(method, "all", real, made, rng)
    for category in sorted({clip.category for clip in real}):
        yield row(
            "cuewright", category, [clip for clip in real if clip.category == category], guesses["cuewright"], rng
        )


def row(method: str, clips_of: str, clips: Sequence[Clip], made: dict[str, Guess], rng: np.random.Generator) -> Row:
    """The figures of one method over some clips; zeros where there is no clip."""
    matches = [[match(clip.onsets, made[clip.name].onsets, w) for clip in clips] for w in (0.05, 0.1)]
    figures = [condfoley(clip.onsets, made[clip.name].onsets, made[clip.name].confidence) for clip in clips]
    chances = [
        [chance_f(clip.onsets, len(made[clip.name].onsets), clip.duration_seconds, w, rng) for clip in clips]
        for w in (0.05, 0.1)
    ]

    def mean(values: Iterable[float]) -> float:
        listed = list(values)
        return float(np.mean(listed)) if listed else 0.0

    def pooled(k: int) -> float:
        counts = sum(m.predicted + m.true for m in matches[k])
        return 2 * sum(m.hits for m in matches[k]) / counts if counts else 0.0

    lags = [best_lag(clip.onsets, made[clip.name].onsets) for clip in clips]
    return Row(
        method=method,
        clips_of=clips_of,
        clips=len(clips),
        onsets=sum(len(clip.onsets) for clip in clips),
        f50=mean(m.f for m in matches[0]),
        f100=mean(m.f for m in matches[1]),
        chance50=mean(chances[0]),
        chance100=mean(chances[1]),
        f50_pooled=pooled(0),
        f100_pooled=pooled(1),
        hits=mean(figure.accuracy for figure in figures),
        precision100=mean(m.precision for m in matches[1]),
        average_precision=mean(figure.average_precision for figure in figures),
        count_error=mean(abs(m.predicted - m.true) / max(1, m.true) for m in matches[1]),
        best_lag_ms=1000 * float(np.median(lags)) if lags else 0.0,
    )


def _false_per_second(clips: Sequence[Clip], made: dict[str, Guess]) -> float:
    still = [clip for clip in clips if clip.tier == "N"]
    seconds = sum(clip.duration_seconds for clip in still)
    return sum(len(made[clip.name].onsets) for clip in still) / seconds if seconds else 0.0
