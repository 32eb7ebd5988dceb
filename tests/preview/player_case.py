"""A sound server of our own with a sink that nobody hears, a recorder of what it plays, and a player's replies."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np

from engine.audio import Samples
from engine.config import Settings
from engine.preview import messages
from engine.preview.messages import Command, Reply
from engine.preview.service import PreviewService

DEADLINE_SECONDS = 30.0
T = TypeVar("T")
R = TypeVar("R", bound=Reply)


def until(look: Callable[[], T], what: str, seconds: float = DEADLINE_SECONDS) -> T:
    """What ``look`` finds, asked again and again."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.005)
    raise AssertionError(f"waited {seconds} s for {what}")


class Pulse:
    """A PulseAudio of our own."""

    def __init__(self, folder: Path) -> None:
        self.env = {**os.environ, "XDG_RUNTIME_DIR": str(folder), "HOME": str(folder)}
        self.folder = folder
        self.log = (folder / "pulse.log").open("wb")
        self.process = subprocess.Popen(
            ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "-L", "module-native-protocol-unix"],
            env=self.env,
            stdout=self.log,
            stderr=self.log,
        )
        try:
            until(lambda: self.ctl("info", check=False), "pulseaudio")
            self.sink = self.plug_in()
        except BaseException:
            self.close()
            raise

    def ctl(self, *words: str, check: bool = True) -> str:
        done = subprocess.run(["pactl", *words], env=self.env, capture_output=True, text=True, check=False)
        assert not (check and done.returncode), done.stderr
        return done.stdout.strip() if not done.returncode else ""

    def plug_in(self) -> str:
        """Connect the device."""
        self.sink = self.ctl(
            "load-module", "module-null-sink", "sink_name=ci", "rate=48000", "format=float32le", "channels=2"
        )
        self.ctl("set-default-sink", "ci")
        self.ctl("set-default-source", "ci.monitor")
        return self.sink

    def pull_out(self) -> None:
        """Disconnect it."""
        self.ctl("unload-module", self.sink)

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()
        self.log.close()


class Capture:
    """All that the device plays, from now on."""

    def __init__(self, pulse: Pulse) -> None:
        self.path = pulse.folder / f"captured-{time.monotonic_ns()}.raw"
        self._file = self.path.open("wb")
        self.process = subprocess.Popen(
            [
                *("parec", "--raw", "--format=float32le", "--rate=48000", "--channels=2"),
                *("--latency-msec=5", "--device=ci.monitor"),
            ],
            env=pulse.env,
            stdout=self._file,
        )
        try:
            until(lambda: self.path.stat().st_size > 0, "the monitor")
        except BaseException:
            self.close()
            raise

    def samples(self) -> Samples:
        """``(2, n)`` so far."""
        raw = np.fromfile(self.path, np.float32)
        return raw[: raw.size // 2 * 2].reshape(-1, 2).T

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()
        self._file.close()


class Told:
    """A preview service and all that it replied."""

    def __init__(self, device: str) -> None:
        self.replies: list[Reply] = []
        self.service = PreviewService(Settings.load(roots=(Path("/"),)), self.replies.append, device=device)
        self._number = 0

    def ask(self, command: Command, kind: type[R]) -> R:
        """Send, and wait for the answer, which must be of this kind."""
        self._number += 1
        number = self._number
        self.service.send(command.model_copy(update={"number": number}))
        answer = until(lambda: next((r for r in self.replies if r.number == number), None), f"{command.kind} answered")
        assert isinstance(answer, kind), answer
        return answer

    def do(self, command: Command) -> None:
        self.ask(command, messages.Done)

    def state(self, holds: Callable[[messages.State], bool], what: str) -> messages.State:
        """The first state told, from now on, for which that holds."""
        return until(lambda: self.service.state if holds(self.service.state) else None, what)
