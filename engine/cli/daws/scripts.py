"""The files that each DAW is given, by their path in its script folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from engine.cli.daws import ardour
from engine.cli.daws.places import Daw
from engine.cli.daws.starting import ENGINE, shell_line
from engine.config import Settings

SOURCE = Path(__file__).resolve().parents[3] / "daw_scripts"
OPENERS = {"darwin": "open", "win32": "explorer"}
NEXT_STEPS = {
    Daw.REAPER: (
        "In REAPER: Actions > Show action list > New action > Load ReaScript, choose Scripts/Cuewright/Cuewright.lua "
        "and run it once: it puts the actions into the list."
    ),
    Daw.LIVE: "In Live: Settings > Link, Tempo & MIDI > Control Surface: choose Cuewright. Restart Live if it is open.",
    Daw.ARDOUR: "In Ardour: Edit > Lua Scripts > Script Manager: add the actions and the hook named Cuewright.",
}


def settings_module(settings: Settings) -> str:
    """What the Lua scripts know of this machine, as a Lua module: the engine, its spool folder, port and token.

    ``start``, a line for a shell, and ``log`` are left out on Windows.
    """
    values = {
        "spool": _lua(settings.spool_folder.absolute().as_posix()),
        "port": str(settings.port),
        "engine": f"{{ {', '.join(map(_lua, ENGINE))} }}",
        "opener": _lua(OPENERS.get(sys.platform, "xdg-open")),
    }
    if sys.platform != "win32":
        log = settings.spool_folder.absolute() / "engine.log"
        values |= {"log": _lua(str(log)), "start": _lua(shell_line(ENGINE, log, os.environ))}
    if settings.token is not None:
        values["token"] = _lua(settings.token.get_secret_value())
    return "return {\n" + "".join(f"  {name} = {value},\n" for name, value in values.items()) + "}\n"


def _lua(text: str) -> str:
    """As a Lua string; its escapes of control characters are decimal."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else "".join(f"\\{byte:03}" for byte in c.encode()) for c in plain) + '"'


def scripts(daw: Daw, settings: Settings) -> dict[str, str]:
    """Texts by path, with ``/``; what is for this machine (the engine, its spool folder and port) is written in."""
    match daw:
        case Daw.LIVE:
            return dict(_texts(SOURCE / "ableton" / "Cuewright", "*.py", "Cuewright/"))
        case Daw.ARDOUR:
            return ardour.bundle(SOURCE, settings_module(settings))
        case Daw.REAPER:
            own, core = _texts(SOURCE / "reaper", "*.lua"), _texts(SOURCE / "lua", "*.lua", "lua/")
            return {**dict(own), **dict(core), "settings.lua": settings_module(settings)}


def _texts(folder: Path, pattern: str, prefix: str = "") -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob(pattern)):
        yield prefix + path.relative_to(folder).as_posix(), path.read_text(encoding="utf-8")
