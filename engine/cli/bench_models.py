"""``bench models``: events rendered together against one by one, with the machine's limit beside it."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from engine.cli.output import JsonFlag, print_json, progress, say, table
from engine.config import Settings

STEPS = {"auffusion": 25, "stable_audio": 8}


def models(
    backend: Annotated[Literal["auffusion", "stable_audio"], typer.Option(help="Which model's shape.")] = "auffusion",
    size: Annotated[
        Literal["auto", "tiny", "published"], typer.Option(help="auto is published on a GPU, else tiny.")
    ] = "auto",
    seconds: Annotated[
        float | None,
        typer.Option(min=1.0, max=30.0, help="Length of each event; left out, 10.24, or 2.56 of tiny ones."),
    ] = None,
    most: Annotated[int, typer.Option(min=1, max=64, help="Largest number of events: 1, 2, 4 ... up to it.")] = 8,
    compiled: Annotated[bool, typer.Option("--compile", help="Compile the repeated blocks first.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Render 1, 2, 4 and 8 events one by one and in one batch; random weights."""
    from engine.backends.neural import random_models
    from engine.backends.neural.bench import SECONDS, measure
    from engine.backends.neural.device import Device

    device = Device.chosen(Settings.load())
    chosen = size if size != "auto" else "published" if device.name == "cuda" else "tiny"
    seconds = seconds or (2.56 if chosen == "tiny" else SECONDS)
    make = random_models.auffusion if backend == "auffusion" else random_models.stable_audio
    random = make(chosen, device, compiled=compiled)
    options = {"guidance": 7.5, "strength": 0.5} if backend == "auffusion" else {"guidance": 1.0, "strength": 0.5}
    numbers = [2**power for power in range(most.bit_length()) if 2**power <= most]
    with progress("measuring", quiet=as_json) as handle:
        found = measure(
            random.model,
            random.modules,
            device,
            steps=STEPS[backend],
            seconds=seconds,
            events=numbers,
            options=options,
            handle=handle,
        )
    limit = found.limit
    if as_json:
        rows = [{**row.model_dump(), "gain": row.gain, "of_limit": row.of_limit} for row in found.rows]
        print_json({"backend": backend, "size": chosen, "limit": limit, "rows": rows})
        return
    table(
        f"{backend}, {chosen} shape, {seconds:g} s, {limit.steps} steps, {limit.device}",
        ("events", "one by one s", "batched s", "gain", "s a step", "peak MB", "floor s", "of limit", "difference"),
        (
            (
                *(row.events, f"{row.one_by_one_seconds:.3f}", f"{row.batched_seconds:.3f}", f"{row.gain:.2f}"),
                *(f"{row.step_seconds:.4f}", f"{row.peak_bytes / 1e6:,.0f}" if row.peak_bytes else ""),
                f"{row.floor_seconds:.4f}",
                *(f"{row.of_limit:.0%}", f"{row.difference:.1e}"),
            )
            for row in found.rows
        ),
    )
    say(
        f"One event is {limit.operations_each / 1e12:.3g} TFLOP; a matrix product reaches "
        f"{limit.operations_per_second / 1e12:.3g} TFLOP/s here, a copy {limit.bytes_per_second / 1e9:.3g} GB/s; every "
        f"step reads {limit.weights_bytes / 1e6:,.0f} MB of weights. floor: no program is faster. peak: what the "
        "batch takes beside the weights. difference: of a sound made alone and in the batch, as a share of its peak."
    )
