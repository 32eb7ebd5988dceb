"""``edit`` and ``actions`` as a person reads them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.cli import run


@pytest.fixture
def tone(tmp_path: Path) -> Path:
    path = tmp_path / "tone.wav"
    soundfile.write(path, 0.25 * np.sin(2 * np.pi * 440 * np.arange(8_000) / 8_000), 8_000, subtype="PCM_24")
    return path


def test_a_plan_says_how_it_goes_on(tone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["edit", str(tone), "3 dB louder", "--plan"]) == 0
    out, err = capsys.readouterr()
    assert "volume gain_db=3" in out
    assert "--do" in err
    assert list(tone.parent.glob("*.wav")) == [tone]


def test_two_channels_are_swapped(tone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sides = np.stack([np.full(800, 0.25), np.full(800, -0.5)], axis=1)
    soundfile.write(tone, sides, 8_000, subtype="PCM_24")
    assert run(["edit", str(tone), "--do", "volume gain_db=0", "--channels", "2 1"]) == 0
    capsys.readouterr()
    take, _ = soundfile.read(tone.with_name("tone edit.wav"))
    assert np.array_equal(take, sides[:, ::-1])


def test_where_noise_begins_without_its_length_is_told(tone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["edit", str(tone), "denoise", "--noise-start", "0.5"]) == 2
    assert "noise_length" in capsys.readouterr().err


def test_actions_tell_how_far_they_go(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    assert run(["actions"]) == 0
    out = capsys.readouterr().out
    assert "0 to 60. Left out, 24." in out
    assert "Over 0 to 86400." in out
    assert "equal_power or linear. Left out, equal_power." in out


@pytest.mark.parametrize(
    ("words", "options", "told"),
    [
        ("fade out", ["--play-rate", "2"], "Seconds in actions are the file's"),
        ("3 dB louder", ["--reference", "tone.wav"], "only worldize"),
        ("3 dB louder", ["--noise-length", "0.5"], "The noise is not used"),
    ],
)
def test_what_is_given_and_not_used_is_told(
    tone: Path, words: str, options: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [str(tone) if option == "tone.wav" else option for option in options]
    assert run(["edit", str(tone), words, *given, "--plan"]) == 0
    assert told in capsys.readouterr().err
    assert run(["edit", str(tone), words, "--plan"]) == 0
    assert told not in capsys.readouterr().err


def test_words_may_begin_with_a_minus(tone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["edit", str(tone), "-23 LUFS", "--plan"]) == 0
    assert "volume loudness_lufs=-23" in capsys.readouterr().out
    assert run(["edit", str(tone), "louder", "--from", "-2", "--plan"]) == 2
    assert "selection_start" in capsys.readouterr().err
