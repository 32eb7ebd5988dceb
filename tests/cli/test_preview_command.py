"""``cuewright preview``: files and words, moved and printed, on the device that plays to nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from engine.cli import run

RATE = 48_000


def told(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    code = run(["preview", *words, "--device", "none", "--json"])
    answer = json.loads(capsys.readouterr().out)
    return answer if code == 0 else answer["error"]


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    path = tmp_path / "noise.wav"
    samples = 0.1 * np.random.default_rng(0).standard_normal((RATE // 2, 2))
    soundfile.write(path, samples, RATE, subtype="FLOAT")
    return path


def test_a_file_is_heard_and_printed_sample_for_sample(
    sound: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "heard.wav"
    answer = told(capsys, str(sound), "--commit", str(out))
    assert (answer["device"], answer["committed"]) == ("none", str(out))
    before, _ = soundfile.read(sound, dtype="float32")
    after, _ = soundfile.read(out, dtype="float32")
    assert np.array_equal(after[: len(before)], before)


def test_what_is_moved_is_in_the_print(sound: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "heard.wav"
    moves = ("--set", "gain_db=-20", "--chain", "through-a-wall", "--set", "chain.1.cutoff_hz=200")
    told(capsys, str(sound), *moves, "--commit", str(out))
    before, _ = soundfile.read(sound, dtype="float32")
    after, _ = soundfile.read(out, dtype="float32")
    assert np.std(after) < 0.1 * np.std(before)


def test_words_are_heard(capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 < told(capsys, "mouse click")["seconds"] < 10


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ((), "sound"),
        (("qqqq",), "sound"),
        (("rain", "--set", "volume=3"), "name"),
        (("rain", "--set", "gain_db"), "set"),
        (("rain", "--set", "gain_db=99"), "value"),
        (("rain", "--chain", "phon"), "chain"),
    ],
)
def test_what_cannot_be_heard_is_told(words: tuple[str, ...], field: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, *words)["field"] == field


def test_the_devices_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["preview", "--devices", "--json"]) == 0
    assert isinstance(json.loads(capsys.readouterr().out)["devices"], list)
