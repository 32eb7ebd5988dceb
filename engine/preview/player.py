"""The player: a process of its own that owns the desk and the device.

Its loop does what it is told and keeps the device's ring filled; what takes long is done by threads, which only make
things ready. A device that has gone is looked for again and, found, goes on where it was. This module knows no OSC.
"""

from __future__ import annotations

import contextlib
import gc
import queue
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import plugin_bridge
from engine.audio import Audio, Samples
from engine.chain import Chain
from engine.config import Settings
from engine.errors import CuewrightError, InternalError
from engine.preview import messages
from engine.preview.candidate import Candidate
from engine.preview.desk import BLOCK_SAMPLES, Desk
from engine.preview.following import Following
from engine.preview.making import print_sound, read_sound, sounds_of
from engine.preview.messages import Command, Reply
from engine.preview.output import Sink, open_sink, outputs
from engine.preview.pass_of import pass_of
from engine.preview.performing import Performing
from engine.preview.priority import give_way, go_next

SAMPLE_RATE_HZ = 48_000
IDLE_SECONDS = 120.0
"""Nothing asked and nothing heard for so long, the device is let go: others may want it, and the machine may sleep."""
_TELL_SECONDS = 0.1
_LOOK_SECONDS = 0.02
_AGAIN_SECONDS = 0.5
_NAP_SECONDS = 0.002
_CHAIN = "\0chain"
"""What a chain that is being opened is called among the sounds that are being made."""


