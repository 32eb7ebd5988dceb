"""``library``: the user's own sounds, indexed where they lie."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.output import JsonFlag, print_json, progress, say, table
from engine.cli.paths import full
from engine.config import Settings
from engine.errors import FileUnreadable

library_app = typer.Typer(help="Index and search your own sound library.", no_args_is_help=True)


@library_app.command()
def add(
    folder: Annotated[Path, typer.Argument(help="Folder of sounds; read in place, never changed.")],
    as_json: JsonFlag = False,
) -> None:
    """Index a folder, or bring its index up to date."""
    from engine.backends.library import Library

    if not full(folder).is_dir():
        raise FileUnreadable(f"There is no folder {folder}.", field="folder")
    with progress("indexing", quiet=as_json) as handle:
        report = Library(Settings.load().library_path).add(full(folder).resolve(), handle)
    if as_json:
        print_json(report)
        return
    for path, reason in report.failed:
        say(f"left out {path}: {reason}")
    print(
        f"{report.added} added, {report.updated} updated, {report.unchanged} unchanged, "
        f"{report.removed} gone, {len(report.failed)} left out."
    )


@library_app.command()
def search(
    words: Annotated[list[str], typer.Argument(help="What to look for.")],
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 20,
    as_json: JsonFlag = False,
) -> None:
    """Find sounds by name, category and metadata."""
    from engine.backends.library import Library

    items = Library(Settings.load().library_path).search(" ".join(words), limit)
    if as_json:
        print_json({"items": items})
        return
    if not items:
        print("Nothing found. Other words may; or index more with: cuewright library add FOLDER")
        return
    table(
        f"{len(items)} found",
        ("score", "category", "length s", "file"),
        ((item.score, item.category, item.length_seconds, item.path) for item in items),
    )
