"""Loudness against the standard's own numbers, and against pyloudnorm."""

from __future__ import annotations

import numpy as np
import pyloudnorm
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audio import Audio
from engine.dsp.loudness import k_weighting, measure

RATES = [8_000, 11_025, 44_100, 48_000, 96_000, 192_000]


def sine(seconds: float, dbfs: float, *, rate: int = 48_000, channels: int = 1, hz: float = 997.0) -> Audio:
    wave = 10 ** (dbfs / 20) * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)
    return Audio(samples=np.tile(wave, (channels, 1)), sample_rate_hz=rate)


def joined(*parts: Audio) -> Audio:
    return Audio(samples=np.concatenate([p.samples for p in parts], axis=1), sample_rate_hz=parts[0].sample_rate_hz)


def test_the_filters_are_those_of_bs1770_tables_1_and_2() -> None:
    shelf, high_pass = k_weighting(48_000)
    assert shelf == pytest.approx(
        [1.53512485958697, -2.69169618940638, 1.19839281085285, 1.0, -1.69065929318241, 0.73248077421585], abs=1e-8
    )
    assert high_pass == pytest.approx([1.0, -2.0, 1.0, 1.0, -1.99004745483398, 0.99007225036621], abs=1e-8)


@pytest.mark.parametrize("rate", RATES)
def test_a_full_scale_997_hz_sine_reads_minus_3_01(rate: int) -> None:
    measured = measure(sine(4, 0.0, rate=rate))
    assert measured.integrated_lufs == pytest.approx(-3.01, abs=0.06)
    assert measured.momentary_max_lufs == pytest.approx(-3.01, abs=0.06)
    assert measured.short_term_max_lufs == pytest.approx(-3.01, abs=0.06)


@pytest.mark.parametrize(
    ("levels_dbfs", "seconds"),
    [  # EBU Tech 3341, cases 1 to 4: all are to read as given, within 0.1 LU
        ([-23.0], [20]),
        ([-36.0, -23.0, -36.0], [10, 60, 10]),
        ([-72.0, -36.0, -23.0, -36.0, -72.0], [10, 10, 60, 10, 10]),
    ],
)
def test_ebu_tech_3341_programmes(levels_dbfs: list[float], seconds: list[int]) -> None:
    programme = joined(*(sine(s, level, channels=2, hz=1_000) for s, level in zip(seconds, levels_dbfs, strict=True)))
    assert measure(programme).integrated_lufs == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize("rate", [22_050, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2, 5])
def test_integrated_agrees_with_pyloudnorm(rate: int, channels: int) -> None:
    rng = np.random.default_rng(rate + channels)
    noise = 0.1 * rng.standard_normal((channels, 7 * rate)).astype(np.float32)
    noise[:, 2 * rate : 4 * rate] *= 0.01  # below the relative gate
    oracle = pyloudnorm.Meter(rate, filter_class="DeMan").integrated_loudness(noise.T.astype(np.float64))
    assert measure(Audio(samples=noise, sample_rate_hz=rate)).integrated_lufs == pytest.approx(oracle, abs=1e-3)


def test_a_short_sound_counts_as_followed_by_silence() -> None:
    held, short = measure(sine(1, -10.0)), measure(sine(0.1, -10.0))
    assert held.momentary_max_lufs is not None
    assert short.momentary_max_lufs == pytest.approx(held.momentary_max_lufs - 6.02, abs=0.1)
    assert short.integrated_lufs is None
    assert short.short_term_max_lufs is None
    assert measure(sine(0.399, -10.0)).integrated_lufs is None
    assert measure(sine(0.4, -10.0)).integrated_lufs is not None


@given(lead_samples=st.integers(0, 20_000))
def test_momentary_does_not_depend_on_where_the_sound_lies(lead_samples: int) -> None:
    silence = Audio(samples=np.zeros((1, lead_samples)), sample_rate_hz=48_000)
    after = Audio(samples=np.zeros((1, 24_000)), sample_rate_hz=48_000)
    burst = sine(0.35, -10.0)
    alone = measure(joined(burst, after)).momentary_max_lufs
    assert measure(joined(silence, burst, after)).momentary_max_lufs == pytest.approx(alone, abs=0.01)


def test_long_sound_is_measured_across_its_blocks_without_a_seam() -> None:
    whole = measure(sine(35, -20.0))
    assert whole.integrated_lufs == pytest.approx(-23.01, abs=0.01)
    assert whole.momentary_max_lufs == pytest.approx(-23.01, abs=0.02)


def test_the_filters_go_on_from_block_to_block() -> None:
    """An offset that creeps in is inaudible to K-weighting; a filter that starts anew at 10 s hears it jump."""
    offset = np.full(20 * 48_000, 0.5)
    offset[: 5 * 48_000] *= 0.5 - 0.5 * np.cos(np.pi * np.arange(5 * 48_000) / (5 * 48_000))
    assert measure(Audio(samples=offset[None], sample_rate_hz=48_000)).momentary_max_lufs is None


@pytest.mark.parametrize("samples", [0, 1, 100_000])
def test_silence_has_no_loudness(samples: int) -> None:
    measured = measure(Audio(samples=np.zeros((2, samples)), sample_rate_hz=48_000))
    assert (measured.integrated_lufs, measured.momentary_max_lufs, measured.short_term_max_lufs) == (None, None, None)


@pytest.mark.parametrize(
    ("channels", "at_the_sides"), [(2, ()), (4, ()), (5, (3, 4)), (6, (4, 5)), (7, (4, 5)), (8, (6, 7))]
)
def test_sides_count_more_and_the_low_frequencies_not_at_all(channels: int, at_the_sides: tuple[int, ...]) -> None:
    wave = sine(1, -10.0)
    front = measure(wave).momentary_max_lufs
    assert front is not None
    for channel in range(channels):
        surround = np.zeros((channels, wave.length_samples))
        surround[channel] = wave.samples
        found = measure(Audio(samples=surround, sample_rate_hz=48_000)).momentary_max_lufs
        if channels > 5 and channel == 3:
            assert found is None
        else:
            assert found == pytest.approx(front + (1.49 if channel in at_the_sides else 0.0), abs=0.01)