class Player:
    """The desk, its device, and what is being made ready.

    Parameters
    ----------
    device
        As in :class:`~engine.preview.messages.Hello`.
    tell
        Called with every reply, from the loop.
    """

    def __init__(self, settings: Settings, device: str, tell: Callable[[Reply], object]) -> None:
        self._settings, self._device, self._tell = settings, device, tell
        self._desk = Desk(SAMPLE_RATE_HZ)
        self._sink: Sink | None = None
        self._trouble = ""
        self._try_at = 0.0
        self._asked_at = time.monotonic()
        self._rack: plugin_bridge.Rack | None = None
        self._ready: queue.Queue[Callable[[], None]] = queue.Queue()
        self._making: list[str] = []
        self._held: list[Command] = []
        self._timed: list[messages.Param] = []
        self._following = Following(self._desk)
        self._performing = Performing(self._desk, self._following)
        self._told = messages.State()
        self._told_at = self._looked_at = 0.0

    def run(self, told: queue.Queue[Command | None]) -> None:
        """The loop, until None is told."""
        while True:
            self.turn()
            try:
                command = told.get(timeout=_NAP_SECONDS)
            except queue.Empty:
                continue
            if command is None:
                return
            self.obey(command)

    def close(self) -> None:
        """Let go of everything."""
        if self._sink is not None:
            self._sink.close()
        if self._rack is not None:
            self._rack.close()
        self._performing.close()

    def turn(self) -> None:
        """Do what is due."""
        while not self._ready.empty():
            self._ready.get()()
        self._look_after_device()
        if self._sink is not None:
            while self._sink.wants >= BLOCK_SAMPLES:
                delay = self._sink.delay_seconds
                self._do_timed(delay)
                self._following.turn(time.monotonic(), time.monotonic() + delay)
                self._performing.turn(time.monotonic())
                self._sink.write(self._block())
        if time.monotonic() - self._looked_at >= _LOOK_SECONDS:
            self._report()

    def obey(self, command: Command) -> None:
        """Do a command, or keep it until what it is about is ready; what is wrong with it is told."""
        if not isinstance(command, messages.Ask):
            self._asked_at = time.monotonic()
        if isinstance(command, messages.Stop):
            self._held = [held for held in self._held if not isinstance(held, messages.Play)]
        if self._must_wait(command):
            self._held.append(command)
            return
        try:
            reply = self._do(command)
        except CuewrightError as error:
            reply = _failed(command, error)
        self._report()
        if reply is not None:
            self._tell(reply)

    def _must_wait(self, command: Command) -> bool:
        match command:
            case messages.Load() | messages.More() | messages.Unload() | messages.Select():
                return command.candidate in self._making
            case messages.Play() | messages.Locate():
                return bool(self._making) and not self._desk.state.candidates
            case messages.PutChain():
                return _CHAIN in self._making
            case messages.Param():
                return _CHAIN in self._making and command.name.startswith("chain.")
            case _:
                return False

    def _do(self, command: Command) -> Reply | None:
        desk = self._desk
        match command:
            case messages.Load():
                self._beside(command, command.candidate, lambda: self._loaded(command))
                return None
            case messages.More():
                self._beside(command, command.candidate, lambda: self._appended(command))
                return None
            case messages.PutChain():
                self._beside(command, _CHAIN, lambda: self._chained(command))
                return None
            case messages.Commit():
                self._beside(command, "", self._printed(command))
                return None
            case messages.Devices():
                return messages.DeviceList(number=command.number, outputs=outputs())
            case messages.Ask():
                return self._state().model_copy(update={"number": command.number})
            case messages.Unload():
                desk.unload(command.candidate)
            case messages.Select():
                desk.select(command.candidate)
            case messages.Play():
                desk.play()
            case messages.Stop():
                desk.stop()
            case messages.Loop():
                desk.loop(command.start_samples, command.end_samples)
            case messages.Locate():
                desk.locate(command.position_samples)
            case messages.Param(at_seconds=None):
                desk.set(command.name, command.value)
            case messages.Param():
                self._timed.append(command)
            case messages.Device():
                self._device = command.device
                self._lose("")
            case messages.Follow():
                self._following.turn_on(command.on)
            case messages.Transport():
                self._following.hear(command)
            case (
                messages.MidiPorts()
                | messages.Midi()
                | messages.Bind()
                | messages.Unbind()
                | messages.Learn()
                | messages.Strike()
                | messages.Record()
            ):
                return self._performing.do(command) or messages.Done(number=command.number)
            case _:
                return None
        return messages.Done(number=command.number)

    # What takes a while

    def _beside(self, command: Command, name: str, make: Callable[[], Callable[[], Reply]]) -> None:
        """Make something ready in a thread; what it gives is done between two blocks."""
        self._making.append(name)

        def finish(done: Callable[[], Reply]) -> None:
            self._making.remove(name)
            try:
                reply = done()
            except CuewrightError as error:
                reply = _failed(command, error)
            self._tell(reply)
            self._release()

        def work() -> None:
            give_way()
            try:
                done = make()
            except Exception as error:
                told = error
                self._ready.put(lambda: finish(lambda: _failed(command, told)))
            else:
                self._ready.put(lambda: finish(done))

        threading.Thread(target=work, daemon=True).start()

    def _release(self) -> None:
        """Do what waited, or let it wait on."""
        held, self._held = self._held, []
        for waiting in held:
            self.obey(waiting)

    def _loaded(self, command: messages.Load) -> Callable[[], Reply]:
        number = command.number
        for audio, is_last in sounds_of(command, self._settings):
            one = self._desk.prepared(command.candidate, audio, is_whole=command.is_whole and is_last)
            done = partial(self._add, command.model_copy(update={"number": number}), one)
            if is_last:
                return done
            number = 0  # the first answers
            self._ready.put(partial(self._begin, done))
        raise AssertionError("unreachable")

    def _begin(self, add: Callable[[], Reply]) -> None:
        """The first of a sound is there; what waited for it may go on."""
        self._tell(add())
        self._release()

    def _add(self, command: messages.Load, one: Candidate) -> Reply:
        if command.key is not None:
            self._desk.put_pad(command.key, one)
        else:
            self._following.knows(command)
            self._desk.add(one)
        return messages.Loaded(
            number=command.number,
            candidate=one.name,
            length_samples=one.sound.length_samples,
            is_whole=one.sound.is_whole,
            loudness_lufs=one.loudness_lufs,
        )

    def _appended(self, command: messages.More) -> Callable[[], Reply]:
        audio = read_sound(Path(command.path))

        def done() -> Reply:
            self._desk.append(command.candidate, audio, is_last=command.is_last)
            return messages.Done(number=command.number)

        return done

    def _opened(self, chain: Chain) -> plugin_bridge.Rack | None:
        if not chain.links:
            return None
        return plugin_bridge.open_rack(chain, sample_rate_hz=SAMPLE_RATE_HZ, channels=2, settings=self._settings)

    def _chained(self, command: messages.PutChain) -> Callable[[], Reply]:
        go_next()  # and with this thread the plugins, for which the device waits
        rack = self._opened(command.chain)

        def done() -> Reply:
            self._put(rack)
            return messages.Done(number=command.number)

        return done

    def _put(self, rack: plugin_bridge.Rack | None) -> None:
        self._desk.put_chain(rack)
        if self._rack is not None:
            threading.Thread(target=self._rack.close, daemon=True).start()
        self._rack = rack

    def _printed(self, command: messages.Commit) -> Callable[[], Callable[[], Reply]]:
        state = self._desk.state
        place = self._following.place_samples(state.candidate)
        make: Callable[[], tuple[Audio, int]]
        if command.what == "pass" or (command.what == "auto" and state.loop is not None):
            twin = self._desk.twin()
            chain = self._rack.as_chain() if self._rack is not None else None

            def make() -> tuple[Audio, int]:
                with contextlib.ExitStack() as stack:
                    rack = self._opened(chain) if chain is not None else None
                    return pass_of(twin, stack.enter_context(rack) if rack is not None else None)
        else:
            heard = self._desk.heard()
            make = lambda: heard  # noqa: E731 - as the other branch

        def work() -> Callable[[], Reply]:
            audio, at = make()
            at = max(0, at + place)
            path, sha256, length = print_sound(
                Path(command.path), audio, position_samples=at, label=state.candidate or "preview"
            )
            return lambda: messages.Committed(
                number=command.number,
                path=str(path),
                sha256=sha256,
                length_samples=length,
                sample_rate_hz=SAMPLE_RATE_HZ,
                position_samples=at,
            )

        return work

    # Sound

    def _block(self) -> Samples:
        try:
            return self._desk.block()
        except CuewrightError as error:  # a plugin failed: the sound goes on without the chain
            self._put(None)
            self._tell(_failed(None, error))
            return self._desk.block()

    def _do_timed(self, delay_seconds: float) -> None:
        heard_at = time.monotonic() + delay_seconds
        due = [command for command in self._timed if command.at_seconds is None or command.at_seconds <= heard_at]
        if due:
            self._timed = [command for command in self._timed if command not in due]
            for command in due:
                self.obey(command.model_copy(update={"at_seconds": None}))

    # The device

    def _look_after_device(self) -> None:
        try:
            if self._sink is not None:
                self._sink.check()
                if time.monotonic() - self._asked_at > IDLE_SECONDS and not self._desk.sounds:
                    self._lose("")
                    gc.collect()
            elif time.monotonic() >= self._try_at and time.monotonic() - self._asked_at <= IDLE_SECONDS:
                self._sink = open_sink(self._device, SAMPLE_RATE_HZ)
                self._trouble = ""
        except CuewrightError as error:
            self._lose(error.sentence)
            self._try_at = time.monotonic() + _AGAIN_SECONDS

    def _lose(self, trouble: str) -> None:
        if self._sink is not None:
            self._sink.close()
        self._sink, self._trouble, self._try_at = None, trouble, 0.0

    # What is told

    def _state(self) -> messages.State:
        desk, sink = self._desk.state, self._sink
        delay = sink.delay_seconds if sink is not None else 0.0
        return messages.State(
            ready=True,
            playing=desk.playing,
            waiting=desk.waiting,
            candidate=desk.candidate,
            candidates=desk.candidates,
            position_samples=desk.position_samples,
            at_seconds=time.monotonic() + delay,
            length_samples=desk.length_samples,
            loop=desk.loop,
            knobs=dict(desk.knobs),
            following=self._following.is_on,
            device=sink.name if sink is not None else "",
            sample_rate_hz=SAMPLE_RATE_HZ,
            device_rate_hz=sink.rate_hz if sink is not None else 0,
            latency_seconds=delay,
            dropouts=sink.dropouts if sink is not None else 0,
            trouble=self._trouble,
            **self._performing.told(),
        )

    def _report(self) -> None:
        """Tell the state when it is another one, and now and then while it plays."""
        now = self._looked_at = time.monotonic()
        state = self._state()
        moves = {"position_samples": 0, "at_seconds": 0.0, "latency_seconds": 0.0}
        changed = state.model_copy(update=moves) != self._told.model_copy(update=moves)
        if changed or (state.playing and now - self._told_at >= _TELL_SECONDS):
            self._told, self._told_at = state, now
            self._tell(state)


def _failed(command: Command | None, error: Exception) -> messages.Failed:
    told = error if isinstance(error, CuewrightError) else InternalError(f"{type(error).__name__}: {error}")
    number = command.number if command is not None else 0
    return messages.Failed(number=number, code=told.code, sentence=told.sentence, field=told.field)
