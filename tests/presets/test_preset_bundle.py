"""Presets handed on as one file: the same on the other side, all or none, and nothing written elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.cli import run
from engine.config import Settings
from engine.errors import BadArgument, CuewrightError, FileUnreadable
from engine.planning.preset_bundle import export_presets, import_presets
from engine.planning.presets import Presets, load_presets

MINE = 'title = "Mine"\ndescription = "M."\nwords = ["as mine"]\n'
LINKS = '[[links]]\nplugin = "A"\npreset = "a.vstpreset"\n[[links]]\nplugin = "gain"\nparameters = { gain_db = -3 }\n'


@pytest.fixture
def mine(tmp_path: Path) -> Presets:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "mine.toml").write_text(MINE + LINKS)
    (folder / "a.vstpreset").write_bytes(b"state \0\xff")
    return load_presets(Settings(presets=folder))


def packed(presets: Presets, path: Path) -> Path:
    export_presets([presets.get("mine"), presets.get("phone")], path)
    return path


def test_what_is_exported_is_imported_the_same_with_its_files(mine: Presets, tmp_path: Path) -> None:
    there = tmp_path / "there"
    assert import_presets(packed(mine, tmp_path / "both.json"), there) == ("mine", "phone")
    taken = load_presets(Settings(presets=there))
    assert taken.warnings == ()
    assert taken.get("phone") == mine.get("phone")
    first, second = taken.get("mine").links
    assert Path(first.preset).read_bytes() == b"state \0\xff"
    assert Path(first.preset).is_relative_to(there)
    assert second == mine.get("mine").links[1]


def test_the_user_s_own_of_the_same_name_stays_unless_told(mine: Presets, tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    old = there / "phone.toml"
    old.write_text(MINE.replace("Mine", "Old") + '[[links]]\nplugin = "gain"\n')
    bundle = packed(mine, tmp_path / "both.json")
    with pytest.raises(BadArgument, match="You have phone") as caught:
        import_presets(bundle, there)
    assert caught.value.field == "import"
    assert list(there.iterdir()) == [old]
    import_presets(bundle, there, replace=True)
    assert load_presets(Settings(presets=there)).get("phone").title == "On the Phone"
    assert not old.exists()


def changed(bundle: Path, **fields: Any) -> Path:
    bundle.write_text(json.dumps(json.loads(bundle.read_text()) | fields))
    return bundle


@pytest.mark.parametrize(
    "fields",
    [
        {"presets": []},
        {"presets": [{"name": "../up", "title": "t", "description": "d", "links": [{"plugin": "gain"}]}]},
        {"presets": [{"name": "up", "title": "t", "description": "d", "links": [{"plugin": "g", "preset": "../x"}]}]},
        {"presets": [{"name": "up", "title": "t", "description": "d", "links": [{"plugin": "g", "preset": "no"}]}]},
        {"files": {"mine a.vstpreset": "not base64!"}},
        {"files": {"../../x": "AAAA"}, "presets": [{"name": "up", "title": "t", "description": "d",
                                                    "links": [{"plugin": "g", "preset": "../../x"}]}]},
        {"files": {"sub/x": "AAAA"}, "presets": [{"name": "up", "title": "t", "description": "d",
                                                  "links": [{"plugin": "g", "preset": "sub/x"}]}]},
        {"cuewright_presets": 2},
    ],
)  # fmt: skip
def test_a_wrong_file_changes_nothing(fields: dict[str, Any], mine: Presets, tmp_path: Path) -> None:
    there = tmp_path / "there"
    with pytest.raises(FileUnreadable) as caught:
        import_presets(changed(packed(mine, tmp_path / "both.json"), **fields), there)
    assert caught.value.field == "import"
    assert not there.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["both.json", "mine"]


def test_what_is_no_bundle_or_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(b"\xff\xfe")
    for name in ("x.json", "absent.json"):
        with pytest.raises(FileUnreadable):
            import_presets(tmp_path / name, tmp_path / "there")


def test_nothing_is_written_over_and_a_missing_file_is_told(mine: Presets, tmp_path: Path) -> None:
    bundle = packed(mine, tmp_path / "both.json")
    before = bundle.read_bytes()
    with pytest.raises(BadArgument, match="is there"):
        packed(mine, bundle)
    assert bundle.read_bytes() == before
    (tmp_path / "mine" / "a.vstpreset").unlink()
    with pytest.raises(CuewrightError, match="vstpreset"):
        packed(mine, tmp_path / "other.json")
    assert not (tmp_path / "other.json").exists()


def test_the_command_hands_on_and_takes(
    mine: Presets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CUEWRIGHT_PRESETS", str(tmp_path / "mine"))
    assert run(["presets", "mine", "--export", str(tmp_path / "one.json")]) == 0
    monkeypatch.delenv("CUEWRIGHT_PRESETS")
    monkeypatch.setenv("CUEWRIGHT_DATA_FOLDER", str(tmp_path / "data"))
    capsys.readouterr()
    assert run(["presets", "--import", str(tmp_path / "one.json"), "--json"]) == 0
    (taken,) = json.loads(capsys.readouterr().out)["presets"]
    assert taken["name"] == "mine"
    assert (tmp_path / "data" / "presets" / "mine.json").exists()
    assert run(["presets", "--import", str(tmp_path / "one.json")]) == 2
