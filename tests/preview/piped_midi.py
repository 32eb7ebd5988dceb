"""A backend of mido whose one input is a pipe in the file system: what a test writes there, a keyboard played.

``PIPED_MIDI`` names a folder; each file ``NAME.port`` in it is a port that is connected, ``NAME.pipe`` what it plays.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import mido
from mido.ports import BaseInput


def get_devices(**_: Any) -> list[dict[str, Any]]:
    folder = Path(os.environ["PIPED_MIDI"])
    return [{"name": path.stem, "is_input": True, "is_output": False} for path in sorted(folder.glob("*.port"))]


_callbacks: dict[str, Any] = {}
"""Of the ports that are open."""
_read: set[str] = set()


class Input(BaseInput):  # type: ignore[misc]  # mido ships no types
    def _open(self, callback: Any = None, **_: Any) -> None:
        _callbacks[self.name] = callback
        if self.name not in _read:
            _read.add(self.name)
            threading.Thread(target=_listen, args=(self.name,), daemon=True).start()

    def _close(self) -> None:
        _callbacks.pop(self.name, None)


def _listen(name: str) -> None:
    path = Path(os.environ["PIPED_MIDI"]) / f"{name}.pipe"
    pipe = os.open(path, os.O_RDWR)  # for writing too: it does not end when the test lets go
    parser = mido.Parser()
    while data := os.read(pipe, 3):
        parser.feed(data)
        for message in parser:
            if name in _callbacks:
                _callbacks[name](message)
