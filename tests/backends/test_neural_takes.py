"""From a model's sound to a take: windows, onsets, levels, and what is refused."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audio import Audio, Samples
from engine.backends.neural.changes import Change
from engine.backends.neural.model import Wanted
from engine.backends.neural.takes import PEAK, Shape, sounding, take_of, wishes
from engine.backends.neural.windows import joined, starts
from engine.errors import BackendFailed, BadArgument
from engine.handle import Handle
from engine.picture import Picture
from engine.plan import TakeSpec
from engine.results import Licence

RATE = 16_000
SHAPE = Shape(sample_rate_hz=RATE, channels=1, lengths_seconds=(2.0, 4.0))
LICENCE = Licence(name="CC0-1.0", commercial=True)


def spec(seconds: float, **keys: object) -> TakeSpec:
    told = {"backend": "b", "backend_version": "1", "source": "m", "text": "rain", "seed": 1, "channels": 1}
    return TakeSpec(**(told | {"length_samples": round(seconds * 48_000), "sample_rate_hz": 48_000} | keys))


def noise(seconds: float, seed: int = 0, level: float = 0.1) -> Samples:
    return (level * np.random.default_rng(seed).standard_normal((1, round(seconds * RATE)))).astype(np.float32)


@given(length=st.integers(1, 50_000), window=st.integers(100, 9_000))
def test_windows_cover_everything_and_overlap(length: int, window: int) -> None:
    begins = starts(length, window, 1_000)
    assert begins[0] == 0
    assert begins[-1] + window >= length
    assert all(0 < after - before <= window - min(1_000, window // 4) for before, after in pairwise(begins))


def test_no_dip_and_no_step_where_windows_meet() -> None:
    begins = starts(10 * RATE, 4 * RATE, RATE)
    levels = (0.1, 0.16, 0.08)
    whole = joined([noise(4.0, seed, level) for seed, level in enumerate(levels)], begins, RATE)
    assert len(begins) == 3
    power = np.square(whole[0, : 10 * RATE]).reshape(-1, RATE // 4).mean(axis=1)
    away_db = 10 * np.log10(power / power.mean())
    assert np.abs(away_db).max() < 0.5


def test_a_sound_takes_the_shortest_window_and_a_lasting_one_as_many_as_it_needs() -> None:
    (short,) = wishes(spec(1.0), SHAPE, {}, lasts=False)
    assert short.length_samples == 2 * RATE
    (cut,) = wishes(spec(20.0), SHAPE, {}, lasts=False)
    assert cut.length_samples == 4 * RATE
    bed = wishes(spec(20.0), SHAPE, {}, lasts=True)
    assert len(bed) == 7
    assert len({each.seed for each in bed}) == 7


def test_a_scene_is_told_to_each_of_its_windows() -> None:
    picture = Picture(path="a.mp4", offset_seconds=10.0, length_seconds=7.0, play_rate=2.0)
    scene = spec(7.0, onsets_samples=(48_000, 6 * 48_000), picture=picture)
    first, second = wishes(scene, SHAPE, {}, lasts=True)
    assert (first.onsets_seconds, second.onsets_seconds) == ((1.0,), (3.0,))
    assert first.picture == picture.model_copy(update={"length_seconds": 4.0})
    assert second.picture == picture.model_copy(update={"offset_seconds": 16.0, "length_seconds": 4.0})
    with_margin = take_of([noise(4.0, 1), noise(4.0, 2)], scene, SHAPE, LICENCE, Handle(), lasts=True)
    assert with_margin.audio.length_samples == 7 * 48_000


def test_the_take_begins_on_its_onset() -> None:
    sound = np.zeros((1, 2 * RATE), np.float32)
    strike = np.exp(-np.arange(RATE) / 1_000) * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)
    sound[0, 5_000 : 5_000 + RATE] = strike + 0.01
    take = take_of([sound], spec(1.0), SHAPE, LICENCE, Handle(), lasts=False)
    assert take.onset_samples == 0
    level = np.abs(take.audio.samples[0])
    assert take.audio.peak == pytest.approx(PEAK, abs=1e-6)
    assert np.argmax(level > 0.1 * PEAK) < 96, "within two milliseconds"
    assert abs(take.audio.samples.mean()) < 1e-4


def test_what_the_model_cut_off_dies_away() -> None:
    take = take_of([noise(4.0)], spec(20.0), SHAPE, LICENCE, Handle(), lasts=False)
    assert take.audio.length_samples < 4 * 48_000
    assert np.abs(take.audio.samples[:, -240:]).max() < 0.002


@pytest.mark.parametrize("sound", [np.zeros((1, 100)), np.full((1, 100), np.nan), np.full((1, 100), np.inf)])
def test_silence_and_no_numbers_are_no_sound(sound: Samples) -> None:
    with pytest.raises(BackendFailed) as caught:
        sounding(sound.astype(np.float32))
    assert len(caught.value.sentence) > 20


def test_a_change_keeps_rate_channels_length_and_level() -> None:
    old = Audio(samples=np.repeat(noise(3.0)[:, : 3 * RATE], 6, axis=0), sample_rate_hz=44_100)
    change = Change(audio=old, spans=((10_000, 20_000),))
    (wanted,) = change.wanted(spec(1.0), SHAPE, {})
    assert wanted.start is not None
    assert wanted.start.shape == (1, wanted.length_samples) == (1, 2 * RATE)
    ((start, end),) = wanted.spans
    assert start <= 10_000 * RATE / 44_100 < start + 1
    assert end - 1 < 20_000 * RATE / 44_100 <= end
    made = change.result([0.3 * wanted.start], SHAPE, Handle())
    assert (made.sample_rate_hz, made.channels, made.length_samples) == (44_100, 6, old.length_samples)
    kept = slice(30_000, 40_000)
    before, after = (np.sqrt(np.mean(np.square(each.samples[:, kept]))) for each in (old, made))
    assert after < 1.3 * before, "brought back to what it was, but for what the lower rate took"
    assert after > 0.7 * before


def test_more_than_the_model_hears_is_refused() -> None:
    old = Audio(samples=noise(5.0), sample_rate_hz=RATE)
    with pytest.raises(BadArgument, match="at most 4 s") as caught:
        Change(audio=old, spans=((0, RATE),)).wanted(spec(1.0), SHAPE, {})
    assert caught.value.field == "selection_length"


@pytest.mark.parametrize("sameness", [1.0, 0.0, 0.6], ids=["kept as it was", "all new", "in between"])
def test_a_sound_of_any_length_is_varied_in_windows(sameness: float) -> None:
    """As much of each window is the old sound as is said, and the rest of it another noise in every window."""
    level = np.repeat([0.1, 0.02, 0.1], 4 * RATE)
    old = Audio(samples=(noise(12.0, level=1.0)[0] * level)[None].astype(np.float32), sample_rate_hz=RATE)
    change = Change(audio=old)
    windows = change.wanted(spec(1.0), SHAPE, {})
    assert len(windows) == 4
    assert len({each.seed for each in windows}) == 4
    made = change.result([varied(each, sameness, seed) for seed, each in enumerate(windows)], SHAPE, Handle())
    assert (made.sample_rate_hz, made.length_samples) == (RATE, old.length_samples)
    if sameness == 1.0:
        assert np.abs(made.samples - old.samples).max() < 1e-4
    power = [np.square(each.samples[0]).reshape(-1, RATE // 4).mean(axis=1) for each in (old, made)]
    away_db = np.delete(np.abs(10 * np.log10(power[1] / power[0])), (15, 16, 31, 32))  # beside the steps
    assert away_db.max() < 1.0, "no dip, no bump, and quiet parts stay quiet"


def varied(wanted: Wanted, sameness: float, seed: int) -> Samples:
    assert wanted.start is not None
    level = np.sqrt(np.convolve(np.square(wanted.start[0]), np.ones(801) / 801, "same"))
    new = np.random.default_rng(seed).standard_normal(wanted.start.shape) * level
    made: Samples = (3.0 * (sameness * wanted.start + np.sqrt(1 - sameness**2) * new)).astype(np.float32)
    return made
