"""A performance: controllers that move knobs, keys that strike sounds, and both kept as cues.

What MIDI sends comes from a thread and is done between two blocks. A key's time is when it was struck, so a cue lies
where the performer's picture was, however late the sound came out.
"""

from __future__ import annotations

import queue
import re
import time
from typing import Any

from engine.cue import Cue
from engine.errors import BadArgument, CuewrightError
from engine.preview import messages
from engine.preview.desk import BLOCK_SAMPLES, Desk
from engine.preview.following import Following
from engine.preview.knobs import KNOBS
from engine.preview.midi import MidiInput, ports

_CONTROL = re.compile(r"(?:cc([0-9]|[1-9][0-9]|1[01][0-9])|pitch|touch)(?::(1[0-6]|[1-9]))?")
_MOST_CUES = 4_096


class Performing:
    """What a performer does to one desk."""

    def __init__(self, desk: Desk, following: Following) -> None:
        self._desk, self._following = desk, following
        self._input: MidiInput | None = None
        self._came: queue.SimpleQueue[tuple[Any, float]] = queue.SimpleQueue()
        self._bound: dict[str, str] = {}
        self._learning = ""
        self._recorded: list[tuple[float, str, float]] | None = None
        self._record_from = 0.0
        self._block_at = 0.0

    def do(self, command: messages.Performed) -> messages.Reply | None:
        """One of its commands; None: nothing to tell but that it is done.

        Raises
        ------
        BadArgument, NoDevice
            For a port, a control or a name that there is not.
        """
        match command:
            case messages.MidiPorts():
                return messages.MidiPortList(number=command.number, ports=ports())
            case messages.Midi():
                self._open(command.port)
            case messages.Bind():
                self._bind(command.control, command.name)
            case messages.Unbind():
                if command.name not in self._bound.values():
                    raise BadArgument(f"Nothing moves {command.name!r}.", field="name")
                self._bound = {control: name for control, name in self._bound.items() if name != command.name}
            case messages.Learn():
                if command.name:
                    self._range_of(command.name)
                self._learning = command.name
            case messages.Strike():
                self._strike(command.key, command.velocity, command.at_seconds or time.monotonic())
            case messages.Record():
                return self._record(command)
        return None

    def told(self) -> dict[str, Any]:
        """What the state tells of it."""
        midi = self._input
        return {
            "midi_port": midi.name if midi is not None else "",
            "midi_trouble": midi.trouble if midi is not None else "",
            "bindings": dict(self._bound),
            "learning": self._learning,
            "recording": self._recorded is not None,
        }

    def turn(self, now_seconds: float) -> None:
        """Do what came since the last block; of a controller that moved often, the last."""
        moves: dict[str, float] = {}
        while not self._came.empty():
            message, at = self._came.get()
            if message.type == "note_on" and message.velocity:
                self._strike(message.note, message.velocity / 127, at)
            elif (moved := _moved(message)) is not None:
                control, share = moved
                moves[control] = share
        for control, share in moves.items():
            self._move(control, share)
        self._block_at = now_seconds

    def close(self) -> None:
        """Let go of the port."""
        if self._input is not None:
            self._input.close()
            self._input = None

    def _open(self, port: str) -> None:
        self.close()
        if port:
            self._input = MidiInput(port, lambda message, at: self._came.put((message, at)))

    def _bind(self, control: str, name: str) -> None:
        if not _CONTROL.fullmatch(control):
            raise BadArgument(
                f"A control is cc0 to cc119, pitch or touch, of one channel as cc7:1; got {control!r}.", field="control"
            )
        self._range_of(name)
        self._bound[control] = name

    def _move(self, control: str, share: float) -> None:
        """A control stands at a share of its way."""
        if self._learning:
            self._bound = {one: name for one, name in self._bound.items() if name != self._learning}
            self._bound[control] = self._learning
            self._learning = ""
        name = self._bound.get(control) or self._bound.get(control.partition(":")[0])
        if name is None:
            return
        try:
            low, high = self._range_of(name)
            self._desk.set(name, low + share * (high - low))
        except CuewrightError:  # its chain has gone meanwhile
            self._bound = {one: bound for one, bound in self._bound.items() if bound != name}

    def _range_of(self, name: str) -> tuple[float, float]:
        """From where to where a control moves something; raises BadArgument where it cannot."""
        if name in KNOBS:
            return KNOBS[name].low, KNOBS[name].high
        return self._desk.range_of(name)

    def _strike(self, key: int, velocity: float, at_seconds: float) -> None:
        since = round((at_seconds - self._block_at) * self._desk.sample_rate_hz)
        struck = self._desk.strike(key, velocity, min(BLOCK_SAMPLES - 1, max(0, since)))
        if struck and self._recorded is not None and len(self._recorded) < _MOST_CUES:
            self._recorded.append((self._place_seconds(at_seconds), struck, velocity))

    def _place_seconds(self, at_seconds: float) -> float:
        """On the session's timeline where it is followed, else since the recording began."""
        place = self._following.transport_seconds(at_seconds)
        return at_seconds - self._record_from if place is None else place

    def _record(self, command: messages.Record) -> messages.Reply | None:
        if command.on:
            self._recorded, self._record_from = [], time.monotonic()
            return None
        recorded, self._recorded = sorted(self._recorded or ()), None
        return messages.Recorded(
            number=command.number,
            cues=tuple(
                Cue(
                    id=f"p{number}",
                    start_samples=max(0, round(place * self._desk.sample_rate_hz)),
                    kind="mark",
                    strength=velocity,
                    label=name[:400],
                    origin="marker",
                )
                for number, (place, name, velocity) in enumerate(recorded, start=1)
            ),
        )


def _moved(message: Any) -> tuple[str, float] | None:
    """Which control of which channel a message moves, and to what share of its way."""
    channel = getattr(message, "channel", 0) + 1
    match message.type:
        case "control_change" if message.control < 120:
            return f"cc{message.control}:{channel}", message.value / 127
        case "pitchwheel":
            return f"pitch:{channel}", (message.pitch + 8_192) / 16_383
        case "aftertouch":
            return f"touch:{channel}", message.value / 127
    return None
