"""``backends`` and ``presets``: what there is to ask for."""

from __future__ import annotations

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
    as_json: JsonFlag = False,
) -> None:
    """List the presets, built-in and your own."""
    from engine.planning.presets import load_presets

    found = load_presets(Settings.load())
    chosen = found.search(" ".join(words)) if words else found.all
    for warning in found.warnings:
        say(f"note: {warning}")
    if as_json:
        print_json({"presets": chosen, "warnings": found.warnings})
        return
    table(
        f"{len(chosen)} presets",
        ("name", "category", "description"),
        ((preset.name, preset.category, preset.description) for preset in chosen),
    )
