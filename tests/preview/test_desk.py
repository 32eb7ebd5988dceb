"""The desk: at rest it is the sound itself; whatever moves, nothing clicks; what is printed is what was heard."""

from __future__ import annotations

import numpy as np
import pytest

import plugin_bridge
from engine.audio import Audio, Samples
from engine.chain import Chain, Link
from engine.config import Settings
from engine.dsp import loudness
from engine.errors import BadArgument, CuewrightError
from engine.preview.desk import BLOCK_SAMPLES, Desk
from engine.preview.knobs import KNOBS
from engine.source import Held

RATE = 48_000


def tone(hz: float = 220.0, seconds: float = 3.0, level: float = 0.25, rate: int = RATE) -> Audio:
    t = np.arange(round(seconds * rate)) / rate
    return Audio(samples=(level * np.sin(2 * np.pi * hz * t))[None], sample_rate_hz=rate)


def noise(seconds: float = 2.0, seed: int = 1, level: float = 0.1) -> Audio:
    rng = np.random.default_rng(seed)
    return Audio(samples=level * rng.standard_normal((2, round(seconds * RATE))), sample_rate_hz=RATE)


def desk_with(*sounds: Audio) -> Desk:
    desk = Desk(RATE)
    for number, sound in enumerate(sounds):
        desk.load("abc"[number], sound)
    return desk


def run(desk: Desk, seconds: float) -> Samples:
    return np.concatenate([desk.block() for _ in range(round(seconds * RATE / BLOCK_SAMPLES))], axis=1)


def click(samples: Samples) -> float:
    """The largest third difference: of a low tone tiny, of a step about the step."""
    return float(np.abs(np.diff(samples, 3, axis=1)).max())


def pitch_hz(samples: Samples) -> float:
    spectrum = np.abs(np.fft.rfft(samples[0] * np.hanning(samples.shape[1]), 8 * samples.shape[1]))
    return float(np.argmax(spectrum)) * RATE / (8 * samples.shape[1])


def test_at_rest_it_is_the_sound_itself_from_its_first_sample() -> None:
    sound = noise()
    desk = desk_with(sound)
    desk.play()
    heard = run(desk, 1.5)
    assert np.array_equal(heard, sound.samples[:, : heard.shape[1]])


def test_it_is_silent_until_it_plays_and_ends_by_itself() -> None:
    desk = desk_with(noise(0.5))
    assert not run(desk, 0.2).any()
    desk.play()
    run(desk, 1.5)
    assert not desk.state.playing
    assert not run(desk, 0.1).any()
    desk.play()
    assert desk.position_samples == 0


def test_the_room_rings_on_behind_the_end() -> None:
    desk = desk_with(noise(0.5))
    desk.set("wetness", 1.0)
    desk.set("tail_seconds", 2.0)
    desk.play()
    run(desk, 0.6)
    ringing = run(desk, 0.5)
    assert np.abs(ringing).max() > 1e-3
    run(desk, 6.0)
    assert not desk.state.playing


@pytest.mark.parametrize(("name", "value"), [(knob.name, knob.high) for knob in KNOBS.values()])
def test_a_knob_moves_without_a_click_and_is_there_soon(name: str, value: float) -> None:
    desk = desk_with(tone(seconds=6.0))
    if name == "tail_seconds":
        desk.set("wetness", 0.5)
    desk.play()
    before = run(desk, 0.5)
    desk.set(name, value)
    moving = run(desk, 0.3)
    after = run(desk, 0.5)
    pitched = 2 ** (3 * value / 12) if name == "pitch_semitones" else 1.0
    assert click(np.concatenate([before[:, -512:], moving, after], axis=1)) < 0.004 * pitched
    if name not in ("pace", "tail_seconds"):  # of a lasting tone these are not heard
        assert np.abs(after - before[:, : after.shape[1]]).max() > 0.02
    assert desk.state.knobs[name] == value


def test_what_is_neutral_again_is_the_sound_itself_again() -> None:
    sound = noise(4.0)
    desk = desk_with(sound)
    desk.play()
    for name in ("gain_db", "distance_m", "brightness_db"):
        desk.set(name, KNOBS[name].high)
    run(desk, 0.5)
    for name in ("gain_db", "distance_m", "brightness_db"):
        desk.set(name, KNOBS[name].default)
    run(desk, 0.5)
    at = desk.position_samples
    assert np.array_equal(run(desk, 0.5), sound.samples[:, at : at + 93 * BLOCK_SAMPLES + BLOCK_SAMPLES][:, :24_064])


