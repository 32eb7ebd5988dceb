"""``bench editing``: how well sound is edited, on sounds drawn anew, beside the libraries one could take."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import Annotated, Protocol

import typer

from engine.cli.bench_memory import measure_memory
from engine.cli.output import JsonFlag, print_json, progress, table
from engine.handle import Handle


class Report(Protocol):
    """What a part measured: a model, and how people read it."""

    def tables(self) -> Iterable[tuple[str, Sequence[str], Sequence[Sequence[object]]]]:
        """Title, columns and rows of each."""


class Part(StrEnum):
    """What is measured."""

    DENOISE = "denoise"
    STRETCH = "stretch"
    REPAIR = "repair"
    MEMORY = "memory"


def bench_editing(
    part: Annotated[Part | None, typer.Option(help="Only this; left out, all of them.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Of the test sounds; left out, a new one.")] = None,
    quick: Annotated[bool, typer.Option(help="Fewer and shorter sounds.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Denoise, stretch and repair test sounds, beside every peer that is installed; and measure memory."""
    parts = [part] if part else list(Part)
    drawn = secrets.randbelow(2**31) if seed is None else seed
    reports: dict[str, Report] = {}
    with progress("editing", quiet=as_json) as handle:
        for index, name in enumerate(parts):
            reports[name] = _MEASURE[name](drawn, quick, handle.part(index / len(parts), (index + 1) / len(parts)))
    if as_json:
        print_json({"seed": drawn, **reports})
        return
    print(f"Seed of the test sounds: {drawn}\n")
    for report in reports.values():
        for title, columns, rows in report.tables():
            table(title, columns, rows)


def _denoise(seed: int, quick: bool, handle: Handle) -> Report:
    from engine.dsp import denoise
    from engine.evaluation.denoise_bench import measure_denoise

    return measure_denoise(
        {
            "denoise": denoise.denoise,
            "spectral_subtraction": denoise.spectral_subtraction,
            "wiener": denoise.wiener,
            "wavelet": denoise.wavelet,
            "spectral_gate": denoise.spectral_gate,
        },
        seed=seed,
        quick=quick,
        handle=handle,
    )


def _stretch(seed: int, quick: bool, handle: Handle) -> Report:
    from engine.dsp.pitch import shift_pitch
    from engine.dsp.stretch import stretch
    from engine.dsp.warp import warp
    from engine.evaluation.stretch_bench import measure_stretch

    return measure_stretch(stretch=stretch, shift_pitch=shift_pitch, warp=warp, seed=seed, quick=quick, handle=handle)


def _repair(seed: int, quick: bool, handle: Handle) -> Report:
    from engine.dsp import repair
    from engine.evaluation.repair_bench import measure_repair

    return measure_repair(repair, seed=seed, quick=quick, handle=handle)


_MEASURE: dict[Part, Callable[[int, bool, Handle], Report]] = {
    Part.DENOISE: _denoise,
    Part.STRETCH: _stretch,
    Part.REPAIR: _repair,
    Part.MEMORY: measure_memory,
}
"""What each part calls: the tools of ``engine.dsp`` are handed in, since evaluation knows none of them."""
