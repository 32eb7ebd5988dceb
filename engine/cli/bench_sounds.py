"""``bench sounds``: whether the built-in sounds are named for what they are, by a judge of the user's."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli.output import JsonFlag, print_json, progress, table
from engine.errors import BadArgument, DependencyMissing

if TYPE_CHECKING:
    from engine.audio import Audio
    from engine.evaluation.recognition import Asked, Judge
    from engine.procedural.family import Family

JudgeFile = Annotated[
    Path,
    typer.Option(
        metavar="FILE.py",
        help="Defines names(samples, sample_rate_hz), which gives (name, score) best first, and accepted(name), which "
        "gives all names that mean no less than that AudioSet class.",
    ),
]
Floor = Annotated[float | None, typer.Option(max=-20, help="Lay room tone so loud under each sound; left out, none.")]
_SEED = 40_961
_MOST_SECONDS = 10.0


def bench_sounds(
    judge: JudgeFile,
    families: Annotated[list[str] | None, typer.Argument(help="Only these; left out, all that AudioSet names.")] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Fresh sounds of each.")] = 16,
    seed: Annotated[int, typer.Option(min=0, help="Of the first.")] = _SEED,
    floor_dbfs: Floor = None,
    as_json: JsonFlag = False,
) -> None:
    """How often a judge names each built-in sound for what it is, at once and among its best five."""
    from engine.evaluation.recognition import means, recognise
    from engine.procedural.families import FAMILIES

    if unknown := [name for name in families or () if name not in FAMILIES]:
        raise BadArgument(f"No built-in sound {unknown[0]!r}; there are {', '.join(FAMILIES)}.", field="families")
    chosen = [FAMILIES[name] for name in families or FAMILIES if families or FAMILIES[name].heard_as]
    names, accepted = load_judge(judge)
    asked = [asked_of(family, accepted, floor_dbfs) for family in chosen]
    with progress("judging", quiet=as_json) as handle:
        rows = recognise(asked, names, range(seed, seed + seeds), handle)
    if as_json:
        print_json({"judge": judge.name, "families": rows, "means": means(rows)})
        return
    table(
        f"{seeds} fresh sounds of each family, named by {judge.name}",
        ("family", "% named at once", "% among the best five", "called most"),
        ((row.family, row.first_percent, row.top_percent, ", ".join(row.called)) for row in rows),
    )
    mean = means(rows)
    print(
        f"Mean over {len(rows)} families: {mean['first']:.0f} % at once, {mean['top']:.0f} % among the best five; "
        f"{mean['under half']:.0f} families under 50 %."
    )


def load_judge(path: Path) -> tuple[Judge, Any]:
    """What a file defines: the judge, and all names that mean no less than a class.

    Raises
    ------
    BadArgument, DependencyMissing
        With what is wrong with it.
    """
    try:
        defined = runpy.run_path(str(path))
        names, accepted = defined["names"], defined["accepted"]
    except KeyError as missing:
        raise BadArgument(f"{path.name} does not define {missing}.", field="judge") from None
    except ImportError as error:
        raise DependencyMissing(f"{path.name} needs a library: {error}.", field="judge") from None
    except (OSError, SyntaxError) as error:
        raise BadArgument(f"{path} cannot be run: {error}.", field="judge") from None
    return (lambda audio: names(audio.samples, audio.sample_rate_hz)), accepted


def asked_of(family: Family, accepted: Any, floor_dbfs: float | None) -> Asked:
    """A family as :mod:`engine.evaluation.recognition` asks for it."""
    from engine.evaluation.recognition import Asked

    right = frozenset(name for asked in family.heard_as for name in accepted(asked))
    return Asked(name=family.name, make=lambda seed: _made(family, seed, floor_dbfs), right=right)


def _made(family: Family, seed: int, floor_dbfs: float | None) -> Audio:
    """As a user hears it: its own length, at least four seconds of what goes on."""
    import numpy as np

    from engine.audio import Audio
    from engine.procedural.family import SAMPLE_RATE_HZ
    from engine.procedural.noise import coloured

    seconds = max(4.0, family.length_seconds) if family.sustained else family.length_seconds
    rng = np.random.default_rng(np.random.SeedSequence([seed, *family.name.encode()]))
    length = round(min(seconds, _MOST_SECONDS) * SAMPLE_RATE_HZ)
    sound, _ = family.render(rng, family.knobs({}), length, 1, lambda: None)
    samples = np.asarray(sound, dtype=np.float32)
    if floor_dbfs is not None:
        samples = samples + 10 ** (floor_dbfs / 20) * coloured(rng, samples.shape[1], -1.0).astype(np.float32)
    return Audio(samples=samples, sample_rate_hz=SAMPLE_RATE_HZ)
