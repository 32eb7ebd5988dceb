"""Onsets: to the sample where the truth is known, sensible where it is noisy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.audio import Samples
from engine.dsp.onset import GAP_SECONDS, happenings

RATE = 48_000


def decay(length: int, hz: float = 300.0, tau: float = 0.03) -> Samples:
    """A hit: full level at its first sample."""
    t = np.arange(length) / RATE
    return (0.7 * np.cos(2 * np.pi * hz * t) * np.exp(-t / tau)).astype(np.float32)[None]


def placed(sound: Samples, *at: int, length: int = 2 * RATE) -> Samples:
    out = np.zeros((sound.shape[0], length), np.float32)
    for start in at:
        part = sound[:, : length - start]
        out[:, start : start + part.shape[1]] += part
    return out


def first_onset(samples: Samples, rate: int) -> int | None:
    found = happenings(samples, rate)
    return found[0].onset if found else None


@given(at=st.integers(0, 47_999), level=st.floats(1e-4, 1.0))
@settings(max_examples=60, deadline=None)
def test_a_click_is_found_to_the_sample_at_any_level(at: int, level: float) -> None:
    click = np.zeros((2, RATE), np.float32)
    click[1, at] = level
    assert first_onset(click, RATE) == at


@given(at=st.integers(0, RATE), hz=st.floats(40, 8_000), tau=st.floats(0.005, 0.3))
@settings(max_examples=60, deadline=None)
def test_a_decay_is_found_to_the_sample(at: int, hz: float, tau: float) -> None:
    assert first_onset(placed(decay(RATE // 2, hz, tau), at), RATE) == at


@pytest.mark.parametrize("offset", [-0.3, 0.1])
def test_a_constant_offset_moves_nothing(offset: float) -> None:
    assert first_onset(placed(decay(9_600), 5_000) + np.float32(offset), RATE) == 5_000


@pytest.mark.parametrize("rate", [8_000, 44_100, 96_000, 192_000])
def test_any_rate(rate: int) -> None:
    click = np.zeros((1, rate), np.float32)
    click[0, rate // 3] = 0.5
    assert first_onset(click, rate) == rate // 3


@pytest.mark.parametrize("noise_db", [-60, -45, -30])
def test_a_hit_in_noise_is_found_within_a_millisecond(noise_db: int) -> None:
    rng = np.random.default_rng(7)
    noise = rng.standard_normal((1, 2 * RATE)).astype(np.float32) * np.float32(10 ** (noise_db / 20))
    found = first_onset(placed(decay(9_600), 30_000) + noise, RATE)
    assert found is not None
    assert abs(found - 30_000) <= RATE // 1_000


def test_a_low_slow_attack_is_followed_back_to_its_foot() -> None:
    t = np.arange(RATE) / RATE
    swell = (np.sin(2 * np.pi * 50 * t) * np.minimum(1.0, t / 0.015) * np.exp(-t / 0.2)).astype(np.float32)[None]
    found = first_onset(placed(swell, 10_000), RATE)
    assert found is not None
    assert 10_000 <= found <= 10_000 + 0.005 * RATE


def test_a_rustle_before_the_sound_is_not_the_sound() -> None:
    rng = np.random.default_rng(3)
    sound = placed(decay(9_600), 40_000)
    sound[:, 1_000:9_000] += rng.standard_normal((1, 8_000)).astype(np.float32) * np.float32(0.004)
    assert first_onset(sound, RATE) == 40_000


def test_isolated_sounds_are_told_apart_with_their_ends() -> None:
    starts = (1_000, 25_000, 60_000)
    found = happenings(placed(decay(14_400), *starts), RATE)
    assert tuple(h.onset for h in found) == starts
    for happening in found:  # 60 dB below the peak is reached after 6.9 time constants
        assert happening.end - happening.onset == pytest.approx(6.9 * 0.03 * RATE, abs=0.005 * RATE)


def test_a_tail_is_followed_into_the_noise_and_no_further() -> None:
    rng = np.random.default_rng(2)
    quiet = 10 ** (-50 / 20) * rng.standard_normal((1, 4 * RATE)).astype(np.float32)
    (found,) = happenings(placed(decay(14_400), 1_000, length=4 * RATE) + quiet, RATE)
    assert found.end - found.onset < 0.5 * RATE


def test_sounds_that_run_into_each_other_are_one() -> None:
    near = round(0.5 * GAP_SECONDS * RATE)
    assert len(happenings(placed(decay(14_400), 1_000, 1_000 + near), RATE)) == 1


def test_sustained_noise_is_one_happening_from_its_start() -> None:
    noise = np.random.default_rng(1).standard_normal((2, 3 * RATE)).astype(np.float32)
    (found,) = happenings(noise * np.float32(0.1), RATE)
    assert found.onset < RATE // 1_000
    assert found.end == 3 * RATE


@pytest.mark.parametrize("silence", [np.zeros((1, 0)), np.zeros((2, 1_000)), np.full((1, 1_000), 0.25)])
def test_silence_has_no_onset(silence: np.ndarray) -> None:
    assert first_onset(silence.astype(np.float32), RATE) is None


def test_the_sound_given_is_not_changed() -> None:
    sound = placed(decay(9_600), 5_000) + np.float32(0.1)
    before = sound.copy()
    happenings(sound, RATE)
    assert np.array_equal(sound, before)
