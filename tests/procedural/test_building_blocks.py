"""The blocks that sounds are built of, against what the formulas say."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.procedural import bubbles, builders, envelope, filters, grains, modal, noise, pulses, room, voice
from engine.procedural.family import SAMPLE_RATE_HZ as RATE
from engine.procedural.family import Knobs, Signal
from engine.procedural.sounds.bangs import friedlander


def peak_hz(x: Signal) -> float:
    spectrum = np.abs(np.fft.rfft(x * np.hanning(x.size), 8 * x.size))
    return float(np.argmax(spectrum)) * RATE / (8 * x.size)


def slope_of(x: Signal, low_hz: float, high_hz: float) -> float:
    """Exponent of the power spectrum between two frequencies."""
    power = np.abs(np.fft.rfft(x)) ** 2
    hz = np.fft.rfftfreq(x.size, 1 / RATE)
    edges = np.geomspace(low_hz, high_hz, 25)
    means = [power[(hz >= a) & (hz < b)].mean() for a, b in pairwise(edges)]
    return float(np.polyfit(np.log(np.sqrt(edges[:-1] * edges[1:])), np.log(means), 1)[0])


def gain_at(filtered: Signal, hz: float) -> float:
    """Gain of a filter whose impulse response this is."""
    return float(np.abs(np.sum(filtered * np.exp(-2j * np.pi * hz * np.arange(filtered.size) / RATE))))


IMPULSE = np.concatenate([[1.0], np.zeros(RATE - 1)])


@pytest.mark.parametrize("length", [1, 255, 256, 257, 5_000])
def test_ringing_is_the_sum_of_its_modes(length: int) -> None:
    hz, loss, gain = np.array([440.0, 1_234.5, 9_000.0]), np.array([5.0, 20.0, 90.0]), np.array([1.0, 0.5, 0.2])
    t = np.arange(length) / RATE
    expected = sum(g * np.exp(-d * t) * np.sin(2 * np.pi * f * t) for f, d, g in zip(hz, loss, gain, strict=True))
    np.testing.assert_allclose(modal.ring(hz, loss, gain, length), expected, atol=1e-10)


def test_a_mode_is_heard_at_its_frequency_and_above_nyquist_not_at_all() -> None:
    assert peak_hz(modal.ring(523.25, 4.0, 1.0, RATE)) == pytest.approx(523.25, abs=0.3)
    assert not modal.ring(24_001.0, 4.0, 1.0, 100).any()


def test_a_harder_hammer_wakes_higher_modes() -> None:
    hz = np.array([200.0, 5_000.0])
    soft, hard = modal.contact(hz, 0.1), modal.contact(hz, 0.9)
    assert hard[1] / hard[0] > 5 * soft[1] / soft[0]


@pytest.mark.parametrize("slope", [0.0, -1.0, -2.0])
def test_noise_has_the_slope_it_was_asked_for(slope: float) -> None:
    x = noise.coloured(np.random.default_rng(1), 8 * RATE, slope, channels=2)
    assert slope_of(x[0], 100, 8_000) == pytest.approx(slope, abs=0.06)
    assert np.std(x) == pytest.approx(1.0, rel=0.1)
    assert abs(np.corrcoef(x)[0, 1]) < 0.15, "channels are independent"


def test_painting_everything_white_is_white_noise_of_unit_power() -> None:
    x = noise.painted(np.random.default_rng(2), 8 * RATE, lambda t, hz: np.ones((t.size, hz.size)))[0]
    assert np.std(x) == pytest.approx(1.0, rel=0.02)
    assert slope_of(x, 200, 15_000) == pytest.approx(0.0, abs=0.05)


def test_a_painted_band_lies_where_and_when_it_was_painted() -> None:
    x = noise.painted(np.random.default_rng(3), 2 * RATE, lambda t, hz: (t < 1) * noise.bump(hz, 2_000.0, 0.05))[0]
    assert peak_hz(x) == pytest.approx(2_000, rel=0.1)
    assert np.std(x[: RATE - 1_024]) > 100 * np.std(x[RATE + 1_024 :])


@given(seed=st.integers(0, 2**32), start=st.integers(0, 90_000), length=st.integers(1, 5_000))
@settings(max_examples=40, deadline=None)
def test_a_curve_stays_in_bounds_and_is_the_same_whichever_piece_is_read(seed: int, start: int, length: int) -> None:
    curve = noise.Curve(np.random.default_rng(seed), 2.0, 7.0)
    piece = curve.samples(start, length)
    assert piece.size == length
    assert piece.min() >= 0
    assert piece.max() <= 1
    np.testing.assert_allclose(piece, curve((start + np.arange(length)) / RATE), atol=2e-3)


@pytest.mark.parametrize(
    ("shape", "corner", "stopped"), [(filters.lowpass, 1_000.0, 16_000.0), (filters.highpass, 1_000.0, 62.5)]
)
def test_filters_are_3_db_down_at_their_corner_and_12_db_an_octave_beyond(
    shape: object, corner: float, stopped: float
) -> None:
    assert callable(shape)
    response = shape(IMPULSE, corner)
    assert gain_at(response, corner) == pytest.approx(0.7071, rel=0.01)
    assert gain_at(response, stopped) < 2**-7.5


def test_a_bandpass_has_gain_one_at_its_centre_and_passes_no_constant() -> None:
    response = filters.bandpass(IMPULSE, 1_500.0, 8.0)
    assert gain_at(response, 1_500.0) == pytest.approx(1.0, rel=0.01)
    assert abs(response.sum()) < 1e-6
    assert gain_at(filters.highpass(IMPULSE, 20.0), 0.0) < 1e-4


def test_a_sliding_formant_that_does_not_slide_is_a_bandpass() -> None:
    x = np.random.default_rng(4).standard_normal(5_000)
    np.testing.assert_allclose(
        filters.sliding_formant(x, np.full(5_000, 900.0), 5.0), filters.bandpass(x, 900.0, 5.0), atol=1e-9
    )


@pytest.mark.parametrize("rt60", [0.4, 1.0, 2.0])
def test_a_room_decays_60_db_in_its_reverberation_time(rt60: float) -> None:
    low = filters.lowpass(room.tail(np.random.default_rng(5), rt60, 1)[0], 1_200.0)
    energy = np.cumsum(low[::-1] ** 2)[::-1]  # Schroeder's backward integration
    level = 10 * np.log10(energy / energy[0])
    five, twenty_five = (int(np.argmax(level < -db)) for db in (5, 25))
    assert 3 * (twenty_five - five) / RATE == pytest.approx(rt60, rel=0.15)


def test_a_dry_near_source_is_left_alone_and_a_room_gives_width() -> None:
    x = np.random.default_rng(6).standard_normal(1_000)
    dry = room.Space(np.random.default_rng(0), Knobs(wetness=0.0, distance_m=2.0), 2).place(x)
    np.testing.assert_array_equal(dry, np.stack([x, x]))
    wet = room.Space(np.random.default_rng(0), Knobs(wetness=0.5), 2).place(x)
    assert np.abs(wet[0] - wet[1]).max() > 0.01
    assert wet.shape[1] > 20_000


def test_distance_takes_the_treble() -> None:
    def ratio(distance_m: float) -> float:
        placed = room.Space(np.random.default_rng(0), Knobs(wetness=0.0, distance_m=distance_m), 1).place(IMPULSE)[0]
        return gain_at(placed, 8_000) / gain_at(placed, 500)

    assert ratio(2) == pytest.approx(1.0)
    assert ratio(2) > ratio(40) > ratio(400)


@pytest.mark.parametrize("radius_mm", [1.0, 3.0])
def test_a_bubble_rings_at_minnaerts_frequency(radius_mm: float) -> None:
    assert bubbles.minnaert_hz(1e-3) == pytest.approx(3_000)
    assert peak_hz(bubbles.bubble(radius_mm / 1000)) == pytest.approx(3_000 / radius_mm, rel=0.03)


def test_a_bubbles_damping_is_van_den_doels() -> None:
    x = np.abs(bubbles.bubble(2e-3))
    early, late = x[200:600].max(), x[1_200:1_600].max()
    assert np.log(early / late) / (1_000 / RATE) == pytest.approx(bubbles.damping(2e-3), rel=0.15)


@pytest.mark.parametrize("events", [3, 4_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_cloud_is_the_sum_of_its_grains_few_or_many(events: int, channels: int) -> None:
    rng = np.random.default_rng(7)
    templates = [rng.standard_normal(n) for n in (50, 300)]
    cloud = grains.Cloud(rng, templates, 6_000, channels)
    where, which, strength = rng.integers(0, 6_000, events), rng.integers(0, 2, events), rng.random(events)
    got = cloud.at(where, which, strength)
    mono = np.zeros(6_300)
    for at, kind, gain in zip(where, which, strength, strict=True):
        mono[at : at + templates[kind].size] += gain * templates[kind]
    if channels == 1:
        np.testing.assert_allclose(got[0], mono, atol=1e-3 * np.abs(mono).max())
    alone = cloud.at(np.array([10]), np.array([0]), np.array([1.0]))
    assert np.sum(alone**2) == pytest.approx(channels * np.sum(templates[0] ** 2), rel=1e-3), "panning keeps power"


def test_moments_come_at_their_rate_and_only_where_it_is() -> None:
    rate = np.repeat([0.0, 400.0], 500)  # five seconds of silence, five of 400 a second
    where = grains.moments(np.random.default_rng(8), 480_000, rate)
    assert where.size == pytest.approx(2_000, abs=5 * 2_000**0.5)
    assert where.min() >= 240_000
    assert where.max() < 480_000


@given(start=st.integers(0, 40_000), length=st.integers(1, 3_000), hz=st.floats(1.0, 200.0))
@settings(max_examples=40, deadline=None)
def test_steady_turning_is_exact_and_seamless(start: int, length: int, hz: float) -> None:
    turning = pulses.Turning(lambda t: np.full_like(t, hz), 50_000)
    np.testing.assert_allclose(turning.samples(start, length), hz * (start + np.arange(length)) / RATE, atol=1e-8)


def test_harmonics_are_a_sum_of_sines() -> None:
    turns, gains = np.linspace(0, 40, 9_000), np.array([1.0, 0.5, 0.3, 0.7])
    expected = sum(g * np.sin(2 * np.pi * (k + 1) * turns) for k, g in enumerate(gains))
    np.testing.assert_allclose(pulses.harmonics(turns, gains), expected, atol=1e-8)


def test_each_cylinder_fires_once_a_turn() -> None:
    pulse = pulses.firing(np.arange(0, 8, 0.001), np.array([1.0, 0.5]), 0.2)
    tops = pulse.reshape(8, 1_000).max(axis=1)
    np.testing.assert_allclose(tops, [1, 0.5] * 4, rtol=1e-3)
    assert not pulse.reshape(8, 1_000)[:, 201:].any()


def test_a_voice_sings_at_its_pitch() -> None:
    x = voice.glottal(np.random.default_rng(9), np.full(RATE, 180.0), jitter=0.0)
    correlation = np.fft.irfft(np.abs(np.fft.rfft(x, 2 * RATE)) ** 2)[150:600]
    assert RATE / (150 + int(np.argmax(correlation))) == pytest.approx(180, rel=0.01)


def test_a_blast_wave_turns_to_suction_at_its_time_and_leaves_nothing_behind() -> None:
    wave = friedlander(RATE // 10, 0.001)
    assert wave[0] == 1.0
    assert wave[47] > 0 > wave[49]
    assert abs(wave.sum()) < 1.0, "pressure and suction cancel, but for one sample of rounding"


def test_fades_reach_silence_and_touch_nothing_else() -> None:
    x = np.ones((2, 1_000))
    envelope.fade_edges(x, 100 / RATE, 200 / RATE)
    assert np.all(x[:, [0, -1]] == 0)
    assert np.all(x[:, 100:-200] == 1)


@given(lead=st.integers(0, 20_000), length=st.integers(500, 60_000))
@settings(max_examples=40, deadline=None)
def test_a_one_shot_ends_up_on_its_onset(lead: int, length: int) -> None:
    x = np.zeros((1, 60_000))
    x[0, lead : lead + 9_600] = modal.ring(700.0, 30.0, 1.0, 9_600)
    out, onset = builders.finish(x, length)
    assert 0 < onset <= builders.MAX_LEAD_SAMPLES
    assert out.shape[1] - onset <= length
    assert envelope.peak(out) == pytest.approx(builders.PEAK)
    before = np.abs(out[0, :onset]).max()
    assert before < 0.03 < np.abs(out[0, onset : onset + 20]).max()


def test_pieces_of_a_bed_that_agree_are_joined_without_a_seam() -> None:
    def texture(rng: np.random.Generator, knobs: Knobs, length: int, channels: int) -> builders.Chunk:
        return lambda rng, start, size: np.sin(2 * np.pi * 100 * (start + np.arange(size)) / RATE)[None, :].copy()

    length = 2 * builders.CHUNK_SAMPLES + 4_800
    render = builders.bed(texture, join_seconds=0.02, coherent=True)
    out, onset = render(np.random.default_rng(0), Knobs(wetness=0.0), length, 1, lambda: None)
    expected = builders.PEAK * np.sin(2 * np.pi * 100 * np.arange(length) / RATE)
    assert onset == 0
    np.testing.assert_allclose(out[0, 4_800:-4_800], expected[4_800:-4_800], atol=1e-4)
