"""Keyboards and controllers through mido into a real player: struck, moved, learnt, recorded; ports that come and go.

The machine of the tests has no MIDI sequencer, so mido is given a backend whose port is a pipe; that python-rtmidi is
there, and says that there is none, is looked at by itself.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile
from preview.player_case import Capture, Pulse, Told, until

from engine.audio import Audio
from engine.preview import messages
from engine.preview.desk import BLOCK_SAMPLES, Desk
from engine.preview.midi import chosen, ports
from engine.preview.pads import MOST_VOICES, Pads

RATE = 48_000
Start = Callable[[str], Told]


class Keyboard:
    """What is connected, and what is played on it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        os.mkfifo(folder / "Keys.pipe")
        self._pipe = os.open(folder / "Keys.pipe", os.O_RDWR)
        self.connect()

    def connect(self) -> None:
        (self._folder / "Keys.port").touch()

    def pull_out(self) -> None:
        (self._folder / "Keys.port").unlink()

    def play(self, kind: str, **values: int) -> None:
        os.write(self._pipe, bytes(mido.Message(kind, **values).bytes()))

    def close(self) -> None:
        os.close(self._pipe)


@pytest.fixture
def keyboard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Keyboard]:
    folder = tmp_path / "midi"
    folder.mkdir()
    monkeypatch.setenv("PIPED_MIDI", str(folder))
    monkeypatch.setenv("MIDO_BACKEND", "preview.piped_midi")
    made = Keyboard(folder)
    yield made
    made.close()


@pytest.fixture
def hit(tmp_path: Path) -> Path:
    path = tmp_path / "hit.wav"
    soundfile.write(path, np.full(4_800, 0.5, np.float32), RATE, subtype="FLOAT")
    return path


def candidate(desk: Desk, name: str, level: float, length: int = 1_000) -> None:
    audio = Audio(samples=np.full((1, length), level, np.float32), sample_rate_hz=RATE)
    desk.put_pad(60, desk.prepared(name, audio))


def blocks(desk: Desk, count: int) -> np.ndarray:
    return np.concatenate([desk.block() for _ in range(count)], axis=1)


# The sounds


def test_a_struck_sound_begins_at_its_sample_as_hard_as_it_was_struck() -> None:
    desk = Desk(RATE)
    candidate(desk, "a", 0.5)
    assert desk.strike(60, 0.5, offset=100) == "a"
    out = blocks(desk, 8)
    assert np.argmax(out[0] != 0) == 100
    np.testing.assert_allclose(out[:, 100:1_100], 0.5 * 0.25, atol=1e-6)
    assert not out[:, 1_100:].any()
    heard, _ = desk.heard()
    np.testing.assert_array_equal(heard.samples, out[:, : heard.length_samples])


def test_takes_of_a_key_take_turns_and_a_mute_key_does_nothing() -> None:
    desk = Desk(RATE)
    for name in "abc":
        candidate(desk, name, 0.1)
    assert [desk.strike(60, 1.0) for _ in range(5)] == ["a", "b", "c", "a", "b"]
    assert desk.strike(61, 1.0) == ""
    desk.unload("b")
    assert desk.state.candidates == ("a", "c")


