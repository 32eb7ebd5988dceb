"""``serve``, ``demo`` and ``jobs``: the engine as a process, and what it is doing."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from engine import __version__
from engine.cli.output import JsonFlag, print_json, progress, say, table
from engine.cli.paths import full
from engine.config import Settings
from engine.errors import CuewrightError

DEMO_PROMPT = (
    "footsteps on gravel for 4 seconds, then a heavy wooden door creaks, followed by a door slam, "
    "after 1 second three knocks from the left, a dog barks twice in the distance, rain in the background, no music"
)

jobs_app = typer.Typer(help="See and cancel jobs of the running engine.", no_args_is_help=True)


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; not loopback needs --token.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65_535, help="UDP and TCP port; 0 picks one.")] = None,
    root: Annotated[
        list[Path] | None, typer.Option(help="Read and write under this folder only; may be given again.")
    ] = None,
    spool: Annotated[Path | None, typer.Option(help="Take request files from this folder.")] = None,
    token: Annotated[str | None, typer.Option(help="Refuse requests without it.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Run the engine: OSC in, stems and replies out. Ctrl-C stops it; unfinished jobs go on at the next start."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    settings = Settings.load(
        host=host, port=port, roots=tuple(map(full, root)) if root else None, spool=spool, token=token
    )
    from engine.app import Engine

    def ready(bound: int, warnings: tuple[str, ...]) -> None:
        for warning in warnings:
            say(f"note: {warning}")
        if as_json:
            print_json({"ready": True, "host": settings.host, "port": bound, "version": __version__})
        else:
            where = f"{settings.host}:{bound} (OSC over UDP and TCP) and {settings.spool_folder}"
            print(f"cuewright {__version__} ready on {where}", flush=True)

    async def main() -> None:
        stop = asyncio.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            try:
                asyncio.get_running_loop().add_signal_handler(name, stop.set)
            except NotImplementedError:  # Windows: Ctrl-C arrives as KeyboardInterrupt
                break
        await Engine(settings).run(ready, stop)

    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        say("stopped")


def demo(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the stems.")] = Path("demo"),
    prompt: Annotated[str, typer.Option(help="What should be heard.")] = DEMO_PROMPT,
    as_json: JsonFlag = False,
) -> None:
    """Send a prompt over OSC and show the stems.

    Starts an engine of its own and speaks to it as a DAW script would.
    """
    import tempfile

    from engine.cli.generate import new_job_id, show_result
    from engine.cli.process import running_engine
    from engine.protocol.client import Client
    from engine.protocol.messages import DoneReply, FailedReply, ProgressReply
    from engine.stems.manifest import read_manifest

    folder = full(out)
    say(f'"{prompt}"')
    with (
        tempfile.TemporaryDirectory(prefix="cuewright-demo-") as home,
        running_engine(Path(home), folder) as engine,
        Client(engine.host, engine.port) as client,
        progress("planning", quiet=as_json) as handle,
    ):
        say(f"engine ready on {engine.host}:{engine.port}; sent as /cuewright/generate")
        for reply in client.generate(new_job_id(), prompt=prompt, folder=str(folder), takes=2):
            if isinstance(reply, ProgressReply):
                handle.progress(reply.fraction, reply.stage)
            elif isinstance(reply, FailedReply):
                raise reply.error
            elif isinstance(reply, DoneReply):
                show_result(read_manifest(Path(reply.manifest)).result(Path(reply.manifest)), as_json=as_json)


@jobs_app.command("list")
def list_jobs(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many, newest first.")] = 20,
    as_json: JsonFlag = False,
) -> None:
    """List jobs from the journal, whether or not an engine runs."""
    from engine.jobs.journal import Journal

    settings = Settings.load()
    views = []
    if settings.journal_path.exists():
        journal = Journal(settings.journal_path, queue_limit=settings.queue_limit, history_limit=settings.history_limit)
        views = [record.view for record in journal.latest(limit)]
        journal.close()
    if as_json:
        print_json({"jobs": views})
        return
    table(
        f"{len(views)} jobs",
        ("id", "state", "done", "stems", "created", "note"),
        (
            (
                *(view.id, view.state, f"{view.fraction:.0%}", len(view.stems), view.created),
                f"{view.error.code}: {view.error.sentence}" if view.error else "",
            )
            for view in views
        ),
    )


@jobs_app.command()
def cancel(job_id: Annotated[str, typer.Argument(help="The job's id.")], as_json: JsonFlag = False) -> None:
    """Cancel a job of the running engine."""
    from engine.protocol.client import Client

    settings = Settings.load()
    token = settings.token.get_secret_value() if settings.token else ""
    with Client(settings.host, settings.port, token=token) as client:
        reply = client.cancel(job_id)
    refused = getattr(reply, "error", None)
    if isinstance(refused, CuewrightError):
        raise refused
    if as_json:
        print_json({"job": job_id, "reply": reply.address})
    else:
        print(f"{job_id}: {reply.address.rpartition('/')[2]}")
