"""Scripts go where a DAW looks for them, come up to date and away again; what the user changed is never lost."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from engine.cli import app
from engine.cli.daws.installation import RECORD, SET_ASIDE, Change, Installation
from engine.cli.daws.places import Daw, System
from engine.cli.daws.scripts import scripts, settings_module
from engine.config import Settings
from engine.errors import FolderNotWritable

FILES = {"Cuewright.lua": "one\n", "lib/osc.lua": "two\n"}
USUAL = {
    ("win32", Daw.REAPER): "AppData/Roaming/REAPER/Scripts/Cuewright",
    ("darwin", Daw.REAPER): "Library/Application Support/REAPER/Scripts/Cuewright",
    ("linux", Daw.REAPER): ".config/REAPER/Scripts/Cuewright",
    ("win32", Daw.LIVE): "Documents/Ableton/User Library/Remote Scripts",
    ("darwin", Daw.LIVE): "Music/Ableton/User Library/Remote Scripts",
    ("win32", Daw.ARDOUR): "AppData/Local/ardour9/scripts",
    ("darwin", Daw.ARDOUR): "Library/Preferences/Ardour9/scripts",
    ("linux", Daw.ARDOUR): ".config/ardour9/scripts",
}


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(folder=tmp_path / "scripts", files=FILES)


def texts(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file() and path.name != RECORD
    }


@pytest.mark.parametrize(("platform", "daw"), USUAL)
def test_each_system_has_its_places(platform: str, daw: Daw, tmp_path: Path) -> None:
    system = System(platform=platform, home=tmp_path, environment={})
    first = next(system.usual(daw))
    assert first.scripts == tmp_path / USUAL[platform, daw]
    assert system.found(daw) == ()
    first.folder.mkdir(parents=True)
    assert system.found(daw) == (first,)


def test_the_environment_names_other_places(tmp_path: Path) -> None:
    named = {name: str(tmp_path / name[0]) for name in ("XDG_CONFIG_HOME", "APPDATA", "LOCALAPPDATA")}
    linux, windows = (System(platform=name, home=tmp_path, environment=named) for name in ("linux", "win32"))
    assert next(linux.usual(Daw.REAPER)).folder == tmp_path / "X" / "REAPER"
    assert next(windows.usual(Daw.REAPER)).folder == tmp_path / "A" / "REAPER"
    assert next(windows.usual(Daw.ARDOUR)).folder == tmp_path / "L" / "ardour9"


def test_files_come_stay_and_go(installation: Installation) -> None:
    assert set(installation.changes().values()) == {Change.NEW}
    assert not installation.folder.exists()
    installation.install()
    assert texts(installation.folder) == FILES
    assert set(installation.install().values()) == {Change.SAME}
    assert set(installation.uninstall().values()) == {Change.REMOVE}
    assert list(installation.folder.iterdir()) == []


def test_a_newer_version_replaces_the_older_and_takes_away_what_it_no_longer_has(installation: Installation) -> None:
    installation.install()
    newer = Installation(folder=installation.folder, files={"Cuewright.lua": "three\n"})
    assert newer.install() == {"Cuewright.lua": Change.UPDATE, "lib/osc.lua": Change.REMOVE}
    assert texts(installation.folder) == {"Cuewright.lua": "three\n"}


def test_what_the_user_changed_is_set_aside_and_left(installation: Installation) -> None:
    installation.install()
    (installation.folder / "Cuewright.lua").write_text("mine\n", encoding="utf-8")
    assert installation.removals()["Cuewright.lua"] is Change.KEEP
    assert installation.install()["Cuewright.lua"] is Change.SET_ASIDE
    assert texts(installation.folder) == {**FILES, f"Cuewright.lua{SET_ASIDE}": "mine\n"}
    (installation.folder / "lib" / "osc.lua").write_text("mine too\n", encoding="utf-8")
    installation.uninstall()
    assert texts(installation.folder) == {f"Cuewright.lua{SET_ASIDE}": "mine\n", "lib/osc.lua": "mine too\n"}


def test_a_file_that_was_there_before_is_set_aside(installation: Installation) -> None:
    installation.folder.mkdir()
    (installation.folder / "Cuewright.lua").write_text("mine\n", encoding="utf-8")
    assert installation.install()["Cuewright.lua"] is Change.SET_ASIDE
    assert texts(installation.folder)[f"Cuewright.lua{SET_ASIDE}"] == "mine\n"


def test_a_record_that_was_tampered_with_leads_nowhere_else(installation: Installation, tmp_path: Path) -> None:
    installation.install()
    outside = tmp_path / "outside.txt"
    outside.write_text("one\n", encoding="utf-8")
    record = installation.folder / RECORD
    hash_ = json.loads(record.read_bytes())["Cuewright.lua"]
    record.write_text(json.dumps({"../outside.txt": hash_, str(outside): hash_}), encoding="utf-8")
    assert installation.uninstall() == {}
    assert outside.exists()
    record.write_text("[not a record", encoding="utf-8")
    assert set(installation.changes().values()) == {Change.SAME}


def test_a_folder_that_cannot_be_made_is_said(installation: Installation) -> None:
    installation.folder.write_text("a file, where a folder should be", encoding="utf-8")
    with pytest.raises(FolderNotWritable, match="scripts"):
        installation.install()


@pytest.mark.parametrize("daw", [Daw.LIVE, Daw.REAPER, Daw.ARDOUR])
def test_the_command_installs_says_what_and_takes_away(daw: Daw, tmp_path: Path) -> None:
    def run(*more: str) -> dict[str, object]:
        done = CliRunner().invoke(app, ["install", daw, "--folder", str(tmp_path), "--json", *more])
        assert done.exit_code == 0, done.output
        (one,) = json.loads(done.stdout)["installed"]
        return one  # type: ignore[no-any-return]

    would = run("--dry-run")
    assert would["changed"] is False
    assert list(tmp_path.iterdir()) == []
    assert not Settings.load().spool_folder.exists()
    did = run()
    assert Settings.load().spool_folder.is_dir()
    assert did["changed"] is True
    assert did["files"] == would["files"] != {}
    assert run()["changed"] is False
    assert run("--uninstall")["changed"] is True
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_daw_that_is_not_there_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    done = CliRunner().invoke(app, ["install", "reaper"])
    assert "start the DAW once" in str(done.exception)
    gone = CliRunner().invoke(app, ["install", "reaper", "--folder", str(tmp_path / "gone")])
    assert "There is no folder" in str(gone.exception)


@pytest.mark.foreign
@pytest.mark.parametrize("program", ["lua5.3", "lua5.4"])
def test_lua_reads_what_is_written_of_this_machine(program: str, foreign: Callable[[str], str], tmp_path: Path) -> None:
    folder = tmp_path / 'a "quoted" back\\slash ü'
    text = settings_module(Settings(spool=folder, port=57_191, token=SecretStr('a "token"')))
    names = "read.spool, '\\n', read.port, '\\n', #read.engine, '\\n', read.token"
    script = f"local read = load(io.read('a'))() io.write({names})"
    done = subprocess.run([foreign(program), "-e", script], input=text, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [folder.as_posix(), "57191", "4", 'a "token"']
    assert "token" not in settings_module(Settings())


@pytest.mark.foreign
def test_every_script_of_ardour_is_lua_and_whole(foreign: Callable[[str], str]) -> None:
    made = scripts(Daw.ARDOUR, Settings())
    assert len(made) == 9
    for name, text in made.items():
        program = "function ardour() end\n" + text + "\nassert(type(factory()) == 'function')"
        done = subprocess.run([foreign("lua5.3"), "-"], input=program, capture_output=True, text=True)
        assert done.returncode == 0, (name, done.stderr)


@pytest.mark.foreign
def test_luacheck_has_nothing_to_say_about_the_scripts_of_ardour(foreign: Callable[[str], str], root: Path) -> None:
    known = ["ARDOUR", "ArdourUI", "Session", "Editor", "Editing", "Temporal", "C", "LuaDialog", "LuaSignal"]
    command = [
        foreign("luacheck"),
        "--no-config",
        "--std",
        "lua53",
        "--max-line-length",
        "120",
        "--read-globals",
        *known,
        "os.forkexec",
    ]
    done = subprocess.run([*command, "--", str(root / "daw_scripts" / "ardour")], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
