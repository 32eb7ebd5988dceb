"""``plugins play``: the user's own instrument, played by a MIDI file or by cues."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.generate import new_job_id
from engine.cli.output import JsonFlag, print_json, progress, say
from engine.cli.paths import full
from engine.errors import BadArgument
from engine.model import Model

if TYPE_CHECKING:
    from plugin_bridge.notes import Event

_MIDI = (".mid", ".midi", ".smf")


class PlayedFile(Model):
    """What came of it."""

    path: str
    notes: int
    length_seconds: float
    peak_dbfs: float | None
    warnings: tuple[str, ...]


def play_instrument(
    source: Annotated[Path, typer.Argument(help="MIDI file, or cue sheet: what 'cuewright spot' writes, CSV, EDL ...")],
    instrument: Annotated[str, typer.Option("--instrument", "-i", help="Name of a plugin that was scanned, or path.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="File to write, WAV of 32-bit floats.")],
    note: Annotated[int, typer.Option(min=0, max=127, help="Key that a cue strikes; 60 is middle C.")] = 60,
    note_of: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="KIND=NOTE", help="Another key for cues of a kind or label: step=36."),
    ] = None,
    chain: Annotated[Path | None, typer.Option("--chain", "-c", help="Effects behind it: a TOML or JSON file.")] = None,
    preset: Annotated[Path | None, typer.Option("--preset", help="A .vstpreset of the instrument.")] = None,
    rate: Annotated[int, typer.Option(min=8_000, max=192_000, help="Samples a second.")] = 48_000,
    as_json: JsonFlag = False,
) -> None:
    """Play a MIDI file, or strike a key at every cue, as hard as the cue is strong; nothing there is replaced."""
    import soundfile

    from engine.chain import Chain, Link
    from engine.config import Settings
    from engine.stems.folder import publish
    from plugin_bridge.chainfile import read_chain
    from plugin_bridge.instruments import play

    path, target = full(source), full(out)
    events = _events(path, rate, note, note_of or ())
    what = Chain(links=(Link(plugin=instrument, preset=str(full(preset)) if preset else ""),))
    if chain is not None:
        what = what.then(read_chain(full(chain)))
    # Whoever writes a path on the command line may load what it names.
    settings = Settings.load().model_copy(update={"roots": (Path(target.anchor),)})
    with progress("instrument", quiet=as_json) as handle:
        done = play(what, events, sample_rate_hz=rate, settings=settings, handle=handle)
    written = publish(
        target,
        new_job_id(),
        lambda file: soundfile.write(file, done.audio.samples.T, rate, format="WAV", subtype="FLOAT"),
    )
    peak = done.audio.peak
    told = PlayedFile(
        path=str(written),
        notes=sum(event.data[0] & 0xF0 == 0x90 and event.data[2] > 0 for event in events),
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
    print(f"{told.path} ({told.notes} notes, {told.length_seconds:.3f} s, {level})")


def _events(path: Path, rate: int, note: int, note_of: list[str] | tuple[str, ...]) -> tuple[Event, ...]:
    from engine.planning.cuesheet.read import read_sheet
    from engine.session import Session
    from plugin_bridge.notes import events_of, notes_of_cues, read_midi

    keys = dict(map(_key, note_of))
    if path.suffix.casefold() in _MIDI:
        return read_midi(path, rate)
    sheet = read_sheet(path, session=Session(sample_rate=rate), position_samples=0)
    for row in sheet.bad_rows:
        say(f"note: row {row.row}: {row.reason}")
    return events_of(notes_of_cues(sheet.cues, rate, key=note, keys=keys))


def _key(text: str) -> tuple[str, int]:
    name, equals, key = text.rpartition("=")
    if not equals or not key.strip().isdigit() or int(key) > 127:
        raise BadArgument(f"Write --map as KIND=NOTE, the note 0 to 127; got {text!r}.", field="map")
    return name.strip(), int(key)
