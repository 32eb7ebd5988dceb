"""``bench plugins``: what it costs to keep plugins at arm's length, and whether crashes leave anything behind."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.output import JsonFlag, print_json, say, table
from engine.errors import BadArgument


def bench_plugins(
    seconds: Annotated[float, typer.Option(min=1.0, max=600.0, help="Length of the stereo sound.")] = 60.0,
    cycles: Annotated[int, typer.Option(min=1, max=100_000, help="Crashes and restarts.")] = 1_000,
    plugin: Annotated[
        Path | None, typer.Option(help="A VST3 effect to measure too; it is loaded here as well.")
    ] = None,
    crasher: Annotated[
        Path | None, typer.Option(help="A VST3 that crashes in processing when its gain_x is 2, instead of a signal.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """The sandbox beside pedalboard in this process, typical chains, and crashes."""
    from engine.config import Settings
    from engine.handle import Handle
    from plugin_bridge.bench import PluginsReport, measure_crashes, measure_overheads, measure_speeds

    for name, path in (("plugin", plugin), ("crasher", crasher)):
        if path is not None and not path.exists():
            raise BadArgument(f"There is no plugin {path}.", field=name)
    handle = Handle()
    say("chains here and in the sandbox ...")
    overheads = measure_overheads(seconds, plugin, handle)
    say("chains as the engine renders them ...")
    speeds = measure_speeds(seconds, Settings.load(), handle)
    say(f"{cycles} crashes ...")
    crashes = measure_crashes(cycles, crasher, handle)
    report = PluginsReport(seconds=seconds, overheads=overheads, speeds=speeds, crashes=crashes)
    if as_json:
        print_json(report)
        return
    table(
        f"The sandbox beside pedalboard in this process, {seconds:g} s stereo",
        ("chain", "here, s", "sandbox, s", "ratio"),
        [(row.chain, row.here_seconds, row.sandbox_seconds, row.ratio) for row in overheads],
    )
    table("Built-in chains", ("chain", "x real time"), [(row.chain, row.realtime_factor) for row in speeds])
    print(
        f"{crashes.cycles} crashes and restarts, {crashes.cycle_seconds:.3f} s each, left "
        f"{crashes.descriptors_more} descriptors, {crashes.processes_more} processes, "
        f"{crashes.shared_files_more} files of shared memory, {crashes.resident_kilobytes_more} KB of memory."
    )
