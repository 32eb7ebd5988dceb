"""The player through a real PortAudio device, captured back."""

from __future__ import annotations

import hashlib
import os
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from preview.player_case import Capture, Pulse, Told, until

from engine.audio import Samples
from engine.config import Settings
from engine.preview import messages
from engine.preview.knobs import KNOBS
from engine.preview.player import Player

RATE_HZ = 48_000
Start = Callable[..., Told]


@pytest.fixture
def noise(tmp_path: Path) -> Path:
    """Two seconds whose every stretch is like no other."""
    path = tmp_path / "noise.wav"
    samples = np.random.default_rng(3).uniform(-0.4, 0.4, (2 * RATE_HZ, 2)).astype(np.float32)
    soundfile.write(path, samples, RATE_HZ, subtype="FLOAT")
    return path


def read(path: str | Path) -> Samples:
    return np.asarray(soundfile.read(path, dtype="float32", always_2d=True)[0].T)


def place_of(wanted: Samples, captured: Samples) -> int | None:
    """Where ``wanted`` begins in what was captured, sample for sample."""
    for start in np.flatnonzero(captured[0, : captured.shape[1] - wanted.shape[1] + 1] == wanted[0, 0]):
        if np.array_equal(captured[:, start : start + wanted.shape[1]], wanted):
            return int(start)
    return None


def test_what_plays_is_the_file_sample_for_sample(
    preview: Start, pulse: Pulse, capture: Capture, noise: Path, tmp_path: Path
) -> None:
    told = preview("pulse")
    loaded = told.ask(messages.Load(candidate="a", path=str(noise)), messages.Loaded)
    assert (loaded.length_samples, loaded.is_whole) == (2 * RATE_HZ, True)
    told.do(messages.Play())
    assert until(lambda: place_of(read(noise), capture.samples()) is not None, "the sound captured")
    ended = told.state(lambda state: not state.playing, "the end")
    assert (ended.dropouts, ended.device, ended.device_rate_hz) == (0, "pulse", RATE_HZ)


def test_commit_prints_what_was_captured_with_every_move_in_it(
    preview: Start, capture: Capture, noise: Path, tmp_path: Path
) -> None:
    told = preview("pulse")
    told.ask(messages.Load(candidate="a", path=str(noise)), messages.Loaded)
    told.do(messages.Play())
    for name, value in {"gain_db": -6, "distance_m": 5, "wetness": 0.3, "pitch_semitones": 3, "pace": 1.3}.items():
        told.do(messages.Param(name=name, value=value))
    told.do(messages.Stop())
    printed = told.ask(messages.Commit(path=str(tmp_path / "out" / "heard.wav")), messages.Committed)
    assert hashlib.sha256(Path(printed.path).read_bytes()).hexdigest() == printed.sha256
    heard = read(printed.path)
    assert heard.shape[1] == printed.length_samples > 0
    assert np.abs(heard).max() > 0.01
    sounding = heard[:, np.argmax(heard[0] != 0) :]
    assert until(lambda: place_of(sounding, capture.samples()) is not None, "the same captured")


def test_a_loop_is_printed_once_round_and_goes_round_as_it_was_heard(
    preview: Start, capture: Capture, noise: Path, tmp_path: Path
) -> None:
    told = preview("pulse")
    told.ask(messages.Load(candidate="a", path=str(noise)), messages.Loaded)
    told.do(messages.Loop(start_samples=24_000, end_samples=48_000))
    told.do(messages.Play())
    printed = told.ask(messages.Commit(path=str(tmp_path / "loop.wav")), messages.Committed)
    once = read(printed.path)
    assert (once.shape[1], printed.position_samples) == (24_000, 24_000)
    twice = np.concatenate([once, once], axis=1)
    assert until(lambda: place_of(twice, capture.samples()) is not None, "the loop captured going round")


def test_nothing_clicks_while_every_knob_moves(preview: Start, capture: Capture, tmp_path: Path) -> None:
    path = tmp_path / "sine.wav"
    sine = 0.2 * np.sin(2 * np.pi * 200 * np.arange(3 * RATE_HZ) / RATE_HZ)
    soundfile.write(path, np.stack([sine, sine], axis=1), RATE_HZ, subtype="FLOAT")
    told = preview("pulse")
    told.ask(messages.Load(candidate="a", path=str(path)), messages.Loaded)
    told.do(messages.Loop(start_samples=0, end_samples=2 * RATE_HZ))
    told.do(messages.Play())
    until(lambda: np.abs(capture.samples()).max() > 0.1, "sound")
    for name, knob in KNOBS.items():
        if name not in ("gain_db", "pitch_semitones"):  # louder and higher have larger steps by themselves
            for value in (knob.low, knob.high, knob.default):
                told.do(messages.Param(name=name, value=value))
                length = capture.samples().shape[1]
                until(lambda length=length: capture.samples().shape[1] > length + 4_800, "a tenth of a second")
    told.do(messages.Param(name="gain_db", value=-60))
    until(lambda: np.abs(capture.samples()[:, -2_400:]).max() < 1e-3, "silence")
    heard = capture.samples()
    heard = heard[:, np.argmax(heard[0] != 0) :]
    own_step = 0.2 * 2 * np.pi * 200 / RATE_HZ
    assert np.abs(np.diff(heard)).max() < 4 * own_step


