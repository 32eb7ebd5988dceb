"""Onsets in dense and noisy sound: where they are known, and none where nothing begins."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.dsp.onsets import Curve, find_onsets, onsets_of_stream

RATE = 24_000


def hit(hz: float = 900, tau: float = 0.03, length: int = RATE // 4) -> Curve:
    """Full level at its first sample, then dying away."""
    t = np.arange(length) / RATE
    return (np.cos(2 * np.pi * hz * t) * np.exp(-t / tau)).astype(np.float32)


def placed(times: list[float], seconds: float, level: float = 0.5) -> Curve:
    out = np.zeros(round(seconds * RATE), np.float32)
    for time in times:
        at = round(time * RATE)
        out[at : at + RATE // 4] += level * hit()[: out.size - at]
    return out


def noise(seconds: float, level: float) -> Curve:
    return (level * np.random.default_rng(7).standard_normal(round(seconds * RATE))).astype(np.float32)


def times_in(sound: Curve, **how: float) -> list[float]:
    return [onset.time_seconds for onset in find_onsets(sound, RATE, **how)]


@given(
    gaps=st.lists(st.floats(0.15, 1.5), min_size=1, max_size=8),
    level=st.floats(1e-3, 1.0),
    noise_db=st.sampled_from((-200, -60, -40)),
)
@settings(max_examples=40)
def test_hits_are_found_within_2_ms_at_any_level(gaps: list[float], level: float, noise_db: float) -> None:
    times = np.cumsum(gaps).tolist()
    sound = placed(times, times[-1] + 1, level)
    sound += noise(sound.size / RATE, level * 10 ** (noise_db / 20))
    assert times_in(sound) == pytest.approx(times, abs=0.002)


t = np.arange(8 * RATE) / RATE
STEADY = {
    "silence": np.zeros(8 * RATE),
    "direct current": np.full(8 * RATE, 0.5),
    "hum": np.sin(2 * np.pi * 100 * t),
    "vibrato": np.sin(2 * np.pi * 440 * t + 6 * np.sin(2 * np.pi * 5 * t)),
    "noise": noise(8, 0.1),
    "faint noise": noise(8, 1e-5),
    "swell of noise": noise(8, 0.2) * np.exp(-np.square(t - 4)),
    "rise of pitch": np.sin(2 * np.pi * (200 * t + 50 * t**2)),
}


@pytest.mark.parametrize("name", STEADY)
def test_nothing_begins_in_what_goes_on(name: str) -> None:
    assert times_in((0.5 * STEADY[name]).astype(np.float32)) == []


@pytest.mark.parametrize("samples", [0, 1, 500])
def test_too_little_sound_has_no_onset(samples: int) -> None:
    assert find_onsets(np.ones(samples, np.float32), RATE) == ()


def test_bursts_of_noise_over_noise_of_their_own_kind() -> None:
    loud = (t % 1 < 0.2) & (t >= 1)
    sound = noise(8, 0.01) + np.where(loud, noise(8, 0.3)[::-1], 0).astype(np.float32)
    assert times_in(sound) == pytest.approx([1, 2, 3, 4, 5, 6, 7], abs=0.003)


@pytest.mark.parametrize("over_db", [20, 25, 40])
def test_a_hit_is_timed_where_it_comes_out_of_the_noise(over_db: int) -> None:
    times = np.arange(0.5, 9, 0.71).tolist()
    sound = placed(times, 10, 0.014 * 10 ** (over_db / 20)) + noise(10, 0.01)
    errors = np.subtract(times_in(sound), times)
    assert np.median(np.abs(errors)) < 0.001
    assert np.abs(errors).max() < 0.02  # now and then the noise itself has a peak just before


def test_level_and_margin_follow_the_sound() -> None:
    loud, soft = find_onsets(placed([0.5], 2, 0.8) + placed([1.2], 2, 0.2) + noise(2, 1e-4), RATE)
    assert loud.level_db - soft.level_db == pytest.approx(20 * np.log10(4), abs=0.2)
    assert loud.margin > soft.margin > 1


def test_two_onsets_nearer_than_the_ear_tells_are_the_louder_one() -> None:
    assert times_in(placed([0.5], 1, 0.2) + placed([0.56], 1, 0.8)) == pytest.approx([0.56], abs=0.002)


def test_more_is_heard_the_higher_the_sensitivity() -> None:
    sound = noise(8, 0.02) + placed([1.0, 3.0], 8, 0.6) + placed([5.0], 8, 0.07)
    counts = [len(times_in(sound, sensitivity=s)) for s in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert counts == sorted(counts)
    assert (counts[0], counts[-1]) == (2, 3)


@pytest.mark.parametrize("block", [777, RATE, 100 * RATE])
def test_a_long_recording_is_told_page_by_page_with_nothing_lost_at_the_edges(block: int) -> None:
    times = np.arange(0.4999, 59, 0.5).tolist()  # two pages meet two samples after one of them
    sound = placed(times, 60) + noise(60, 1e-4)
    pieces = [sound[k : k + block] for k in range(0, sound.size, block)]
    told = list(onsets_of_stream(pieces, RATE))
    assert [onset.time_seconds for _, found in told for onset in found] == pytest.approx(times, abs=0.002)
    done = [seconds for seconds, _ in told]
    assert done == sorted(done)
    assert done[-1] == 60


def test_loud_and_quiet_are_by_the_measure_of_their_page() -> None:
    sound = placed([5.0], 60, 0.9) + placed([45.0], 60, 0.0095) + noise(60, 1e-3)  # 15 dB above the background
    found = [onset.time_seconds for _, onsets in onsets_of_stream([sound], RATE) for onset in onsets]
    assert found == pytest.approx([5, 45], abs=0.002)


def test_memory_is_that_of_a_page_however_long_the_recording() -> None:
    def peak_bytes(seconds: int) -> int:
        second = noise(1, 0.1)
        tracemalloc.start()
        for _ in onsets_of_stream((second.copy() for _ in range(seconds)), RATE):
            pass
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    peak_bytes(40)
    assert peak_bytes(120) < 1.1 * peak_bytes(40)


def test_no_sound_is_no_page() -> None:
    assert list(onsets_of_stream([], RATE)) == []
