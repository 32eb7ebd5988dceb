"""What made the files: written once, read anywhere, trusted nowhere."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from stem_cases import manifest, stem

from engine.errors import FileUnreadable
from engine.stems.manifest import SCHEMA, Versions, differences, read_manifest, write_manifest

THEN = Versions(
    cuewright="0.1.0", python="3.11.2", platform="Linux x86_64", packages={"numpy": "2.0"}, backends={"procedural": "1"}
)


def test_a_manifest_comes_back_as_it_was_and_twice_the_same_is_one_file(tmp_path: Path) -> None:
    path = write_manifest(manifest(), tmp_path)
    assert path.name == "job-1.cuewright.json"
    assert read_manifest(path) == manifest()
    assert write_manifest(manifest(), tmp_path) == path
    assert len(list(tmp_path.iterdir())) == 1


def test_another_manifest_of_that_name_is_kept(tmp_path: Path) -> None:
    first = write_manifest(manifest(), tmp_path)
    second = write_manifest(manifest(warnings=()), tmp_path)
    assert second.name == "job-1-2.cuewright.json"
    assert read_manifest(first) == manifest()


def test_paths_follow_the_folder_when_it_moves(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    write_manifest(manifest(), tmp_path / "here")
    shutil.move(tmp_path / "here", tmp_path / "there")
    path = tmp_path / "there" / "job-1.cuewright.json"
    result = read_manifest(path).result(path)
    assert result.mix is not None
    assert [result.stems[0].path, result.mix.path, result.project, result.manifest] == [
        str(tmp_path / "there" / name)
        for name in ("DOORWood_Slam.wav", "MIX_Slam.wav", "job-1.rpp", "job-1.cuewright.json")
    ]
    assert result.warnings == ("a door instead of a gate",)


@pytest.mark.parametrize(
    "name", ["../x.wav", "/etc/passwd", "a/b.wav", "a\\b.wav", "C:x.wav", "..", ".", "", "a.wav\0"]
)
@pytest.mark.parametrize("where", ["stem", "mix", "project"])
def test_no_name_in_a_manifest_leads_elsewhere(tmp_path: Path, name: str, where: str) -> None:
    data = json.loads(manifest().model_dump_json())
    if where == "project":
        data["project"] = name
    else:
        (data["stems"][0] if where == "stem" else data["mix"])["path"] = name
    path = tmp_path / "x.cuewright.json"
    path.write_text(json.dumps(data))
    with pytest.raises(FileUnreadable, match="beside the manifest"):
        read_manifest(path)


@pytest.mark.parametrize(
    "text", ["", "null", "[]", "{", "not json", "{}", '{"schema_version": 1}', '{"schema_version": "x"}', "\ufeff{}"]
)
def test_what_is_no_manifest_is_said_to_be_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.cuewright.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FileUnreadable, match="not a Cuewright manifest") as caught:
        read_manifest(path)
    assert caught.value.field == "manifest"


def test_missing_and_binary_files(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "none", tmp_path, tmp_path / "binary"):
        with pytest.raises(FileUnreadable, match="cannot be read"):
            read_manifest(path)


def test_a_manifest_of_a_newer_version_says_so_whatever_else_it_holds(tmp_path: Path) -> None:
    data = {**json.loads(manifest().model_dump_json()), "schema_version": SCHEMA + 1, "future": True}
    (tmp_path / "x.json").write_text(json.dumps(data))
    with pytest.raises(FileUnreadable, match="newer Cuewright"):
        read_manifest(tmp_path / "x.json")


def test_versions_here_name_what_reaches_the_samples() -> None:
    here = Versions.here({"procedural": "1", "a": "2"})
    assert set(here.packages) == {"numpy", "pedalboard", "scipy", "soxr", "soundfile"}
    assert "missing" not in here.packages.values()
    assert list(here.backends) == ["a", "procedural"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, []),
        ({"cuewright": "0.2.0"}, ["cuewright was 0.1.0, is 0.2.0"]),
        (
            {"python": "3.12.1", "platform": "Darwin arm64"},
            [
                "python was 3.11.2, is 3.12.1",
                "platform was Linux x86_64, is Darwin arm64",
            ],
        ),
        ({"packages": {"numpy": "2.1"}}, ["numpy was 2.0, is 2.1"]),
        ({"packages": {}}, ["numpy was 2.0, is absent"]),
        (
            {"backends": {"procedural": "2", "new": "1"}},
            [
                "backend new was absent, is 1",
                "backend procedural was 1, is 2",
            ],
        ),
    ],
)
def test_differences_in_words(changes: dict[str, Any], words: list[str]) -> None:
    assert differences(THEN, THEN.model_copy(update=changes)) == words


def test_a_mix_is_optional(tmp_path: Path) -> None:
    path = write_manifest(manifest(mix=None, stems=(stem(), stem(take=2, index=2, path="b.wav"))), tmp_path)
    result = read_manifest(path).result(path)
    assert result.mix is None
    assert [s.take for s in result.stems] == [1, 2]
