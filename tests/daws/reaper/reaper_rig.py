"""The scripts inside a fake REAPER: a Lua process that a test talks to, cycle by cycle."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SCRIPTS = HERE.parents[2] / "daw_scripts" / "reaper"
CYCLE_SECONDS = 0.01


def lua(value: object) -> str:
    """A value as Lua writes it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"[{lua(key)}] = {lua(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "{" + ", ".join(map(lua, value)) + "}"
    return json.dumps(str(value) if isinstance(value, Path) else value, ensure_ascii=False)


class Rig:
    """One REAPER with one project, in ``folder``."""

    def __init__(self, lua_program: str, folder: Path, *, spool: Path, scripts: Path = SCRIPTS, saved: bool = True):
        self.folder = folder
        self.media = folder / "Media"
        self.media.mkdir(parents=True, exist_ok=True)
        command: list[str | Path] = [lua_program, HERE / "driver.lua", SCRIPTS.parent / "lua", HERE, scripts]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        try:
            self.set(project_file=folder / "Reel 2.rpp" if saved else "", folder=self.media)
            self.option(spool_folder=spool)
        except BaseException:
            self.kill()
            raise

    def run(self, code: str) -> Any:
        """What some Lua returns."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(code.replace("\n", "\1") + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the script ended REAPER"
        answer = json.loads(line)
        assert answer["done"], answer["result"]
        return answer.get("result")

    def get(self, expression: str) -> Any:
        return self.run(f"return {expression}")

    def set(self, **fields: object) -> None:
        for name, value in fields.items():
            self.run(f"fake.{name} = {lua(value)}")

    def option(self, **options: object) -> None:
        for name, value in options.items():
            self.run(f"reaper.SetExtState('Cuewright', '{name}', {lua(str(value))}, true)")

    def act(self, name: str) -> None:
        self.run(f"act({lua(name)}) step(1)")

    def type(self, text: str) -> None:
        self.run(f"screen.type({lua(text)})")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.run(f"screen.press({lua(key)})")

    def click(self, text: str) -> None:
        self.run(f"step(1) screen.click({lua(text)}) step(2)")

    def until(self, found: Callable[[], object], seconds: float = 60.0) -> None:
        """Run cycles until something is so."""
        deadline = time.monotonic() + seconds
        while not found():
            assert time.monotonic() < deadline, f"it never came to that; it shows {self.window!r}, {self.boxes}"
            self.run("step(1)")
            time.sleep(CYCLE_SECONDS)

    def drain(self) -> None:
        """Until all that was typed is taken."""
        assert self.get("screen.open"), self.boxes
        self.until(lambda: self.get("#screen.keys") == 0)
        self.run("step(1)")

    def ask(self, action: str, words: str) -> None:
        """What a user does: start an action, type words, press Enter."""
        self.act(action)
        self.type(words)
        self.press("enter")
        self.drain()

    def ended(self) -> bool:
        """Whether no window is left but one that only waits to be read."""
        return self.get("#fake.deferred") == 0 or "Close" in self.window

    def finish(self, seconds: float = 60.0) -> None:
        self.until(self.ended, seconds)

    def do(self, action: str, words: str) -> None:
        self.ask(action, words)
        self.finish()

    @property
    def window(self) -> str:
        return str(self.get("screen.open and screen.text() or ''"))

    @property
    def boxes(self) -> list[str]:
        return [box["message"] for box in self.get("list(fake.boxes)")]

    @property
    def project(self) -> Any:
        return self.get("shown()")

    @property
    def undo_names(self) -> list[str]:
        self.run("names = {} for place, step in ipairs(fake.undo) do names[place] = step.name end")
        return list(self.get("list(names)"))

    def undo(self) -> None:
        self.run("fake.depth = 0 assert(reaper.Undo_DoUndo2(0) == 1)")

    def track(self, name: str) -> Any:
        (found,) = [track for track in self.project["tracks"] if track["name"] == name]
        return found

    def close(self) -> None:
        """End the process; all undo blocks must be closed, and nothing changed outside of one."""
        names = ("depth", "refresh", "accessors")
        try:
            self.run("for _, work in ipairs(fake.exits) do work() end")
            assert self.get("list(fake.loose)") == []
            assert {name: self.get(f"fake.{name}") for name in names} == dict.fromkeys(names, 0)
            assert not [box for box in self.boxes if "defect" in box]
        finally:
            self.kill()

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()
