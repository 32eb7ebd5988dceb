"""``align``: fit a sound to its picture, or a folder of them, no server needed."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.generate import new_job_id, option_of
from engine.cli.output import JsonFlag, print_json, progress, say, table
from engine.cli.paths import full
from engine.config import Settings
from engine.errors import BadArgument
from engine.request import AlignRequest, Job
from engine.results import JobResult
from engine.session import Session

_BATCH = "Instead: a folder of videos, each with the sound of its name beside it, or with its own."
_VIDEOS = "With --batch: also write every video with the sound that fits best, as a training set wants it."
_WORKERS = "With --batch: pairs at once."
_AT = "Timecode at which the region begins on the timeline; left out, the file tells."


def align(
    audio: Annotated[Path | None, typer.Argument(help="Sound file; it is only read.")] = None,
    video: Annotated[Path | None, typer.Argument(help="Video file that it lies under.")] = None,
    batch: Annotated[Path | None, typer.Option("--batch", help=_BATCH)] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="With --batch: only say what it would take.")] = False,
    videos: Annotated[bool, typer.Option("--videos", help=_VIDEOS)] = False,
    workers: Annotated[int, typer.Option(min=1, max=256, help=_WORKERS)] = os.cpu_count() or 1,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder; left out, beside the sound.")] = None,
    offset: Annotated[float, option_of(AlignRequest, "offset")] = 0.0,
    duration: Annotated[float | None, option_of(AlignRequest, "duration")] = None,
    play_rate: Annotated[float, option_of(AlignRequest, "play_rate")] = 1.0,
    channels: Annotated[str, option_of(AlignRequest, "channels")] = "",
    video_offset: Annotated[float, option_of(AlignRequest, "video_offset")] = 0.0,
    video_rate: Annotated[float, option_of(AlignRequest, "video_rate")] = 1.0,
    threshold: Annotated[float, option_of(AlignRequest, "threshold")] = 0.88,
    cycles: Annotated[int, option_of(AlignRequest, "cycles")] = 4,
    planner: Annotated[str, option_of(AlignRequest, "planner")] = "auto",
    judge: Annotated[str, option_of(AlignRequest, "judge")] = "auto",
    report: Annotated[bool, option_of(AlignRequest, "report", "--report")] = False,
    seed: Annotated[int | None, option_of(AlignRequest, "seed")] = None,
    position_timecode: Annotated[str, typer.Option("--at", help=_AT)] = "",
    frame_rate: Annotated[str, option_of(Session, "frame_rate")] = "25",
    start_timecode: Annotated[str, option_of(Session, "start_timecode")] = "00:00:00:00",
    as_json: JsonFlag = False,
) -> None:
    """Fit a sound to the picture it lies under; the original stays, a take that fits better lies beside it.

    Delay and drift, noise, hum, dropouts and level are put right as far as the picture and the sound tell; where
    nothing better is found, it says why and writes nothing.

    For example: cuewright align foley.wav scene.mov --report

    A folder of videos, each with the sound of its name beside it or its own: cuewright align --batch clips -o aligned
    """
    if batch is None and (audio is None or video is None):
        raise BadArgument("Name a sound and a video, or a folder of them with --batch.", field="video")
    if batch is not None and (audio is not None or out is None):
        raise BadArgument("With --batch, name the folder, and another one with --out for the takes.", field="out")
    request = AlignRequest.read(
        {
            **{"audio": str(full(audio or Path("sound"))), "video": str(full(video or Path("video")))},
            **{"folder": str(full(out)) if out else ""},
            **{"offset": offset, "duration": duration, "play_rate": play_rate, "channels": channels},
            **{"video_offset": video_offset, "video_rate": video_rate},
            **{"threshold": threshold, "cycles": cycles, "planner": planner, "judge": judge, "report": report},
            **{"seed": seed, "position_timecode": position_timecode},
        }
    )
    if batch is not None and out is not None:
        _batch(full(batch), full(out), request, workers, videos=videos, dry_run=dry_run, as_json=as_json)
        return
    job = Job(
        id=new_job_id(),
        verb="align",
        request=request,
        session=Session.read({"frame_rate": frame_rate, "start_timecode": start_timecode}),
        created=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
    )
    from engine.render import Studio

    with progress("looking", quiet=as_json) as handle:
        result = Studio(Settings.load()).run(job, handle, lambda stem: None)
    if as_json:
        print_json(result)
    else:
        _show(result)


def _batch(
    folder: Path, out: Path, asked: AlignRequest, workers: int, *, videos: bool, dry_run: bool, as_json: bool
) -> None:
    from engine.jobs.align_batch import estimate, run_batch
    from engine.jobs.align_rows import PairRow

    settings = Settings.load()
    if dry_run:
        told = estimate(folder, out, asked, settings, workers=workers)
        if as_json:
            print_json(told)
            return
        for line in told.unreadable:
            say(f"note: {line}")
        print(f"{told.left} of {told.pairs} pairs are not done yet, {told.seconds:.0f} s of picture.")
        spent = _spent(told.tokens, told.cost)
        print(f"About {told.wall_seconds:.0f} s of work, {told.calls} calls of models at most, {spent}.")
        return

    def tell(row: PairRow) -> None:
        if row.problem:
            say(f"note: {row.name}: {row.problem}")

    with progress("aligning", quiet=as_json) as handle:
        report = run_batch(folder, out, asked, settings, workers=workers, handle=handle, videos=videos, on_row=tell)
    if as_json:
        print_json(report)
    else:
        rows = [
            (row.name, row.stopped or "failed", _scores(row.before), _scores(row.after), row.actions or row.problem)
            for row in report.rows
        ]
        table("Pairs", ("pair", "stopped", "before", "after", "what was done"), rows)
        better = sum(bool(row.take) for row in report.rows)
        calls, seconds = sum(row.calls for row in report.rows), sum(row.seconds for row in report.rows)
        print(f"{better} of {len(report.rows)} fit better now, {report.failed} failed; {report.done} done in this run.")
        print(f"{seconds / len(report.rows):.2f} s and {calls / len(report.rows):.1f} calls of models a pair.")
        print(f"This run took {_spent(report.tokens, report.cost)}.")
        print(f"Rows:     {out / 'align.jsonl'}")
    if report.failed:
        raise typer.Exit(1)


def _spent(tokens: int, cost: float | None) -> str:
    return f"{tokens} tokens" if cost is None else f"{tokens} tokens, which cost {cost:.4g}"


def _scores(scores: tuple[float, float] | None) -> str:
    return f"{scores[0]:.2f} {scores[1]:.2f}" if scores else ""


def _show(result: JobResult) -> None:
    for warning in result.warnings:
        say(f"note: {warning}")
    print(result.verdict)
    for stem in result.stems:
        print(f"Take:     {stem.path} ({stem.length_samples / stem.sample_rate_hz:.3f} s, {stem.peak_dbtp:.1f} dBTP)")
    if result.manifest:
        print(f"Manifest: {result.manifest}")
    if result.report:
        print(f"Report:   {result.report}")
