"""The structure holds: import direction, heavy libraries out of the core, files of readable length."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LAYERS = [  # low to high; a module imports from rows below its own, or from its own folder
    {"errors"},
    {"audio", "timebase", "handle", "model"},
    {"source", "riff", "session", "config", "ucs", "cue", "picture", "region", "action", "chain"},
    {"request"},
    {"plan"},
    {"trace"},
    {"results"},
    {"dsp", "procedural", "evaluation"},
    {"video"},
    {"llm", "stems", "backends"},
    {"editing", "mixing", "planning"},
    {"alignment", "training"},
    {"render"},
    {"jobs", "preview", "protocol", "protools"},
    {"remote_preview"},
    {"app", "cli", "__main__"},
]
RANK = {name: row for row, names in enumerate(LAYERS) for name in names}
WIRING = {"app", "cli", "__main__"}
HEAVY = {"torch", "diffusers", "transformers", "peft", "cv2", "av", "ray", "openai", "pedalboard"}
HEAVY_ALLOWED = {"backends", "llm", "video", "training", "evaluation", "jobs", "cli"}
PLUGIN_BRIDGE_IMPORTS = {"errors", "audio", "timebase", "handle", "model", "config", "chain", "cue", "dsp"}
PLUGIN_BRIDGE_FROM = "planning"
"""The lowest row that may use plugins; pedalboard itself is loaded by the bridge, and measured beside it."""
PEDALBOARD_ALLOWED = {"evaluation", "cli"}
MAX_LINES = 400


def sources() -> list[Path]:
    return sorted((ROOT / "engine").rglob("*.py"))


def bridge_sources() -> list[Path]:
    return sorted((ROOT / "plugin_bridge").rglob("*.py"))


def imports(tree: ast.Module) -> Iterator[tuple[str, int, bool]]:
    """Yield (module, line, at top level) of every import."""
    top = {id(node) for node in tree.body}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno, id(node) in top
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno, id(node) in top
            if node.module == "engine":
                for alias in node.names:
                    yield f"engine.{alias.name}", node.lineno, id(node) in top


def problems_of(path: Path, text: str) -> list[str]:
    """One line per broken rule in a module at ``engine/<path>``."""
    unit = path.parts[0].removesuffix(".py")
    found = []
    if (lines := text.count("\n")) > MAX_LINES:
        found.append(f"{path}: {lines} lines, at most {MAX_LINES}")
    if unit != "__init__" and unit not in RANK:
        return [*found, f"{path}: {unit!r} is in no layer"]
    for module, line, top in imports(ast.parse(text)):
        head, _, rest = module.partition(".")
        target = rest.partition(".")[0]
        allowed = PEDALBOARD_ALLOWED if head == "pedalboard" else HEAVY_ALLOWED
        if head in HEAVY and (unit not in allowed or top):
            found.append(f"{path}:{line}: {head} is imported only inside a function, under {sorted(allowed)}")
        if head == "plugin_bridge" and RANK.get(unit, 0) < RANK[PLUGIN_BRIDGE_FROM]:
            found.append(f"{path}:{line}: {unit} must not import plugin_bridge")
        if head != "engine" or target not in RANK or target == unit or unit == "__init__":
            continue
        if RANK[target] >= RANK[unit] and not (unit in WIRING and target in WIRING):
            found.append(f"{path}:{line}: {unit} must not import {target}")
    return found


def bridge_problems_of(path: Path, text: str) -> list[str]:
    """One line per broken rule in a module at ``plugin_bridge/<path>``."""
    found = []
    if (lines := text.count("\n")) > MAX_LINES:
        found.append(f"{path}: {lines} lines, at most {MAX_LINES}")
    for module, line, top in imports(ast.parse(text)):
        head, _, rest = module.partition(".")
        if head in HEAVY and (head != "pedalboard" or top):
            found.append(f"{path}:{line}: {head} is not imported, but pedalboard inside a function")
        if head == "engine" and (target := rest.partition(".")[0]) and target not in PLUGIN_BRIDGE_IMPORTS:
            found.append(f"{path}:{line}: plugin_bridge must not import {target}")
    return found


@pytest.mark.parametrize("path", bridge_sources(), ids=lambda p: str(p.relative_to(ROOT)))
def test_module_of_the_plugin_bridge_keeps_the_rules(path: Path) -> None:
    assert not bridge_problems_of(path.relative_to(ROOT / "plugin_bridge"), path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("from engine.render import x", "plugin_bridge must not import render"),
        ("from engine import plan", "plugin_bridge must not import plan"),
        ("import pedalboard", "pedalboard inside a function"),
        ("def f():\n    import torch", "torch is not imported"),
        ("\n" * 401, "401 lines"),
    ],
)
def test_the_rules_of_the_plugin_bridge_catch_what_they_should(text: str, broken: str) -> None:
    assert broken in "\n".join(bridge_problems_of(Path("rack.py"), text))
    assert not bridge_problems_of(Path("host.py"), "from engine.chain import Chain\n\ndef f():\n    import pedalboard")


@pytest.mark.parametrize("path", sources(), ids=lambda p: str(p.relative_to(ROOT)))
def test_module_keeps_the_rules(path: Path) -> None:
    assert not problems_of(path.relative_to(ROOT / "engine"), path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("path", "text", "broken"),
    [
        ("audio.py", "from engine.render import x", "audio must not import render"),
        ("audio.py", "from engine import app", "audio must not import app"),
        ("jobs/a.py", "import engine.protocol.server", "jobs must not import protocol"),
        ("backends/a.py", "import torch.nn", "torch is imported only inside a function"),
        ("mixing/a.py", "def f():\n    import torch", "torch is imported only inside a function"),
        ("jobs/a.py", "def f():\n    import pedalboard", "pedalboard is imported only inside a function"),
        ("backends/a.py", "import plugin_bridge", "backends must not import plugin_bridge"),
        ("elsewhere.py", "", "is in no layer"),
        ("audio.py", "\n" * 401, "401 lines"),
    ],
)
def test_the_rules_catch_what_they_should(path: str, text: str, broken: str) -> None:
    assert broken in "\n".join(problems_of(Path(path), text))


def test_allowed_imports_pass() -> None:
    text = "from engine.errors import X\nfrom engine.backends.base import Y\n\ndef f():\n    import torch\n"
    assert not problems_of(Path("backends/a.py"), text)


@pytest.mark.parametrize("module", ["engine.app", "engine.cli", "engine.render", "engine.jobs.worker", "plugin_bridge"])
def test_a_fresh_interpreter_loads_nothing_heavy(module: str) -> None:
    script = f"import sys, {module}\nprint(sorted({HEAVY!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_the_server_does_not_load_what_renders() -> None:
    script = (
        "import sys, engine.app\nprint([m for m in ('scipy.signal', 'soxr', 'engine.procedural') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_nothing_at_the_top_but_what_belongs_there() -> None:
    listed = subprocess.run(["git", "ls-files"], capture_output=True, text=True, cwd=ROOT, check=True).stdout
    tops = {name.split("/")[0] for name in listed.splitlines()}
    assert tops == {
        *("engine", "plugin_bridge", "daw_scripts", "presets", "tests"),
        *("pyproject.toml", "README.md", "Makefile", "LICENSE", "constraints.txt", ".ci", ".gitignore"),
    }
