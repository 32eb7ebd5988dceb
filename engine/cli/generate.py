"""``generate`` and ``rebuild``: the whole path in this process, no server needed."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.cli.output import JsonFlag, print_json, progress, say, table
from engine.cli.paths import full
from engine.config import Settings
from engine.errors import BadArgument
from engine.model import Model
from engine.plan import Plan
from engine.request import GenerateRequest, Job
from engine.results import JobResult, StemFile
from engine.session import Session


def option_of(model: type[Model], field: str, *names: str) -> Any:
    """An option that reads its help from the request's field."""
    return typer.Option(*(names or (f"--{field.replace('_', '-')}",)), help=model.model_fields[field].description)


def _words(prompt: list[str] | None) -> str:
    return " ".join(prompt or [])


def new_job_id() -> str:
    """A job id that sorts by time and does not repeat."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def generate(
    prompt: Annotated[list[str] | None, typer.Argument(help="What should be heard, in words.")] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the stems.")] = Path("cuewright"),
    duration: Annotated[float | None, option_of(GenerateRequest, "duration")] = None,
    takes: Annotated[int | None, option_of(GenerateRequest, "takes")] = None,
    seed: Annotated[int | None, option_of(GenerateRequest, "seed")] = None,
    backend: Annotated[str, option_of(GenerateRequest, "backend")] = "",
    planner: Annotated[str, option_of(GenerateRequest, "planner")] = "auto",
    preset: Annotated[str, option_of(GenerateRequest, "preset")] = "",
    chain: Annotated[str, option_of(GenerateRequest, "chain")] = "",
    mix_chain: Annotated[str, option_of(GenerateRequest, "mix_chain", "--mix-chain")] = "",
    channels: Annotated[int | None, option_of(GenerateRequest, "channels")] = None,
    track: Annotated[str, option_of(GenerateRequest, "track")] = "",
    position_timecode: Annotated[str, option_of(GenerateRequest, "position_timecode", "--at")] = "",
    mix: Annotated[bool, typer.Option("--mix/--no-mix", help="Also write a mix of all sounds.")] = True,
    delivery_safe: Annotated[bool, option_of(GenerateRequest, "delivery_safe", "--delivery-safe")] = False,
    sample_rate: Annotated[int, option_of(Session, "sample_rate")] = 48_000,
    frame_rate: Annotated[str, option_of(Session, "frame_rate")] = "25",
    start_timecode: Annotated[str, option_of(Session, "start_timecode")] = "00:00:00:00",
    project: Annotated[str, option_of(Session, "project")] = "",
    follow: Annotated[
        Path | None, typer.Option("--follow", help="Manifest of an earlier job; the words then change its plan.")
    ] = None,
    plan_only: Annotated[bool, typer.Option("--plan", help="Print the plan and render nothing.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Turn words into stems.

    For example: cuewright generate "a heavy oak door slams, then footsteps on gravel" --out stems
    """
    request = GenerateRequest.read(
        {
            **{"prompt": _words(prompt), "folder": str(full(out)), "duration": duration},
            **{"takes": takes, "seed": seed, "backend": backend, "planner": planner, "preset": preset},
            **{"channels": channels, "track": track, "position_timecode": position_timecode},
            **{"mix": mix, "delivery_safe": delivery_safe, "chain": chain, "mix_chain": mix_chain},
        }
    )
    session = Session.read(
        {
            **{"sample_rate": sample_rate, "frame_rate": frame_rate},
            **{"start_timecode": start_timecode, "project": project},
        }
    )
    job = Job(
        id=new_job_id(),
        request=request,
        session=session,
        created=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        previous_manifest=str(full(follow)) if follow else "",
    )
    from engine.render import Studio

    studio = Studio(Settings.load())
    if plan_only:
        with progress("planning", quiet=as_json) as handle:
            plan = studio.plan(job, handle)
        show_plan(plan, as_json=as_json)
        return
    with progress("planning", quiet=as_json) as handle:
        result = studio.run(job, handle, lambda stem: None)
    show_result(result, as_json=as_json)


def show_plan(plan: Plan, *, as_json: bool) -> None:
    """What would be done."""
    if as_json:
        print_json(plan)
        return
    for warning in plan.warnings:
        say(f"note: {warning}")
    rate = plan.session.sample_rate
    table(
        f"{plan.outline.planner}: {plan.length_samples / rate:.2f} s",
        ("event", "cue", "start s", "length s", "gain dB", "pan", "layer", "backend", "source", "category", "text"),
        (
            (
                *(e.id, e.cue, e.start_samples / rate, e.length_samples / rate, e.gain_db, e.pan, e.layer),
                *(e.takes[0].backend, e.takes[0].source, e.category, e.text),
            )
            for e in plan.events
        ),
    )


def show_result(result: JobResult, *, as_json: bool) -> None:
    """Where everything is."""
    if as_json:
        print_json(result)
        return
    for warning in result.warnings:
        say(f"note: {warning}")
    files = (*result.stems, *((result.mix,) if result.mix else ()))
    table(
        f"{len(result.stems)} stem{'s' if len(result.stems) != 1 else ''} in {Path(result.manifest).parent}",
        ("track", "take", "onset s", "length s", "LUFS", "dBTP", "file"),
        (_row(stem) for stem in files),
    )
    for licence in dict.fromkeys(stem.licence.name for stem in result.stems if not stem.licence.commercial):
        tracks = dict.fromkeys(stem.track for stem in result.stems if stem.licence.name == licence)
        say(f"note: not for work that earns money: {', '.join(tracks)} ({licence})")
    print(f"REAPER project: {result.project}")
    print(f"Manifest:       {result.manifest}")
    if result.report:
        print(f"Report:         {result.report}")


def _row(stem: StemFile) -> tuple[object, ...]:
    rate = stem.sample_rate_hz
    return (
        *(stem.track, stem.take, (stem.position_samples + stem.onset_samples) / rate, stem.length_samples / rate),
        "" if stem.loudness_lufs is None else f"{stem.loudness_lufs:.1f}",
        *(f"{stem.peak_dbtp:.1f}", Path(stem.path).name),
    )


def rebuild(
    manifest: Annotated[Path, typer.Argument(help="The .cuewright.json beside the stems.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for the files; left out, missing ones are put back.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Render a manifest again: the same bytes, or what differs. A file that exists is never changed."""
    if not manifest.is_file():
        raise BadArgument(f"There is no manifest at {manifest}.", field="manifest")
    from engine.render.rebuild import rebuild as render_again

    with progress("rebuilding", quiet=as_json) as handle:
        report = render_again(Settings.load(), full(manifest), out and full(out), handle)
    if as_json:
        print_json(report)
        return
    print(f"{report.same} of {report.total} files are the same bytes; {report.written} written to {report.folder}.")
