"""``preview``: hear sounds before anything is printed."""

from __future__ import annotations

import queue
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from engine.cli.output import JsonFlag, print_json, progress, say, table
from engine.cli.paths import full
from engine.errors import BadArgument, PromptNotMatched, ResourceError, from_wire
from engine.model import Model

if TYPE_CHECKING:
    from engine.config import Settings
    from engine.handle import Handle
    from engine.preview.messages import Command, Reply
    from engine.preview.service import PreviewService

_ANSWERED_SECONDS = 60.0
R = TypeVar("R", bound=Model)


class Played(Model):
    """What was heard."""

    device: str
    seconds: float
    latency_seconds: float
    dropouts: int
    committed: str = ""


def preview(
    sound: Annotated[list[str] | None, typer.Argument(help="Sound files to choose from, or words.")] = None,
    device: Annotated[str, typer.Option(help="Name, part of one, or number; 'none' plays to nothing.")] = "",
    devices: Annotated[bool, typer.Option("--devices", help="List what can play, and end.")] = False,
    loop: Annotated[bool, typer.Option("--loop", help="Go round until Ctrl-C.")] = False,
    chain: Annotated[str, typer.Option(help="Name of a preset of effects to hear it through.")] = "",
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="distance_m=8, wetness=0.5, chain.1.gain_db=3 ..."),
    ] = None,
    commit: Annotated[
        Path | None, typer.Option("--commit", metavar="FILE", help="Print what was heard here, sample for sample.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Play sounds through the desk: distance, room, pitch, pace and effects, heard and not yet printed."""
    from engine.config import Settings
    from engine.preview.messages import DeviceList, Devices
    from engine.preview.service import PreviewService

    settings = Settings.load()
    heard: queue.Queue[Reply] = queue.Queue()
    service = PreviewService(settings, heard.put, device="none" if devices else device or settings.preview_device)
    player = Asking(service, heard)
    try:
        if devices:
            _show(player.ask(Devices(), DeviceList), as_json=as_json)
            return
        if not sound:
            raise BadArgument("What should be heard? Name sound files, or say it in words.", field="sound")
        with progress("preview", quiet=True) as handle:
            told = _heard(player, sound, settings, loop, chain, set_ or (), commit, handle)
    finally:
        service.close()
    if as_json:
        print_json(told)
    else:
        print(
            f"{told.seconds:.1f} s on {told.device}, {told.dropouts} dropouts."
            + (f" Printed: {told.committed}" if told.committed else "")
        )


class Asking:
    """The service, asked one thing at a time."""

    def __init__(self, service: PreviewService, heard: queue.Queue[Reply]) -> None:
        self._service, self._heard = service, heard
        self._number = 0

    def ask(self, command: Command, kind: type[R]) -> R:
        """The answer to a command.

        Raises
        ------
        CuewrightError
            As the player failed.
        ResourceError
            When it does not answer.
        """
        from engine.preview.messages import Failed

        self._number += 1
        self._service.send(command.model_copy(update={"number": self._number}))
        deadline = time.monotonic() + _ANSWERED_SECONDS
        while (left := deadline - time.monotonic()) > 0:
            try:
                reply = self._heard.get(timeout=left)
            except queue.Empty:
                break
            if isinstance(reply, Failed) and reply.number == self._number:
                raise from_wire(reply.code, reply.sentence, reply.field)
            if isinstance(reply, kind) and reply.number == self._number:
                return reply
        raise ResourceError("The player does not answer.", field="device")

    def until_it_ends(self, handle: Handle) -> tuple[float, bool]:
        """Seconds until it stops by itself or is told to; whether it was told."""
        from engine.preview.messages import Ask, State

        began, troubled = time.monotonic(), ""
        while not handle.is_cancelled():
            state = self.ask(Ask(), State)
            if state.trouble and state.trouble != troubled:
                troubled = state.trouble
                say(f"note: {troubled}")
            if not state.playing:
                return time.monotonic() - began, False
            time.sleep(0.05)
        return time.monotonic() - began, True


def _heard(
    player: Asking,
    sound: Sequence[str],
    settings: Settings,
    loop: bool,
    chain: str,
    moves: Sequence[str],
    commit: Path | None,
    handle: Handle,
) -> Played:
    from engine.planning.presets import load_presets
    from engine.preview.messages import (
        Ask,
        Commit,
        Committed,
        Done,
        Load,
        Loaded,
        Loop,
        Param,
        Play,
        PutChain,
        State,
        Stop,
    )

    wanted = [Param(name=name, value=_value(value)) for name, value in map(_move, moves)]
    effects = load_presets(settings).chain(chain, "chain") if chain else None
    loads = _loads(sound, settings)
    longest = max(player.ask(load, Loaded).length_samples for load in loads if isinstance(load, Load))
    if effects is not None:
        player.ask(PutChain(chain=effects), Done)
    for move in wanted:
        player.ask(move, Done)
    if loop:
        player.ask(Loop(start_samples=0, end_samples=longest), Done)
    player.ask(Play(), Done)
    state = player.ask(Ask(), State)
    seconds, told_to = player.until_it_ends(handle)
    if told_to:
        player.ask(Stop(), Done)
    printed = player.ask(Commit(path=str(full(commit)), what="heard"), Committed).path if commit else ""
    last = player.ask(Ask(), State)
    return Played(
        device=last.device or state.device or "no device",
        seconds=round(seconds, 2),
        latency_seconds=round(state.latency_seconds, 4),
        dropouts=last.dropouts,
        committed=printed,
    )


def _loads(sound: Sequence[str], settings: Settings) -> list[Command]:
    """Files to choose from; else the sound that the words name."""
    from engine.preview.messages import Load
    from engine.preview.spoken import spoken

    paths = [full(Path(one)) for one in sound]
    if all(path.is_file() for path in paths):
        return [Load(candidate=f"{number} {path.name}", path=str(path)) for number, path in enumerate(paths, start=1)]
    if any(path.is_file() for path in paths):
        missing = next(path for path in paths if not path.is_file())
        raise BadArgument(f"{missing} is no file: name files, or say it in words.", field="sound")
    try:
        label, take = spoken(" ".join(sound), settings)
    except PromptNotMatched as error:
        raise PromptNotMatched(error.sentence, field="sound") from None
    return [Load(candidate=label, take=take)]


def _move(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise BadArgument(f"Write --set as NAME=VALUE; got {text!r}.", field="set")
    return name.strip(), value.strip()


def _value(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _show(found: Model, *, as_json: bool) -> None:
    from engine.preview.messages import DeviceList

    assert isinstance(found, DeviceList)
    if as_json:
        print_json({"devices": found.outputs})
        return
    table(
        "Outputs",
        ("number", "name", "system", "channels", "Hz", "the system's choice"),
        (
            (one.number, one.name, one.host_api, one.channels, one.default_rate_hz, "yes" * one.is_default)
            for one in found.outputs
        ),
    )
