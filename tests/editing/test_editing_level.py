"""Level and place: gains are exact, curves go where they are told, and pieces join without a seam."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from engine.audio import Audio, Samples
from engine.dsp import loudness, true_peak
from engine.editing import length, level
from engine.editing.spool import Spool
from engine.errors import BadArgument
from engine.source import BLOCK_SAMPLES, Held, blocks, collected

RATE = 48_000


def noise(length: int = 2 * BLOCK_SAMPLES + 777, channels: int = 2, peak: float = 0.25) -> Audio:
    samples = np.random.default_rng(0).uniform(-peak, peak, (channels, length)).astype(np.float32)
    return Audio(samples=samples, sample_rate_hz=RATE)


def test_a_gain_is_the_same_everywhere() -> None:
    sound = noise()
    louder = collected(level.Gained(Held(sound), 6.0))
    assert np.allclose(louder.samples, sound.samples * 10 ** (6 / 20), rtol=1e-6)


@pytest.mark.parametrize("target", [-23.0, -30.0])
def test_to_a_loudness(target: float) -> None:
    sound = noise()
    gain, peaks = level.to_loudness(Held(sound), target)
    assert loudness.measure(level.Gained(Held(sound), gain)).integrated_lufs == pytest.approx(target, abs=0.01)
    assert not peaks


def test_a_loudness_beyond_the_peaks_is_told() -> None:
    assert level.to_loudness(Held(noise(peak=0.25)), -3.0)[1]


def test_to_a_peak() -> None:
    sound = noise()
    louder = level.Gained(Held(sound), level.gain_to_peak(Held(sound), -3.0))
    assert true_peak.measure_dbtp(louder) == pytest.approx(-3.0, abs=0.01)


def test_silence_has_no_level_to_start_from() -> None:
    silence = Held(Audio(samples=np.zeros((1, RATE), np.float32), sample_rate_hz=RATE))
    with pytest.raises(BadArgument, match="silent"):
        level.gain_to_peak(silence, -1.0)
    with pytest.raises(BadArgument, match="too soft"):
        level.to_loudness(silence, -23.0)


def test_an_envelope_goes_in_straight_lines_and_holds_before_and_after() -> None:
    ones = Audio(samples=np.ones((1, 3 * RATE), np.float32), sample_rate_hz=RATE)
    made = collected(Held(ones), lambda source: level.enveloped(source, ((0.5, 0.0), (1.5, -20.0)))).samples[0]
    in_db = 20 * np.log10(made)
    assert np.allclose(in_db[: RATE // 2], 0.0, atol=1e-5)
    assert in_db[RATE] == pytest.approx(-10.0, abs=1e-3)
    assert np.allclose(in_db[3 * RATE // 2 :], -20.0, atol=1e-5)


@pytest.mark.parametrize(("rise", "fall"), [(0.5, 0.0), (0.0, 0.5), (1.5, 1.5), (9.0, 9.0), (0.0, 0.0)])
def test_fades_begin_and_end_in_silence_and_touch_nothing_else(rise: float, fall: float) -> None:
    ones = Audio(samples=np.ones((2, 2 * RATE), np.float32), sample_rate_hz=RATE)
    made = collected(Held(ones), lambda source: level.faded(source, rise, fall, "linear")).samples
    assert made.shape == (2, 2 * RATE)
    assert made[0, 0] == (0.0 if rise else 1.0)
    assert made[0, -1] == (0.0 if fall else 1.0)
    plain = slice(round(min(rise, 2) * RATE), 2 * RATE - round(min(fall, 2) * RATE))
    assert np.all(made[:, plain] == 1.0)
    assert np.all(np.diff(made[0, : round(min(rise, 2 - fall) * RATE)]) >= 0)


class Endless:
    """Ones, of which nothing is held: four hours."""

    sample_rate_hz, channels, length_samples = RATE, 1, 4 * 3_600 * RATE

    def read(self, start: int, end: int) -> Samples:
        return np.ones((1, end - start), np.float32)


def test_a_fade_of_an_hour_takes_no_more_memory_than_a_block() -> None:
    tracemalloc.start()
    try:
        block = next(level.faded(Endless(), 3_600.0, 3_600.0, "equal_power"))
        seam = next(length.seamless(Endless(), 3_600.0))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert block[0, 0] == 0.0
    assert (np.diff(block[0]) > 0).mean() > 0.9
    assert seam.shape == block.shape
    assert peak < 50 * block.nbytes


def test_a_mono_sound_panned_left_is_only_there() -> None:
    sound = noise(channels=1)
    made = collected(Held(sound), lambda source: level.placed(source, -1.0))
    assert np.allclose(made.samples[0], sound.samples[0])
    assert np.allclose(made.samples[1], 0.0, atol=1e-7)


def test_width_none_is_mono_and_one_is_as_it_was() -> None:
    sound = noise()
    same = collected(Held(sound), lambda source: level.widened(source, 1.0)).samples
    mono = collected(Held(sound), lambda source: level.widened(source, 0.0)).samples
    assert np.allclose(same, sound.samples, atol=1e-7)
    assert np.allclose(mono, sound.samples.mean(axis=0), atol=1e-7)
    with pytest.raises(BadArgument, match="stereo"):
        level.widened(Held(noise(channels=1)), 2.0)
    with pytest.raises(BadArgument, match="mono and stereo"):
        level.placed(Held(noise(channels=6)), 0.0)


def test_an_offset_goes_and_what_is_heard_stays() -> None:
    t = np.arange(4 * RATE) / RATE
    tone = 0.3 * np.sin(2 * np.pi * 440 * t)
    sound = Audio(samples=(tone + 0.5)[None].astype(np.float32), sample_rate_hz=RATE)
    made = collected(Held(sound), lambda source: level.without_dc(source, 10.0)).samples[0]
    assert abs(made[:100]).max() < 0.31  # from the first sample on
    assert abs(made[2 * RATE :].mean()) < 1e-4
    assert np.allclose(made[2 * RATE :], tone[2 * RATE :], atol=0.02)


@pytest.mark.parametrize("limit", [2**10, 2**30])
def test_what_is_put_aside_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    monkeypatch.setattr("engine.editing.spool.IN_MEMORY_BYTES", limit)
    sound = noise()
    spool = Spool(blocks(Held(sound), 1_000), sample_rate_hz=RATE, folder=tmp_path)
    assert (spool.channels, spool.length_samples) == (2, sound.length_samples)
    assert np.array_equal(collected(spool).samples, sound.samples)
    assert np.array_equal(spool.read(-5, 7)[:, 5:], sound.samples[:, :7])
    assert not spool.read(-5, 0).any()
    assert list(tmp_path.glob("*.wav")) == []
