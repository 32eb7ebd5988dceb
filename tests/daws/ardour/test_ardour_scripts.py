"""Ardour's scripts where no Ardour is needed: its versions, its sandbox, and the line that starts the engine."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.cli.daws.ardour import ACTIONS, HOOK, bundle
from engine.cli.daws.scripts import SOURCE
from engine.cli.daws.starting import shell_line

pytestmark = pytest.mark.foreign

IN_A_SANDBOX = """
function ardour() end
LuaSignal = {{ Set = function() end, LuaTimerDS = 1 }}
LuaDialog = {{ MessageType = {{}}, ButtonType = {{}} }}
function LuaDialog.Message(title) print(title) return {{ run = function() end }} end
{text}
local run = factory()
os, io = nil, nil
factory()()
"""


@pytest.mark.parametrize("program", ["lua5.3", "lua5.4"])
def test_what_ardour_has_decides_what_is_called(program: str, foreign: Callable[[str], str]) -> None:
    spec = Path(__file__).parent / "api_spec.lua"
    command: list[str | Path] = [foreign(program), spec, SOURCE / "ardour" / "api.lua"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout == "all held\n", done.stderr


def test_a_sandbox_is_told_by_the_actions_and_the_hook_is_quiet(foreign: Callable[[str], str]) -> None:
    texts = bundle(SOURCE, "return {}\n")
    said = {}
    for name, text in texts.items():
        command = [foreign("lua5.3"), "-"]
        done = subprocess.run(command, input=IN_A_SANDBOX.format(text=text), capture_output=True, text=True)
        assert done.returncode == 0, (name, done.stderr)
        said[name] = done.stdout
    assert said.pop(HOOK) == ""
    assert set(said.values()) == {"Cuewright: scripts may do nothing here\n"}
    assert len(said) == len(ACTIONS)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no /bin/sh, and its settings have no line for it")
def test_what_a_line_starts_outlives_it_and_gets_every_word(tmp_path: Path) -> None:
    folder = tmp_path / 'it\'s a "$(touch gone)" ; & folder ü'
    folder.mkdir()
    out, log = folder / "out", folder / "log"
    program = (
        "import json, os, pathlib, sys; print('said', flush=True); part = pathlib.Path(sys.argv[1] + '.part'); "
        "keys = {key: value for key, value in os.environ.items() if key in ('CUEWRIGHT_TOKEN', 'OTHER')}; "
        "part.write_text(json.dumps([os.getpid(), os.getsid(0), sys.argv[2:], keys])); "
        "part.rename(sys.argv[1]); sys.stdin.read(); __import__('signal').pause()"
    )
    words = ["", "a b", "it's", "$HOME `x` \\", "*"]
    environment = {"CUEWRIGHT_TOKEN": "open 'sesame' $x", "OTHER": "not for it"}
    line = shell_line([sys.executable, "-c", program, str(out), *words], log, environment)
    reader, writer = os.pipe()  # as a DAW has files open that are no business of the engine
    os.set_inheritable(writer, True)
    try:
        subprocess.run(["/bin/sh", "-c", line], check=True, cwd=tmp_path, pass_fds=[writer], timeout=20)
    finally:
        os.close(writer)
    deadline = time.monotonic() + 30
    while not out.exists():
        assert time.monotonic() < deadline, "nothing was started"
        time.sleep(0.02)
    pid, session, given, keys = json.loads(out.read_text(encoding="utf-8"))
    try:
        assert (given, keys) == (words, {"CUEWRIGHT_TOKEN": environment["CUEWRIGHT_TOKEN"]})
        assert session == pid != os.getsid(0)
        assert select.select([reader], [], [], 30)[0]  # all that could write to it have closed it
        assert log.read_text(encoding="utf-8") == "said\n"
        assert not (tmp_path / "gone").exists()
    finally:
        os.close(reader)
        os.kill(pid, signal.SIGKILL)
