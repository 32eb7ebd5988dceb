"""``align``: fit a sound to its picture, in this process, no server needed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.generate import new_job_id, option_of
from engine.cli.output import JsonFlag, print_json, progress, say
from engine.cli.paths import full
from engine.config import Settings
from engine.request import AlignRequest, Job
from engine.results import JobResult
from engine.session import Session

_AT = "Timecode at which the region begins on the timeline; left out, the file tells."


def align(
    audio: Annotated[Path, typer.Argument(help="Sound file; it is only read.")],
    video: Annotated[Path, typer.Argument(help="Video file that it lies under.")],
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
    """
    request = AlignRequest.read(
        {
            **{"audio": str(full(audio)), "video": str(full(video)), "folder": str(full(out)) if out else ""},
            **{"offset": offset, "duration": duration, "play_rate": play_rate, "channels": channels},
            **{"video_offset": video_offset, "video_rate": video_rate},
            **{"threshold": threshold, "cycles": cycles, "planner": planner, "judge": judge, "report": report},
            **{"seed": seed, "position_timecode": position_timecode},
        }
    )
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
