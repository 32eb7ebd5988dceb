"""``spot`` and ``compose``: picture to cues, and sound on them, in this process, no server needed."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.cli.generate import new_job_id, option_of, show_plan, show_result
from engine.cli.output import JsonFlag, print_json, progress, say, table
from engine.cli.paths import full
from engine.config import Settings
from engine.cue import Cue
from engine.errors import BadArgument
from engine.request import ComposeRequest, Job, SpotRequest, Verb
from engine.results import JobResult
from engine.session import Session
from engine.timebase import FrameRate

SHEETS = {".csv", ".tsv", ".xlsx", ".txt", ".edl", ".rpp"}
"""What names a cue sheet; anything else is taken for a picture."""


def _full(path: Path | None) -> str:
    return str(full(path)) if path else ""


def _session(frame_rate: str, video: str, **values: Any) -> Session:
    """The session; where no frame rate is given, the picture's own."""
    if not frame_rate and video:
        from engine.video.reader import probe

        rate = probe(video).frame_rate
        with suppress(BadArgument):  # a slide show or a high-speed camera: no timecode has its rate
            frame_rate = str(FrameRate(rate)) if rate else ""
    return Session.read({"frame_rate": frame_rate or "25", **values})


def _job(verb: Verb, request: SpotRequest | ComposeRequest, session: Session) -> Job:
    created = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return Job(id=new_job_id(), verb=verb, request=request, session=session, created=created)


def spot(
    video: Annotated[Path, typer.Argument(help="Video file; it is only read.")],
    offset: Annotated[float, option_of(SpotRequest, "video_offset", "--offset")] = 0.0,
    duration: Annotated[float | None, option_of(SpotRequest, "duration")] = None,
    play_rate: Annotated[float, option_of(SpotRequest, "video_rate", "--play-rate")] = 1.0,
    source: Annotated[str, option_of(SpotRequest, "source")] = "picture",
    sensitivity: Annotated[float, option_of(SpotRequest, "sensitivity")] = 0.5,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder for a cue sheet and a report page.")] = None,
    position_timecode: Annotated[str, option_of(SpotRequest, "position_timecode", "--at")] = "",
    sample_rate: Annotated[int, option_of(Session, "sample_rate")] = 48_000,
    frame_rate: Annotated[str, typer.Option(help="Of the timecode; left out, the picture's own.")] = "",
    start_timecode: Annotated[str, option_of(Session, "start_timecode")] = "00:00:00:00",
    as_json: JsonFlag = False,
) -> None:
    """Find what happens in a picture: a cue for every moment that should sound.

    For example: cuewright spot scene.mov --out cues
    """
    request = SpotRequest.read(
        {
            **{"video": _full(video), "video_offset": offset, "duration": duration, "video_rate": play_rate},
            **{"source": source, "sensitivity": sensitivity, "folder": _full(out)},
            **{"position_timecode": position_timecode},
        }
    )
    session = _session(frame_rate, request.video, sample_rate=sample_rate, start_timecode=start_timecode)
    from engine.render import Studio

    with progress("looking", quiet=as_json) as handle:
        result = Studio(Settings.load()).run(_job("spot", request, session), handle)
    if as_json:
        print_json(_timed(result))
        return
    for warning in result.warnings:
        say(f"note: {warning}")
    _show_cues(f"{len(result.cues)} cues in {video.name}", result.cues, session)
    for what, path in (("Cue sheet", result.cue_sheet), ("Report", result.report)):
        if path:
            print(f"{what + ':':<10} {path}")


def _timed(result: JobResult) -> dict[str, Any]:
    """The result, its cues with seconds beside their samples."""
    rate = result.sample_rate_hz
    cues = [
        {"time_seconds": cue.start_samples / rate, "length_seconds": cue.length_samples / rate} | cue.model_dump()
        for cue in result.cues
    ]
    return result.model_dump(mode="json") | {"cues": cues}


def _show_cues(title: str, cues: tuple[Cue, ...], session: Session) -> None:
    rate = session.sample_rate
    table(
        title,
        ("cue", "seconds", "length", "kind", "strength", "confidence", "x", "y", "shot", "label"),
        (
            (
                *(c.id, c.start_samples / rate, c.length_samples / rate, c.kind, c.strength, c.confidence),
                *(c.x, c.y, c.shot, c.label),
            )
            for c in cues
        ),
    )


