"""``train sounds``: the part of each parameter's bounds in which a built-in sound is named for what it is."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.bench_sounds import Floor, JudgeFile, asked_of, load_judge
from engine.cli.output import progress, say
from engine.errors import BadArgument

_SEED = 11
"""Not those of ``bench sounds``: what is measured is fresh."""
_RANK_COSTS = 0.35


def train_sounds(
    family: Annotated[str, typer.Argument(help="A built-in sound whose model draws by name.")],
    judge: JudgeFile,
    rounds: Annotated[int, typer.Option(min=1, help="Each narrows the parts.")] = 4,
    population: Annotated[int, typer.Option(min=10, help="Sounds a round.")] = 40,
    seed: Annotated[int, typer.Option(min=0, help="Of all sounds.")] = _SEED,
    floor_dbfs: Floor = None,
    out: Annotated[Path | None, typer.Option(help="Folder for it; left out, where the built-in ones are.")] = None,
) -> None:
    """Search the parts of a built-in sound's parameters that a judge names right, and keep them as data."""
    import engine.procedural
    from engine.evaluation.calibration import Shares, calibrate
    from engine.evaluation.recognition import place_of
    from engine.procedural.draws import trying
    from engine.procedural.families import FAMILIES

    if family not in FAMILIES:
        raise BadArgument(f"No built-in sound {family!r}; there are {', '.join(FAMILIES)}.", field="family")
    names, accepted = load_judge(judge)
    asked = asked_of(FAMILIES[family], accepted, floor_dbfs)

    def trial(number: int, shares: Shares) -> tuple[Mapping[str, float], float]:
        with trying(shares) as made:
            sound = asked.make(number)
        if not made:
            raise BadArgument(f"The model of {family} draws nothing by name.", field="family")
        heard = names(sound)
        score = max((score for name, score in heard if name in asked.right), default=0.0)
        place = place_of([name for name, _ in heard], asked.right) or len(heard) + 1
        score = min(max(score, 1e-4), 0.999)
        return made[0].drawn, math.log(score / (1 - score)) - _RANK_COSTS * math.log(place)

    with progress(f"calibrating {family}", quiet=False) as handle:
        done = calibrate(trial, rounds=rounds, population=population, seed=seed, handle=handle)
    folder = out or Path(engine.procedural.__file__).parent / "calibrated"
    folder.mkdir(parents=True, exist_ok=True)
    told = {
        "judge": judge.stem,
        "rounds": rounds,
        "population": population,
        "seed": seed,
        "shares": dict(sorted(done[-1].shares.items())),
    }
    path = folder / f"{family}.json"
    path.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    for number, each in enumerate(done, start=1):
        say(f"round {number}: mean fitness {each.mean_fitness:.2f}, best {each.best_fitness:.2f}")
    say(f"written: {path}")
