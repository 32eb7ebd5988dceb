"""``protools``: words, picture and edits for the session that is open in Pro Tools, with no script inside it.

Reads the selection, runs the job in a running engine or in this process, and imports the stems at their samples.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

import typer

from engine.cli.generate import new_job_id, option_of
from engine.cli.output import JsonFlag, print_json, progress, say, table
from engine.cli.paths import full
from engine.config import Settings
from engine.errors import BadArgument, Cancelled, EngineNotRunning
from engine.handle import Handle
from engine.protools.link import DEFAULT_ADDRESS, Link
from engine.protools.session import (
    OpenSession,
    Selection,
    markers,
    open_session,
    selected_audio,
    selection,
    track_names,
)
from engine.request import ComposeRequest, EditRequest, GenerateRequest, Job, Verb

if TYPE_CHECKING:
    from engine.protools.placing import Placement
    from engine.stems.interchange.timeline import Timeline

FOLDER = "Cuewright"
"""Of the stems, in the session's own folder."""
Where = Literal["auto", "running", "here"]
_PING_SECONDS = 0.5

protools_app = typer.Typer(
    no_args_is_help=True, help="Sounds for the session that is open in Pro Tools (2025.10 or later)."
)

Address = Annotated[str, typer.Option("--protools", help="Where Pro Tools' scripting answers.")]
Out = Annotated[Path | None, typer.Option("--out", "-o", help="Folder; left out, Cuewright in the session's folder.")]
Engine = Annotated[
    str, typer.Option("--engine", help="running: one that runs; here: in this process; auto: whichever there is.")
]


@protools_app.command()
def generate(
    prompt: Annotated[list[str], typer.Argument(help="What should be heard, in words.")],
    takes: Annotated[int | None, option_of(GenerateRequest, "takes")] = None,
    seed: Annotated[int | None, option_of(GenerateRequest, "seed")] = None,
    backend: Annotated[str, option_of(GenerateRequest, "backend")] = "",
    preset: Annotated[str, option_of(GenerateRequest, "preset")] = "",
    track: Annotated[str, option_of(GenerateRequest, "track")] = "",
    out: Out = None,
    engine: Engine = "auto",
    address: Address = DEFAULT_ADDRESS,
    as_json: JsonFlag = False,
) -> None:
    """Turn words into stems at the cursor, or as long as the selection.

    For example: cuewright protools generate "a heavy oak door slams, then footsteps on gravel"
    """
    with _pro_tools(address) as (link, opened):
        span = selection(link, needed=False)
        _check_free(link, track)
        request = GenerateRequest.read(
            {
                **{"prompt": " ".join(prompt), "folder": str(_folder(out, opened)), "takes": takes, "seed": seed},
                **{"backend": backend, "preset": preset, "track": track, "mix": False},
                **{"duration": _seconds(span, opened), "position_samples": span.start_samples},
            }
        )
        _run_and_place(link, opened, "generate", request, engine, as_json)


@protools_app.command()
def compose(
    prompt: Annotated[list[str] | None, typer.Argument(help="What should be heard, in words.")] = None,
    video: Annotated[Path | None, typer.Option(help="The picture; left out, the markers are the cues.")] = None,
    video_at: Annotated[str, typer.Option(help="Timecode at which it begins; left out, the session's start.")] = "",
    takes: Annotated[int | None, option_of(ComposeRequest, "takes")] = None,
    seed: Annotated[int | None, option_of(ComposeRequest, "seed")] = None,
    sensitivity: Annotated[float, option_of(ComposeRequest, "sensitivity")] = 0.5,
    track: Annotated[str, option_of(ComposeRequest, "track")] = "",
    out: Out = None,
    engine: Engine = "auto",
    address: Address = DEFAULT_ADDRESS,
    as_json: JsonFlag = False,
) -> None:
    """Put sounds on the markers in the selection, or on what happens in a picture there.

    For example: cuewright protools compose "boots on gravel" --video scene.mov --video-at 01:00:00:00
    """
    with _pro_tools(address) as (link, opened):
        span = selection(link, needed=True)
        _check_free(link, track)
        rate = opened.session.sample_rate
        marked = markers(link, span, rate)
        if not (marked or video):
            raise BadArgument(
                "There is no marker in the selection: set markers where it should sound, or give --video.",
                field="video",
            )
        request = ComposeRequest.read(
            {
                **{"prompt": " ".join(prompt or []), "folder": str(_folder(out, opened)), "takes": takes, "seed": seed},
                **{"sensitivity": sensitivity, "track": track, "mix": False, "markers": marked},
                **({"video": str(full(video))} if video else {}),
                **({"video_offset": _into(video_at, span, opened)} if video else {}),
                **{"duration": _seconds(span, opened), "position_samples": span.start_samples},
            }
        )
        _run_and_place(link, opened, "compose", request, engine, as_json)


