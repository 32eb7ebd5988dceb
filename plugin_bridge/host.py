"""The process that holds plugins: the only place where their code runs.

``python -m plugin_bridge.host PATH CHANNELS`` is started by the sandbox and does what it is told by pipe. It marks in
shared memory whose code it is in, so that a crash has a name. It knows no chains, no files of sound and no engine.
"""

from __future__ import annotations

import base64
import contextlib
import faulthandler
import os
import re
import signal
import sys
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from engine.chain import Value
from engine.model import Model
from plugin_bridge import wire
from plugin_bridge.builtin import EFFECTS
from plugin_bridge.links import Running
from plugin_bridge.parameters import Parameter
from plugin_bridge.unit import MAX_BLOCK, MIN_BLOCK, Native, Spread, Unit, finite

INITIALISE_SECONDS = 10.0
"""What a plugin that loads its own things in the background is given, before it is taken as it is."""


class _Refusal(Exception):
    """A plugin does not do what it was asked to; the process is well."""


class Host:
    """Plugins by link, and what is done with them."""

    def __init__(self, shared: wire.Shared, channels: int) -> None:
        self._shared = shared
        self._channels = channels
        self._loads: dict[int, wire.Load] = {}
        self._plugins: dict[int, Any] = {}
        self._running: dict[int, Running] = {}
        self._unheard: set[int] = set()

    def answer(self, request: Model) -> Model:
        """Do what is asked."""
        try:
            match request:
                case wire.Load():
                    return self._load(request)
                case wire.Look():
                    return self._look(request)
                case wire.Prepare():
                    return self._prepare(request)
                case wire.SetValue():
                    return self._set(request)
                case wire.Tune():
                    return self._tune(request)
                case wire.Process():
                    return self._process(request)
                case wire.Play():
                    return self._play(request)
                case wire.Save():
                    return self._save(request)
                case wire.Reset():
                    return self._reset()
                case _:
                    return self._give_up()
        except Exception as error:  # ours, a plugin's, or pedalboard's about one: told, with its name
            return wire.Refused(link=self._shared.at_work[0], sentence=_sentence(error))
        finally:
            self._shared.mark(wire.NOBODY, wire.Doing.WAIT)

    def _load(self, request: wire.Load) -> Model:
        self._shared.mark(request.link, wire.Doing.LOAD)
        self._loads[request.link] = request
        if not request.path:
            return wire.Loaded(name=request.plugin_name)
        plugin = self._plugins[request.link] = _open(request)
        return wire.Loaded(
            name=str(plugin.name),
            maker=str(plugin.manufacturer_name or ""),
            version=str(plugin.version or ""),
            category=str(plugin.category or ""),
            instrument=bool(plugin.is_instrument),
            parameters=tuple(_parameter(plugin, name, each) for name, each in plugin.parameters.items()),
        )

    def _look(self, request: wire.Look) -> Model:
        import pedalboard

        self._shared.mark(wire.NOBODY, wire.Doing.LOAD)
        kind = pedalboard.VST3Plugin if request.path.endswith(".vst3") else pedalboard.AudioUnitPlugin
        return wire.Names(names=tuple(map(str, kind.get_plugin_names_for_file(request.path))))

    def _prepare(self, request: wire.Prepare) -> Model:
        load = self._loads[request.link]
        if load.path:
            unit = self._unit(request, load)
        else:
            unit = EFFECTS[load.plugin_name].open(request.sample_rate_hz, request.channels, request.values)
        self._running[request.link] = Running(unit, request.channels, request.sample_rate_hz, request.mix)
        return wire.Ready(latency_samples=unit.latency_samples)

    def _unit(self, request: wire.Prepare, load: wire.Load) -> Unit:
        """The effect for as many channels as there are: itself, or one for each channel or pair."""
        problem = ""
        for width in dict.fromkeys((request.channels, 1, 2)):
            count = -(-request.channels // width)
            plugins = [self._plugins[request.link]]
            try:
                units: list[Unit] = []
                for number in range(count):
                    if number:
                        self._shared.mark(request.link, wire.Doing.LOAD)
                        plugins.append(_open(load))
                    self._shared.mark(request.link, wire.Doing.SET)
                    for name, value in request.values.items():
                        _assign(plugins[number], name, value)
                    self._shared.mark(request.link, wire.Doing.PROCESS)  # a piece of silence, to be ready
                    units.append(Native(plugins[number], request.sample_rate_hz, width, _assign))
            except ValueError as error:  # pedalboard's word for channels that a plugin does not have
                problem = problem or str(error)
                continue
            return units[0] if width == request.channels else Spread(units, width)
        if self._plugins[request.link].is_instrument or "does not accept audio input" in problem:
            raise _Refusal("has no audio input: it is an instrument, not an effect")
        raise _Refusal(f"cannot be used for {request.channels} channels: {problem}")

    def _set(self, request: wire.SetValue) -> Model:
        self._shared.mark(request.link, wire.Doing.SET)
        if request.mix:
            self._running[request.link].set_mix(float(request.value))
        else:
            self._running[request.link].unit.set(request.name, request.value)
            self._unheard.add(request.link)
        return wire.Done()

    def _tune(self, request: wire.Tune) -> Model:
        self._shared.mark(request.link, wire.Doing.SET)
        for name, value in request.values.items():
            _assign(self._plugins[request.link], name, value)
        return wire.Done()

    def _process(self, request: wire.Process) -> Model:
        slot = self._shared.slot(request.slot, request.samples)
        block = slot
        for link, running in self._running.items():
            self._shared.mark(link, wire.Doing.PROCESS)
            self._unheard.discard(link)
            block = running.process(block)
            if not finite(block):
                raise _Refusal("returned NaN or infinite samples")
        if block is not slot:
            slot[:] = block
        return wire.Done()

    def _play(self, request: wire.Play) -> Model:
        self._shared.mark(request.link, wire.Doing.PLAY)
        notes = [(bytes.fromhex(note), seconds) for note, seconds in request.notes]
        plugin = self._plugins[request.link]
        out = self._heard_from(plugin, notes, request, request.channels)
        if out.shape[1] < request.samples or not np.isfinite(out).all():
            raise _Refusal("returned less sound than asked for, or NaN or infinite samples")
        self._shared.slot(0, request.samples)[:] = out[:, : request.samples]
        return wire.Ready(latency_samples=int(getattr(plugin, "reported_latency_samples", 0)))

    def _heard_from(
        self, plugin: Any, notes: list[tuple[bytes, float]], request: wire.Play, channels: int
    ) -> NDArray[np.float32]:
        try:
            out: NDArray[np.float32] = plugin.process(
                notes,
                duration=(request.samples + 0.25) / request.sample_rate_hz,  # of seconds, it makes samples by cutting
                sample_rate=request.sample_rate_hz,
                num_channels=channels,
                buffer_size=MAX_BLOCK,
                reset=request.first,
            )
        except ValueError:  # pedalboard's word for channels that a plugin does not have
            if channels == 1:
                raise
            return np.repeat(self._heard_from(plugin, notes, request, 1), channels, axis=0)
        return out

    def _save(self, request: wire.Save) -> Model:
        self._shared.mark(request.link, wire.Doing.SAVE)
        plugin = self._plugins[request.link]
        if request.link in self._unheard:  # a plugin hears of what it is set to with its next sound: a moment's silence
            self._unheard.discard(request.link)
            self._running[request.link].process(np.zeros((self._channels, MIN_BLOCK), np.float32))
        values = {name: _value(plugin, name, each) for name, each in plugin.parameters.items()}
        return wire.Saved(state=base64.b64encode(plugin.raw_state).decode(), values=values)

    def _reset(self) -> Model:
        for link, running in self._running.items():
            self._shared.mark(link, wire.Doing.RESET)
            running.reset()
        return wire.Done()

    def _give_up(self) -> Model:
        for link in list(self._loads):
            self._shared.mark(link, wire.Doing.UNLOAD)
            self._running.pop(link, None)
            self._plugins.pop(link, None)
        return wire.Done()


_CONTROLLERS = re.compile(r"MIDI Ch\. \d+ CC ")
"""Parameters by which plugins of DPF take MIDI controllers: 2,080 of them, each looked at for 5 ms on loading."""


def _open(request: wire.Load) -> Any:
    import pedalboard

    with contextlib.suppress(AttributeError):  # its own list of what it passes over; private, so it may be gone
        pedalboard._pedalboard.PARAMETER_NAME_REGEXES_TO_IGNORE.add(_CONTROLLERS)
    plugin = pedalboard.load_plugin(
        request.path, plugin_name=request.plugin_name or None, initialization_timeout=INITIALISE_SECONDS
    )
    if request.state:
        plugin.raw_state = base64.b64decode(request.state)
    if request.preset:
        plugin.load_preset(request.preset)
    return plugin


def _assign(plugin: Any, name: str, value: Value) -> None:
    """By the parameter itself: to the plugin, a name that it does not have is a new attribute, and no error."""
    parameter = plugin.parameters[name]
    parameter.raw_value = parameter.get_raw_value_for(value)


def _value(plugin: Any, name: str, parameter: Any) -> Value:
    """What a parameter is at now."""
    value = getattr(plugin, name)
    if callable(value):  # a parameter that is named as one of pedalboard's own methods
        value = parameter.string_value
    if parameter.type is bool:
        return bool(value)
    return float(value) if parameter.type is float else str(value)


def _parameter(plugin: Any, name: str, parameter: Any) -> Parameter:
    value = _value(plugin, name, parameter)
    if parameter.type is bool or set(parameter.valid_values) == {0.0, 1.0}:
        return Parameter(name=name, kind="switch", default=bool(value))
    if parameter.type is str:
        choices = tuple(str(value) for value in parameter.valid_values)
        return Parameter(name=name, kind="choice", choices=choices, default=value)
    low, high, _ = parameter.range
    return Parameter(name=name, unit=parameter.label or "", low=low, high=high, default=value)


def _sentence(error: Exception) -> str:
    """An error in one line; pedalboard lists what it tried in several."""
    return " ".join(str(error).split())[:400] or type(error).__name__


def _quiet() -> tuple[BinaryIO, BinaryIO]:
    """The pipes, taken from where a plugin could write to them; no window and no core file of a crash."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1):
        os.dup2(nowhere, standard)
    os.close(nowhere)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the engine's to hear
    if sys.platform == "win32":
        import ctypes

        ctypes.windll.kernel32.SetErrorMode(0x0001 | 0x0002)
    else:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    return requests, answers


def main() -> None:
    """Do what is asked until the pipe ends, as it does with the engine."""
    requests, answers = _quiet()
    path, channels = Path(sys.argv[1]), int(sys.argv[2])
    host = Host(wire.Shared(path, channels), channels)
    longest = float(sys.argv[3])
    wire.send(answers, wire.Done())
    with contextlib.suppress(BrokenPipeError):
        while (request := wire.receive(requests, wire.REQUEST)) is not None:
            # The engine ends what hangs; should the engine itself be gone, this does, without Python's help.
            faulthandler.dump_traceback_later(longest, exit=True)
            wire.send(answers, host.answer(request))
            faulthandler.cancel_dump_traceback_later()
            if isinstance(request, wire.Quit):
                break
    os._exit(0)  # plugins that were given up may have left threads


if __name__ == "__main__":
    main()
