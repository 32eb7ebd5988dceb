"""What the README says is so: its backend works, its tree exists, its commands are there."""

from __future__ import annotations

import re
import shlex
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from typer.main import get_command

from engine import ucs
from engine.backends import registry
from engine.cli import app
from engine.config import Settings
from engine.render import Studio
from engine.request import GenerateRequest, Job

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(start: str) -> str:
    """The fenced block that begins with ``start``."""
    match = re.search(rf"```\w*\n({re.escape(start)}.*?)```", README, re.S)
    assert match is not None
    return match[1]


def test_the_backend_in_twenty_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_backend.py").write_text(block("# my_backend.py"))
    monkeypatch.syspath_prepend(str(tmp_path))
    name, _, value = block("[project.entry-points").splitlines()[1].partition(" = ")
    entry = EntryPoint(name=name, value=value.strip('"'), group=registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [entry])
    request = GenerateRequest(prompt="a theremin", folder=str(tmp_path / "out"), backend="theremin")
    result = Studio(Settings.load()).run(Job(id="j1", request=request, created="2026-01-01T00:00:00Z"))
    (stem,) = result.stems
    assert (stem.label, stem.onset_samples, stem.length_samples) == ("Theremin", 0, 96_000)
    assert ucs.is_cat_id(stem.category)


def test_the_tree_is_there() -> None:
    named = re.findall(r"^ {0,2}((?:[\w.]+/?(?: {2}| \.\.\. )?)+?)(?= {2,}|$)", block("engine/\n"), re.M)
    names = [name for line in named for name in line.replace("...", " ").split()]
    assert {"procedural/", "render/", "presets/"} <= set(names)
    for name in names:
        assert (ROOT / name).exists() or (ROOT / "engine" / name).exists(), name
    told = {name.rstrip("/") for name in names}
    folders = {p.name for p in (ROOT / "engine").iterdir() if p.is_dir() and not p.name.startswith("_")}
    assert folders <= told, "a stage is not in the tree"


def test_its_commands_are_commands() -> None:
    command = get_command(app)
    lines = re.findall(r"^\$ (cuewright .*?)(?:\s+#.*)?$", README, re.M)
    assert len(lines) >= 5
    for line in lines:
        words = shlex.split(line)[1:]
        assert words[0] in command.commands  # type: ignore[attr-defined]
        known = command.commands[words[0]]  # type: ignore[attr-defined]
        if hasattr(known, "commands"):
            known = known.commands[words[1]]
        options = {option for parameter in known.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options, line
