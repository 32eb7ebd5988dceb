"""``install``: put the scripts of a DAW where it looks for them, and take them away again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.daws.installation import Change, Installation
from engine.cli.daws.places import Daw, Place, System
from engine.cli.daws.scripts import NEXT_STEPS, scripts
from engine.cli.output import JsonFlag, print_json, say, table
from engine.cli.paths import full
from engine.config import Settings
from engine.errors import FileUnreadable, FolderNotWritable
from engine.model import Model


class Installed(Model):
    """What happened, or would happen, in one folder."""

    daw: Daw
    name: str
    folder: Path
    changed: bool
    files: dict[str, Change]


def install(
    daw: Annotated[Daw, typer.Argument(help="Whose scripts.")],
    folder: Annotated[
        Path | None, typer.Option(help="The DAW's own folder, when it is not where it usually is (a portable REAPER).")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    uninstall: Annotated[bool, typer.Option("--uninstall", help="Take away what was installed.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Put a DAW's scripts where it looks for them, or bring them up to date. Files of yours are never overwritten."""
    settings = Settings.load()
    if not uninstall and not dry_run:
        _make(settings.spool_folder)  # scripts leave requests there before any engine has run
    done = []
    for place in _places(daw, folder):
        there = Installation(folder=place.scripts, files=scripts(daw, settings))
        if uninstall:
            files = there.removals() if dry_run else there.uninstall()
        else:
            files = there.changes() if dry_run else there.install()
        changed = not dry_run and any(change not in (Change.SAME, Change.KEEP) for change in files.values())
        done.append(Installed(daw=daw, name=place.name, folder=place.scripts, changed=changed, files=files))
    if as_json:
        print_json({"installed": done})
        return
    for one in done:
        rows = ((change.value, name) for name, change in sorted(one.files.items()))
        table(f"{one.name}: {one.folder}{' (nothing was done)' if dry_run else ''}", ("", "file"), rows)
    if not uninstall and not dry_run:
        say(NEXT_STEPS[daw])


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FolderNotWritable(f"{folder} cannot be made: {error.strerror}.", field="spool") from None


def _places(daw: Daw, folder: Path | None) -> tuple[Place, ...]:
    system = System.this()
    if folder is not None:
        named = full(folder)
        if not named.is_dir():
            raise FileUnreadable(f"There is no folder {named}: name the one the DAW made.", field="folder")
        return (Place(daw=daw, name=daw.value, folder=named),)
    found = system.found(daw)
    if not found:
        looked = " or ".join(str(place.folder) for place in system.usual(daw))
        raise FileUnreadable(
            f"Nothing is at {looked}: start the DAW once so that it makes its folder, or name one with --folder.",
            field="folder",
        )
    return found
