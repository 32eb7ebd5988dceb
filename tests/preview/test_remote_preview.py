"""The preview over OSC, through a real engine and, where something is heard, a real device that is captured."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
import psutil
import pytest
import soundfile
from preview.player_case import Capture, Pulse, until

from engine.cli.process import EngineProcess, running_engine
from engine.planning.cuesheet.read import read_sheet
from engine.protocol import codec
from engine.protocol.client import Client
from engine.protocol.codec import Value
from engine.protocol.messages import DoneReply, ErrorReply, Reply, StemReply
from engine.protocol.preview_messages import (
    PreviewCommittedReply,
    PreviewLoadedReply,
    PreviewOutputReply,
    PreviewRecordedReply,
    PreviewStateReply,
)
from engine.protocol.schema import parse_reply, request_message
from engine.session import Session

R = TypeVar("R", bound=Reply)
RATE = 48_000


class Remote:
    """A script that asks the preview by UDP."""

    def __init__(self, engine: EngineProcess) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect((engine.host, engine.port))

    def tell(self, address: str, *fixed: Value, **keys: Value) -> None:
        self._socket.send(codec.encode(request_message(f"/cuewright/preview/{address}", *fixed, **keys)))

    def hear(self, kind: type[R], holds: Callable[[R], bool] = lambda reply: True) -> R:
        """The next reply of that kind for which it holds; an error that nobody waits for fails."""
        deadline = time.monotonic() + 20
        while (left := deadline - time.monotonic()) > 0:
            self._socket.settimeout(left)
            for message in codec.decode(self._socket.recv(65_536)):
                reply = parse_reply(message)
                if isinstance(reply, kind):
                    if holds(reply):
                        return reply
                else:
                    assert not isinstance(reply, ErrorReply), reply
        raise AssertionError(f"no {kind.__name__}")

    def load(self, candidate: str, **keys: Value) -> PreviewLoadedReply:
        self.tell("load", candidate, **keys)
        return self.hear(PreviewLoadedReply, lambda reply: reply.candidate == candidate)

    def state(self, holds: Callable[[PreviewStateReply], bool] = lambda reply: True) -> PreviewStateReply:
        self.tell("state")
        return self.hear(PreviewStateReply, holds)

    def refused(self, address: str, *fixed: Value, **keys: Value) -> tuple[str, str]:
        """Code and field."""
        self.tell(address, *fixed, **keys)
        error = self.hear(ErrorReply)
        assert error.about == f"/cuewright/preview/{address}"
        return error.code, error.field

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def remote(running: EngineProcess) -> Iterator[Remote]:
    """The engine that all tests share has no device."""
    made = Remote(running)
    made.tell("device", "none")
    made.hear(PreviewStateReply, lambda state: state.device == "none")
    yield made
    made.tell("stop")
    for candidate in json.loads(made.state(lambda state: not state.playing).candidates):
        made.tell("unload", candidate)
    made.tell("loop", 0.0, 0.0)
    made.tell("follow", False)
    made.state(lambda state: state.candidates == "[]" and not state.following)
    made.close()


@pytest.fixture
def tone(engine_home: Path) -> Path:
    path = engine_home / "tone.wav"
    sine = 0.25 * np.sin(2 * np.pi * 440 * np.arange(2 * RATE) / RATE)
    soundfile.write(path, sine, RATE, subtype="FLOAT")
    return path


def test_a_file_is_loaded_played_and_printed(remote: Remote, tone: Path, engine_home: Path) -> None:
    loaded = remote.load("A", path=str(tone), position_samples=96_000)
    assert (loaded.length_seconds, loaded.is_whole) == (2.0, True)
    remote.tell("play")
    playing = remote.hear(PreviewStateReply, lambda state: state.playing)
    assert (playing.candidate, playing.device) == ("A", "none")
    remote.tell("param", "gain_db", -6.0)
    remote.hear(PreviewStateReply, lambda state: json.loads(state.knobs)["gain_db"] == -6.0)
    remote.hear(PreviewStateReply, lambda state: not state.playing)
    remote.tell("commit", str(engine_home / "printed.wav"))
    printed = remote.hear(PreviewCommittedReply)
    assert (printed.position_samples, printed.sample_rate_hz) == (96_000, RATE)
    samples, _ = soundfile.read(printed.path)
    assert len(samples) == printed.length_samples >= 2 * RATE
    assert np.abs(samples[RATE : 2 * RATE]).max() == pytest.approx(0.125, rel=0.01)


def test_a_loop_is_gone_round_and_printed_as_one_pass(remote: Remote, tone: Path, engine_home: Path) -> None:
    remote.load("A", path=str(tone))
    remote.tell("loop", 0.5, 1.0)
    remote.tell("locate", 0.75)
    remote.tell("play")
    remote.hear(PreviewStateReply, lambda state: state.playing and state.seconds > 0.7)
    remote.tell("commit", str(engine_home / "loop.wav"))
    assert remote.hear(PreviewCommittedReply).length_samples == RATE // 2


def test_words_are_heard_at_once(remote: Remote) -> None:
    assert 0.1 < remote.load("door", prompt="a heavy wooden door slams", seed=3).length_seconds < 6.0


def test_of_a_long_sound_the_beginning_is_heard_before_the_rest(remote: Remote) -> None:
    first = remote.load("rain", prompt="rain", duration=300.0)
    assert (first.length_seconds, first.is_whole) == (6.0, False)
    remote.tell("play")
    remote.hear(PreviewStateReply, lambda state: state.playing)
    rest = remote.hear(PreviewLoadedReply)
    assert (rest.length_seconds, rest.is_whole) == (300.0, True)
    assert remote.state(lambda state: state.playing).length_seconds == 300.0


def test_the_stems_of_a_job_are_candidates_as_they_come(remote: Remote, client: Client, engine_home: Path) -> None:
    job = "preview-job"
    replies = client.generate(job, prompt="glass shatters", takes=3, seed=2, folder=str(engine_home / job))
    next(replies)
    remote.tell("load", "glass", job=job)
    loaded = [remote.hear(PreviewLoadedReply).candidate for _ in range(3)]
    assert sorted(loaded) == ["glass", "glass 2", "glass 3"]
    ended = list(replies)
    assert isinstance(ended[-1], DoneReply)
    assert sum(isinstance(reply, StemReply) and reply.stem.kind == "stem" for reply in ended) >= 3
    remote.tell("select", "glass 2")
    remote.hear(PreviewStateReply, lambda state: state.candidate == "glass 2")


def test_everything_is_heard_through_a_preset(remote: Remote, tone: Path) -> None:
    remote.load("A", path=str(tone))
    remote.tell("chain", "phone")
    remote.hear(PreviewStateReply)
    remote.tell("param", "chain.1.mix", 0.5)
    remote.hear(PreviewStateReply)
    assert remote.refused("param", "chain.1.nothing", 1.0) == ("chain_invalid", "name")
    remote.tell("chain", "")
    remote.hear(PreviewStateReply)
    assert remote.refused("param", "chain.1.mix", 0.5)[0] == "bad_argument"


def test_keys_are_struck_and_kept_as_a_cue_sheet(remote: Remote, tone: Path, engine_home: Path) -> None:
    for name in ("left", "right"):
        remote.load(name, path=str(tone), key=36)
    remote.tell("record", True)
    remote.hear(PreviewStateReply, lambda state: state.recording)
    for velocity in (1.0, 0.5, 0.0):
        remote.tell("strike", 36, velocity)
    remote.tell("record", False, path=str(engine_home / "steps.csv"))
    recorded = remote.hear(PreviewRecordedReply)
    sheet = read_sheet(Path(recorded.path), session=Session(), position_samples=0)
    assert recorded.cues_count == 2
    assert [(cue.label, cue.strength) for cue in sheet.cues] == [("left", 1.0), ("right", 0.5)]
    remote.tell("midi_inputs")
    remote.hear(PreviewStateReply)
    assert remote.refused("midi", "no such keyboard") == ("no_device", "port")
    assert remote.refused("bind", "cc7", "loudness") == ("bad_argument", "name")
    assert remote.refused("learn", "loudness") == ("bad_argument", "name")
    assert remote.refused("record", False, path="/etc/steps.csv") == ("path_not_allowed", "path")


def test_what_is_wrong_is_told_with_its_key(remote: Remote, tone: Path, engine_home: Path) -> None:
    assert remote.refused("play") == ("bad_argument", "candidate")
    assert remote.refused("locate", 1.0) == ("bad_argument", "candidate")
    assert remote.refused("load", "A") == ("bad_argument", "path")
    assert remote.refused("load", "A", path=str(tone), prompt="rain") == ("bad_argument", "path")
    assert remote.refused("load", "A", path="/etc/passwd") == ("path_not_allowed", "path")
    assert remote.refused("load", "A", path=str(engine_home / "none.wav")) == ("file_unreadable", "path")
    assert remote.refused("load", "A", prompt="a unicorn's thoughts") == ("prompt_not_matched", "prompt")
    assert remote.refused("load", "A", job="no-such-job") == ("unknown_job", "job")
    assert remote.refused("load", "A", path=str(tone), session="none")[1] == "session"
    assert remote.refused("commit", "/etc/printed.wav") == ("path_not_allowed", "path")
    assert remote.refused("commit", str(engine_home / "n.wav"), what="pass") == ("bad_argument", "candidate")
    assert remote.refused("select", "B") == ("bad_argument", "candidate")
    assert remote.refused("param", "loudness", 3.0) == ("bad_argument", "name")
    assert remote.refused("param", "gain_db", 90.0) == ("bad_argument", "value")
    assert remote.refused("param", "gain_db") == ("bad_argument", "value")
    assert remote.refused("chain", "no-such-preset") == ("unknown_preset", "preset")
    assert remote.refused("loop", 2.0, 1.0) == ("bad_argument", "loop")
    assert remote.refused("transport", True, 0, session="none")[1] == "session"


def test_a_player_that_dies_comes_back_with_all_that_was_loaded(
    remote: Remote, tone: Path, running: EngineProcess
) -> None:
    remote.load("A", path=str(tone))
    assert remote.refused("param", "chain.1.mix", 0.5)[0] == "bad_argument"
    remote.tell("param", "pace", 0.5)
    remote.hear(PreviewStateReply, lambda state: json.loads(state.knobs)["pace"] == 0.5)
    player = next(
        child
        for child in psutil.Process(running.process.pid).children(recursive=True)
        if any("engine.preview.process" in word for word in child.cmdline())
    )
    player.kill()
    remote.hear(PreviewStateReply, lambda state: "started again" in state.trouble)
    back = remote.state(lambda state: state.candidates == '["A"]' and not state.trouble)
    assert json.loads(back.knobs)["pace"] == 0.5


def test_the_transport_is_followed_and_heard(pulse: Pulse, capture: Capture, tmp_path: Path) -> None:
    """A second of the DAW's: the ticks at its whole seconds come out of the device together, a second apart."""
    ticks = np.zeros(8 * RATE, np.float32)
    ticks[::RATE] = 0.9
    soundfile.write(tmp_path / "ticks.wav", ticks, RATE, subtype="FLOAT")
    environment = {name: pulse.env[name] for name in ("XDG_RUNTIME_DIR", "HOME")}
    with running_engine(tmp_path / "data", tmp_path, environment=environment) as engine:
        remote = Remote(engine)
        remote.tell("devices")
        outputs = {remote.hear(PreviewOutputReply).name for _ in range(1)}
        assert outputs
        remote.load("ticks", path=str(tmp_path / "ticks.wav"), position_samples=44_100, session="")
        remote.tell("follow", True)
        remote.hear(PreviewStateReply, lambda state: state.following and bool(state.device))
        began = time.monotonic()

        def stamp() -> bool:
            position = 1.5 + time.monotonic() - began
            remote.tell("transport", True, round(position * RATE))
            time.sleep(1 / 30)
            return position > 6.5

        until(stamp, "the transport", 20)
        remote.tell("transport", False, 7 * RATE)
        remote.hear(PreviewStateReply, lambda state: not state.playing)
        remote.close()
    heard = np.abs(capture.samples()).max(axis=0)
    at = np.flatnonzero(heard > 0.3)
    at = at[np.diff(at, prepend=-RATE) > RATE // 2]
    assert len(at) >= 4
    assert np.diff(at[1:]) == pytest.approx(np.full(len(at) - 2, RATE), abs=0.02 * RATE)
