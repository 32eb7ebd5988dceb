"""The Lua core reads what the engine reads, refuses what it refuses, and lays out what a job brings."""

from __future__ import annotations

import json
import math
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.protocol.codec import decode, encode
from engine.protocol.schema import parse

HERE = Path(__file__).parent / "lua"
LUAS = ("lua5.3", "lua5.4")
ONLY_THE_ENGINE_KNOWS = {
    "a picture and no words",
    "nothing to compose to",
    "an edit of nothing",
    "a picture with no sound to fit to it",
    "an edit that does nothing",
    "noise without a length",
    "no folder",
    "no picture to spot",
    "an empty prompt",
    "a prompt too long",
    "a frame rate that is none",
    "a frame rate that would take hours to read",
    "a timecode that does not exist",
}
"""What depends on several keys, or on more than a type and bounds."""

pytestmark = pytest.mark.foreign

Lua = Callable[..., str]


@pytest.fixture(params=LUAS)
def lua(request: pytest.FixtureRequest, foreign: Callable[[str], str], root: Path) -> Lua:
    """Runs a program beside this file under one Lua, with the core at hand; gives what it printed."""

    def run(program: str, *more: str, given: str = "") -> str:
        lua_folder = root / "daw_scripts" / "lua"
        command: list[str | Path] = [foreign(request.param), HERE / program, lua_folder, HERE / "core.lua", *more]
        done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def vectors(root: Path, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((root / "tests" / "vectors" / f"{name}.json").read_bytes())
    return found


def read_by(lua: Lua, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    printed = lua("vectors.lua", given="".join(f"{row['packet']}\n" for row in rows))
    return [json.loads(line) for line in printed.splitlines()]


def same(one: Any, other: Any) -> bool:
    """A float that came as ``f`` is known to the engine by its shortest decimal."""
    return one == other or (isinstance(other, float) and math.isclose(one, other, rel_tol=1e-7))


def test_the_core_accepts_what_the_engine_accepts(lua: Lua, root: Path) -> None:
    rows = vectors(root, "accept")
    answers = read_by(lua, rows)
    assert len(answers) == len(rows) > 20
    for row, answer in zip(rows, answers, strict=True):
        assert "problem" not in answer, (row["name"], answer)
        assert [one["address"] for one in answer["requests"]] == [one["address"] for one in row["requests"]]
        for request, expected in zip(answer["requests"], row["requests"], strict=True):
            own = next((value for value in expected["command"].values() if isinstance(value, dict)), {})
            known = {**expected["command"], **own, **expected["envelope"]}
            given = {**dict(request["fixed"] or {}), **dict(request["keys"] or {}), **dict(request["envelope"] or {})}
            assert all(same(value, known[name]) for name, value in given.items() if value is not None), row["name"]


def test_the_core_refuses_what_the_engine_refuses(lua: Lua, root: Path) -> None:
    rows = vectors(root, "reject")
    passed = set()
    for row, answer in zip(rows, read_by(lua, rows), strict=True):
        if "problem" not in answer:
            passed.add(row["name"])
            continue
        assert (answer["problem"]["code"], answer["problem"].get("field", "")) == (row["code"], row["field"]), row
        assert answer["problem"]["sentence"].endswith(".")
    assert passed == ONLY_THE_ENGINE_KNOWS


def test_the_core_names_the_arguments_of_every_reply(lua: Lua, root: Path) -> None:
    rows = vectors(root, "replies")
    for row, answer in zip(rows, read_by(lua, rows), strict=True):
        (reply,) = answer["replies"]
        assert reply.pop("says") == row["address"].rpartition("/")[2]
        expected = {name: value for name, value in row["arguments"].items() if value is not None}
        assert reply.keys() == expected.keys()
        assert all(same(reply[name], value) for name, value in expected.items())
        assert answer["again"] == row["packet"]


def test_what_the_core_writes_the_engine_reads(lua: Lua) -> None:
    packets = [bytes.fromhex(line) for line in lua("requests.lua").splitlines()]
    (ping,), (session, generate) = (decode(packet) for packet in packets)
    assert parse(ping).command.address == "/cuewright/ping"
    assert parse(session).command.address == "/cuewright/session"
    made = parse(generate).command.model_dump()
    assert made["job_id"] == "reaper-1"
    assert made["request"]["prompt"] == 'Tür knallt "laut"'
    assert made["request"]["takes"] == 3
    assert made["request"]["duration"] == 2.5
    assert made["request"]["mix"] is False
    assert encode(generate) in packets[1]


def test_jobs_and_placement(lua: Lua) -> None:
    assert lua("core_spec.lua").splitlines()[-1] == "all held"


def test_luacheck_has_nothing_to_say_about_the_core(root: Path, foreign: Callable[[str], str]) -> None:
    command: list[str | Path] = [
        foreign("luacheck"),
        "--no-config",
        "--std",
        "lua53+lua54",
        root / "daw_scripts" / "lua",
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
