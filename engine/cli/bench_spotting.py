"""``bench spotting``: how well the picture is read, on clips with known onsets."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli.output import JsonFlag, print_json, progress, table

if TYPE_CHECKING:
    from engine.evaluation.spotting_bench import Guess, PhysicsRow, SpottingReport

_RATE_HZ = 48_000
_SEED = 20_261
_MOMENTS = ("impact", "step")


def bench_spotting(
    folder: Annotated[Path, typer.Argument(help="Folder with manifest.csv, gt_*.json and the clips they name.")],
    physics: Annotated[int, typer.Option(min=0, help="Clips to render, contacts known, and to spot as well.")] = 0,
    sensitivity: Annotated[float, typer.Option(min=0, max=1, help="Of the spotting.")] = 0.5,
    as_json: JsonFlag = False,
) -> None:
    """Spot the clips of a folder and score the cues, beside chance and four baselines measured in the same run."""
    from engine.evaluation.spotting_bench import measure, read_clips

    clips = read_clips(folder)
    with progress("spotting", quiet=as_json) as handle:
        report = measure(
            clips,
            lambda path: _spotted(path, sensitivity),
            _grays,
            _heard,
            progress=handle.progress,
        )
    if physics:
        report = report.model_copy(update={"physics": _physics(physics, sensitivity)})
    if as_json:
        print_json(report)
    else:
        _print(report)


def _physics(count: int, sensitivity: float) -> PhysicsRow:
    from engine.evaluation.physics_clips import clips
    from engine.evaluation.spotting_bench import measure_physics

    with tempfile.TemporaryDirectory(prefix="cuewright-bench-") as folder:
        rendered = ((clip.path, clip.onsets_seconds) for clip in clips(count, Path(folder), _SEED))
        return measure_physics(rendered, lambda path: _spotted(path, sensitivity), seed=_SEED)


def _spotted(path: Path, sensitivity: float) -> Guess:
    from engine.evaluation.spotting_bench import Guess
    from engine.picture import Picture
    from engine.video.spotting import spot

    found = spot(Picture(path=str(path)), sample_rate_hz=_RATE_HZ, sensitivity=sensitivity)
    moments = [cue for cue in found.cues if cue.kind in _MOMENTS]
    return Guess(
        onsets=tuple(cue.start_samples / _RATE_HZ for cue in moments),
        confidence=tuple(cue.confidence for cue in moments),
    )


def _heard(path: Path) -> Guess:
    from engine.errors import PictureUnreadable
    from engine.evaluation.spotting_bench import Guess
    from engine.picture import Picture
    from engine.video.guide import guide_cues

    try:
        heard = guide_cues(Picture(path=str(path)), sample_rate_hz=_RATE_HZ)
    except PictureUnreadable:  # a silent clip
        heard = ()
    return Guess(
        onsets=tuple(cue.start_samples / _RATE_HZ for cue in heard), confidence=tuple(cue.confidence for cue in heard)
    )


def _grays(path: Path) -> Iterator[tuple[float, Any]]:
    from engine.picture import Picture
    from engine.video.reader import frames

    for frame in frames(Picture(path=str(path))):
        yield frame.time_seconds, frame.gray


def _print(report: SpottingReport) -> None:
    columns = ("method", "clips", "F50", "F100", "chance 50", "chance 100", "hits", "AP", "count error", "lag ms")
    for which in ("sparse", "all"):
        table(
            f"{'Clips with few onsets a second' if which == 'sparse' else 'All clips'}, mean over clips",
            columns,
            (
                (
                    r.method,
                    r.clips,
                    r.f50,
                    r.f100,
                    r.chance50,
                    r.chance100,
                    r.hits,
                    r.average_precision,
                    r.count_error,
                    r.best_lag_ms,
                )
                for r in report.rows
                if r.clips_of == which
            ),
        )
    table(
        "By category",
        ("category", "clips", "onsets", "F50", "F100", "chance 50", "chance 100", "hits"),
        (
            (r.clips_of, r.clips, r.onsets, r.f50, r.f100, r.chance50, r.chance100, r.hits)
            for r in report.rows
            if r.clips_of not in ("sparse", "all")
        ),
    )
    false = ", ".join(
        f"{method} {rate:.2f}" for method, rate in report.false_per_second.items() if "count" not in method
    )
    print(f"False cues a second where nothing is to be found: {false}")
    if report.physics:
        row = report.physics
        print(f"{row.clips} rendered clips, {row.onsets} contacts: F50 {row.f50:.2f}, F100 {row.f100:.2f}")
    print(f"Speed, decoding included: {report.realtime_factor:.1f} times real time")
