"""``plugins play`` as a person runs it: cues and MIDI files through a real instrument, into a file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import mido
import numpy as np
import soundfile

RATE = 48_000


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "engine", "plugins", "play", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def told(*words: str | Path) -> dict[str, object]:
    done = run(*words, "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert isinstance(answer, dict)
    return answer


def test_a_cue_sheet_plays_the_instrument_on_its_samples(plugins: Path, tmp_path: Path) -> None:
    (tmp_path / "cues.csv").write_text(
        "start,kind,strength,label\n0.5,step,0.5,\n1.25,impact,1.0,\n1.75,mark,1.0,Door\n"
    )
    out = tmp_path / "foley.wav"
    made = told(tmp_path / "cues.csv", "-i", plugins / "TestSynth.vst3", "-o", out, "--note", "69", "--map", "door=81")
    assert made["notes"] == 3
    sound, _ = soundfile.read(str(made["path"]), always_2d=True)
    for at, level in ((RATE // 2, 64 / 127), (5 * RATE // 4, 1.0)):
        assert np.abs(sound[at - 500 : at, 0]).max() < 1e-3
        assert sound[at, 0] > 0.99 * level
    again = told(tmp_path / "cues.csv", "-i", plugins / "TestSynth.vst3", "-o", out)
    assert again["path"] != made["path"]  # nothing is replaced


def test_a_midi_file_plays_through_effects(plugins: Path, tmp_path: Path) -> None:
    file = mido.MidiFile()
    track = mido.MidiTrack()
    track += [mido.Message("note_on", note=69, velocity=127), mido.Message("note_off", note=69, time=480)]
    file.tracks.append(track)
    file.save(tmp_path / "a.mid")
    (tmp_path / "softer.toml").write_text('links = [{plugin = "gain", parameters = {gain_db = -20}}]\n')
    made = told(
        tmp_path / "a.mid", "-i", plugins / "TestSynth.vst3", "-o", tmp_path / "a.wav", "-c", tmp_path / "softer.toml"
    )
    assert abs(float(str(made["peak_dbfs"])) + 20) < 0.1


def test_what_is_wrong_is_told_in_a_sentence(plugins: Path, tmp_path: Path) -> None:
    (tmp_path / "cues.csv").write_text("start\n0.5\n")
    synth, gain, out = plugins / "TestSynth.vst3", plugins / "TestGain.vst3", tmp_path / "o.wav"
    for words, sentence in (
        ((tmp_path / "cues.csv", "-i", gain, "-o", out), "is an effect, not an instrument"),
        ((tmp_path / "cues.csv", "-i", synth, "-o", out, "--map", "door"), "KIND=NOTE"),
        ((tmp_path / "cues.csv", "-i", synth, "-o", out, "--map", "door=200"), "0 to 127"),
        ((tmp_path / "none.mid", "-i", synth, "-o", out), "cannot be read"),
        ((tmp_path / "cues.csv", "-i", "No Such Synth", "-o", out), "No Such Synth"),
    ):
        done = run(*words)
        assert done.returncode != 0
        assert sentence in " ".join(done.stderr.split())
        assert not out.exists()