@protools_app.command()
def edit(
    words: Annotated[list[str], typer.Argument(help="What to do, in words or as actions.")],
    takes: Annotated[int, option_of(EditRequest, "takes")] = 1,
    seed: Annotated[int | None, option_of(EditRequest, "seed")] = None,
    out: Out = None,
    engine: Engine = "auto",
    address: Address = DEFAULT_ADDRESS,
    as_json: JsonFlag = False,
) -> None:
    """Change the sound under the selection; the take goes onto a new track, the clip stays as it is.

    For example: cuewright protools edit "remove the hum"
    """
    with _pro_tools(address) as (link, opened):
        span = selection(link, needed=True)
        audio = selected_audio(link, span)
        rate = opened.session.sample_rate
        request = EditRequest.read(
            {
                **{"audio": str(audio.file), "do": " ".join(words), "folder": str(_folder(out, opened))},
                **{"offset": audio.offset_samples / rate, "duration": _seconds(span, opened)},
                **{"position_samples": span.start_samples, "track": f"{audio.track} edit"[:120]},
                **{"takes": takes, "seed": seed},
            }
        )
        _run_and_place(link, opened, "edit", request, engine, as_json)


@protools_app.command("place")
def place_command(
    manifest: Annotated[Path, typer.Argument(help="The .cuewright.json of a finished job.")],
    address: Address = DEFAULT_ADDRESS,
    as_json: JsonFlag = False,
) -> None:
    """Import a job that was finished earlier, each sound at its timecode."""
    with _pro_tools(address) as (link, opened):
        _place(link, opened, full(manifest), as_json)


@contextmanager
def _pro_tools(address: str) -> Iterator[tuple[Link, OpenSession]]:
    with Link(address) as link:
        yield link, open_session(link)


def _folder(out: Path | None, opened: OpenSession) -> Path:
    return full(out) if out else opened.file.parent / FOLDER


def _seconds(span: Selection, opened: OpenSession) -> float | None:
    return span.length_samples / opened.session.sample_rate if span.length_samples else None


def _into(video_at: str, span: Selection, opened: OpenSession) -> float:
    """Seconds into the picture at which the selection begins."""
    session = opened.session
    at = 0
    if video_at:
        try:
            at = session.frames.timecode_to_samples(video_at, session.sample_rate) - session.start_samples
        except BadArgument as error:
            raise BadArgument(error.sentence, field="video_at") from None
    if span.start_samples < at:
        raise BadArgument("The selection begins before the picture does: see --video-at.", field="video_at")
    return (span.start_samples - at) / session.sample_rate


def _check_free(link: Link, track: str) -> None:
    """A track that the user named is not silently called something else."""
    if track and track.casefold() in {name.casefold() for name in track_names(link)}:
        raise BadArgument(
            f"There is a track {track!r} in the session, and the user's tracks are not written to: choose another "
            "name, or leave --track out.",
            field="track",
        )


