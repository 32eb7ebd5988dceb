"""``edit`` and ``actions``: change a sound file, or a spot in it, in this process, no server needed."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import typer
from pydantic.fields import FieldInfo
from typer.core import TyperCommand

from engine.cli.generate import new_job_id, option_of
from engine.cli.output import JsonFlag, print_json, progress, say, table
from engine.cli.paths import full
from engine.config import Settings
from engine.errors import BadArgument
from engine.request import EditRequest, Job
from engine.results import JobResult
from engine.session import Session


class WordsCommand(TyperCommand):
    """A command whose words may begin with a minus and a digit, as in "-23 LUFS"."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """What looks like an option and is a number is put behind a blank; no option begins with a digit."""
        return super().parse_args(ctx, [f" {arg}" if re.match(r"-\.?\d", arg) else arg for arg in args])


_PLAY_RATE = "Of the region in the DAW: 2 is twice as fast. The take is at the file's own speed, to be played so again."
_CHANNELS = 'Channels of the file, in their new order: "1" is the left alone, "2 1" swaps; "mix" is all in one.'
_AT = "Timecode at which the region begins on the timeline; left out, the file tells."
_LENGTH = "Seconds from there; left out, to the region's end."


def edit(
    audio: Annotated[Path, typer.Argument(help="Sound file; it is only read.")],
    words: Annotated[list[str] | None, typer.Argument(help="What to do, in words.")] = None,
    do: Annotated[str, typer.Option("--do", help='The same as actions: "denoise; speed factor=0.9".')] = "",
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder; left out, beside the file.")] = None,
    selection_start: Annotated[float, option_of(EditRequest, "selection_start", "--from")] = 0.0,
    selection_length: Annotated[float | None, typer.Option("--length", help=_LENGTH)] = None,
    noise_audio: Annotated[Path | None, option_of(EditRequest, "noise_audio")] = None,
    noise_start: Annotated[float, option_of(EditRequest, "noise_start")] = 0.0,
    noise_length: Annotated[float | None, option_of(EditRequest, "noise_length")] = None,
    reference: Annotated[Path | None, typer.Option("--reference", help="File whose room worldize takes.")] = None,
    offset: Annotated[float, option_of(EditRequest, "offset")] = 0.0,
    duration: Annotated[float | None, option_of(EditRequest, "duration")] = None,
    play_rate: Annotated[float, typer.Option("--play-rate", help=_PLAY_RATE)] = 1.0,
    channels: Annotated[str, typer.Option("--channels", help=_CHANNELS)] = "",
    takes: Annotated[int, option_of(EditRequest, "takes")] = 1,
    seed: Annotated[int | None, option_of(EditRequest, "seed")] = None,
    backend: Annotated[str, option_of(EditRequest, "backend")] = "",
    planner: Annotated[str, option_of(EditRequest, "planner")] = "auto",
    position_timecode: Annotated[str, typer.Option("--at", help=_AT)] = "",
    frame_rate: Annotated[str, option_of(Session, "frame_rate")] = "25",
    start_timecode: Annotated[str, option_of(Session, "start_timecode")] = "00:00:00:00",
    plan_only: Annotated[bool, typer.Option("--plan", help="Print the actions and change nothing.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Change a sound file, or a spot in it; the original stays, a new take lies beside it.

    For example: cuewright edit atmo.wav "remove the bird" --from 3.2 --length 0.6

    What can be done, and how far: cuewright actions
    """
    if do and words:
        raise BadArgument("Say it in words or as actions with --do, not both.", field="do")
    request = EditRequest.read(
        {
            **{"audio": str(full(audio)), "do": do or " ".join(words or []), "folder": str(full(out)) if out else ""},
            **{"selection_start": selection_start, "selection_length": selection_length},
            **{"noise_audio": str(full(noise_audio)) if noise_audio else "", "noise_start": noise_start},
            **{"noise_length": noise_length, "reference": str(full(reference)) if reference else ""},
            **{"offset": offset, "duration": duration, "play_rate": play_rate, "channels": channels},
            **{"takes": takes, "seed": seed, "backend": backend, "planner": planner},
            **{"position_timecode": position_timecode, "plan_only": plan_only},
        }
    )
    job = Job(
        id=new_job_id(),
        verb="edit",
        request=request,
        session=Session.read({"frame_rate": frame_rate, "start_timecode": start_timecode}),
        created=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
    )
    from engine.render import Studio

    with progress("planning", quiet=as_json) as handle:
        result = Studio(Settings.load()).run(job, handle, lambda stem: None)
    if as_json:
        print_json(result)
    else:
        _show(result)


def _show(result: JobResult) -> None:
    for warning in result.warnings:
        say(f"note: {warning}")
    print(f"Actions:  {result.actions}")
    if not result.stems:
        say("Nothing is changed yet. As they are, or changed, they are done by --do.")
    for stem in result.stems:
        lufs = "" if stem.loudness_lufs is None else f"{stem.loudness_lufs:.1f} LUFS, "
        seconds = stem.length_samples / stem.sample_rate_hz
        print(f"Take {stem.take}:   {stem.path} ({seconds:.3f} s, {lufs}{stem.peak_dbtp:.1f} dBTP)")
    if result.manifest:
        print(f"Manifest: {result.manifest}")


def actions(as_json: JsonFlag = False) -> None:
    """List what can be done to a sound, with every parameter."""
    from engine.action import ACTIONS

    if as_json:
        print_json({name: kind.model_json_schema() for name, kind in ACTIONS.items()})
        return
    rows = []
    for name, kind in ACTIONS.items():
        keys = [" ".join([f"{key}:", *_told(field)]) for key, field in kind.model_fields.items()]
        rows.append((name, textwrap.dedent(kind.__doc__ or ""), "\n".join(keys)))
    table("Actions", ("action", "what it does", "parameters"), rows)


def _told(field: FieldInfo) -> Iterator[str]:
    """What a parameter means, what is right, and what it is when it is left out."""
    yield field.description or ""
    above = {
        key: value for rule in field.metadata for key in ("ge", "gt") if (value := getattr(rule, key, None)) is not None
    }
    most = next((rule.le for rule in field.metadata if hasattr(rule, "le")), None)
    if above and most is not None:
        yield f"{'Over ' if 'gt' in above else ''}{next(iter(above.values())):g} to {most:g}."
    elif get_origin(field.annotation) is Literal:
        yield f"{' or '.join(get_args(field.annotation))}."
    if not field.is_required() and field.default not in (None, "", ()):
        yield f"Left out, {field.default:g}." if isinstance(field.default, float) else f"Left out, {field.default}."
