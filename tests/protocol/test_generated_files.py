"""The generated files are current, and those who read them can."""

from __future__ import annotations

import json
import re
import select
import shlex
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from protocol_harness import serving, wait_until

from engine.errors import BY_CODE
from engine.protocol import codec, examples, generate
from engine.protocol.messages import PongReply
from engine.protocol.reply_to import ReplyTo
from engine.protocol.schema import REPLIES, REQUESTS, parse, reply_message

DUMP = r"""
local t = dofile(arg[1])
local function names(rows) local out = {} for _, r in ipairs(rows) do out[#out + 1] = r.name .. ":" .. r.type end
  return table.concat(out, " ") end
for address, row in pairs(t.requests) do print(address, names(row.arguments), names(row.keys)) end
for address, row in pairs(t.replies) do print(address, names(row.arguments), "-") end
print("port", t.port, t.version)
for _, name in ipairs({"requests", "replies", "errors"}) do assert(_G[name] == nil) end
"""


def test_nothing_is_stale() -> None:
    assert not generate.stale(), "run: python -m engine.protocol.generate"


def test_a_stale_or_missing_file_is_noticed(tmp_path: Path) -> None:
    files = generate.generated()
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert not generate.stale(tmp_path)
    (tmp_path / "daw_scripts/OSC.md").write_text("old", encoding="utf-8")
    (tmp_path / "tests/vectors/accept.json").unlink()
    assert generate.stale(tmp_path) == ["daw_scripts/OSC.md", "tests/vectors/accept.json"]


def test_check_says_so_by_its_exit_status(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert generate.main(["--check"]) == 0
    monkeypatch.setattr(generate, "stale", lambda: ["daw_scripts/OSC.md"])
    assert generate.main(["--check"]) == 1
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    assert generate.main([]) == 0
    assert (tmp_path / "daw_scripts/OSC.md").read_text(encoding="utf-8") == generate.generated()["daw_scripts/OSC.md"]


def test_the_documentation_names_everything(root: Path) -> None:
    text = (root / "daw_scripts" / "OSC.md").read_text(encoding="utf-8")
    rows = [
        *((r.arguments, r.keys.values()) for r in REQUESTS.values()),
        *((r.arguments, ()) for r in REPLIES.values()),
    ]
    for address in (*REQUESTS, *REPLIES):
        assert f"### {address}" in text
    for arguments, keys in rows:
        for argument in (*arguments, *keys):
            assert f"`{argument.name}`" in text
            assert argument.about in text
    assert all(f"| `{code}` |" in text for code in BY_CODE if code not in ("bad_request", "resource", "render"))


@pytest.mark.foreign
def test_lua_reads_the_same_table(root: Path, foreign: Callable[[str], str], tmp_path: Path) -> None:
    script = tmp_path / "dump.lua"
    script.write_text(DUMP, encoding="utf-8")
    table = root / "daw_scripts" / "lua" / "protocol.lua"
    done = subprocess.run([foreign("lua5.4"), script, table], capture_output=True, text=True, check=True)
    expected = {"port\t57190\t1"}
    for address, row in REQUESTS.items():
        fixed = " ".join(f"{a.name}:{a.kind}" for a in row.arguments)
        keys = " ".join(f"{a.name}:{a.kind}" for a in row.keys.values())
        expected.add(f"{address}\t{fixed}\t{keys}")
    for address, reply in REPLIES.items():
        expected.add(f"{address}\t{' '.join(f'{a.name}:{a.kind}' for a in reply.arguments)}\t-")
    assert set(done.stdout.splitlines()) == expected


@pytest.mark.foreign
def test_luacheck_has_nothing_to_say(root: Path, foreign: Callable[[str], str]) -> None:
    table = root / "daw_scripts" / "lua" / "protocol.lua"
    done = subprocess.run([foreign("luacheck"), "--no-config", table], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.foreign
def test_every_oscsend_line_of_the_documentation_works(root: Path, foreign: Callable[[str], str]) -> None:
    program = foreign("oscsend")
    lines = re.findall(r"^oscsend .*", (root / "daw_scripts" / "OSC.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(lines) == 1 + len(REQUESTS)
    expected = [parse(message).command for message in examples.REQUESTS if message.address != "/cuewright/ping"]
    with serving() as running:
        for line in lines:
            _, host, _, *rest = shlex.split(line)
            subprocess.run([program, host, str(running.port), *rest], check=True)
        wait_until(lambda: running.counters.commands == len(lines), "all lines to arrive")
        assert [command for command, _ in running.got] == expected
        assert running.counters.packets == len(lines)


@pytest.mark.foreign
def test_oscsend_by_tcp(foreign: Callable[[str], str]) -> None:
    with serving() as running:
        url = f"osc.tcp://127.0.0.1:{running.port}"
        subprocess.run([foreign("oscsend"), url, "/cuewright/cancel", "s", "job-1"], check=True)
        wait_until(lambda: running.got, "the request to arrive")
        assert [type(command).__name__ for command, _ in running.got] == ["Cancel"]


@pytest.mark.foreign
def test_oscdump_prints_every_reply(foreign: Callable[[str], str]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    dump = subprocess.Popen([foreign("oscdump"), "-L", str(port)], stdout=subprocess.PIPE, text=True)
    try:
        with serving() as running:

            def heard() -> bool:  # it says nothing when it is ready
                running.send(ReplyTo.udp("127.0.0.1", port), PongReply(version="hello"))
                return bool(select.select([dump.stdout], [], [], 0.05)[0])

            wait_until(heard, "oscdump to listen")
            for reply in examples.REPLIES:
                running.send(ReplyTo.udp("127.0.0.1", port), reply)
            assert dump.stdout is not None
            printed: list[str] = []
            while not printed or "/cuewright/error" not in printed[-1]:
                line = dump.stdout.readline()
                assert line
                if '"hello"' not in line:
                    printed.append(line)
    finally:
        dump.kill()
        dump.communicate()
    messages = [reply_message(reply) for reply in examples.REPLIES]
    # Each line is a timetag, the address, the type tags and the values.
    assert [line.split()[1:3] for line in printed] == [[m.address, codec.type_tags(m)] for m in messages]


def test_reply_vectors_hold_every_reply(root: Path) -> None:
    rows = json.loads((root / "tests" / "vectors" / "replies.json").read_text(encoding="utf-8"))
    assert [row["address"] for row in rows] == list(REPLIES)
