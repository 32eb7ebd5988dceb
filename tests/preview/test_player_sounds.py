"""What a player is given to play: built-in sounds, sounds that grow, chains; and a device that runs at another rate."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from preview.player_case import Capture, Pulse, Told, until

from engine.backends.procedural import ProceduralBackend
from engine.chain import Chain, Link
from engine.config import Settings
from engine.handle import Handle
from engine.plan import TakeSpec
from engine.preview import messages
from engine.preview.making import make_take
from engine.preview.output import open_sink

RATE_HZ = 48_000
Start = Callable[..., Told]


def spec(**changes: object) -> TakeSpec:
    values: dict[str, object] = {
        "backend": "procedural",
        "backend_version": "1",
        "source": "rain",
        "text": "rain",
        "seed": 7,
        "length_samples": RATE_HZ,
        "channels": 2,
        "sample_rate_hz": RATE_HZ,
    }
    return TakeSpec.read(values | changes)


@pytest.fixture
def tone(tmp_path: Path) -> Path:
    path = tmp_path / "tone.wav"
    sine = 0.25 * np.sin(2 * np.pi * 440 * np.arange(RATE_HZ) / RATE_HZ)
    soundfile.write(path, np.stack([sine, sine], axis=1), RATE_HZ, subtype="FLOAT")
    return path


def heard(told: Told, path: Path, what: str = "heard") -> np.ndarray:
    printed = told.ask(messages.Commit.read({"path": str(path), "what": what}), messages.Committed)
    return np.asarray(soundfile.read(printed.path, dtype="float32", always_2d=True)[0].T)


def test_a_built_in_sound_has_the_samples_of_its_stem() -> None:
    (take,) = ProceduralBackend(Settings.load()).render((spec(),), Handle())
    made = make_take(spec(), Settings.load())
    np.testing.assert_array_equal(made.samples, take.audio.samples[:, take.onset_samples :])


def test_a_built_in_sound_is_loaded_and_a_wrong_one_told(preview: Start) -> None:
    told = preview("none")
    loaded = told.ask(messages.Load(candidate="a", take=spec()), messages.Loaded)
    assert (loaded.length_samples, loaded.loudness_lufs is not None) == (RATE_HZ, True)
    failed = told.ask(messages.Load(candidate="b", take=spec(source="unicorn")), messages.Failed)
    assert (failed.code, "'unicorn'" in failed.sentence) == ("bad_argument", True)


def test_a_sound_that_grows_plays_from_what_is_there_and_goes_on(preview: Start, tone: Path, tmp_path: Path) -> None:
    told = preview("none")
    told.ask(messages.Load(candidate="a", path=str(tone), is_whole=False), messages.Loaded)
    told.do(messages.Play())
    waits = told.state(lambda state: state.waiting, "the end of what is there")
    assert waits.playing
    told.do(messages.More(candidate="a", path=str(tone), is_last=True))
    ended = told.state(lambda state: not state.playing and state.ready, "the end")
    assert ended.length_samples == 2 * RATE_HZ


def test_a_chain_is_heard_moved_and_printed(preview: Start, tone: Path, tmp_path: Path) -> None:
    told = preview("none")
    told.ask(messages.Load(candidate="a", path=str(tone)), messages.Loaded)
    told.service.send(messages.PutChain(chain=Chain(links=(Link(plugin="gain", parameters={"gain_db": -20.0}),))))
    told.do(messages.Param(name="chain.1.gain_db", value=-40.0))
    once = heard(told, tmp_path / "pass.wav", "pass")
    steady = once[0, RATE_HZ // 2 : RATE_HZ]
    assert np.abs(steady).max() == pytest.approx(0.0025, rel=0.01)


def test_a_chain_with_a_wrong_name_is_told_and_changes_nothing(preview: Start, tone: Path, tmp_path: Path) -> None:
    told = preview("none")
    told.ask(messages.Load(candidate="a", path=str(tone)), messages.Loaded)
    wrong = Chain(links=(Link(plugin="gain", parameters={"gian_db": -20.0}),))
    failed = told.ask(messages.PutChain(chain=wrong), messages.Failed)
    assert (failed.code, failed.field) == ("chain_invalid", "links.0.parameters.gian_db")
    assert np.abs(heard(told, tmp_path / "pass.wav", "pass")).max() == pytest.approx(0.25, rel=0.001)


def test_a_device_that_refuses_the_rate_plays_at_its_own_at_the_right_pitch(
    pulse: Pulse, capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    import rtmixer
    import sounddevice

    class Only44100(rtmixer.Mixer):
        def __init__(self, **options: object) -> None:
            if options["samplerate"] != 44_100:
                raise sounddevice.PortAudioError("Invalid sample rate", -9997)
            super().__init__(**options)

    monkeypatch.setattr(rtmixer, "Mixer", Only44100)
    sink = open_sink("pulse", RATE_HZ)
    assert sink.rate_hz == 44_100
    sine = 0.25 * np.sin(2 * np.pi * 1_000 * np.arange(3 * RATE_HZ) / RATE_HZ).astype(np.float32)
    written = 0

    def feeds() -> bool:
        nonlocal written
        while sink.wants >= 256 and written + 256 <= sine.size:
            sink.write(np.stack([sine[written : written + 256]] * 2))
            written += 256
        sink.check()
        time.sleep(0.002)
        return np.flatnonzero(np.abs(capture.samples()[0]) > 0.2).size > RATE_HZ // 4

    try:
        until(feeds, "sound")
    finally:
        sink.close()
    got = capture.samples()[0]
    at = int(np.argmax(np.abs(got) > 0.2))
    part = got[at + 480 : at + 480 + 9_600]
    spectrum = np.abs(np.fft.rfft(part * np.hanning(part.size)))
    assert np.argmax(spectrum) * RATE_HZ / part.size == 1_000
    assert sink.dropouts == 0


def test_a_player_with_effects_ends_by_itself(preview: Start) -> None:
    told = preview("none")
    told.do(messages.PutChain(chain=Chain(links=(Link(plugin="reverb"), Link(plugin="gsm")))))
    process = told.service._process
    assert process is not None
    told.service.close()
    assert process.returncode == 0  # and was not killed
