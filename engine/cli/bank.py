"""``sounds``: the built-in sounds as a list, or as a page to look at and listen to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.output import JsonFlag, print_json, progress, say, table
from engine.cli.paths import full
from engine.errors import PromptNotMatched

if TYPE_CHECKING:
    from engine.handle import Handle
    from engine.procedural.family import Family
    from engine.stems.report import BankSound

_LONGEST_SECONDS = 6.0


def sounds(
    words: Annotated[list[str] | None, typer.Argument(help="Only those that these words find.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE.html", help="Render them to a page; left out, a list.")
    ] = None,
    takes: Annotated[int, typer.Option(min=1, max=9, help="Of each, on the page.")] = 3,
    seed: Annotated[int, typer.Option(min=0, max=2**53, help="Of the first take.")] = 1,
    as_json: JsonFlag = False,
) -> None:
    """List the built-in sounds, or render them to a page with spectrograms, players and parameters."""
    from engine.procedural.families import FAMILIES
    from engine.stems.report import write_bank

    asked = [word.lower() for word in words or ()]
    chosen = [family for family in FAMILIES.values() if all(word in _text(family) for word in asked)]
    if not chosen:
        raise PromptNotMatched(f"No built-in sound has the words {' '.join(asked)!r}.", field="words")
    path = None
    if out is not None:
        with progress("rendering", quiet=as_json) as handle:
            path = write_bank(_rendered(chosen, range(seed, seed + takes), handle), full(out))
    if as_json:
        print_json({"sounds": [_told(family) for family in chosen], "page": str(path) if path else ""})
    elif path:
        say(f"{len(chosen)} sounds: {path}")
    else:
        table(
            f"{len(chosen)} built-in sounds",
            ("name", "category", "length", "words"),
            (
                (family.name, family.category, _length(family), ", ".join(family.words[:6]))
                for family in sorted(chosen, key=lambda family: family.category)
            ),
        )


def _text(family: Family) -> str:
    return " ".join((family.name, family.label, family.category, *family.words)).lower()


def _length(family: Family) -> str:
    return "any" if family.sustained else f"{family.length_seconds:g} s"


def _told(family: Family) -> dict[str, object]:
    bounds = {name: {"low": p.low, "high": p.high, "default": p.default} for name, p in family.params.items()}
    return {
        **{"name": family.name, "label": family.label, "category": family.category, "words": family.words},
        **{"fills": family.sustained, "length_seconds": family.length_seconds, "parameters": bounds},
    }


def _rendered(families: Sequence[Family], seeds: Sequence[int], handle: Handle) -> Iterator[BankSound]:
    """As a user gets them: through the backend."""
    from engine.backends.procedural import ProceduralBackend
    from engine.config import Settings
    from engine.plan import TakeSpec
    from engine.procedural.family import SAMPLE_RATE_HZ
    from engine.stems.report import BankSound, BankTake

    backend = ProceduralBackend(Settings())
    for number, family in enumerate(families):
        handle.progress(number / len(families), family.label)
        seconds = min(family.length_seconds, _LONGEST_SECONDS)
        specs = [
            TakeSpec(
                backend=backend.name,
                backend_version=backend.version,
                source=family.name,
                text=family.words[0],
                seed=seed,
                length_samples=round(seconds * SAMPLE_RATE_HZ),
                channels=2 if family.sustained else 1,
                sample_rate_hz=SAMPLE_RATE_HZ,
            )
            for seed in seeds
        ]
        made = backend.render(specs, handle)
        yield BankSound(
            name=family.name,
            label=family.label,
            category=family.category,
            words=family.words,
            fills=family.sustained,
            length_seconds=family.length_seconds,
            parameters=[(name, p.low, p.default, p.high, p.unit, p.description) for name, p in family.params.items()],
            takes=[BankTake(seed=seed, audio=take.audio) for seed, take in zip(seeds, made, strict=True)],
        )
