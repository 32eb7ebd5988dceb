"""What is shipped: clean, complete, fresh, and running from where an installer puts it."""

from __future__ import annotations

import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from preset_list import LIST
from preset_list import rendered as preset_list
from reapack_index import INDEX, files, header
from reapack_index import rendered as reapack_index
from reaper_rig import HERE, SCRIPTS, Rig, lua

from engine.cli.process import EngineProcess

ACTIONS = sorted(SCRIPTS.glob("Cuewright_*.lua"))


def test_luacheck_has_nothing_to_say(foreign: Callable[[str], str]) -> None:
    command: list[str | Path] = [foreign("luacheck"), "--no-config", "--std", "lua53+lua54", "--globals"]
    ours: list[str | Path] = ["reaper", "gfx", "--max-line-length", "120", SCRIPTS]
    done = subprocess.run([*command, *ours], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    tests = ["fake", "screen", "imgui", "act", "step", "put", "shown", "list", "import", "json", "require", "add_track"]
    done = subprocess.run([*command, "reaper", "gfx", *tests, "--", HERE], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("lua", ["lua5.3", "lua5.4"])
def test_every_file_is_lua_of_reaper_6_and_7(lua: str, foreign: Callable[[str], str]) -> None:
    check = "for _, path in ipairs(arg) do assert(loadfile(path)) end"
    command: list[str | Path] = [foreign(lua), "-e", check, "/dev/null", *SCRIPTS.rglob("*.lua")]
    assert subprocess.run(command, capture_output=True, text=True).stderr == ""


def test_files_are_short() -> None:
    lengths = {path.name: len(path.read_text().splitlines()) for path in [*SCRIPTS.rglob("*.lua"), *HERE.glob("*.lua")]}
    assert max(lengths.values()) <= 400, lengths


def test_the_actions_are_those_of_the_manual() -> None:
    manual = (SCRIPTS / "README.md").read_text(encoding="utf-8")
    names = {header("description", path) for path in ACTIONS}
    assert names == {
        f"Cuewright: {name}"
        for name in (
            "Generate at cursor / in time selection",
            "Compose to picture",
            "Spot picture (markers)",
            "Edit selected items",
            "Align to picture",
            "More takes",
            "Audition",
            "Cancel",
            "Open report",
            "Settings",
        )
    }
    assert all(f"| *{name.removeprefix('Cuewright: ')}* |" in manual for name in names)
    assert {header("version", path) for path in ACTIONS} == {header("version")}


def test_what_is_generated_is_fresh() -> None:
    assert LIST.read_text(encoding="utf-8") == preset_list(), "run: python tests/daws/reaper/preset_list.py"
    assert INDEX.read_text(encoding="utf-8") == reapack_index(), "run: python tests/daws/reaper/reapack_index.py"


def test_the_index_names_every_file_once_and_each_is_there() -> None:
    sources = ET.parse(INDEX).getroot().findall("./category/reapack/version/source")
    assert sorted(source.attrib["file"] for source in sources) == sorted(files())
    assert [source.attrib["file"] for source in sources if "main" in source.attrib] == [path.name for path in ACTIONS]
    for source in sources:
        path = re.sub(r"^https://.*/daw_scripts/", "", source.text or "").replace("%20", " ")
        assert (SCRIPTS.parent / path.replace("%28", "(").replace("%29", ")")).is_file()


@pytest.mark.parametrize("base_url", ["https://example.org/a b/{version}/daw_scripts", "https://example.org/scripts/"])
def test_the_index_is_as_reapack_reads_it(base_url: str) -> None:
    """ReaPack passes over what it does not know, so a wrong word would leave an action out without a sound."""
    index = ET.fromstring(reapack_index(base_url).encode())
    assert (index.tag, index.attrib) == ("index", {"version": "1", "name": "Cuewright"})
    (package,) = index.findall("./category[@name='REAPER']/reapack")
    assert package.attrib["type"] == "script"
    assert package.attrib["desc"]
    (version,) = package.findall("version")
    assert re.fullmatch(r"\d+(\.\d+)*", version.attrib["name"])
    assert datetime.strptime(version.attrib["time"], "%Y-%m-%dT%H:%M:%SZ")
    targets = [source.attrib["file"] for source in version]
    assert len(set(targets)) == len(targets), "two of one place: the second would not be installed"
    assert not [target for target in targets if ".." in target or target.startswith("/")]
    for source in version:
        assert source.attrib.get("main", "main") == "main"
        assert source.attrib.keys() <= {"file", "main"}
        assert re.fullmatch(r"https://example\.org/[!-~]*/(reaper|lua)/[!-~]+\.lua", source.text or "")
        assert "//" not in (source.text or "")[8:]
    assert {f"{folder}/{path.name}" for folder in ("lib", "actions") for path in (SCRIPTS / folder).iterdir()} | {
        f"lua/{path.name}" for path in (SCRIPTS.parent / "lua").iterdir()
    } | {path.name for path in ACTIONS} == set(targets)


def test_one_script_puts_all_actions_into_the_list(new_reaper: Callable[..., Rig], tmp_path: Path) -> None:
    rig = new_reaper(spool=tmp_path)
    run = f"dofile({lua(SCRIPTS / 'Cuewright.lua')}) step(1)"
    rig.run(run)
    listed = rig.get("list(fake.listed)")
    assert [Path(one["path"]) for one in listed] == ACTIONS
    assert [one["written"] for one in listed] == [False] * (len(ACTIONS) - 1) + [True], "once, at the end"
    assert {one["section"] for one in listed} == {0}
    assert "10 actions are in the action list" in rig.boxes[0]
    rig.run(f"fake.offline[{lua(ACTIONS[0])}] = true")
    rig.run(run)
    assert "9 actions" in rig.boxes[1]
    assert ACTIONS[0].name in rig.boxes[1]


def test_scripts_run_from_where_they_are_installed(
    new_reaper: Callable[..., Rig], running: EngineProcess, tmp_path: Path, engine_home: Path
) -> None:
    """With the core beside them, and with what the installer wrote; what the user sets wins over that."""
    installed = tmp_path / "Scripts" / "Cuewright"
    for name, (path, _) in files().items():
        (installed / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SCRIPTS.parent / path, installed / name)
    spool = engine_home / "data" / "spool"
    engine = '{ "/opt/My Engine/python", "-m", "engine" }'
    told = f'return {{ spool = "{spool}", port = 57333, engine = {engine}, token = "a" }}\n'
    (installed / "settings.lua").write_text(told)
    rig = new_reaper(scripts=installed, spool="")
    rig.set(no_sockets=True)
    rig.run("reaper.DeleteExtState('Cuewright', 'spool_folder', true)")
    rig.do("Generate", "glass breaks")
    (item,) = rig.project["tracks"][1]["items"]
    assert len(item["takes"]) == 4
    rig.option(port=57334)
    rig.act("Settings")
    shown = rig.get("fake.asked.values").split("|")
    assert shown == ["spool", str(spool), "57334", '"/opt/My Engine/python" -m engine', "a", "4", "yes"]
    (installed / "settings.lua").write_text("return {")
    rig.act("Settings")
    assert "cannot be read" in rig.boxes[0]
    (installed / "lib" / "options.lua").unlink()
    rig.act("Settings")
    assert "options.lua is missing" in rig.boxes[1]
