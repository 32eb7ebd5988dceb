"""``cuewright models``, as a person and as a script would use it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from engine.cli import run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A language model in its layout."""
    place = tmp_path / "my-chat"
    place.mkdir()
    (place / "config.json").write_text(json.dumps({"architectures": ["LlamaForCausalLM"]}))
    (place / "tokenizer_config.json").write_text("{}")
    (place / "tokenizer.json").write_text("{}")
    save_file({"a": np.zeros(3, np.float32)}, place / "model.safetensors")
    return place


def called(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    code = run(["models", *arguments, "--json"])
    (line,) = capsys.readouterr().out.splitlines()
    return code, json.loads(line)


def test_a_model_from_adding_to_removing(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    code, added = called(capsys, "add", str(folder))
    assert (code, added["name"], added["backend"], added["folder"]) == (0, "my-chat", "llm", str(folder))
    _, listed = called(capsys, "list")
    by_name = {row["name"]: row for row in listed["models"]}
    assert by_name["my-chat"]["installed"]
    assert by_name["auffusion"]["installed"] is False
    assert by_name["auffusion"]["licence"]["commercial"] is False
    assert by_name["stable-audio-3-small-sfx"]["gated"]
    assert called(capsys, "verify", "my-chat") == (0, {"name": "my-chat", "ok": True, "wrong": []})
    (folder / "model.safetensors").write_bytes(b"x")
    code, found = called(capsys, "verify", "my-chat")
    assert (code, found["ok"], len(found["wrong"])) == (1, False, 1)
    assert called(capsys, "remove", "my-chat") == (0, {"name": "my-chat", "deleted": False, "folder": str(folder)})
    assert (folder / "model.safetensors").exists()
    code, error = called(capsys, "remove", "my-chat")
    assert (code, error["error"]["code"]) == (1, "weights_missing")


def test_people_read_a_table_and_sentences(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    assert run(["models", "add", str(folder), "--name", "planner"]) == 0
    assert capsys.readouterr().out.startswith("planner is used where it lies")
    assert run(["models", "list"]) == 0
    shown = capsys.readouterr().out
    assert "stabilityai/stable-audio-3-small-sfx" in shown
    assert str(folder) in shown
    assert run(["models", "verify", "planner"]) == 0
    assert "every file is as it was recorded" in capsys.readouterr().out
    assert run(["models", "remove", "planner"]) == 0
    assert f"its files stay in {folder}" in capsys.readouterr().out


def test_terms_are_shown_before_anything_is_fetched(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert run(["models", "pull", "auffusion"]) == 1
    told = capsys.readouterr().err
    assert told.count("auffusion is under CC-BY-NC-SA-4.0: not for work that earns money") == 1
    assert "licence_not_accepted" in told
    assert run(["models", "pull", "auffusion", "--accept-licence"]) == 1
    told = capsys.readouterr().err
    assert told.startswith("auffusion is under CC-BY-NC-SA-4.0")
    assert "cannot be reached" in told
    monkeypatch.setenv("CUEWRIGHT_OFFLINE", "true")
    code, error = called(capsys, "pull", "auffusion", "--accept-licence")
    assert (code, error["error"]["field"]) == (1, "offline")


@pytest.mark.parametrize(("answer", "code"), [("y", "weights_missing"), ("n", "licence_not_accepted")])
def test_who_sits_at_a_terminal_is_asked(
    answer: str, code: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr("sys.stdin", Terminal(f"{answer}\n"))
    assert run(["models", "pull", "auffusion"]) == 1
    told = capsys.readouterr().err
    assert "Do you accept these terms?" in told
    assert code in told


def test_the_doctor_says_which_are_whole(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    def weights() -> dict[str, str]:
        run(["doctor", "--json"])
        return next(f for f in json.loads(capsys.readouterr().out)["findings"] if f["check"] == "Weights")

    assert (weights()["state"], "models list" in weights()["mend"]) == ("note", True)
    called(capsys, "add", str(folder))
    assert (weights()["state"], weights()["found"]) == ("ok", "my-chat")
    (folder / "model.safetensors").unlink()
    assert weights()["state"] == "wrong"
    assert "model.safetensors of my-chat is missing" in weights()["found"]


def test_what_else_it_needs_and_which_is_used(capsys: pytest.CaptureFixture[str], tmp_path: Path, folder: Path) -> None:
    assert run(["models", "add", str(folder)]) == 0
    assert capsys.readouterr().err == ""
    for name in ("one", "two"):
        place = tmp_path / name
        place.mkdir()
        (place / "audio-agent.json").write_text("{}")
        assert run(["models", "add", str(place), "--name", f"agent-{name}"]) == 0
        assert capsys.readouterr().err.strip() == "It also needs auffusion: cuewright models pull auffusion"
    place.joinpath("audio-agent.json").write_text("{ }")
    assert run(["models", "add", str(place)]) == 0
    capsys.readouterr()
    _, listed = called(capsys, "list")
    in_use = {row["name"]: row["in_use"] for row in listed["models"] if row["installed"]}
    assert in_use == {"audio-agent": True, "my-chat": True, "agent-one": False, "agent-two": False}
    assert run(["models", "list"]) == 0
    shown = capsys.readouterr().out
    assert shown.count("not in use") == 2
    assert "stable-audio-3-medium, to be converted" in shown
    assert "auffusion, audioldm2: name the source, share alike" in shown
