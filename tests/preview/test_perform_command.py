"""``cuewright perform`` with the tests' keyboard."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile

from engine.planning.cuesheet.read import read_sheet
from engine.session import Session


@pytest.fixture
def midi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, root: Path) -> Path:
    folder = tmp_path / "midi"
    folder.mkdir()
    os.mkfifo(folder / "Keys.pipe")
    (folder / "Keys.port").touch()
    monkeypatch.setenv("PIPED_MIDI", str(folder))
    monkeypatch.setenv("MIDO_BACKEND", "preview.piped_midi")
    monkeypatch.setenv("PYTHONPATH", str(root / "tests"))
    return folder


def run(*words: str | Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "engine", "perform", *map(str, words), "--device", "none", "--json"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_what_is_struck_is_a_cue_sheet(midi: Path, tmp_path: Path) -> None:
    for name in ("left", "right"):
        soundfile.write(tmp_path / f"{name}.wav", np.full(2_400, 0.5, np.float32), 48_000, subtype="FLOAT")
    files = (tmp_path / "left.wav", tmp_path / "right.wav")
    options = ("--midi", "key", "--bind", "cc7=gain_db", "--record", tmp_path / "steps.csv", "--seconds", "1.5")
    command = run(*files, *options)
    assert command.stderr is not None
    while "Ctrl-C" not in command.stderr.readline():
        pass
    pipe = os.open(midi / "Keys.pipe", os.O_RDWR)
    for key in (36, 37, 90):
        os.write(pipe, bytes(mido.Message("note_on", note=key, velocity=127).bytes()))
    out, _ = command.communicate(timeout=60)
    os.close(pipe)
    told = json.loads(out)
    assert told["struck"] == 2
    sheet = read_sheet(Path(told["sheet"]), session=Session(), position_samples=0)
    assert [cue.label for cue in sheet.cues] == ["1 left", "2 right"]


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ((), "sound"),
        (("none.wav",), "path"),
        (("left.wav", "--midi", "Organ"), "port"),
        (("left.wav", "--bind", "cc7"), "bind"),
        (("left.wav", "--bind", "cc7=loudness"), "name"),
    ],
)
def test_what_is_wrong_is_told(midi: Path, tmp_path: Path, words: tuple[str, ...], field: str) -> None:
    soundfile.write(tmp_path / "left.wav", np.full(2_400, 0.5, np.float32), 48_000, subtype="FLOAT")
    out, _ = run(*(str(tmp_path / word) if word.endswith(".wav") else word for word in words)).communicate(timeout=60)
    assert json.loads(out)["error"]["field"] == field
