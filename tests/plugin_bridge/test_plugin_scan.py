"""Scanning real plugins, good and bad: what is found, what goes into quarantine, and what names mean afterwards."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from engine.chain import Chain
from engine.cli import run
from engine.config import Settings
from engine.errors import Cancelled, PluginFailed, PluginMissing
from engine.handle import Handle
from plugin_bridge import open_rack
from plugin_bridge import scan as scanning
from plugin_bridge.find import find_plugin
from plugin_bridge.scan import scan
from plugin_bridge.scanned import FoundPlugin, Scanned, ScannedFile, named, plugins_of, read_scanned, write_scanned


@pytest.fixture
def mine(plugins: Path, tmp_path: Path) -> Path:
    """A folder with one of each fault."""
    folder = tmp_path / "vst3"
    for name in ("TestGain", "TestLate", "TestBadLoad", "TestHangLoad"):
        shutil.copytree(plugins / f"{name}.vst3", folder / f"{name}.vst3")
    (folder / "Empty.vst3").mkdir()
    (folder / "Text.vst3").write_text("no plugin")
    return folder


@pytest.fixture
def settings(mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr("plugin_bridge.find._of_the_system", lambda: ())
    return Settings(plugin_folders=(mine,), data_folder=tmp_path / "data", plugin_timeout_seconds=4.0)


def by_name(found: Scanned) -> dict[str, ScannedFile]:
    return {Path(file.path).stem: file for file in found.files}


def test_good_ones_are_told_and_bad_ones_are_in_quarantine_and_nothing_is_loaded_twice(
    settings: Settings, mine: Path
) -> None:
    looked_at: list[str] = []

    def watched(**keys: Any) -> dict[str, ScannedFile]:
        looked_at.clear()
        return by_name(scan(settings, Handle(), on_file=lambda file: looked_at.append(Path(file.path).stem), **keys))

    found = watched()
    assert len(looked_at) == 6
    (gain,) = found["TestGain"].plugins
    assert (gain.name, gain.instrument, gain.latency_samples) == ("TestGain", False, 0)
    assert "gain_x" in {parameter.name for parameter in gain.parameters}
    assert found["TestLate"].plugins[0].latency_samples == 100
    assert "crashed while it was loaded" in found["TestBadLoad"].problem
    assert "hung while it was loaded" in found["TestHangLoad"].problem
    assert found["Empty"].problem
    assert found["Text"].problem
    watched()
    assert looked_at == []
    watched(retry=True)
    assert sorted(looked_at) == ["Empty", "TestBadLoad", "TestHangLoad", "Text"]
    binary = next((mine / "TestGain.vst3").rglob("*.so"))
    binary.write_bytes(binary.read_bytes() + b"\0")
    assert "TestGain" not in {plugin.name for plugin in plugins_of(read_scanned(settings))}
    watched()
    assert looked_at == ["TestGain"]
    shutil.rmtree(mine / "TestLate.vst3")
    assert "TestLate" not in watched()


def test_a_scan_that_is_broken_off_goes_on_where_it_was(settings: Settings) -> None:
    seen: list[str] = []
    with pytest.raises(Cancelled):
        scan(settings, Handle(is_cancelled=lambda: len(seen) >= 1), on_file=lambda file: seen.append(file.path))
    assert len(read_scanned(settings).files) == 1
    again: list[str] = []
    scan(settings, Handle(), on_file=lambda file: again.append(file.path))
    assert seen[0] not in again
    assert len(again) == 5


def test_names_of_plugins_in_a_chain(settings: Settings, mine: Path) -> None:
    scan(settings, Handle())
    assert find_plugin("testgain", settings, field="f") == (mine / "TestGain.vst3", "")
    gain = named("TestGain", settings, field="f")
    assert gain is not None
    assert named(f"{gain.maker}: TestGain", settings, field="f") == gain
    with pytest.raises(PluginFailed, match="quarantine") as bad:
        find_plugin("TestBadLoad", settings, field="links.0.plugin")
    assert bad.value.field == "links.0.plugin"
    with pytest.raises(PluginFailed, match="quarantine"):
        find_plugin(str(mine / "TestBadLoad.vst3"), settings, field="f")
    assert find_plugin(str(mine / "TestGain.vst3"), settings, field="f")[0] == mine / "TestGain.vst3"
    with pytest.raises(PluginMissing, match="TestGain"):
        find_plugin("TestGian", settings, field="f")
    chain = Chain.read({"links": [{"plugin": "TestGain", "parameters": {"gain_x": 0.5}}]})
    with open_rack(chain, sample_rate_hz=48_000, channels=2, settings=settings) as rack:
        assert rack.describe()[0].name == "TestGain"


def test_one_name_of_two_makers_is_asked_back(settings: Settings) -> None:
    scan(settings, Handle())
    found = read_scanned(settings)
    file = by_name(found)["TestGain"]
    other = file.plugins[0].model_copy(update={"maker": "Another"})
    both = file.model_copy(update={"plugins": (file.plugins[0], other)})
    write_scanned(Scanned(files=(both,)), settings)
    with pytest.raises(PluginMissing, match="Another: TestGain") as asked:
        named("TestGain", settings, field="f")
    assert file.plugins[0].maker in asked.value.sentence
    assert named("another: testgain", settings, field="f") == other


def test_a_file_of_finds_that_cannot_be_read_is_as_none(settings: Settings) -> None:
    settings.plugins_path.parent.mkdir(parents=True)
    for text in ("{", '{"version": 99}', ""):
        settings.plugins_path.write_text(text)
        assert read_scanned(settings) == Scanned()


def test_the_commands(
    settings: Settings, mine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("TestHangLoad", "TestLate"):
        shutil.rmtree(mine / f"{name}.vst3")
    monkeypatch.setenv("CUEWRIGHT_PLUGIN_FOLDERS", json.dumps([str(mine)]))
    monkeypatch.setenv("CUEWRIGHT_DATA_FOLDER", str(settings.data_folder))

    def told(*words: str) -> Any:
        assert run([*words, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    assert len(told("plugins", "scan")["files"]) == 4
    listed = told("plugins", "list")
    assert [plugin["name"] for plugin in listed["plugins"]] == ["TestGain"]
    assert {Path(bad["path"]).stem for bad in listed["quarantine"]} == {"TestBadLoad", "Empty", "Text"}
    assert "reverb" in {effect["name"] for effect in listed["built_in"]}
    assert "gain_x" in {parameter["name"] for parameter in told("plugins", "show", "TestGain")["parameters"]}
    assert told("plugins", "show", "highpass")["parameters"][0]["name"] == "cutoff_hz"
    assert run(["plugins", "show", "TestGian", "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert "TestGain" in error["sentence"]
    assert run(["plugins", "list"]) == 0
    assert run(["plugins", "show", "ladder"]) == 0


def test_one_bad_plugin_of_a_file_leaves_its_neighbours(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    look, names = scanning._plugin, scanning._names

    def one_crashes(path: Path, one_of_several: str, name: str, limits: Any) -> FoundPlugin:
        if name == "Bad":
            raise PluginFailed("Bad crashed while it was loaded.")
        return look(path, "", name, limits)

    both = lambda path, limits: ("TestGain", "Bad") if path.stem == "TestGain" else names(path, limits)  # noqa: E731
    monkeypatch.setattr(scanning, "_names", both)
    monkeypatch.setattr(scanning, "_plugin", one_crashes)
    file = by_name(scan(settings, Handle()))["TestGain"]
    assert ([one.name for one in file.plugins], file.quarantined) == (
        ["TestGain"],
        {"Bad": "Bad crashed while it was loaded."},
    )
    with pytest.raises(PluginFailed, match="Bad is in quarantine"):
        find_plugin("Bad", settings, field="plugin")
    assert find_plugin("TestGain", settings, field="plugin")[0].stem == "TestGain"


def test_a_plugin_for_another_system_is_said_to_be_that(settings: Settings, mine: Path) -> None:
    (mine / "Foreign.vst3" / "Contents" / "x86_64-win").mkdir(parents=True)
    file = by_name(scan(settings, Handle()))["Foreign"]
    assert file.problem.startswith("It is made for x86_64-win, and not for this system")


def test_another_kind_of_plugin_is_named_as_that(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "Old.so").write_bytes(b"VST2")
    with pytest.raises(PluginMissing, match=r"Old\.so is no VST3 plugin"):
        find_plugin(str(tmp_path / "Old.so"), settings.model_copy(update={"roots": (tmp_path,)}), field="plugin")
