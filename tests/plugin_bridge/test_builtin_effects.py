"""Built-in effects: in any block size the same sound, as late as they say, and sound at the ends of all bounds."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pedalboard
import pytest
import soundfile

from engine.audio import Audio, Samples
from engine.chain import Chain, Value
from engine.config import Settings
from engine.errors import BadArgument, ChainInvalid, FileUnreadable, PathNotAllowed, PluginMissing
from plugin_bridge import open_rack, render
from plugin_bridge.builtin import EFFECTS

RATE = 48_000
ROUNDS = {"convolution", "high_shelf", "low_shelf", "peak", "highpass", "lowpass"}
"""Of these pedalboard rounds otherwise where its blocks end: below -130 dBFS."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(roots=(tmp_path,))


@pytest.fixture
def defaults(tmp_path: Path) -> Callable[[str], dict[str, Value]]:
    """What an effect must be given to be opened at all."""
    impulse = tmp_path / "room.wav"
    decay = np.random.default_rng(3).standard_normal((4_800, 2)) * np.exp(-np.arange(4_800) / 900)[:, None]
    soundfile.write(impulse, 0.1 * decay, RATE)
    return lambda name: {"file": str(impulse)} if name == "convolution" else {}


def chain(*links: Any, **rest: Any) -> Chain:
    return Chain.read({"links": links, **rest})


def of(name: str, **parameters: Value) -> dict[str, object]:
    return {"plugin": name, "parameters": parameters}


def noise(seconds: float = 0.5, channels: int = 2, seed: int = 0) -> Samples:
    rng = np.random.default_rng(seed)
    return (0.2 * rng.standard_normal((channels, round(seconds * RATE)))).astype(np.float32)


def streamed(what: Chain, sound: Samples, settings: Settings, *sizes: int) -> tuple[Samples, int]:
    """Through a rack in blocks of these sizes, the last of them until it is over; and how late it comes."""
    with open_rack(what, sample_rate_hz=RATE, channels=sound.shape[0], settings=settings) as rack:
        blocks, at = [], 0
        while at < sound.shape[1]:
            size = sizes[min(len(blocks), len(sizes) - 1)]
            blocks.append(rack.process(sound[:, at : at + size]))
            at += size
        return np.concatenate(blocks, axis=1), rack.latency_samples


@pytest.mark.parametrize("name", EFFECTS)
def test_any_block_size_is_the_same_sound(
    name: str, settings: Settings, defaults: Callable[[str], dict[str, Value]]
) -> None:
    what, sound = chain(of(name, **defaults(name))), noise()
    whole, late = streamed(what, sound, settings, sound.shape[1])
    for sizes in (64,), (333,), (9_000,), (480, 16, 5_000, 100, 20_000):
        parts, _ = streamed(what, sound, settings, *sizes)
        if name in ROUNDS:
            np.testing.assert_allclose(parts, whole, atol=3e-7)
        else:
            np.testing.assert_array_equal(parts, whole)
    offline = render(Audio(samples=sound, sample_rate_hz=RATE), what, settings=settings).audio.samples
    assert offline.shape[1] >= sound.shape[1]
    kept = sound.shape[1] - late
    np.testing.assert_allclose(offline[:, :kept], whole[:, late:], atol=3e-7)
    again = render(Audio(samples=sound, sample_rate_hz=RATE), what, settings=settings).audio.samples
    np.testing.assert_array_equal(again, offline)


