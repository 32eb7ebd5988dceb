"""The player process as the engine sees it: started when first needed, told, listened to, started again when it dies.

The engine itself never plays: a process that also answers and waits for others clicks. What was loaded and set is
remembered here, so a player that died comes back as it was and goes on where it stood. This module knows no sound.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable

from pydantic import ValidationError

from engine.config import Settings
from engine.errors import WorkerDied
from engine.preview import messages
from engine.preview.messages import Command, Reply, State

_BOOT = "import sys, json; sys.path[:] = json.loads(sys.argv[1]); from engine.preview.process import main; main()"
_DEATHS, _WITHIN_SECONDS = 5, 30.0
"""A player that dies more often than this is not started again until something is asked of it."""
_GRACE_SECONDS = 2.0

OnReply = Callable[[Reply], None]


class PreviewService:
    """Plays what it is told, in a process of its own.

    Parameters
    ----------
    on_reply
        Called from a thread of the service, one reply at a time; on an asyncio loop use ``call_soon_threadsafe``.
    device
        As in :class:`~engine.preview.messages.Hello`.
    """

    def __init__(self, settings: Settings, on_reply: OnReply, *, device: str = "") -> None:
        self._settings = settings.model_dump_json(exclude={"token", "llm_api_key"})
        self._on_reply = on_reply
        self._lock = threading.RLock()
        self._process: subprocess.Popen[bytes] | None = None
        self._listener: threading.Thread | None = None
        self._closed = False
        self._deaths: list[float] = []
        self._kept = _Kept(device)

    @property
    def pid(self) -> int | None:
        """Process id of the player, if there is one."""
        with self._lock:
            return self._process.pid if self._process is not None and self._process.poll() is None else None

    @property
    def state(self) -> State:
        """What the player told last."""
        return self._kept.state

    def send(self, command: Command) -> None:
        """Send a command; the answer comes to ``on_reply``. From any thread; the player is started if there is none.

        Raises
        ------
        WorkerDied
            When the player cannot be started, or the service was closed.
        """
        with self._lock:
            if self._closed:
                raise WorkerDied("The preview was closed.")
            if self._process is None:
                self._deaths.clear()
                self._start()
            self._kept.sent(command)
            self._write(command)

    def close(self) -> None:
        """End the player, and wait until it is gone. Closing twice is closing once."""
        with self._lock:
            self._closed = True
            process, listener = self._process, self._listener
            self._process = None
        if process is None:
            return
        with contextlib.suppress(OSError):
            assert process.stdin is not None
            process.stdin.close()
        try:
            process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if listener is not None and listener is not threading.current_thread():
            listener.join()

    def _start(self) -> None:
        try:
            process = subprocess.Popen(
                [sys.executable, "-P", "-c", _BOOT, json.dumps(sys.path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        except OSError as error:
            raise WorkerDied(f"The player could not be started: {error.strerror}.") from error
        self._process = process
        for command in (messages.Hello(settings=self._settings, device=self._kept.device), *self._kept.commands()):
            self._write(command)
        self._listener = threading.Thread(target=self._listen, args=(process,), name="preview", daemon=True)
        self._listener.start()

    def _write(self, command: Command) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # it died: whoever listens to it starts another, which is told all again
            self._process.stdin.write(messages.encode(command))
            self._process.stdin.flush()

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        with process.stdout:
            while (reply := _read(process)) is not None:
                with self._lock:
                    self._kept.heard(reply)
                self._on_reply(reply)
        process.kill()
        process.wait()
        assert process.stdin is not None
        with contextlib.suppress(OSError):
            process.stdin.close()
        self._lost(process)

    def _lost(self, process: subprocess.Popen[bytes]) -> None:
        """It ended: say so, and start another, unless it was told to or does so again and again."""
        with self._lock:
            if self._process is not process:
                return
            self._process = None
            self._kept.lost()
            now = time.monotonic()
            self._deaths = [*(at for at in self._deaths if now - at < _WITHIN_SECONDS), now]
            again = len(self._deaths) < _DEATHS
            told = "it is started again, with all that was loaded" if again else "send any command to try again"
            died = f"The player ended by itself (exit code {process.returncode}); {told}."
            self._kept.state = self._kept.state.model_copy(update={"ready": False, "device": "", "trouble": died})
            state = self._kept.state
            if again:
                with contextlib.suppress(WorkerDied):
                    self._start()
        self._on_reply(state)


class _Kept:
    """All that a new player must be told to be as the last one was."""

    def __init__(self, device: str) -> None:
        self.device = device
        self.state = State()
        self._sounds: dict[str, list[Command]] = {}
        self._others: dict[str, Command] = {}
        self._sent: dict[int, Command] = {}

    def sent(self, command: Command) -> None:
        """It is kept once it is done; what nobody waits for, at once."""
        if command.number:
            self._sent[command.number] = command
        else:
            self._keep(command)

    def heard(self, reply: Reply) -> None:
        """The player told something."""
        if isinstance(reply, State):
            self.state = reply
        command = self._sent.pop(reply.number, None)
        if command is not None and not isinstance(reply, messages.Failed):
            self._keep(command)

    def lost(self) -> None:
        """The player is gone: what it had not done, it will not."""
        self._sent.clear()

    def _keep(self, command: Command) -> None:
        match command:
            case messages.Load():
                self._sounds[command.candidate] = [command]
            case messages.More():
                self._sounds.setdefault(command.candidate, []).append(command)
            case messages.Unload():
                self._sounds.pop(command.candidate, None)
                chosen = self._others.get("select")
                if isinstance(chosen, messages.Select) and chosen.candidate == command.candidate:
                    del self._others["select"]
            case messages.Device():
                self.device = command.device
            case messages.Param():
                self._others[f"param {command.name}"] = command
            case messages.PutChain():
                self._others = {key: kept for key, kept in self._others.items() if not key.startswith("param chain.")}
                self._others["chain"] = command
            case messages.Select() | messages.Loop() | messages.Follow() | messages.Midi():
                self._others[command.kind] = command
            case messages.Play() | messages.Stop():
                self._others["transport"] = command
            case _:
                pass

    def commands(self) -> list[Command]:
        """In the order in which they make sense; a chain before its parameters, playing last."""
        sounds = [command for commands in self._sounds.values() for command in commands]
        chain = [self._others[key] for key in ("chain",) if key in self._others]
        rest = [command for key, command in self._others.items() if key not in ("chain", "transport")]
        rest += [messages.Bind(control=control, name=name) for control, name in self.state.bindings.items()]
        if not sounds:
            return [*chain, *rest]
        locate = messages.Locate(position_samples=max(0, self.state.position_samples))
        playing = [messages.Play()] if self.state.playing else []
        return [_again(command) for command in (*sounds, *chain, *rest, locate, *playing)]


def _again(command: Command) -> Command:
    """The same, answering nobody: who sent it first was answered then."""
    return command.model_copy(update={"number": 0})


def _read(process: subprocess.Popen[bytes]) -> Reply | None:
    assert process.stdout is not None
    try:
        message = messages.read_message(process.stdout)
    except (OSError, ValidationError):
        return None
    return message if isinstance(message, Reply) else None