def compose(
    source: Annotated[Path, typer.Argument(help="Video file, or a cue sheet (CSV, TSV, XLSX, EDL, TXT, RPP).")],
    prompt: Annotated[list[str] | None, typer.Argument(help="What should be heard, in words.")] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the stems.")] = Path("cuewright"),
    cue_sheet: Annotated[Path | None, option_of(ComposeRequest, "cue_sheet")] = None,
    markers: Annotated[str, option_of(ComposeRequest, "markers")] = "",
    spot: Annotated[str, option_of(ComposeRequest, "spot")] = "auto",
    sensitivity: Annotated[float, option_of(ComposeRequest, "sensitivity")] = 0.5,
    evenly: Annotated[int | None, option_of(ComposeRequest, "evenly")] = None,
    ambience: Annotated[str, option_of(ComposeRequest, "ambience")] = "across",
    report: Annotated[bool, typer.Option("--report/--no-report", help="Also write a page that plays it all.")] = True,
    offset: Annotated[float, option_of(ComposeRequest, "video_offset", "--offset")] = 0.0,
    duration: Annotated[float | None, option_of(ComposeRequest, "duration")] = None,
    play_rate: Annotated[float, option_of(ComposeRequest, "video_rate", "--play-rate")] = 1.0,
    takes: Annotated[int | None, option_of(ComposeRequest, "takes")] = None,
    seed: Annotated[int | None, option_of(ComposeRequest, "seed")] = None,
    backend: Annotated[str, option_of(ComposeRequest, "backend")] = "",
    planner: Annotated[str, option_of(ComposeRequest, "planner")] = "auto",
    preset: Annotated[str, option_of(ComposeRequest, "preset")] = "",
    chain: Annotated[str, option_of(ComposeRequest, "chain")] = "",
    mix_chain: Annotated[str, option_of(ComposeRequest, "mix_chain", "--mix-chain")] = "",
    track: Annotated[str, option_of(ComposeRequest, "track")] = "",
    position_timecode: Annotated[str, option_of(ComposeRequest, "position_timecode", "--at")] = "",
    sheet_frame_rate: Annotated[str, option_of(ComposeRequest, "sheet_frame_rate")] = "",
    mix: Annotated[bool, typer.Option("--mix/--no-mix", help="Also write a mix of all sounds.")] = True,
    delivery_safe: Annotated[bool, option_of(ComposeRequest, "delivery_safe", "--delivery-safe")] = False,
    sample_rate: Annotated[int, option_of(Session, "sample_rate")] = 48_000,
    frame_rate: Annotated[str, typer.Option(help="Of the timecode; left out, the picture's own.")] = "",
    start_timecode: Annotated[str, option_of(Session, "start_timecode")] = "00:00:00:00",
    project: Annotated[str, option_of(Session, "project")] = "",
    plan_only: Annotated[bool, typer.Option("--plan", help="Print the plan and render nothing.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Put sounds to a picture or a cue sheet, each onset on its cue to the sample.

    For example: cuewright compose scene.mov "leather shoes on marble; a cup put down at the end; room tone"
    """
    is_sheet = source.suffix.lower() in SHEETS
    if is_sheet and cue_sheet:
        raise BadArgument("Name one cue sheet, as the first argument or with --cue-sheet.", field="cue_sheet")
    request = ComposeRequest.read(
        {
            **{"prompt": " ".join(prompt or []), "folder": _full(out), "markers": markers, "spot": spot},
            **{"video": "" if is_sheet else _full(source), "cue_sheet": _full(source if is_sheet else cue_sheet)},
            **{"sensitivity": sensitivity, "evenly": evenly, "ambience": ambience, "report": report},
            **{"video_offset": offset, "duration": duration, "video_rate": play_rate, "takes": takes, "seed": seed},
            **{"backend": backend, "planner": planner, "preset": preset, "track": track, "mix": mix},
            **{"position_timecode": position_timecode, "sheet_frame_rate": sheet_frame_rate},
            **{"delivery_safe": delivery_safe, "chain": chain, "mix_chain": mix_chain},
        }
    )
    session = _session(
        frame_rate, request.video, sample_rate=sample_rate, start_timecode=start_timecode, project=project
    )
    job = _job("compose", request, session)
    from engine.render import Studio

    studio = Studio(Settings.load())
    with progress("planning", quiet=as_json) as handle:
        if plan_only:
            plan = studio.plan(job, handle)
        else:
            result = studio.run(job, handle)
    if plan_only:
        show_plan(plan, as_json=as_json)
    elif as_json:
        print_json(_timed(result))
    else:
        show_result(result, as_json=False)
