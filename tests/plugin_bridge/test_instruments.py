"""Real instruments in the sandbox: every note on its sample, as hard as asked for, rung out; and their faults."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import mido
import numpy as np
import pytest

from engine.chain import Chain, Link
from engine.config import Settings
from engine.cue import Cue
from engine.errors import BadArgument, ChainInvalid, CuewrightError, FileUnreadable, PluginFailed, PluginMissing
from plugin_bridge.instruments import play
from plugin_bridge.notes import Note, events_of, notes_of_cues, read_midi
from plugin_bridge.sandbox import Limits
from plugin_bridge.wire import SLOT_SAMPLES

RATE = 48_000
Of = Callable[..., Link]


@pytest.fixture
def settings(plugins: Path) -> Settings:
    return Settings(roots=(plugins,))


@pytest.fixture
def of(plugins: Path) -> Of:
    def link(name: str, **parameters: float) -> Link:
        return Link(plugin=str(plugins / f"{name}.vst3"), parameters=dict(parameters))

    return link


def struck(*at_samples: int, velocity: float = 1.0, key: int = 69) -> tuple[Note, ...]:
    return tuple(Note(start_samples=at, length_samples=2_000, key=key, velocity=velocity) for at in at_samples)


def onsets(sound: np.ndarray) -> list[int]:
    """Samples at which it begins, after being silent for a while."""
    loud = np.flatnonzero(np.abs(sound[0]) > 1e-3)
    return [int(at) for at in loud[np.diff(loud, prepend=-RATE) > 4_000]]


def sound_of(settings: Settings, notes: tuple[Note, ...], *links: Link) -> np.ndarray:
    done = play(Chain(links=links), events_of(notes), sample_rate_hz=RATE, settings=settings)
    return done.audio.samples


@pytest.mark.parametrize("name", ["TestSynth", "TestLateSynth"])
def test_every_note_begins_at_its_sample(of: Of, settings: Settings, name: str) -> None:
    at = (0, 17_001, SLOT_SAMPLES - 1, SLOT_SAMPLES + 40_003, 3 * SLOT_SAMPLES)
    sound = sound_of(settings, struck(*at), of(name))
    assert onsets(sound) == list(at)
    first = sound[0, 17_001 : 17_001 + 1_000]
    np.testing.assert_allclose(first, np.cos(2 * np.pi * 440 * np.arange(1_000) / RATE), atol=1e-4)


def test_a_harder_note_is_louder_and_another_key_another_pitch(of: Of, settings: Settings) -> None:
    sound = sound_of(settings, struck(0) + struck(30_000, velocity=0.5, key=81), of("TestSynth"))
    assert np.abs(sound[0, 30_000:32_000]).max() == pytest.approx(64 / 127, abs=0.01)
    spectrum = np.abs(np.fft.rfft(sound[0, 30_000:32_000] * np.hanning(2_000)))
    assert np.argmax(spectrum) * RATE / 2_000 == pytest.approx(880, abs=24)


def test_it_rings_out_and_then_ends(of: Of, settings: Settings) -> None:
    sound = sound_of(settings, struck(0), of("TestSynth"))
    ring_seconds = (sound.shape[1] - 2_000) / RATE
    assert ring_seconds == pytest.approx(0.02 * np.log(1e4), abs=0.005)  # to 80 dB below
    cut = play(
        Chain(links=(of("TestSynth"),), tail_seconds=0.05), events_of(struck(0)), sample_rate_hz=RATE, settings=settings
    )
    assert cut.audio.length_samples == 2_000 + round(0.05 * RATE)
    assert abs(cut.audio.samples[0, -1]) < 1e-3


def test_its_parameters_are_set_and_effects_lie_behind_it(of: Of, settings: Settings) -> None:
    plain = sound_of(settings, struck(0), of("TestSynth"))
    softer = sound_of(settings, struck(0), of("TestSynth", gain_x=0.5), Link(plugin="gain", parameters={"gain_db": -6}))
    np.testing.assert_allclose(softer[:, :2_000], plain[:, :2_000] * 0.5 * 10 ** (-6 / 20), atol=1e-4)


def test_a_mono_instrument_is_heard_from_both_sides(of: Of, settings: Settings) -> None:
    mono = sound_of(settings, struck(0), of("TestMonoSynth"))
    np.testing.assert_array_equal(mono, sound_of(settings, struck(0), of("TestSynth")))


@pytest.mark.parametrize(
    ("links", "error", "said"),
    [
        (("TestGain",), ChainInvalid, "TestGain is an effect"),
        (("TestNone",), PluginMissing, "is not there"),
        (("TestBadLoad",), PluginFailed, "TestBadLoad crashed while it was loaded"),
    ],
)
def test_what_cannot_play_is_told_by_name(
    of: Of, settings: Settings, links: tuple[str, ...], error: type[CuewrightError], said: str
) -> None:
    with pytest.raises(error, match=said) as told:
        sound_of(settings, struck(0), *map(of, links))
    assert told.value.field.startswith("links.0") or error is PluginFailed


def test_a_wrong_parameter_a_built_in_effect_and_nothing_are_refused(of: Of, settings: Settings) -> None:
    with pytest.raises(ChainInvalid, match="gain_x") as told:
        sound_of(settings, struck(0), of("TestSynth", gian_x=1.0))
    assert told.value.field == "links.0.parameters.gian_x"
    with pytest.raises(ChainInvalid, match="reverb is an effect"):
        sound_of(settings, struck(0), Link(plugin="reverb"))
    with pytest.raises(ChainInvalid, match="no instrument"):
        sound_of(settings, struck(0))


def test_an_instrument_that_crashes_as_it_plays_is_told(of: Of, settings: Settings) -> None:
    with pytest.raises(PluginFailed, match="TestCrashSynth crashed while it played"):
        play(
            Chain(links=(of("TestCrashSynth", gain_x=2.0),)),
            events_of(struck(0)),
            sample_rate_hz=RATE,
            settings=settings,
            limits=Limits(process_seconds=2.0),
        )


# Cues and files


def cue(start: int, **rest: object) -> Cue:
    return Cue.read({"id": f"c{start}", "start_samples": start} | rest)


def test_cues_become_notes_as_hard_as_they_are_strong() -> None:
    cues = (
        cue(4_800, strength=0.5, kind="step"),
        cue(9_600, length_samples=48_000, label="Door"),
        cue(0, strength=0.0),
        cue(14_000),
    )
    notes = notes_of_cues(cues, RATE, key=60, keys={"step": 36, "door": 38})
    assert [(note.start_samples, note.key) for note in notes] == [(0, 60), (4_800, 36), (9_600, 38), (14_000, 60)]
    assert [note.velocity for note in notes] == [1 / 127, 0.5, 1.0, 1.0]
    assert [note.length_samples for note in notes] == [12_000, 12_000, 48_000, 12_000]


def test_a_key_is_up_before_it_is_struck_again() -> None:
    first, second = notes_of_cues((cue(0, length_samples=9_000), cue(1_000)), RATE)
    assert first.start_samples + first.length_samples == second.start_samples
    order = [event.data[0] & 0xF0 for event in events_of((first, second))]
    assert order == [0x90, 0x80, 0x90, 0x80]


def test_a_file_is_read_with_its_tempo_changes(tmp_path: Path) -> None:
    file = mido.MidiFile(ticks_per_beat=480)
    tempo, keys = mido.MidiTrack(), mido.MidiTrack()
    tempo += [
        mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(120)),
        mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(60), time=960),
    ]
    keys += [
        mido.Message("note_on", note=60, velocity=64, time=480),
        mido.Message("note_off", note=60, time=480),
        mido.Message("note_on", note=62, velocity=127, time=480),
        mido.Message("control_change", control=1, value=9, time=0),
    ]
    file.tracks += [tempo, keys]
    file.save(tmp_path / "a.mid")
    events = read_midi(tmp_path / "a.mid", RATE)
    starts = [event.at_samples for event in events if event.data[0] == 0x90]
    assert starts == [RATE // 2, 2 * RATE]  # a beat of half a second, another, then one of a second
    assert events[-1].data == bytes((0xB0, 123, 0))  # the note that nobody ends


@pytest.mark.parametrize("content", [b"", b"RIFF1234", b"MThd\0\0\0\6\0\1\0\1\1\xe0MTrk\0\0", bytes(999)])
def test_what_is_no_midi_file_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.mid").write_bytes(content)
    with pytest.raises(FileUnreadable) as told:
        read_midi(tmp_path / "a.mid", RATE)
    assert told.value.field == "midi"
    with pytest.raises(FileUnreadable):
        read_midi(tmp_path / "none.mid", RATE)


def test_a_file_of_hours_or_of_nothing_is_refused(tmp_path: Path) -> None:
    for name, time in (("long", 48_000_000), ("empty", None)):
        file = mido.MidiFile(ticks_per_beat=480)
        track = mido.MidiTrack()
        if time is not None:
            track += [mido.Message("note_on", note=60), mido.Message("note_off", note=60, time=time)]
        file.tracks.append(track)
        file.save(tmp_path / f"{name}.mid")
    with pytest.raises(BadArgument, match="60 minutes"):
        read_midi(tmp_path / "long.mid", RATE)
    with pytest.raises(FileUnreadable, match="no notes"):
        read_midi(tmp_path / "empty.mid", RATE)
