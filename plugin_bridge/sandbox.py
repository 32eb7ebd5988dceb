"""Plugins at arm's length: a process of its own holds them, and whatever they do to it, the engine goes on.

Every step has a time by which it must be over. What crashes, hangs or refuses is a :class:`PluginFailed` that names the
plugin and the step; the process is then gone. This module knows no chains: which links there are, and what becomes of a
sound whose plugin failed, is decided above.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import weakref
from pathlib import Path
from typing import IO, Any, Self

import numpy as np

from engine.audio import Samples
from engine.chain import Value
from engine.errors import PluginFailed
from engine.model import Model
from plugin_bridge import wire
from plugin_bridge.unit import spans

_BOOT = "import sys, json; sys.path[:] = json.loads(sys.argv.pop()); from plugin_bridge.host import main; main()"
_ROOM = {"MALLOC_TOP_PAD_": str(32 * 2**20)}
_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")
_DOING = {
    wire.Doing.WAIT: "waited",
    wire.Doing.LOAD: "was loaded",
    wire.Doing.SET: "was set",
    wire.Doing.PROCESS: "processed",
    wire.Doing.PLAY: "played",
    wire.Doing.SAVE: "told its state",
    wire.Doing.RESET: "was reset",
    wire.Doing.UNLOAD: "was given up",
}


class Limits(Model):
    """How long a step may take."""

    start_seconds: float = 30.0
    load_seconds: float = 60.0
    step_seconds: float = 10.0
    process_seconds: float = 10.0
    times_real_time: float = 20.0

    def of(self, request: wire.Request, sample_rate_hz: int) -> float:
        """Seconds that a step may take; sound may take longer, the longer it is."""
        if isinstance(request, wire.Load | wire.Look | wire.Prepare):
            return self.load_seconds
        if isinstance(request, wire.Process | wire.Play):
            return self.process_seconds + self.times_real_time * request.samples / sample_rate_hz
        return self.step_seconds

    def longest(self, sample_rate_hz: int) -> float:
        """Seconds after which a process that nobody ended ends itself: any step's, and a moment."""
        steps = (wire.Load(link=0, path=""), wire.Process(slot=0, samples=wire.SLOT_SAMPLES), wire.Reset())
        return max(self.of(step, sample_rate_hz) for step in steps) + 2.0


LIMITS = Limits()


class Failed(PluginFailed):
    """A plugin crashed, hung or refused.

    Parameters
    ----------
    link
        Whose it was; :data:`~plugin_bridge.wire.NOBODY` when that is unknown.
    done_samples
        How much of a block was done before.
    """

    def __init__(self, sentence: str, *, field: str = "", link: int = wire.NOBODY, done_samples: int = 0) -> None:
        super().__init__(sentence, field=field)
        self.link = link
        self.done_samples = done_samples


