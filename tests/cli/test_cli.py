"""Every command, as a person and as a script would use it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from engine.cli import run
from engine.cli.doctor import CHECKS


def called(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any, str]:
    """(exit code, JSON from stdout, stderr) of a command with ``--json``."""
    code = run([*arguments, "--json"])
    out, err = capsys.readouterr()
    (line,) = out.splitlines()
    return code, json.loads(line), err


def test_generate_then_rebuild(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, result, _ = called(
        capsys, "generate", "three", "knocks,", "rain in the background", "--out", str(tmp_path / "a"), "--seed", "4"
    )
    assert code == 0
    assert [stem["event"] for stem in result["stems"]] == ["s1", "s1.2", "s1.3", "s2"]
    assert Path(result["project"]).exists()
    code, report, _ = called(capsys, "rebuild", result["manifest"], "--out", str(tmp_path / "b"))
    assert (code, report["same"], report["written"]) == (0, 5, 5)
    for stem in (*result["stems"], result["mix"]):
        assert (tmp_path / "b" / Path(stem["path"]).name).read_bytes() == Path(stem["path"]).read_bytes()


def test_a_deleted_stem_is_put_back(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    _, result, _ = called(capsys, "generate", "a door slams", "--out", str(tmp_path))
    stem = Path(result["stems"][0]["path"])
    content = stem.read_bytes()
    stem.unlink()
    code, report, _ = called(capsys, "rebuild", result["manifest"])
    assert (code, report["written"]) == (0, 1)
    assert stem.read_bytes() == content


def test_a_changed_stem_is_kept(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    _, result, _ = called(capsys, "generate", "a door slams", "--out", str(tmp_path))
    stem = Path(result["stems"][0]["path"])
    stem.write_bytes(b"my own edit")
    code, answer, _ = called(capsys, "rebuild", result["manifest"])
    assert (code, answer["error"]["code"]) == (1, "rebuild_differs")
    assert stem.read_bytes() == b"my own edit"


def test_nothing_is_put_back_beside_a_changed_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    _, result, _ = called(capsys, "generate", "a door slams", "--out", str(tmp_path))
    stem, mix = Path(result["stems"][0]["path"]), Path(result["mix"]["path"])
    mix.write_bytes(b"my own edit")
    stem.unlink()
    code, answer, _ = called(capsys, "rebuild", result["manifest"])
    assert (code, answer["error"]["code"]) == (1, "rebuild_differs")
    assert not stem.exists()


def test_a_rebuild_by_other_versions_says_which(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    _, result, _ = called(capsys, "generate", "a door slams", "--out", str(tmp_path), "--no-mix")
    manifest = Path(result["manifest"])
    told = json.loads(manifest.read_text())
    told["versions"]["packages"]["numpy"] = "1.26.0"
    told["stems"][0]["sha256"] = "0" * 64
    manifest.write_text(json.dumps(told))
    before = sorted(tmp_path.iterdir())
    code, answer, _ = called(capsys, "rebuild", str(manifest))
    assert (code, answer["error"]["code"]) == (1, "rebuild_differs")
    assert "numpy was 1.26.0" in answer["error"]["sentence"]
    assert sorted(tmp_path.iterdir()) == before


def test_a_follow_up_from_a_manifest(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    _, first, _ = called(capsys, "generate", "a dog barks", "--out", str(tmp_path))
    _, second, _ = called(
        capsys, "generate", "make the dog bark twice", "--follow", first["manifest"], "--out", str(tmp_path)
    )
    assert len(second["stems"]) == 2


def test_the_plan_alone(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, plan, _ = called(capsys, "generate", "rain for 5 seconds", "--plan", "--out", str(tmp_path / "x"))
    assert (code, plan["length_samples"]) == (0, 240_000)
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "error"),
    [
        (["generate", ""], 2, "prompt_empty"),
        (["generate"], 2, "prompt_empty"),
        (["generate", "rain", "--duration", "-1"], 2, "bad_argument"),
        (["generate", "zorbleflax quux"], 2, "prompt_not_matched"),
        (["generate", "rain", "--backend", "nope"], 2, "unknown_backend"),
        (["generate", "rain", "--preset", "nope"], 2, "unknown_preset"),
        (["generate", "rain", "--frame-rate", "fast"], 2, "bad_argument"),
        (["generate", "rain", "--follow", "/nowhere.json"], 2, "file_unreadable"),
        (["rebuild", "/nowhere.json"], 2, "bad_argument"),
        (["library", "add", "/nowhere"], 2, "file_unreadable"),
        (["jobs", "cancel", "x"], 1, "engine_not_running"),
    ],
)
def test_what_is_wrong_is_said(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
    error: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CUEWRIGHT_PORT", "9")  # nobody listens there
    got, answer, _ = called(capsys, *arguments)
    assert (got, answer["error"]["code"]) == (code, error)
    assert not list(tmp_path.rglob("*.wav"))


def test_people_get_a_sentence(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(["generate", "zorbleflax quux", "--out", str(tmp_path)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("cuewright: prompt_not_matched (prompt): No sound here answers")


def test_tables_for_people(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for arguments in (["backends"], ["presets", "door"], ["jobs", "list"], ["generate", "a bell", "-o", str(tmp_path)]):
        assert run(arguments) == 0
    out, _ = capsys.readouterr()
    assert "procedural" in out
    assert "REAPER project: " in out


def test_backends(capsys: pytest.CaptureFixture[str]) -> None:
    _, answer, _ = called(capsys, "backends")
    rows = {row["name"]: row for row in answer["backends"]}
    assert {name for name, row in rows.items() if row["ready"]} == {"procedural", "sample_library"}
    assert "cuewright models pull" in rows["stable_audio"]["reason"]


def test_presets_by_words_and_by_name(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    _, answer, _ = called(capsys, "presets")
    assert len(answer["presets"]) >= 30
    assert answer["warnings"] == []
    sound = next(preset for preset in answer["presets"] if preset["prompt"])
    code, result, _ = called(capsys, "generate", "--preset", sound["name"], "--out", str(tmp_path))
    assert code == 0
    assert result["stems"][0]["category"] == sound["category"]


def test_library(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = tmp_path / "sounds"
    folder.mkdir()
    noise = np.random.default_rng(1).standard_normal(9_600) * np.exp(-np.arange(9_600) / 900)
    soundfile.write(folder / "DOORWood_Barn Door Thump_Me_Lib.wav", noise / 8, 48_000)
    (folder / "broken.wav").write_bytes(b"RIFF")
    _, report, _ = called(capsys, "library", "add", str(folder))
    assert (report["added"], len(report["failed"])) == (1, 1)
    _, found, _ = called(capsys, "library", "search", "barn", "door")
    assert [item["category"] for item in found["items"]] == ["DOORWood"]
    _, result, _ = called(capsys, "generate", "a barn door thump", "--out", str(tmp_path / "out"))
    assert result["stems"][0]["licence"]["name"] == "LicenseRef-user-library"


def test_doctor_checks_everything_and_says_how_to_mend(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, answer, _ = called(capsys, "doctor")
    assert [finding["check"] for finding in answer["findings"]] == [
        *(
            "Python",
            "Settings",
            "Data folder",
            "Cache folder",
            "Port",
            "Audio device",
            "MIDI inputs",
            "Plugins",
            "GPU",
            "Weights",
        ),
        *("Language model", "Model that sees", "Model that hears", "DAW scripts"),
    ]
    assert len(CHECKS) == len(answer["findings"])
    assert code == (0 if answer["ok"] else 1)
    (tmp_path / "config.toml").write_text("port = 'nine'")
    monkeypatch.setenv("CUEWRIGHT_CONFIG", str(tmp_path / "config.toml"))
    code, answer, _ = called(capsys, "doctor")
    assert code == 1
    assert (answer["findings"][0]["state"], "port" in answer["findings"][0]["found"]) == ("wrong", True)


def test_doctor_tells_where_pictures_and_sounds_go(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUEWRIGHT_VLM_MODEL", "some-vlm")
    monkeypatch.setenv("CUEWRIGHT_ALM_MODEL", "local:not-here")
    monkeypatch.setenv("CUEWRIGHT_LLM_BASE_URL", "http://127.0.0.1:9")
    _, answer, _ = called(capsys, "doctor")
    told = {finding["check"]: finding for finding in answer["findings"]}
    assert told["Model that sees"]["found"] == "some-vlm at http://127.0.0.1:9"
    assert told["Model that hears"]["state"] == "wrong"
    assert "alm_model" in told["Model that hears"]["mend"]
    assert told["Language model"]["found"].startswith("none")


def test_doctor_sees_a_port_that_is_taken(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        monkeypatch.setenv("CUEWRIGHT_PORT", str(other.getsockname()[1]))
        code, answer, _ = called(capsys, "doctor")
    (port,) = (finding for finding in answer["findings"] if finding["check"] == "Port")
    assert (code, port["state"]) == (1, "wrong")
    assert "--port" in port["mend"]


def test_help_and_version_load_little() -> None:
    script = (
        "import sys\nfrom engine.cli import run\nrun(['--help'])\n"
        "print(sorted({'scipy', 'soundfile', 'rich', 'openai', 'engine.render', 'engine.app'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert all(word in done.stdout for word in ("serve", "generate", "rebuild", "backends", "library", "presets"))
    assert all(word in done.stdout for word in ("jobs", "doctor", "bench", "demo"))


def test_the_installed_command() -> None:
    command = shutil.which("cuewright", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    assert command is not None
    done = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("cuewright ")


@pytest.mark.slow
def test_demo_over_osc(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, result, _ = called(capsys, "demo", "--out", str(tmp_path / "demo"))
    assert code == 0
    assert Path(result["project"]).exists()
    assert len(result["stems"]) >= 16
    assert {Path(stem["path"]).exists() for stem in result["stems"]} == {True}


def test_a_defect_is_a_sentence_too(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine import render

    def broken(*_: object) -> None:
        raise ZeroDivisionError("of a kind that nobody foresaw")

    monkeypatch.setattr(render.Studio, "run", broken)
    code, answer, err = called(capsys, "generate", "rain", "--out", str(tmp_path))
    assert (code, answer["error"]["code"]) == (1, "internal")
    assert "ZeroDivisionError" in answer["error"]["sentence"]
    assert "Traceback" in err