def test_what_is_struck_sounds_beside_what_plays_and_on_when_that_is_stopped() -> None:
    desk = Desk(RATE)
    desk.load("bed", Audio(samples=np.full((1, RATE), 0.25, np.float32), sample_rate_hz=RATE))
    candidate(desk, "a", 0.5, length=RATE // 2)
    desk.play()
    blocks(desk, 4)
    desk.strike(60, 1.0)
    np.testing.assert_allclose(blocks(desk, 4), 0.75, atol=1e-6)
    desk.stop()
    after = blocks(desk, 8)
    assert np.abs(np.diff(after[0])).max() < 0.01  # faded, not cut
    np.testing.assert_allclose(after[:, 2 * BLOCK_SAMPLES :], 0.5, atol=1e-6)


def test_of_too_many_voices_the_oldest_fades() -> None:
    pads = Pads()
    desk = Desk(RATE)
    audio = Audio(samples=np.full((1, RATE), 0.01, np.float32), sample_rate_hz=RATE)
    pads.put(60, desk.prepared("a", audio))
    for _ in range(MOST_VOICES + 1):
        pads.strike(60, 1.0)
    first = pads.block(BLOCK_SAMPLES)
    second = pads.block(BLOCK_SAMPLES)
    assert first is not None
    assert second is not None
    assert np.abs(np.diff(first[0])).max() < 1e-3
    np.testing.assert_allclose(second, 0.01 * MOST_VOICES, rtol=1e-5)


# The player


def test_a_key_is_heard_and_printed(
    preview: Start, pulse: Pulse, capture: Capture, keyboard: Keyboard, hit: Path, tmp_path: Path
) -> None:
    told = preview("pulse")
    told.ask(messages.Load(candidate="hit", path=str(hit), key=36), messages.Loaded)
    told.do(messages.Midi(port="Keys"))
    told.state(lambda state: bool(state.device) and state.midi_port == "Keys", "the device and the port")
    keyboard.play("note_on", note=36, velocity=127)
    until(lambda: (np.abs(capture.samples()[0]) > 0.4).sum() >= 4_700, "the sound")
    printed = told.ask(messages.Commit(path=str(tmp_path / "hit-1.wav"), what="heard"), messages.Committed)
    samples, _ = soundfile.read(printed.path, dtype="float32", always_2d=True)
    assert (np.abs(samples[:, 0]) > 0.4).sum() == 4_800


def test_a_controller_moves_what_it_is_bound_to_and_learns(preview: Start, keyboard: Keyboard) -> None:
    told = preview("none")
    told.do(messages.Midi(port="0"))
    told.do(messages.Bind(control="cc7", name="gain_db"))
    keyboard.play("control_change", control=7, value=0, channel=3)
    told.state(lambda state: state.knobs.get("gain_db") == -60, "the knob")
    told.do(messages.Learn(name="wetness"))
    keyboard.play("pitchwheel", pitch=8_191, channel=1)
    learnt = told.state(lambda state: state.knobs.get("wetness") == 1.0, "the knob that is learnt")
    assert learnt.bindings == {"cc7": "gain_db", "pitch:2": "wetness"}
    told.do(messages.Unbind(name="gain_db"))
    keyboard.play("control_change", control=7, value=127)
    keyboard.play("pitchwheel", pitch=-8_192, channel=1)
    after = told.state(lambda state: state.knobs.get("wetness") == 0.0, "the knob")
    assert after.knobs["gain_db"] == -60


def test_what_is_bound_outlives_the_player(preview: Start, keyboard: Keyboard) -> None:
    told = preview("none")
    told.do(messages.Midi(port="Keys"))
    told.do(messages.Bind(control="cc1", name="pace"))
    told.state(lambda state: bool(state.bindings), "the binding")
    first = told.service.pid
    assert first is not None
    os.kill(first, 9)
    told.state(lambda state: state.ready and told.service.pid not in (None, first), "another player")
    back = told.state(lambda state: state.bindings == {"cc1": "pace"} and state.midi_port == "Keys", "the same")
    assert not back.midi_trouble
    keyboard.play("control_change", control=1, value=127)
    told.state(lambda state: state.knobs.get("pace") == 4.0, "the knob")


def test_a_performance_is_kept_as_cues_where_the_picture_was(preview: Start, hit: Path, keyboard: Keyboard) -> None:
    told = preview("none")
    told.ask(messages.Load(candidate="step", path=str(hit), key=36), messages.Loaded)
    told.do(messages.Midi(port="Keys"))
    told.do(messages.Follow(on=True))
    told.do(messages.Record(on=True))
    began = time.monotonic()

    def transport() -> float:
        now = time.monotonic()
        command = messages.Transport(playing=True, position_seconds=10.0 + now - began, at_seconds=now)
        told.service.send(command)
        return now

    transport()
    told.state(lambda state: state.recording, "recording")
    struck: list[float] = []
    for velocity in (127, 64):
        struck.append(transport() - began)
        keyboard.play("note_on", note=36, velocity=velocity)
        keyboard.play("note_off", note=36)
        heard = len(struck) * 100
        until(lambda heard=heard: time.monotonic() - began > heard / 1_000, "a moment")
    recorded = told.ask(messages.Record(on=False), messages.Recorded)
    assert [(cue.label, cue.strength) for cue in recorded.cues] == [("step", 1.0), ("step", 64 / 127)]
    for cue, at in zip(recorded.cues, struck, strict=True):
        assert cue.start_samples / RATE == pytest.approx(10.0 + at, abs=0.05)


def test_a_port_that_is_pulled_out_is_told_and_found_again(preview: Start, keyboard: Keyboard) -> None:
    told = preview("none")
    told.do(messages.Midi(port="Keys"))
    told.do(messages.Bind(control="cc7", name="gain_db"))
    keyboard.pull_out()
    assert "has gone" in told.state(lambda state: bool(state.midi_trouble), "that it has gone").midi_trouble
    keyboard.connect()
    told.state(lambda state: not state.midi_trouble, "that it is back")
    keyboard.play("control_change", control=7, value=127)
    told.state(lambda state: state.knobs.get("gain_db") == 12, "the knob")


def test_what_is_wrong_is_told_with_its_field(preview: Start, keyboard: Keyboard) -> None:
    told = preview("none")
    for command, code, field in (
        (messages.Midi(port="Organ"), "no_device", "port"),
        (messages.Bind(control="cc120", name="pace"), "bad_argument", "control"),
        (messages.Bind(control="cc1", name="speed"), "bad_argument", "name"),
        (messages.Bind(control="cc1", name="chain.1.mix"), "bad_argument", "name"),
        (messages.Learn(name="speed"), "bad_argument", "name"),
        (messages.Unbind(name="pace"), "bad_argument", "name"),
    ):
        failed = told.ask(command, messages.Failed)
        assert (failed.code, failed.field) == (code, field)
    assert told.ask(messages.MidiPorts(), messages.MidiPortList).ports == ("Keys",)


def test_a_port_is_meant_by_number_name_or_part() -> None:
    there = ("Keys 1", "Keys 2", "Pads")
    assert [chosen(text, there) for text in ("2", "Keys 2", "pad")] == ["Pads", "Keys 2", "Pads"]
    for text in ("keys", "Organ", "7"):
        with pytest.raises(Exception, match="Keys 1"):
            chosen(text, there)


def test_rtmidi_is_there_and_has_ports_or_says_that_there_are_none() -> None:
    import rtmidi

    assert rtmidi.get_compiled_api()
    assert isinstance(ports(), tuple)
    if not Path("/dev/snd/seq").exists() and sys.platform == "linux":
        code = "from engine.preview.midi import ports; print(ports())"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "()"
        return
    with rtmidi.MidiOut() as out:
        out.open_virtual_port("Cuewright test")
        assert any("Cuewright test" in name for name in ports())
