"""``plugins``: the user's own plugins, and chains of them and of built-in effects."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.generate import new_job_id
from engine.cli.output import JsonFlag, print_json, progress, say, table
from engine.cli.paths import full
from engine.cli.plugins_play import play_instrument
from engine.errors import FileUnreadable
from engine.model import Model

if TYPE_CHECKING:
    from engine.audio import Audio
    from plugin_bridge.parameters import Parameter

plugins_app = typer.Typer(help="Plugins and chains of effects.", no_args_is_help=True)


class Rendered(Model):
    """What ``plugins render`` wrote."""

    path: str
    length_seconds: float
    peak_dbfs: float | None
    warnings: tuple[str, ...]


def _read(path: Path) -> Audio:
    import soundfile

    from engine.audio import Audio

    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, soundfile.SoundFileError) as error:
        raise FileUnreadable(f"{path} cannot be read as sound: {error}.", field="audio") from None
    return Audio(samples=samples.T, sample_rate_hz=rate)


@plugins_app.callback()
def _plugins() -> None:
    pass


@plugins_app.command("scan")
def scan_plugins(
    retry: Annotated[bool, typer.Option(help="Try what is in quarantine again.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Look at all of them again.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Look at the plugins that are installed, each in a process of its own; what crashes is put in quarantine."""
    from engine.config import Settings
    from plugin_bridge.scan import scan

    with progress("plugins", quiet=as_json) as handle:
        found = scan(Settings.load(), handle, retry=retry, everything=everything)
    if as_json:
        print_json(found)
        return
    for file in found.files:
        for name, problem in file.quarantined.items():
            say(f"note: {name} is in quarantine: {problem}")
    well = sum(not file.problem for file in found.files)
    print(f"{sum(len(file.plugins) for file in found.files)} plugins in {well} files.")


@plugins_app.command("list")
def list_plugins(as_json: JsonFlag = False) -> None:
    """List the built-in effects, and the plugins that a scan found."""
    from engine.config import Settings
    from plugin_bridge.builtin import EFFECTS
    from plugin_bridge.scanned import plugins_of, read_scanned

    found = read_scanned(Settings.load())
    mine = list(plugins_of(found))
    if as_json:
        built_in = [{"name": name, "description": effect.description} for name, effect in EFFECTS.items()]
        bad = [
            {"path": file.path, "name": name, "problem": problem}
            for file in found.files
            for name, problem in file.quarantined.items()
        ]
        print_json({"built_in": built_in, "plugins": mine, "quarantine": bad})
        return
    table("Built-in effects", ("name", "what it does"), ((name, one.description) for name, one in EFFECTS.items()))
    if mine:
        table(
            "Your plugins",
            ("name", "maker", "version", "kind", "late by samples"),
            (
                (p.name, p.maker, p.version, "instrument" if p.instrument else p.category, p.latency_samples)
                for p in mine
            ),
        )
    else:
        say("No plugin of yours was scanned: cuewright plugins scan")
    for file in found.files:
        for name, problem in file.quarantined.items():
            say(f"in quarantine: {name}: {problem}")


@plugins_app.command("show")
def show_plugin(
    name: Annotated[str, typer.Argument(help="A built-in effect, or a plugin that a scan found.")],
    as_json: JsonFlag = False,
) -> None:
    """Show what a plugin can be told: names, bounds, units."""
    from engine.config import Settings
    from engine.errors import PluginMissing
    from plugin_bridge.builtin import EFFECTS
    from plugin_bridge.parameters import nearest
    from plugin_bridge.scanned import named, scanned_names

    settings = Settings.load()
    if name in EFFECTS:
        parameters = tuple(EFFECTS[name].parameters.values())
    elif (found := named(name, settings, field="name")) is not None:
        parameters = found.parameters
    else:
        near = nearest(name, [*EFFECTS, *scanned_names(settings)])
        raise PluginMissing(f"No effect and no plugin that was scanned is called {name!r}; {near}", field="name")
    if as_json:
        print_json({"name": name, "parameters": parameters})
        return
    table(
        name,
        ("parameter", "from", "to", "usual", "unit", "about"),
        (
            (p.name, *(("", "") if p.low is None else (p.low, p.high)), p.default, p.unit, p.description or _choices(p))
            for p in parameters
        ),
    )


def _choices(parameter: Parameter) -> str:
    return ", ".join(parameter.choices)


@plugins_app.command("render")
def render_chain(
    audio: Annotated[Path, typer.Argument(help="Sound file; it is only read.")],
    chain: Annotated[Path, typer.Option("--chain", "-c", help="The chain: a TOML or JSON file.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="File to write, WAV of 32-bit floats.")],
    keep: Annotated[Path | None, typer.Option("--keep", help="Write the chain with its plugins' states here.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Put a sound file through a chain, in time and rung out; nothing that lies there is replaced.

    For example, a chain: links = [{plugin = "highpass", parameters = {cutoff_hz = "300 Hz"}}, {plugin = "gsm"}]
    """
    import soundfile

    import plugin_bridge
    from engine.config import Settings
    from engine.stems.folder import publish
    from plugin_bridge.chainfile import read_chain, write_chain

    sound, what, target = _read(full(audio)), read_chain(full(chain)), full(out)
    # Whoever writes a chain's path on the command line may load what it names.
    settings = Settings.load().model_copy(update={"roots": (Path(target.anchor),)})
    with progress("plugins", quiet=as_json) as handle:
        done = plugin_bridge.render(sound, what, settings=settings, handle=handle)
    rate = sound.sample_rate_hz
    path = publish(
        target,
        new_job_id(),
        lambda file: soundfile.write(file, done.audio.samples.T, rate, format="WAV", subtype="FLOAT"),
    )
    if keep is not None:
        with plugin_bridge.open_rack(what, sample_rate_hz=rate, channels=sound.channels, settings=settings) as rack:
            write_chain(full(keep), rack.as_chain())
    peak = done.audio.peak
    told = Rendered(
        path=str(path),
        length_seconds=done.audio.length_seconds,
        peak_dbfs=20.0 * math.log10(peak) if peak else None,
        warnings=done.warnings,
    )
    if as_json:
        print_json(told)
        return
    for warning in told.warnings:
        say(f"note: {warning}")
    level = "silence" if told.peak_dbfs is None else f"peak {told.peak_dbfs:.1f} dBFS"
    print(f"{told.path} ({told.length_seconds:.3f} s, {level})")


plugins_app.command("play")(play_instrument)