def _run_and_place(
    link: Link,
    opened: OpenSession,
    verb: Verb,
    request: GenerateRequest | ComposeRequest | EditRequest,
    engine: str,
    as_json: bool,
) -> None:
    if engine not in get_args(Where):
        raise BadArgument(f"--engine is one of {', '.join(get_args(Where))}; got {engine!r}.", field="engine")
    settings = Settings.load()
    job_id = new_job_id()
    with progress(verb, quiet=as_json) as handle:
        manifest = None if engine == "here" else _by_running_engine(settings, job_id, verb, request, opened, handle)
        if manifest is None and engine == "running":
            raise EngineNotRunning(
                f"No engine answers at {settings.host}:{settings.port}: start one with 'cuewright serve'.",
                field="engine",
            )
        if manifest is None:
            manifest = _here(settings, job_id, verb, request, opened, handle)
    _place(link, opened, manifest, as_json)


def _here(settings: Settings, job_id: str, verb: Verb, request: Any, opened: OpenSession, handle: Handle) -> Path:
    from engine.render import Studio

    created = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    job = Job(id=job_id, verb=verb, request=request, session=opened.session, created=created)
    result = Studio(settings).run(job, handle)
    for warning in result.warnings:
        say(f"note: {warning}")
    return Path(result.manifest)


def _by_running_engine(
    settings: Settings, job_id: str, verb: Verb, request: Any, opened: OpenSession, handle: Handle
) -> Path | None:
    """The manifest of the job, done by an engine that runs; None where none does."""
    from engine.protocol.client import Client
    from engine.protocol.messages import CancelledReply, DoneReply, FailedReply, ProgressReply, WarningReply

    token = settings.token.get_secret_value() if settings.token else ""
    try:
        with Client(settings.host, settings.port, token=token, timeout_seconds=_PING_SECONDS) as client:
            client.ping()
    except EngineNotRunning:
        return None
    keys = request.model_dump(exclude_defaults=True)
    with Client(settings.host, settings.port, token=token, transport="tcp") as client:
        client.set_session(job_id, **opened.session.model_dump())
        try:
            with _interruptible():
                for reply in getattr(client, verb)(job_id, **keys, session=job_id):
                    match reply:
                        case ProgressReply(fraction=fraction, stage=stage):
                            handle.progress(fraction, stage)
                        case WarningReply(sentence=sentence):
                            say(f"note: {sentence}")
                        case DoneReply(manifest=manifest):
                            return Path(manifest)
                        case FailedReply() as failed:
                            raise failed.error
                        case CancelledReply():
                            break
        except KeyboardInterrupt:
            with Client(settings.host, settings.port, token=token) as other:
                other.cancel(job_id)
    raise Cancelled("The job was cancelled; nothing was changed in Pro Tools.")


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C ends the wait for a reply, which may be long in coming while other jobs run."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _place(link: Link, opened: OpenSession, manifest: Path, as_json: bool) -> None:
    from engine.protools.placing import place
    from engine.stems.manifest import read_manifest

    placement = place(link, opened, _timeline(read_manifest(manifest), manifest, opened))
    placement = placement.model_copy(update={"manifest": str(manifest)})
    _show(placement, as_json)


def _timeline(manifest: Any, path: Path, opened: OpenSession) -> Timeline:
    """Counted from where the open session starts, which may be elsewhere than when the job was made."""
    from dataclasses import replace

    from engine.stems.interchange.timeline import checked, in_session, of_manifest

    made = replace(of_manifest(manifest, path), mix=None)
    return checked(in_session(made, opened.session))


def _show(placement: Placement, as_json: bool) -> None:
    if as_json:
        print_json(placement)
        return
    table(
        "New tracks in Pro Tools",
        ("track", "clips", "muted"),
        ((track.name, track.clips, "yes" if track.muted else "") for track in placement.tracks),
    )
    print(f"Manifest: {placement.manifest}")
    print(f"To take it back: delete the tracks, or undo {placement.undo_steps} steps in Pro Tools.")
