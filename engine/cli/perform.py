"""``perform``: a keyboard strikes sounds while the picture runs, and what was struck becomes a cue sheet."""

from __future__ import annotations

import queue
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.output import JsonFlag, print_json, progress, say, table
from engine.cli.paths import full
from engine.cli.preview import Asking
from engine.errors import BadArgument
from engine.model import Model

if TYPE_CHECKING:
    from engine.cue import Cue
    from engine.preview.messages import Reply

_KEYS = 128


class Performance(Model):
    """What was played."""

    struck: int
    sheet: str = ""
    printed: str = ""


def perform(
    sound: Annotated[list[Path] | None, typer.Argument(help="Sound files: each is struck by a key of its own.")] = None,
    midi: Annotated[str, typer.Option(help="MIDI input: name, part of one, or number.")] = "0",
    inputs: Annotated[bool, typer.Option("--inputs", help="List the MIDI inputs, and end.")] = False,
    key: Annotated[int, typer.Option(min=0, max=127, help="Key of the first file; 36 is a pad's lowest.")] = 36,
    takes: Annotated[bool, typer.Option("--takes", help="All files are takes of that one key, in turn.")] = False,
    bind: Annotated[
        list[str] | None, typer.Option(metavar="CONTROL=NAME", help="cc7=gain_db, cc1=distance_m, pitch=pace ...")
    ] = None,
    record: Annotated[Path | None, typer.Option(metavar="FILE", help="Cue sheet to write, CSV.")] = None,
    commit: Annotated[Path | None, typer.Option(metavar="FILE", help="Print what was heard here.")] = None,
    device: Annotated[str, typer.Option(help="Output: name, part of one, or number; 'none' plays to nothing.")] = "",
    seconds: Annotated[float | None, typer.Option(min=0.1, help="End after these; left out, with Ctrl-C.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Strike sounds with a keyboard and keep the performance, to compose to or to play an instrument from."""
    from engine.config import Settings
    from engine.preview import messages
    from engine.preview.service import PreviewService

    settings = Settings.load()
    heard: queue.Queue[Reply] = queue.Queue()
    service = PreviewService(settings, heard.put, device="none" if inputs else device or settings.preview_device)
    player = Asking(service, heard)
    try:
        if inputs:
            _show(player.ask(messages.MidiPorts(), messages.MidiPortList).ports, as_json=as_json)
            return
        if not sound:
            raise BadArgument("What should be struck? Name sound files.", field="sound")
        if not takes and key + len(sound) > _KEYS:
            raise BadArgument(f"{len(sound)} keys from {key} on are more than there are.", field="key")
        bound = [_control(text) for text in bind or ()]
        for number, path in enumerate(map(full, sound)):
            load = messages.Load(
                candidate=f"{number + 1} {path.stem}", path=str(path), key=key if takes else key + number
            )
            player.ask(load, messages.Loaded)
            say(f"key {load.key}: {path.name}")
        player.ask(messages.Midi(port=midi), messages.Done)
        for control, name in bound:
            player.ask(messages.Bind(control=control, name=name), messages.Done)
        player.ask(messages.Record(on=True), messages.Done)
        with progress("performing", quiet=True) as handle:
            say("play; Ctrl-C ends it")
            end = time.monotonic() + seconds if seconds is not None else float("inf")
            while not handle.is_cancelled() and time.monotonic() < end:
                time.sleep(0.05)
        cues = player.ask(messages.Record(on=False), messages.Recorded).cues
        sheet = _written(cues, full(record)) if record is not None else ""
        printed = ""
        if commit is not None and cues:
            print_it = messages.Commit(path=str(full(commit)), what="heard")
            printed = player.ask(print_it, messages.Committed).path
    finally:
        service.close()
    told = Performance(struck=len(cues), sheet=sheet, printed=printed)
    if as_json:
        print_json(told)
    else:
        print(f"{told.struck} struck. {' '.join(filter(None, (told.sheet, told.printed)))}".rstrip())


def _control(text: str) -> tuple[str, str]:
    control, equals, name = text.partition("=")
    if not equals:
        raise BadArgument(f"Write --bind as CONTROL=NAME; got {text!r}.", field="bind")
    return control.strip(), name.strip()


def _written(cues: tuple[Cue, ...], path: Path) -> str:
    from engine.planning.cuesheet.write import write_sheet
    from engine.session import Session
    from engine.stems.folder import publish

    content = write_sheet(cues, "csv", session=Session(), position_samples=0)
    return str(publish(path, "perform", lambda file: file.write(content)))


def _show(names: tuple[str, ...], *, as_json: bool) -> None:
    if as_json:
        print_json({"inputs": names})
    else:
        table("MIDI inputs", ("number", "name"), enumerate(names))
