"""``backends`` and ``presets``: what there is to ask for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from engine.cli.output import JsonFlag, print_json, say, table
from engine.config import Settings
from engine.errors import CuewrightError


def backends(as_json: JsonFlag = False) -> None:
    """List what can make sounds, with terms and limits."""
    from engine.backends.registry import load
    from engine.backends.registry import table as registered

    settings = Settings.load()
    rows: list[dict[str, Any]] = []
    for name in sorted(registered()):
        try:
            made = load(name, settings)
            made.match("rain")  # weights that are missing are told of
        except CuewrightError as error:
            rows.append({"name": name, "ready": False, "reason": error.sentence})
            continue
        rows.append({"name": name, "ready": True, "version": made.version, **made.capabilities.model_dump(mode="json")})
    if as_json:
        print_json({"backends": rows})
        return
    table(
        "Backends",
        ("name", "ready", "version", "longest s", "licence", "commercial use", "repeats exactly"),
        (
            (
                *(row["name"], "yes", row["version"], row["max_length_seconds"]),
                *(row["licence"]["name"], "yes" if row["licence"]["commercial"] else "no"),
                "yes" if row["deterministic"] else "no",
            )
            if row["ready"]
            else (row["name"], f"no: {row['reason']}", "", "", "", "", "")
            for row in rows
        ),
    )


def presets(
    words: Annotated[list[str] | None, typer.Argument(help="Show only those that these words find.")] = None,
    export: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write those that are shown here, with their files."),
    ] = None,
    take: Annotated[
        Path | None, typer.Option("--import", metavar="FILE", help="Take the presets of such a file among your own.")
    ] = None,
    replace: Annotated[bool, typer.Option(help="Imported ones take the place of your own.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """List the presets, built-in and your own; hand them on as one file."""
    from engine.planning.preset_bundle import export_presets, import_presets
    from engine.planning.presets import load_presets

    settings = Settings.load()
    if take is not None:
        names = import_presets(take, settings.presets_folder, replace=replace)
        say(f"{len(names)} presets are yours now, in {settings.presets_folder}: {', '.join(names)}")
    found = load_presets(settings)
    chosen = tuple(found.get(name) for name in names) if take is not None else found.all
    if words:
        chosen = tuple(preset for preset in found.search(" ".join(words)) if preset in chosen)
    if export is not None:
        export_presets(chosen, export)
        say(f"{len(chosen)} presets are in {export}.")
    for warning in found.warnings:
        say(f"note: {warning}")
    if as_json:
        print_json({"presets": chosen, "warnings": found.warnings})
        return
    table(
        f"{len(chosen)} presets",
        ("name", "category", "description"),
        ((preset.name, preset.category or "treatment", preset.description) for preset in chosen),
    )
