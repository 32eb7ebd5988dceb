"""``export``: a finished job as files for other DAWs, from its manifest alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.output import JsonFlag, print_json, say
from engine.cli.paths import full
from engine.errors import BadArgument


def export(
    manifest: Annotated[Path, typer.Argument(help="The .cuewright.json beside the stems.")],
    formats: Annotated[
        list[str] | None,
        typer.Option("--format", "-f", help="rpp, aaf, otio, edl or dawproject; several with commas or repeated."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder; left out, beside the manifest.")] = None,
    embed: Annotated[bool, typer.Option("--embed", help="Put the sound into the AAF, too.")] = False,
    session_start: Annotated[
        str, typer.Option(help="Timecode at which the session starts that takes it; left out, as the job's did.")
    ] = "",
    as_json: JsonFlag = False,
) -> None:
    """Hand a finished job to another DAW: every stem at its place. A file that exists is never changed.

    For example: cuewright export stems/shot-1.cuewright.json --format aaf,otio --out handover
    """
    from engine.stems.export import FORMATS, Handover
    from engine.stems.export import export as write

    wanted = [name.strip().lower() for given in formats or () for name in given.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in FORMATS]
    if unknown:
        raise BadArgument(f"{unknown[0]!r} is no format; there are {', '.join(FORMATS)}.", field="format")
    chosen = tuple(name for name in FORMATS if name in wanted)
    path = full(manifest)
    exported = write(
        path,
        full(out) if out else path.parent,
        Handover(formats=chosen, embed=embed, session_start=session_start),
    )
    if as_json:
        print_json(exported)
        return
    for note in exported.notes:
        say(f"note: {note}")
    for name in exported.files:
        print(name)
