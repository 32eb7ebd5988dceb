"""What must not go wrong when a job is handed to other DAWs: strange names, lost files, wrong wishes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from handover_cases import HEARD, SOUNDS, Sound, finished_job
from handover_readers import of_aaf, of_dawproject, of_otio, of_rpp

from engine.cli import run
from engine.errors import BadArgument, CuewrightError, DependencyMissing, FileUnreadable, FolderNotWritable
from engine.session import Session
from engine.stems import export as exporting
from engine.stems.export import FORMATS, Format, Handover, export
from engine.stems.manifest import read_manifest

NAMES = [
    'it\'s "quoted" with `all` three',
    "👩‍🚒 Ω — 雨",
    "two\nlines\r\n<TRACK>\tand a null \0",
    "x" * 255,
    "",
    "<Clip time='0'/>&amp;]]>",
    "\ud800 half a pair \ufffe",
    "../../up",
]


def everything(formats: tuple[Format, ...] = FORMATS, **how: Any) -> Handover:
    return Handover(formats=formats, **how)


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_any_name_is_carried_or_made_plain_and_moves_nothing(tmp_path: Path, name: str) -> None:
    encodable = name.encode("utf-8", "replace").decode("utf-8")  # what a manifest, which is UTF-8, can hold
    named = tuple(replace(sound, track=encodable, label=encodable) for sound in SOUNDS[:2])
    out = tmp_path / "out"
    export(finished_job(tmp_path / "job", sounds=named, mix=None), out, everything())
    plain = " ".join("".join(c if c.isprintable() else " " for c in encodable).split())
    shown = plain or "Cuewright"
    places = {(shown, "s1-t1.wav", 4_801)}
    assert {(p.track, p.file, p.position) for p in of_aaf(out / "job-1.aaf", 48_000)} == places
    assert {(p.track, p.file, p.position) for p in of_otio(out / "job-1.otio", 48_000, enabled=True)} == places
    found = of_dawproject(out / "job-1.dawproject", 48_000, muted=False)
    assert {(p.track, p.file, p.position) for p in found} == places
    assert {p.track for p in of_rpp(out / "job-1.rpp", 48_000)} == {plain.replace("`", "'")}
    (edl,) = out.glob("*.edl")
    assert edl.parent == out
    assert sum(line.startswith("001  ") for line in edl.read_text(encoding="ascii").splitlines()) == 1


def test_folders_with_strange_names_are_written_and_read(tmp_path: Path) -> None:
    folder = tmp_path / 'it\'s "odd" 😀 #1?%20'
    out = folder / "out"
    export(finished_job(folder / "job"), out, everything())
    assert of_aaf(out / "job-1.aaf", 48_000) == HEARD
    assert of_otio(out / "job-1.otio", 48_000, enabled=True) == HEARD
    assert of_otio(out / "job-1.otio", 48_000, enabled=True) == of_dawproject(
        out / "job-1.dawproject", 48_000, muted=False
    )
    assert {p.file for p in of_rpp(out / "job-1.rpp", 48_000)} >= {p.file for p in HEARD}


def lose(manifest: Path) -> Path:
    (manifest.parent / "s2-t1.wav").unlink()
    return manifest


def replace_file(manifest: Path) -> Path:
    soundfile.write(manifest.parent / "s2-t1.wav", np.zeros(733), 44_100)
    return manifest


def cut_off(manifest: Path) -> Path:
    file = manifest.parent / "s2-t1.wav"
    file.write_bytes(file.read_bytes()[:-300])
    return manifest


def no_sound(manifest: Path) -> Path:
    (manifest.parent / "s2-t1.wav").write_bytes(b"not a sound")
    return manifest


def newer(manifest: Path) -> Path:
    read = json.loads(manifest.read_text(encoding="utf-8")) | {"schema_version": 99, "unheard_of": 1}
    manifest.write_text(json.dumps(read), encoding="utf-8")
    return manifest


def another_json(manifest: Path) -> Path:
    manifest.write_text('{"a": 1}', encoding="utf-8")
    return manifest


def without_stems(manifest: Path) -> Path:
    read = json.loads(manifest.read_text(encoding="utf-8")) | {"stems": [], "mix": None}
    manifest.write_text(json.dumps(read), encoding="utf-8")
    return manifest


def gone(manifest: Path) -> Path:
    return manifest.with_name("nothing.cuewright.json")


@pytest.mark.parametrize(
    ("harm", "field", "says"),
    [
        (lose, "stems[2]", "is missing"),
        (replace_file, "stems[2]", "44,100"),
        (cut_off, "stems[2]", "is not the file that was written"),
        (no_sound, "stems[2]", "it is no sound file"),
        (newer, "manifest", "newer Cuewright"),
        (another_json, "manifest", "is not a Cuewright manifest"),
        (without_stems, "manifest", "no stem"),
        (gone, "manifest", "cannot be read"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_cannot_be_handed_on_is_told_and_nothing_is_written(
    tmp_path: Path, harm: Any, field: str, says: str
) -> None:
    manifest = harm(finished_job(tmp_path / "job"))
    with pytest.raises(FileUnreadable, match=says) as raised:
        export(manifest, tmp_path / "out", everything())
    assert raised.value.field == field
    assert not (tmp_path / "out").exists()


def test_a_manifest_written_by_hand_has_any_date(tmp_path: Path) -> None:
    manifest = finished_job(tmp_path / "job")
    manifest.write_text(manifest.read_text(encoding="utf-8").replace("2026-11-22T21:33:28Z", "yesterday"), "utf-8")
    export(manifest, tmp_path / "out", everything())
    assert of_aaf(tmp_path / "out" / "job-1.aaf", 48_000) == HEARD


@pytest.mark.parametrize(
    ("how", "field"),
    [
        ({"formats": ()}, "format"),
        ({"session_start": "00:10:00:00"}, "session_start"),
        ({"session_start": "noon"}, "session_start"),
        ({"session_start": "00:00:00:99"}, "session_start"),
    ],
)
def test_wrong_wishes_are_told_and_nothing_is_written(tmp_path: Path, how: Any, field: str) -> None:
    with pytest.raises(BadArgument) as raised:
        export(finished_job(tmp_path / "job"), tmp_path / "out", replace(everything(), **how))
    assert raised.value.field == field
    assert not (tmp_path / "out").exists()


def test_an_edl_says_what_it_cannot_hold(tmp_path: Path) -> None:
    many = tuple(Sound(event=f"s{k}", start=2_000 * k, length=900) for k in range(1_000))
    with pytest.raises(BadArgument, match="999"):
        export(finished_job(tmp_path / "many", sounds=many), tmp_path / "out", everything(("edl",)))
    late = finished_job(tmp_path / "late", session=Session(start_timecode="23:59:00:00"))
    with pytest.raises(BadArgument, match="24:00:00:00"):
        export(late, tmp_path / "out", everything(("edl",)))
    assert not list((tmp_path / "out").glob("*"))


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"a file is here")
    with pytest.raises(FolderNotWritable) as raised:
        export(finished_job(tmp_path / "job"), tmp_path / "out", everything())
    assert raised.value.field == "folder"
    assert (tmp_path / "out").read_bytes() == b"a file is here"


def test_a_file_that_stands_there_is_kept(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    mine = {out / f"job-1.{name}": f"mine {name}".encode() for name in ("rpp", "aaf", "otio", "dawproject")}
    for path, content in mine.items():
        path.write_bytes(content)
    exported = export(finished_job(tmp_path / "job"), out, everything())
    assert {path: path.read_bytes() for path in mine} == mine
    assert {Path(name).name for name in exported.files} >= {f"job-1-2.{path.suffix[1:]}" for path in mine}
    assert not list(out.glob(".*"))  # nothing half-made is left


def test_a_disk_that_fails_leaves_nothing_half_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("engine.stems.interchange.dawproject.shutil.copyfileobj", fail)
    with pytest.raises(CuewrightError) as raised:
        export(finished_job(tmp_path / "job"), tmp_path / "out", everything(("dawproject", "aaf")))
    assert raised.value.code == "disk_full"
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize("name", ["aaf", "otio"])
def test_a_missing_library_is_named(tmp_path: Path, name: Format, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "find_spec", lambda module: None)
    with pytest.raises(DependencyMissing, match="install Cuewright again"):
        export(finished_job(tmp_path / "job"), tmp_path / "out", everything((name,)))
    export(finished_job(tmp_path / "job"), tmp_path / "out", everything(("rpp", "edl", "dawproject")))


def test_what_a_format_leaves_out_is_noted(tmp_path: Path) -> None:
    notes = export(finished_job(tmp_path / "job"), tmp_path / "out", everything()).notes
    assert [note.split(" ")[0] for note in notes] == ["The", "The", "An", "An"]
    plain = finished_job(tmp_path / "plain", sounds=SOUNDS[:1], mix=None, cues=())
    assert export(plain, tmp_path / "out", everything(("rpp", "aaf", "otio", "dawproject"))).notes == ()


def test_an_edit_is_handed_on_at_its_own_rate(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    rate = 44_100
    noise = np.random.default_rng(1).uniform(-0.1, 0.1, (rate, 2))
    soundfile.write(tmp_path / "atmo.wav", noise, rate, subtype="FLOAT")
    assert run(["edit", str(tmp_path / "atmo.wav"), "--do", "volume gain_db=-6", "--at", "01:00:02:00", "--json"]) == 0
    manifest = Path(json.loads(capfd.readouterr().out)["manifest"])
    (stem,) = read_manifest(manifest).stems
    arguments = ["export", str(manifest), "-f", "aaf,otio", "--embed", "--session-start", "01:00:00:00", "--json"]
    assert run(arguments) == 0
    answer = json.loads(capfd.readouterr().out)
    aaf, otio = map(Path, answer["files"])
    (placed,) = of_aaf(aaf, rate)
    assert (placed.position, placed.offset, placed.length) == (2 * rate, 0, rate)
    assert placed.file == stem.path
    assert of_otio(otio, rate, enabled=True) == {placed}
    assert any("is linked, not embedded" in note for note in answer["notes"])  # of floats


def test_the_command_prints_files_and_tells_errors_with_their_field(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    manifest = finished_job(tmp_path / "job")
    assert run(["export", str(manifest), "--format", "edl", "-f", "rpp", "--out", str(tmp_path / "out")]) == 0
    said = capfd.readouterr()
    assert [Path(line).suffix for line in said.out.splitlines()] == [".rpp", ".edl", ".edl", ".edl", ".edl"]
    assert all(line.startswith("note: ") for line in said.err.splitlines())
    assert run(["export", str(manifest), "--format", "omf", "--json"]) == 2
    error = json.loads(capfd.readouterr().out)["error"]
    assert (error["code"], error["field"]) == ("bad_argument", "format")
    assert run(["export", str(manifest)]) == 2
    assert "bad_argument (format)" in capfd.readouterr().err