class Sandbox:
    """A process that holds plugins.

    Parameters
    ----------
    channels
        Of the sound that goes through it.
    """

    def __init__(self, *, channels: int, sample_rate_hz: int = 48_000, limits: Limits = LIMITS) -> None:
        self.limits = limits
        self._rate = sample_rate_hz
        self._names: dict[int, str] = {}
        self._asked: list[wire.Request] = []
        self._gone = False
        self._shared, path = wire.Shared.create(channels)
        try:
            self._process = _started(path, channels, limits.longest(sample_rate_hz))
        except OSError as error:
            self._shared.close()
            raise PluginFailed(f"The process for plugins could not be started: {error.strerror}.") from None
        self._answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._pipe = self._process.stdin
        self._reader = threading.Thread(
            target=_read, args=(self._process.stdout, self._answers), name="plugins", daemon=True
        )
        self._reader.start()
        self._end = weakref.finalize(self, _end, self._process, self._reader, self._shared)
        if self._heard(limits.start_seconds) is None:
            self._end()
            raise PluginFailed("The process for plugins did not start.")
        self._shared.forget_name()

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def load(self, request: wire.Load, name: str) -> wire.Loaded:
        """Load a plugin; ``name`` is what it is called where it fails."""
        self._names[request.link] = name
        loaded = self.ask(request)
        assert isinstance(loaded, wire.Loaded)
        return loaded

    def prepare(self, request: wire.Prepare) -> int:
        """Make it ready for sound; returns how many samples late its sound is."""
        ready = self.ask(request)
        assert isinstance(ready, wire.Ready)
        return ready.latency_samples

    def set(self, link: int, name: str, value: Value, *, mix: bool = False) -> None:
        """Change a parameter, its value parsed before, or the mix of a link."""
        self.ask(wire.SetValue(link=link, name=name, value=value, mix=mix))

    def save(self, link: int) -> wire.Saved:
        """A plugin's state."""
        saved = self.ask(wire.Save(link=link))
        assert isinstance(saved, wire.Saved)
        return saved

    def reset(self) -> None:
        """Forget all sound."""
        self.ask(wire.Reset())

    def process(self, block: Samples, out: Samples) -> None:
        """Put sound, ``(channels, samples)``, through all links that are ready, into ``out``.

        While one piece is at work, the next is handed over and the last fetched.

        Raises
        ------
        Failed
            With how much of ``out`` is done; the process is gone.
        """
        pieces = list(spans(block.shape[1], wire.SLOT_SAMPLES))
        handed = 0
        for number, (start, end) in enumerate(pieces):
            while handed < len(pieces) and len(self._asked) < wire.SLOTS:
                self._hand_over(handed % wire.SLOTS, block[:, slice(*pieces[handed])])
                handed += 1
            try:
                self._await()
            except Failed as failure:
                self._end()
                failure.done_samples = start
                raise
            out[:, start:end] = self._shared.slot(number % wire.SLOTS, end - start)

    def play(self, request: wire.Play) -> tuple[Samples, int]:
        """Sound of an instrument, ``(channels, samples)``, and how many samples late it is.

        At most :data:`~plugin_bridge.wire.SLOT_SAMPLES` at once.
        """
        ready = self.ask(request)
        assert isinstance(ready, wire.Ready)
        return np.array(self._shared.slot(0, request.samples)), ready.latency_samples

    def ask(self, request: wire.Request) -> Model:
        """One step, and what it came to.

        Raises
        ------
        Failed
            When the plugin crashed, hung or refused; after a crash or a hang the process is gone.
        """
        self._send(request)
        return self._await()

    def close(self) -> str:
        """Give the plugins up and end the process; returns what went wrong with that, or nothing."""
        problem = ""
        if self._end.alive:
            try:
                self.ask(wire.Quit())
            except Failed as failure:
                problem = failure.sentence
        self._end()
        return problem

    def _hand_over(self, slot: int, piece: Samples) -> None:
        self._shared.slot(slot, piece.shape[1])[:] = piece
        self._send(wire.Process(slot=slot, samples=piece.shape[1]))

    def _send(self, request: wire.Request) -> None:
        self._asked.append(request)
        with contextlib.suppress(OSError, ValueError):  # it is gone: the answer that does not come tells how
            wire.send(self._pipe, request)

    def _await(self) -> Model:
        request = self._asked.pop(0)
        answer = self._heard(self.limits.of(request, self._rate)) if self._end.alive else None
        if isinstance(answer, wire.Refused):
            raise Failed(f"{self._name(answer.link)}: {answer.sentence.rstrip('.')}.", link=answer.link)
        if answer is not None:
            return answer
        link, doing = self._shared.at_work
        hung = self._process.poll() is None and not self._gone
        self._end()
        if hung:
            limit = self.limits.of(request, self._rate)
            raise Failed(f"{self._name(link)} hung while it {_DOING[doing]}: no answer in {limit:g} s.", link=link)
        raise Failed(f"{self._name(link)} crashed while it {_DOING[doing]}{_how(self._process.returncode)}.", link=link)

    def _heard(self, seconds: float) -> Model | None:
        """The next answer; None when there was none in time, or will be none."""
        try:
            answer: Model | None = self._answers.get(timeout=seconds)
        except queue.Empty:
            return None
        self._gone = answer is None
        return answer

    def _name(self, link: int) -> str:
        return self._names.get(link, "The process for plugins")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _started(path: Path, channels: int, longest_seconds: float) -> subprocess.Popen[bytes]:
    # Without a display nothing can open a window and wait there for ever. With room kept at hand, glibc does not give
    # the memory of each piece of sound back, only to be asked for it again: a fifth of the time of a light chain.
    environment = {name: value for name, value in os.environ.items() if name not in _DISPLAYS} | _ROOM
    arguments = (str(path), str(channels), str(longest_seconds), json.dumps(sys.path))
    return subprocess.Popen(
        [sys.executable, "-P", "-c", _BOOT, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
    )


def _read(pipe: IO[bytes], answers: queue.SimpleQueue[Any]) -> None:
    """Pass on what comes; the end of it is None."""
    with contextlib.suppress(OSError, ValueError):
        while (answer := wire.receive(pipe, wire.ANSWER)) is not None:
            answers.put(answer)
    answers.put(None)


def _end(process: subprocess.Popen[bytes], reader: threading.Thread, shared: wire.Shared) -> None:
    process.kill()
    process.wait()
    reader.join()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
    shared.close()


def _how(returncode: int | None) -> str:
    """How it ended, where the system tells."""
    if returncode is None or returncode >= 0:
        return ""
    with contextlib.suppress(ValueError):
        return f" ({signal.Signals(-returncode).name})"
    return ""