@pytest.mark.parametrize(
    ("name", "likeness"), [("brickwall", 0.999), ("pitch", 0.999), ("mp3", 0.9), ("resample", 0.9)]
)
def test_what_is_late_is_put_back_in_time(name: str, likeness: float, settings: Settings) -> None:
    time = np.arange(RATE // 2) / RATE
    sweep = (0.3 * np.sin(2 * np.pi * (200 + 1_500 * time) * time)).astype(np.float32)[None].repeat(2, axis=0)
    _, late = streamed(chain(of(name)), sweep, settings, 512)
    assert late > 0
    out = render(Audio(samples=sweep, sample_rate_hz=RATE), chain(of(name)), settings=settings).audio.samples
    spectra = np.fft.rfft(sweep[0], 2 * RATE), np.fft.rfft(out[0, : RATE // 2], 2 * RATE)
    alike = np.fft.irfft(spectra[1] * np.conj(spectra[0]))
    assert np.argmax(alike) == 0
    assert alike[0] > likeness * np.sum(sweep[0] ** 2)


def test_gsm_sounds_in_time_and_like_a_telephone(settings: Settings) -> None:
    time = np.arange(RATE) / RATE
    tone = (0.3 * np.sin(2 * np.pi * 440 * time) * (time > 0.3)).astype(np.float32)[None]
    out = render(Audio(samples=tone, sample_rate_hz=RATE), chain(of("gsm")), settings=settings).audio.samples[0]
    loud = np.abs(out[:RATE]) > 0.1
    assert abs(int(np.argmax(loud)) / RATE - 0.3) < 0.02
    spectrum = np.abs(np.fft.rfft(out[RATE // 2 : RATE]))
    assert np.argmax(spectrum) == 220
    assert np.sum(spectrum[2_100:] ** 2) < 1e-3 * np.sum(spectrum**2)  # nothing above 4.2 kHz


def test_gsm_in_windows_is_as_good_as_the_codec_in_one_go(settings: Settings) -> None:
    time = np.arange(2 * RATE) / RATE
    words = 0.3 * np.sin(2 * np.pi * (150 + 300 * time) * time) * (np.sin(2 * np.pi * 3 * time) > 0)
    sound = words.astype(np.float32)[None]
    done = render(Audio(samples=sound, sample_rate_hz=RATE), chain(of("gsm")), settings=settings)
    assert (done.warnings, done.audio.length_seconds < 2.5) == ((), True)  # no hiss for ever
    whole = pedalboard.GSMFullRateCompressor().process(sound, RATE)[0]

    def unlike(coded: Samples) -> float:
        return float(np.std(coded[: 2 * RATE] - sound[0]))

    assert unlike(done.audio.samples[0]) < 1.1 * unlike(whole)


@pytest.mark.parametrize("name", EFFECTS)
@pytest.mark.parametrize("end", ["low", "high"])
@pytest.mark.parametrize("rate", [8_000, 48_000])
def test_the_ends_of_all_bounds_are_sound(
    name: str, end: str, rate: int, settings: Settings, defaults: Callable[[str], dict[str, Value]]
) -> None:
    values = {
        parameter.name: getattr(parameter, end)
        for parameter in EFFECTS[name].parameters.values()
        if parameter.kind == "number"
    }
    what = chain(of(name, **defaults(name), **values), tail_seconds=0.1)
    for channels in (1, 2, 3):
        sound = Audio(samples=noise(0.1, channels), sample_rate_hz=rate)
        done = render(sound, what, settings=settings).audio
        assert (done.channels, np.isfinite(done.samples).all()) == (channels, True)


def test_channels_beyond_a_pair_are_each_done(settings: Settings) -> None:
    sound = noise(0.2, 5)
    out = render(Audio(samples=sound, sample_rate_hz=RATE), chain(of("reverb")), settings=settings).audio.samples
    pair = render(Audio(samples=sound[2:4], sample_rate_hz=RATE), chain(of("reverb")), settings=settings).audio.samples
    np.testing.assert_array_equal(out[2:4, : sound.shape[1]], pair[:, : sound.shape[1]])
    assert np.abs(out[4, 2_000:]).max() > 0.01


@pytest.mark.parametrize("semitones", [-12.0, -7.0, 0.0, 3.0, 12.0])
def test_pitch_moves_partials_by_its_ratio(semitones: float, settings: Settings) -> None:
    time = np.arange(2 * RATE) / RATE
    tone = (0.3 * np.sin(2 * np.pi * 440.3 * time)).astype(np.float32)
    sides = np.stack([tone, -tone])  # each other's reverse: their sum is nothing
    what = chain(of("pitch", semitones=semitones))
    out = render(Audio(samples=sides, sample_rate_hz=RATE), what, settings=settings).audio.samples
    middle = out[0, RATE // 2 : 3 * RATE // 2]
    power = np.abs(np.fft.rfft(middle * np.hanning(RATE))) ** 2
    peak = round(440.3 * 2 ** (semitones / 12))
    assert abs(int(np.argmax(power)) - peak) <= 1
    assert power[peak - 4 : peak + 5].sum() > 0.9999 * power.sum()
    np.testing.assert_allclose(out[1], -out[0], atol=1e-6)


def test_a_gain_that_is_moved_glides_and_arrives(settings: Settings) -> None:
    ones = np.ones((2, 4_800), np.float32)
    with open_rack(chain(of("gain", gain_db=0.0)), sample_rate_hz=RATE, channels=2, settings=settings) as rack:
        rack.process(ones)
        rack.set(0, "gain_db", "-20 dB")
        drawn = np.concatenate([rack.process(ones[:, :100]), rack.process(ones)], axis=1)[0]
    assert np.abs(np.diff(drawn)).max() < 0.002
    assert drawn[0] > 0.99
    np.testing.assert_allclose(drawn[960:], 0.1, rtol=1e-5)


def test_a_mix_that_is_moved_glides_and_arrives(settings: Settings) -> None:
    ones = np.ones((2, 4_800), np.float32)
    with open_rack(chain(of("invert")), sample_rate_hz=RATE, channels=2, settings=settings) as rack:
        rack.process(ones)
        rack.set(0, "mix", "0 %")
        drawn = np.concatenate([rack.process(ones[:, :100]), rack.process(ones)], axis=1)[0]
    assert np.abs(np.diff(drawn)).max() < 0.003
    assert drawn[0] < -0.99
    np.testing.assert_allclose(drawn[960:], 1.0, rtol=1e-5)


@pytest.mark.parametrize("blocks", [(480,) * 10, (37, 1_000, 3_763)])
def test_a_cutoff_that_is_moved_glides_alike_in_any_blocks(blocks: tuple[int, ...], settings: Settings) -> None:
    sound, what = noise(0.2), chain(of("lowpass", cutoff_hz=8_000))

    def moved(sizes: tuple[int, ...]) -> Samples:
        with open_rack(what, sample_rate_hz=RATE, channels=2, settings=settings) as rack:
            rack.process(sound[:, :4_800])
            rack.set(0, "cutoff_hz", "500 Hz")
            ends = np.cumsum((4_800, *sizes))
            return np.concatenate([rack.process(sound[:, a:b]) for a, b in pairwise(ends)], axis=1)

    np.testing.assert_allclose(moved(blocks), moved((4_800,)), atol=0.02)
    with open_rack(what, sample_rate_hz=RATE, channels=2, settings=settings) as rack:
        left = rack.process(sound)[:, 4_800:]
    share = [np.std(moved((4_800,))[:, a:b]) / np.std(left[:, a:b]) for a, b in ((0, 64), (400, 560), (1_000, 4_800))]
    assert share[0] > 0.9
    assert 0.9 > share[1] > 0.6 > share[2]


def test_mix_is_in_time_with_what_is_late(settings: Settings) -> None:
    sound = Audio(samples=noise(), sample_rate_hz=RATE)
    for mix in (0.0, 0.25, 0.5):  # a pitch that is not moved is the sound as it came, and late
        link = {**of("pitch", semitones=0.0), "mix": mix}
        out = render(sound, chain(link, tail_seconds=0), settings=settings).audio
        np.testing.assert_allclose(out.samples, sound.samples, atol=2e-6)


def test_a_link_that_is_off_is_passed_by(settings: Settings) -> None:
    sound = Audio(samples=noise(), sample_rate_hz=RATE)
    off = {**of("distortion"), "on": False}
    assert render(sound, chain(off), settings=settings).audio is sound
    out = render(sound, chain(off, of("invert")), settings=settings).audio
    np.testing.assert_array_equal(out.samples, -sound.samples)


def test_echoes_are_kept_to_the_last_and_no_longer(settings: Settings) -> None:
    click = np.zeros((1, 4_800), np.float32)
    click[0, 0] = 1.0
    echo = of("delay", delay_seconds=0.6, feedback=0.1, mix=0.5)
    whole = render(Audio(samples=click, sample_rate_hz=RATE), chain(echo), settings=settings).audio.samples[0]
    heard = np.flatnonzero(np.abs(whole) > 1e-4) / RATE
    np.testing.assert_allclose(heard, [0.0, 0.6, 1.2, 1.8, 2.4], atol=1e-4)
    assert len(whole) == round(2.4 * RATE) + 1
    short = render(Audio(samples=click, sample_rate_hz=RATE), chain(echo, tail_seconds=0.7), settings=settings).audio
    assert 0.6 < short.length_seconds <= 0.8


def test_what_never_falls_silent_is_faded_out_and_told(settings: Settings) -> None:
    endless = of("delay", delay_seconds=0.05, feedback=1.0)
    done = render(Audio(samples=noise(), sample_rate_hz=RATE), chain(endless), settings=settings)
    assert 1 < done.audio.length_seconds < 10
    assert np.abs(done.audio.samples[:, -2:]).max() < 1e-3
    assert done.warnings == (
        "The chain does not fall silent, and was faded out; set tail_seconds to say how long it rings on.",
    )


@pytest.mark.parametrize(
    ("link", "error", "field", "told"),
    [
        (of("reverbb"), PluginMissing, "links.0.plugin", "did you mean reverb?"),
        (of("reverb", roomsize=0.5), ChainInvalid, "links.0.parameters.roomsize", "did you mean room_size?"),
        (of("lowpass", cutoff_hz="5 ms"), ChainInvalid, "links.0.parameters.cutoff_hz", "takes 10 to 20000 Hz"),
        ({**of("gain"), "state": "AAAA"}, ChainInvalid, "links.0", "gain has no state"),
        (of("convolution"), PathNotAllowed, "links.0.parameters.file", "is not a full path"),
        (
            of("convolution", file="/etc/hosts"),
            PathNotAllowed,
            "links.0.parameters.file",
            "outside the allowed folders",
        ),
    ],
)
def test_what_is_wrong_is_told_before_any_sound(
    link: dict[str, object], error: type[Exception], field: str, told: str, settings: Settings
) -> None:
    with pytest.raises(error, match=told.replace("?", r"\?")) as caught:
        open_rack(chain(link), sample_rate_hz=RATE, channels=2, settings=settings)
    assert getattr(caught.value, "field", None) == field


def test_files_and_rates_that_do_not_fit_are_told(settings: Settings, tmp_path: Path) -> None:
    text = tmp_path / "words.wav"
    text.write_text("no sound")
    with pytest.raises(FileUnreadable, match="cannot be read as sound"):
        open_rack(chain(of("convolution", file=str(text))), sample_rate_hz=RATE, channels=2, settings=settings)
    with pytest.raises(ChainInvalid, match="mp3 cannot be used here: MP3 only supports"):
        open_rack(chain(of("mp3")), sample_rate_hz=96_000, channels=2, settings=settings)
    with pytest.raises(BadArgument, match="1 to 8 channels"):
        open_rack(chain(of("gain")), sample_rate_hz=RATE, channels=9, settings=settings)
    with open_rack(chain(of("gain"), of("mp3")), sample_rate_hz=RATE, channels=2, settings=settings) as rack:
        with pytest.raises(BadArgument, match="opened for 2 channels"):
            rack.process(np.zeros((1, 64), np.float32))
        with pytest.raises(ChainInvalid, match="set when the chain is opened"):
            rack.set(1, "vbr_quality", 5)
        with pytest.raises(ChainInvalid, match="no link 2"):
            rack.set(2, "gain_db", 0)


def test_a_rack_tells_what_it_is_and_can_be_made_a_chain_again(settings: Settings) -> None:
    before = chain(of("gain", gain_db=-3), {**of("reverb", room_size=0.9), "on": False}, of("lowpass"))
    with open_rack(before, sample_rate_hz=RATE, channels=2, settings=settings) as rack:
        rack.set(2, "cutoff_hz", "2 kHz")
        rack.set(2, "mix", "50 %")
        told, after = rack.describe(), rack.as_chain()
    assert [(each.link, each.name) for each in told] == [(0, "gain"), (2, "lowpass")]
    assert told[0].parameters[0].unit == "dB"
    assert after.links[2].parameters == {"cutoff_hz": 2_000.0}
    assert after.links[2].mix == 0.5
    assert (after.links[1], after.links[0].parameters) == (before.links[1], {"gain_db": -3.0})
