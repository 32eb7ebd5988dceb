"""Gaps in sounds of which it is known what was in them, or what they should be like."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.audio import Audio, Samples
from engine.dsp.dropouts import find_gaps
from engine.dsp.gaps import MODELLED_SECONDS, context_samples, fill_gap, fill_gaps
from engine.errors import BadArgument
from engine.source import Held, collected

RATE = 48_000


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def tones(length: int, rate: int = RATE) -> Samples:
    time = np.arange(length) / rate
    left = 0.3 * np.sin(2 * np.pi * 220 * time) + 0.2 * np.sin(2 * np.pi * 1_370 * time)
    return np.array([left, 0.4 * np.cos(2 * np.pi * 331 * time)], np.float32)


def filled(sound: Samples, gap: int, rate: int = RATE, seed: int = 0) -> tuple[Samples, Samples]:
    """The filling of a gap in the middle, and what was there."""
    start = (sound.shape[1] - gap) // 2
    made = fill_gap(sound[:, :start], sound[:, start + gap :], gap, rate, rng(seed))
    return made, sound[:, start : start + gap]


def snr_db(truth: Samples, made: Samples) -> float:
    return float(10 * np.log10(np.square(truth).sum() / (np.square(made - truth).sum() + 1e-20)))


@pytest.mark.parametrize(
    ("gap_ms", "rate", "least_db"), [(1, RATE, 60), (20, RATE, 40), (50, 8_000, 40), (150, RATE, 25)]
)
def test_tones_go_on_through_a_gap(gap_ms: int, rate: int, least_db: float) -> None:
    made, truth = filled(tones(rate, rate), gap_ms * rate // 1_000, rate)
    assert snr_db(truth, made) > least_db


@pytest.mark.parametrize("gap", [2_400, 9_600, 24_000])
def test_noise_goes_on_as_loud_as_it_was_and_as_wide(gap: int) -> None:
    one, other = rng(4).standard_normal((2, 6 * RATE)) * 0.1
    made, _ = filled(np.array([one, 0.8 * one + 0.6 * other], np.float32), gap)
    assert 20 * np.log10(made.std(axis=1) / 0.1) == pytest.approx([0.0, 0.0], abs=1.2)
    assert np.corrcoef(made)[0, 1] == pytest.approx(0.8, abs=0.12)


@pytest.mark.parametrize("gap", [1, 7, 480, 9_600, 9_601, 30_000])
def test_there_is_no_step_at_either_end(gap: int) -> None:
    """Of a sound that moves by little from sample to sample."""
    smooth = np.cumsum(rng(5).standard_normal((1, 4 * RATE)), axis=1)
    smooth = (smooth - np.convolve(smooth[0], np.ones(2_001) / 2_001, "same"))[:, 3_000:-3_000]
    sound = np.asarray(smooth / np.abs(smooth).max(), np.float32)
    usual = np.abs(np.diff(sound)).max()
    start = (sound.shape[1] - gap) // 2
    whole = np.concatenate([sound[:, :start], filled(sound, gap)[0], sound[:, start + gap :]], axis=1)
    assert np.abs(np.diff(whole)).max() < 1.5 * usual


def test_one_missing_sample_is_as_good_as_there() -> None:
    made, truth = filled(tones(8_001), 1)
    assert made == pytest.approx(truth, abs=1e-4)


@pytest.mark.parametrize("gap", [1, 500, 12_000, 60 * 8_000])
def test_silence_on_both_sides_gives_silence(gap: int) -> None:
    silent = np.zeros((3, 8_000), np.float32)
    made = fill_gap(silent, silent[:, :100], gap, 8_000, rng())
    assert made.shape == (3, gap)
    assert not made.any()


def test_from_sound_into_silence_it_fades() -> None:
    noise = 0.1 * rng().standard_normal((1, 2 * RATE)).astype(np.float32)
    made = fill_gap(noise, np.zeros_like(noise), RATE, RATE, rng())
    tenths = made.reshape(10, -1).std(axis=1)
    assert tenths[0] > 0.03
    assert tenths[-1] < 0.001
    assert (np.diff(tenths) < 0.01).all()


def test_what_has_too_little_around_it_becomes_a_straight_line() -> None:
    made = fill_gap(np.full((1, 1), 0.5, np.float32), np.full((1, 1), -0.5, np.float32), 9, RATE, rng())
    assert made[0] == pytest.approx(np.linspace(0.5, -0.5, 11)[1:-1])


@settings(deadline=None, max_examples=60)
@given(
    before=st.integers(0, 400),
    after=st.integers(0, 400),
    gap=st.integers(0, 3_000),
    channels=st.sampled_from([1, 2, 8]),
    seed=st.integers(0, 5),
)
def test_whatever_is_around_it_a_filling_has_its_length_and_no_more_level(
    before: int, after: int, gap: int, channels: int, seed: int
) -> None:
    sides = [0.1 * rng(seed).standard_normal((channels, size)).astype(np.float32) for size in (before, after)]
    made = fill_gap(sides[0], sides[1], gap, 8_000, rng(seed))
    assert made.shape == (channels, gap)
    assert made.dtype == np.float32
    assert np.isfinite(made).all()
    assert np.abs(made).max(initial=0.0) < 1.5


@pytest.mark.parametrize("rate", [8_000, 192_000])
def test_it_works_at_every_rate(rate: int) -> None:
    made, _ = filled(0.1 * rng().standard_normal((1, rate)).astype(np.float32), rate // 4, rate)
    assert 20 * np.log10(made.std() / 0.1) == pytest.approx(0.0, abs=1.0)


def test_the_same_chance_gives_the_same_sound_and_arguments_stay() -> None:
    noise = rng().standard_normal((2, 30_000)).astype(np.float32)
    kept = noise.copy()
    first, again, other = filled(noise, 3_000)[0], filled(noise, 3_000)[0], filled(noise, 3_000, seed=1)[0]
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert np.array_equal(noise, kept)


def test_more_context_than_is_listened_to_changes_nothing() -> None:
    noise = rng().standard_normal((1, 6 * RATE)).astype(np.float32)
    context = context_samples(480, RATE)
    whole = fill_gap(noise[:, : 3 * RATE], noise[:, 3 * RATE :], 480, RATE, rng())
    enough = fill_gap(
        noise[:, 3 * RATE - context : 3 * RATE], noise[:, 3 * RATE : 3 * RATE + context], 480, RATE, rng()
    )
    assert np.array_equal(whole, enough)


def test_sides_of_unlike_channels_are_refused() -> None:
    with pytest.raises(BadArgument, match="same channels"):
        fill_gap(np.zeros((1, 9), np.float32), np.zeros((2, 9), np.float32), 5, RATE, rng())


def test_a_negative_gap_is_refused() -> None:
    with pytest.raises(BadArgument, match="shorter than nothing"):
        fill_gap(np.zeros((1, 9), np.float32), np.zeros((1, 9), np.float32), -1, RATE, rng())


def source(samples: Samples, rate: int = RATE) -> Held:
    return Held(Audio(samples=samples, sample_rate_hz=rate))


def test_outside_the_gaps_not_one_bit_changes() -> None:
    noise = 0.1 * rng().standard_normal((2, 3 * RATE)).astype(np.float32)
    gaps = [(100_000, 100_001), (0, 50), (70_000, 90_000), (3 * RATE - 9, 3 * RATE), (60_000, 60_500)]
    made = collected(source(noise), lambda sound: fill_gaps(sound, gaps, rng())).samples
    outside = np.ones(3 * RATE, bool)
    for start, end in gaps:
        outside[start:end] = False
        assert not np.array_equal(made[:, start:end], noise[:, start:end])
    assert made.shape == noise.shape
    assert np.array_equal(made[:, outside], noise[:, outside])


def test_a_gap_does_not_hear_what_is_in_the_next_one() -> None:
    sound = tones(RATE)
    broken = sound.copy()
    broken[:, 20_000:20_400] = 0.0
    broken[:, 20_700:21_000] = 0.0
    gaps = [(20_700, 21_000), (20_000, 20_400)]
    made = collected(source(broken), lambda held: fill_gaps(held, gaps, rng())).samples
    broken[:, 20_000:20_400] = broken[:, 20_700:21_000] = 77.0
    again = collected(source(broken), lambda held: fill_gaps(held, gaps, rng())).samples
    assert np.array_equal(made, again)
    assert snr_db(sound[:, 20_000:21_000], made[:, 20_000:21_000]) > 15


def test_gaps_that_overlap_are_one() -> None:
    noise = 0.1 * rng().standard_normal((1, 20_000)).astype(np.float32)
    one = collected(source(noise), lambda sound: fill_gaps(sound, [(9_000, 9_500)], rng())).samples
    both = collected(source(noise), lambda sound: fill_gaps(sound, [(9_200, 9_500), (9_000, 9_200)], rng())).samples
    assert np.array_equal(one, both)


@pytest.mark.parametrize("gap", [(5, 5), (-1, 5), (90, 101), (8, 4)])
def test_a_gap_beyond_the_sound_is_refused(gap: tuple[int, int]) -> None:
    with pytest.raises(BadArgument, match="lies within the sound"):
        fill_gaps(source(np.zeros((1, 100), np.float32)), [gap], rng())


def test_dropouts_are_found_and_filled() -> None:
    sound = tones(RATE)
    broken = sound.copy()
    broken[:, 12_345:12_800] = 0.0
    found = find_gaps(source(broken))
    assert found == ((12_345, 12_800),)
    made = collected(source(broken), lambda held: fill_gaps(held, found, rng())).samples
    assert snr_db(sound[:, 12_345:12_800], made[:, 12_345:12_800]) > 40


def test_longer_gaps_listen_further() -> None:
    assert context_samples(1, RATE) < context_samples(round(MODELLED_SECONDS * RATE) + 1, RATE)
    assert context_samples(60 * RATE, RATE) == 5 * RATE