def test_a_device_that_is_pulled_out_is_told_and_found_again_where_it_stood(
    preview: Start, pulse: Pulse, noise: Path
) -> None:
    told = preview("pulse")
    told.ask(messages.Load(candidate="a", path=str(noise)), messages.Loaded)
    told.do(messages.Loop(start_samples=0, end_samples=2 * RATE_HZ))
    told.do(messages.Play())
    told.state(lambda state: bool(state.device) and state.position_samples > 0, "sound")
    pulse.pull_out()
    try:
        gone = told.state(lambda state: not state.device and bool(state.trouble), "the loss told")
        assert gone.playing
        assert "connect" in gone.trouble or "Close that" in gone.trouble
        stood = told.ask(messages.Ask(), messages.State)
        assert told.ask(messages.Ask(), messages.State).position_samples == stood.position_samples
    finally:
        pulse.plug_in()
    again = told.state(lambda state: bool(state.device), "the device again")
    assert (again.trouble, again.playing, again.candidate) == ("", True, "a")
    captured = Capture(pulse)
    try:
        until(lambda: np.abs(captured.samples()).max(initial=0) > 0.1, "sound again")
    finally:
        captured.close()


def test_a_player_that_dies_comes_back_as_it_was(preview: Start, noise: Path) -> None:
    told = preview("none")
    told.ask(messages.Load(candidate="a", path=str(noise)), messages.Loaded)
    told.do(messages.Param(name="gain_db", value=-12))
    told.do(messages.Loop(start_samples=0, end_samples=RATE_HZ))
    told.do(messages.Play())
    told.state(lambda state: state.playing and state.position_samples > 0, "sound")
    first = told.service.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    until(lambda: any(isinstance(r, messages.State) and "ended by itself" in r.trouble for r in told.replies), "told")
    back = told.state(lambda state: state.ready and state.playing and bool(state.candidates), "all of it back")
    assert told.service.pid != first
    assert (back.candidate, back.loop, back.knobs["gain_db"]) == ("a", (0, RATE_HZ), -12)


def test_a_device_that_is_not_there_is_told_and_loses_nothing(preview: Start, pulse: Pulse, noise: Path) -> None:
    told = preview("no such device")
    told.ask(messages.Load(candidate="a", path=str(noise)), messages.Loaded)
    state = told.state(lambda state: bool(state.trouble), "the trouble")
    assert "'no such device' is not there; there are" in state.trouble
    assert [output.name for output in told.ask(messages.Devices(), messages.DeviceList).outputs].count("pulse") == 1
    told.do(messages.Device(device="none"))
    there = told.state(lambda state: state.device == "none", "the clock")
    assert (there.trouble, there.candidates) == ("", ("a",))


def test_play_waits_for_the_sound_that_is_loaded_and_stop_takes_it_back(preview: Start, noise: Path) -> None:
    told = preview("none")
    told.service.send(messages.Load(candidate="a", path=str(noise)))
    told.do(messages.Play())
    assert told.state(lambda state: state.playing, "playing").candidate == "a"


def test_what_cannot_be_done_is_told_by_name(preview: Start, tmp_path: Path) -> None:
    told = preview("none")
    failed = told.ask(messages.Play(), messages.Failed)
    assert (failed.code, "load a sound" in failed.sentence) == ("bad_argument", True)
    failed = told.ask(messages.Load(candidate="a", path=str(tmp_path / "none.wav")), messages.Failed)
    assert failed.code == "file_unreadable"
    failed = told.ask(messages.Param(name="gian", value=1), messages.Failed)
    assert "gain_db" in failed.sentence
    failed = told.ask(messages.Commit(path=str(tmp_path / "x.wav")), messages.Failed)
    assert failed.code == "bad_argument"
    assert not list(tmp_path.iterdir())


def test_a_device_that_nobody_needs_is_let_go_and_taken_again(noise: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[messages.Reply] = []
    player = Player(Settings.load(roots=(Path("/"),)), "none", told.append)

    def device_is(name: str) -> bool:
        player.turn()
        return bool(told) and isinstance(told[-1], messages.State) and told[-1].device == name

    until(lambda: device_is("none"), "the device")
    monkeypatch.setattr("engine.preview.player.IDLE_SECONDS", -1.0)
    until(lambda: device_is(""), "that it is let go")
    monkeypatch.setattr("engine.preview.player.IDLE_SECONDS", 60.0)
    player.obey(messages.Load(candidate="a", path=str(noise)))
    until(lambda: device_is("none"), "that it is taken again")
    player.close()
