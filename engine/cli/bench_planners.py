"""``bench planners``: the rules, a language model where one is configured, and no planning at all, on real captions."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import Field

from engine.cli.output import JsonFlag, print_json, progress, table
from engine.cli.paths import full
from engine.config import Settings
from engine.errors import FileUnreadable
from engine.model import Model

if TYPE_CHECKING:
    from engine.plan import Outline


class Captions(Model):
    """A file of captions."""

    source: str = ""
    licence: tuple[str, ...] = ()
    captions: tuple[str, ...] = Field(min_length=1)


def bench_planners(
    captions: Annotated[
        Path | None, typer.Option(help='JSON file {"captions": [...]}; left out, 600 of AudioCaps.')
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many captions.")] = 600,
    as_json: JsonFlag = False,
) -> None:
    """Planner against planner: steps, words kept and made up, order, and what can be played."""
    from engine.backends.registry import Backends
    from engine.evaluation.planner_scores import Planning, measure_planners
    from engine.planning.planner import RulesPlanner
    from engine.planning.presets import load_presets
    from engine.planning.sounds import Sounds

    settings, held = Settings.load(), _read(captions)
    sounds = Sounds(Backends(settings), load_presets(settings))
    rules = RulesPlanner(sounds)
    planners: dict[str, Planning] = {
        "one step": _one_step,
        rules.name: lambda text: rules.outline(text, None, None),
    }
    if settings.llm_model:
        from engine.planning.llm_planner import LlmPlanner

        llm = LlmPlanner(settings)
        planners[llm.name] = lambda text: llm.outline(text, None, None)
    with progress("planners", quiet=as_json) as handle:
        report = measure_planners(
            planners,
            held.captions[:limit],
            lambda text: sounds.known(text) is not None,
            source=held.source,
            handle=handle,
        )
    if as_json:
        print_json(report)
        return
    table(
        f"{report.rows[0].captions} captions: {report.source}",
        ("planner", "failed", "steps", "covered", "invented", "in order", "playable", "ms"),
        (
            (
                *(row.planner, row.failed, row.steps, row.covered, row.invented),
                *(f"{row.in_order} of {row.ordered}", row.playable, row.milliseconds),
            )
            for row in report.rows
        ),
    )
    print(
        "covered: a caption's telling words that some step says. invented: the steps' that the caption has not. in\n"
        "order: pairs told as one after the other that begin so. playable: steps that a sound here answers, with the\n"
        "backends of the settings."
        + ("" if settings.llm_model else " No language model is configured (llm_model): only the rules plan.")
    )


def _one_step(text: str) -> Outline:
    """No planning: the words as they are, to one model."""
    from engine.plan import Outline, Step

    return Outline(steps=(Step(id="s1", text=text[:400], start_seconds=0.0),), planner="one step")


def _read(path: Path | None) -> Captions:
    if path is None:
        return Captions.read(files("engine").joinpath("data", "audiocaps-captions.json").read_bytes())
    try:
        held = json.loads(full(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise FileUnreadable(f"{path} cannot be read as JSON: {error}.", field="captions") from None
    return Captions.read({"source": path.name, "captions": held} if isinstance(held, list) else held)
