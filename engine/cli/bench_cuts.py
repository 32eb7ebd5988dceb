"""``bench cuts``: how well the picture's edits are found, beside PySceneDetect with its defaults."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli.output import JsonFlag, print_json, say, table
from engine.errors import BadArgument

if TYPE_CHECKING:
    from engine.evaluation.cut_scores import Found, Score

_COLUMNS = ("finder", "transitions", "made", "found", "recall", "precision", "F1")


def bench_cuts(
    folder: Annotated[Path, typer.Argument(help="Folder of video clips; reels are cut together from them.")],
    reels: Annotated[int, typer.Option(min=1, max=100, help="Of each sort.")] = 3,
    seconds: Annotated[float, typer.Option(min=10, max=600, help="Length of a reel.")] = 60.0,
    seed: Annotated[int, typer.Option(min=0, help="Of the first reel.")] = 0,
    as_json: JsonFlag = False,
) -> None:
    """Find the edits of reels cut together from a folder's clips, plain and with tricks, and of the clips."""
    from engine.evaluation.cut_clips import shots_of
    from engine.evaluation.cut_scores import compare, compare_unedited

    if not folder.is_dir():
        raise BadArgument(f"There is no folder {folder}.", field="folder")
    shots = shots_of(folder)
    if len(shots) < 2:
        raise BadArgument(f"{folder} holds {len(shots)} clips; two or more are cut together.", field="folder")
    finders = {"cuewright": _found}
    seeds = range(seed, seed + reels)
    sorts = {}
    for name, tricks in (("plain edits", False), ("edits among flashes, pans, passers-by", True)):
        say(f"cutting and reading {reels} reels: {name}")
        sorts[name] = compare(shots, seeds, finders, length_seconds=seconds, tricks=tricks)
    say("reading the clips as they are")
    sorts["clips as they are"] = compare_unedited(folder, finders)
    if as_json:
        print_json(
            {
                name: {who: {kind: _figures(s) for kind, s in kinds.items()} for who, kinds in totals.items()}
                for name, totals in sorts.items()
            }
        )
        return
    for name, totals in sorts.items():
        rows = [
            (who, kind, s.made, s.found, s.recall, s.precision, s.f1)
            for kind in ("hard", "gradual", "all")
            for who, kinds in totals.items()
            if (s := kinds[kind]).made or s.found
        ]
        table(name, _COLUMNS, rows)


def _found(path: Path) -> Sequence[Found]:
    from engine.picture import Picture
    from engine.video.shots import find_shots

    return find_shots(Picture(path=str(path)))


def _figures(score: Score) -> dict[str, Any]:
    return {
        **{"made": score.made, "recalled": score.recalled, "found": score.found, "right": score.right},
        **{"recall": score.recall, "precision": score.precision, "f1": score.f1},
    }