def test_pace_keeps_the_pitch_and_pitch_the_pace() -> None:
    desk = desk_with(tone(440.0, seconds=8.0))
    desk.set("pace", 1.5)
    desk.play()
    heard = run(desk, 2.0)
    assert pitch_hz(heard[:, 9_600:]) == pytest.approx(440, rel=0.01)
    assert desk.position_samples == pytest.approx(3.0 * RATE, abs=2_100)
    desk.set("pace", 1.0)
    desk.set("pitch_semitones", 7.0)
    run(desk, 0.5)
    at = desk.position_samples
    heard = run(desk, 1.0)
    assert pitch_hz(heard) == pytest.approx(440 * 2 ** (7 / 12), rel=0.01)
    assert desk.position_samples - at == pytest.approx(RATE, abs=1_100)


def test_far_away_it_is_softer_duller_and_more_of_the_room() -> None:
    def at(metres: float) -> Samples:
        desk = desk_with(noise(3.0))
        desk.set("distance_m", metres)
        desk.play()
        return run(desk, 2.0)[:, RATE // 2 :]

    near, far = at(1.0), at(60.0)
    assert np.std(far) < 0.5 * np.std(near)
    treble = [np.std(np.diff(sound, axis=1)) / np.std(sound) for sound in (near, far)]
    assert treble[1] < 0.8 * treble[0]


def test_locate_and_stop_and_play_do_not_click() -> None:
    desk = desk_with(tone(seconds=6.0))
    desk.play()
    heard = [run(desk, 0.4)]
    for position in (4 * RATE, 101, 2 * RATE + 57):
        desk.locate(position)
        heard.append(run(desk, 0.2))
    assert abs(desk.position_samples - (2 * RATE + 57 + 0.2 * RATE)) < 2 * BLOCK_SAMPLES
    desk.stop()
    heard.append(run(desk, 0.1))
    desk.play()
    heard.append(run(desk, 0.2))
    assert click(np.concatenate(heard, axis=1)) < 0.004
    assert not heard[4][:, -1_000:].any()


def test_a_loop_has_no_seam_and_its_own_length() -> None:
    desk = desk_with(tone(223.0, seconds=4.0))
    desk.loop(RATE, RATE + 24_001)
    desk.locate(RATE)
    desk.play()
    heard = run(desk, 3.0)
    assert click(heard[:, 512:]) < 0.004
    assert desk.state.playing
    assert RATE <= desk.position_samples < RATE + 24_001
    rounds = heard[:, 480 * 50 : 480 * 50 + 24_001], heard[:, 480 * 50 + 24_001 : 480 * 50 + 2 * 24_001]
    assert np.abs(rounds[0] - rounds[1]).max() < 1e-4
    desk.loop(0, 0)
    run(desk, 4.0)
    assert not desk.state.playing


def test_candidates_are_as_loud_as_the_softest_and_go_on_at_the_same_place() -> None:
    desk = desk_with(noise(4.0, 1, 0.05), noise(4.0, 2, 0.3))
    desk.play()
    first = run(desk, 1.5)
    at = desk.position_samples
    desk.select("b")
    assert abs(desk.position_samples - at) <= BLOCK_SAMPLES
    run(desk, 0.1)
    second = run(desk, 1.5)
    levels = [
        loudness.measure(Held(Audio(samples=each, sample_rate_hz=RATE))).integrated_lufs for each in (first, second)
    ]
    assert levels[0] == pytest.approx(levels[1], abs=0.3)
    assert desk.state.candidate == "b"


def test_another_rate_and_mono_are_played_at_the_desk_s() -> None:
    desk = desk_with(tone(440.0, seconds=2.0, rate=44_100))
    desk.play()
    assert pitch_hz(run(desk, 1.0)) == pytest.approx(440, rel=0.003)


def test_what_is_printed_is_what_was_heard() -> None:
    desk = desk_with(noise(4.0))
    desk.locate(4_800)
    desk.play()
    heard = []
    for name, value in (("gain_db", -9.0), ("distance_m", 20.0), ("pitch_semitones", -5.0), ("wetness", 0.7)):
        heard.append(run(desk, 0.3))
        desk.set(name, value)
    heard.append(run(desk, 0.5))
    printed, at = desk.heard()
    assert at == 4_800
    assert np.array_equal(printed.samples, np.concatenate(heard, axis=1))


def test_the_same_moves_give_the_same_samples() -> None:
    def once() -> Samples:
        desk = desk_with(noise(4.0), tone(seconds=4.0))
        desk.play()
        heard = [run(desk, 0.2)]
        for name, value in (("pace", 1.7), ("wetness", 0.4), ("pitch_semitones", 3.0)):
            desk.set(name, value)
            heard.append(run(desk, 0.2))
        desk.select("b")
        return np.concatenate([*heard, run(desk, 0.3)], axis=1)

    assert np.array_equal(once(), once())


def test_a_sound_that_is_still_being_made_is_waited_for_and_goes_on_whole() -> None:
    sound = noise(3.0)
    desk = Desk(RATE)
    desk.load("a", Audio(samples=sound.samples[:, :RATE], sample_rate_hz=RATE), is_whole=False)
    desk.play()
    early = run(desk, 0.8)
    assert np.array_equal(early, sound.samples[:, : early.shape[1]])
    run(desk, 0.4)
    assert desk.state.waiting
    at = desk.position_samples
    desk.append("a", Audio(samples=sound.samples[:, RATE:], sample_rate_hz=RATE), is_last=True)
    late = run(desk, 0.5)
    assert np.array_equal(late, sound.samples[:, at : at + late.shape[1]])
    assert not desk.state.waiting


def test_a_chain_is_heard_and_its_parameters_move() -> None:
    desk = desk_with(tone(seconds=5.0))
    chain = Chain(links=(Link(plugin="gain", parameters={"gain_db": -6.0}),))
    with plugin_bridge.open_rack(chain, sample_rate_hz=RATE, channels=2, settings=Settings()) as rack:
        desk.put_chain(rack)
        desk.play()
        before = run(desk, 0.5)
        desk.set("chain.1.gain_db", -20.0)
        moving = run(desk, 0.5)
        after = run(desk, 0.5)
    assert np.abs(before[:, 4_800:]).max() == pytest.approx(0.25 * 10 ** (-6 / 20), rel=0.01)
    assert np.abs(after).max() == pytest.approx(0.25 * 10 ** (-20 / 20), rel=0.01)
    assert click(moving) < 0.004


@pytest.mark.parametrize(
    ("name", "value", "field"),
    [
        ("volume", 1.0, "name"),
        ("gain_db", 13.0, "value"),
        ("gain_db", float("nan"), "value"),
        ("pace", "fast", "value"),
        ("chain.1.gain_db", 1.0, "name"),
    ],
)
def test_what_is_no_knob_or_goes_too_far_is_told(name: str, value: float | str, field: str) -> None:
    desk = desk_with(tone())
    with pytest.raises(CuewrightError) as caught:
        desk.set(name, value)
    assert caught.value.field == field


def test_what_cannot_be_is_told_and_nothing_changes() -> None:
    desk = Desk(RATE)
    with pytest.raises(BadArgument, match="nothing to play"):
        desk.play()
    desk.load("a", tone())
    with pytest.raises(BadArgument, match="there are a"):
        desk.select("z")
    with pytest.raises(BadArgument, match="loop"):
        desk.loop(100, 50)
    with pytest.raises(BadArgument):
        desk.locate(-1)
    with pytest.raises(BadArgument, match="Nothing was heard"):
        desk.heard()
    desk.play()
    desk.unload("a")
    assert not run(desk, 0.05)[:, 1_000:].any()
    assert desk.state.candidate == ""


def test_effects_that_never_fall_silent_end_all_the_same() -> None:
    desk = desk_with(noise(0.3))
    chain = Chain.read({"links": [{"plugin": "delay", "parameters": {"feedback": 1.0, "delay_seconds": 0.1}}]})
    with plugin_bridge.open_rack(chain, sample_rate_hz=RATE, channels=2, settings=Settings()) as rack:
        desk.put_chain(rack)
        desk.play()
        run(desk, 2.0)
        assert desk.state.playing
        run(desk, 6.0)
    assert not desk.state.playing
