"""MIDI inputs: which are there, and messages from one with the time at which each came.

By mido, whose backend is python-rtmidi unless the environment's ``MIDO_BACKEND`` names another; where the system has
no MIDI at all, there are no ports. Knows no sounds and no knobs.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.errors import BadArgument, NoDevice

_SEQUENCER = Path("/dev/snd/seq")
"""What ALSA's MIDI is asked through."""
WATCH_SECONDS = 1.0
"""Between two looks whether the port is still there."""
Hear = Callable[[Any, float], None]


def ports() -> tuple[str, ...]:
    """The inputs that can be opened, the same name once."""
    import mido  # type: ignore[import-untyped]  # it ships no types

    if sys.platform == "linux" and "MIDO_BACKEND" not in os.environ and not _SEQUENCER.exists():
        return ()  # which ALSA's library would tell on the terminal, every time
    try:
        return tuple(dict.fromkeys(mido.get_input_names()))
    except (OSError, ImportError):  # rtmidi's, where the system has no sequencer
        return ()


def chosen(port: str, there: tuple[str, ...]) -> str:
    """The port that is meant: by number from 0, by its whole name, or by a part of one.

    Raises
    ------
    NoDevice, BadArgument
        When there is none; when several are called so.
    """
    if port in there:
        return port
    if port.isdigit() and int(port) < len(there):
        return there[int(port)]
    found = [name for name in there if port.casefold() in name.casefold()]
    if not found:
        raise NoDevice(
            f"The MIDI input {port!r} is not there; there are {', '.join(there) or 'none'}: connect it.", field="port"
        )
    if len(found) > 1:
        raise BadArgument(f"{port!r} names several MIDI inputs: {', '.join(found)}.", field="port")
    return found[0]


class MidiInput:
    """One port, opened again when it was gone and is back.

    Parameters
    ----------
    hear
        Called with each message of mido's and the monotonic second it came, from a thread of the port's.

    Raises
    ------
    NoDevice, BadArgument
        As :func:`chosen`; when it cannot be opened.
    """

    def __init__(self, port: str, hear: Hear) -> None:
        self.name = chosen(port, ports())
        self.trouble = ""
        self._hear = hear
        self._port: Any = self._open()
        self._ended = threading.Event()
        self._watch = threading.Thread(target=self._look_after, name="midi", daemon=True)
        self._watch.start()

    def close(self) -> None:
        """Let go of it."""
        self._ended.set()
        self._watch.join()
        self._let_go()

    def _open(self) -> Any:
        import mido

        try:
            return mido.open_input(self.name, callback=lambda message: self._hear(message, time.monotonic()))
        except OSError as error:
            raise NoDevice(f"The MIDI input {self.name} cannot be opened: {error}", field="port") from None

    def _let_go(self) -> None:
        port, self._port = self._port, None
        if port is not None:
            with contextlib.suppress(OSError):
                port.close()

    def _look_after(self) -> None:
        """No system tells that a port has gone."""
        while not self._ended.wait(WATCH_SECONDS):
            there = self.name in ports()
            if self._port is not None and not there:
                self._let_go()
                self.trouble = f"The MIDI input {self.name} has gone: connect it again; it goes on by itself."
            elif self._port is None and there:
                with contextlib.suppress(NoDevice):
                    self._port = self._open()
                    self.trouble = ""
