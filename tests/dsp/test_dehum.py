"""Hum of known frequency and strength, put onto sounds and taken off."""

from __future__ import annotations

import numpy as np
import pytest

from engine.audio import Audio, Samples
from engine.dsp.dehum import dehum
from engine.dsp.hum_pitch import find_hum
from engine.errors import BadArgument
from engine.source import Held, collected

RATE = 16_000


def held(sound: Samples, rate: int = RATE) -> Held:
    return Held(Audio(samples=np.atleast_2d(sound), sample_rate_hz=rate))


def dehummed(sound: Samples, rate: int = RATE, **how: float) -> Samples:
    return collected(held(sound, rate), lambda source: dehum(source, **how)).samples  # type: ignore[arg-type]


def hum(
    seconds: float, hz: float = 50.02, drift_hz: float = 0.0, rate: int = RATE, orders: range = range(1, 13)
) -> Samples:
    time = np.arange(round(seconds * rate)) / rate
    phase = 2 * np.pi * np.cumsum(hz + drift_hz * np.sin(2 * np.pi * time / 20)) / rate
    return np.asarray(sum(0.1 / order * np.sin(order * phase + order**2) for order in orders), np.float32)


def noise(seconds: float, level: float = 0.05, rate: int = RATE, seed: int = 0) -> Samples:
    """That comes and goes, three times in two seconds."""
    made = level * np.random.default_rng(seed).standard_normal(round(seconds * rate))
    return np.asarray(made * np.square(np.sin(2 * np.pi * 0.75 * np.arange(made.size) / rate)), np.float32)


def below_db(hum: Samples, left: Samples) -> float:
    return float(10 * np.log10(np.square(hum).mean() / (np.square(left).mean() + 1e-20)))


@pytest.mark.parametrize(("hz", "drift_hz"), [(49.97, 0.0), (60.05, 0.0), (50.02, 0.02)])
def test_hum_is_found_and_goes(hz: float, drift_hz: float) -> None:
    added, sound = hum(20, hz, drift_hz), noise(20)
    assert below_db(added, dehummed(sound + added)[0] - sound) > (24 if drift_hz else 30)


def test_pure_hum_leaves_next_to_nothing() -> None:
    assert below_db(hum(8), dehummed(hum(8))[0]) > 45


@pytest.mark.parametrize(("hz", "rate"), [(100.0, 8_000), (400.0, 48_000)])
def test_hum_of_a_given_frequency_goes(hz: float, rate: int) -> None:
    added, sound = hum(8, hz * 1.002, rate=rate, orders=range(1, 6)), noise(8, rate=rate)
    assert below_db(added, dehummed(sound + added, rate, frequency_hz=hz)[0] - sound) > 20


def test_the_drift_is_followed() -> None:
    found = find_hum(held(hum(30, 50.0, 0.02) + noise(30)))
    assert found is not None
    at = found.at_samples / RATE
    assert found.frequency_hz == pytest.approx(50.0 + 0.02 * np.sin(2 * np.pi * at / 20), abs=0.01)


@pytest.mark.parametrize("seed", range(3))
def test_without_hum_not_one_bit_changes(seed: int) -> None:
    sound = noise(6, seed=seed)
    assert np.array_equal(dehummed(sound)[0], sound)


def test_notes_are_no_hum() -> None:
    """Of a tempered scale, at random."""
    rng = np.random.default_rng(0)
    made = []
    for hz in 440 * 2 ** (rng.integers(-24, 3, 48) / 12):
        time = np.arange(rng.integers(3_000, 6_000)) / RATE + rng.uniform()
        harmonics = sum(np.sin(2 * np.pi * hz * order * time) / order for order in range(1, 6))
        made.append(0.2 * np.hanning(time.size) * harmonics)
    sound = np.asarray(np.concatenate(made), np.float32)
    assert np.array_equal(dehummed(sound)[0], sound)


def test_a_loud_note_on_a_harmonic_is_not_taken_for_hum() -> None:
    """It lasts a second; the hum around it is what is believed."""
    time = np.arange(RATE) / RATE
    note = np.zeros(12 * RATE, np.float32)
    note[5 * RATE : 6 * RATE] = 0.4 * np.hanning(RATE) * np.sin(2 * np.pi * 200.5 * time)
    left = dehummed(hum(12) + note)[0] - note
    assert below_db(note[5 * RATE : 6 * RATE], left[5 * RATE : 6 * RATE]) > 50


def test_where_it_is_told_of_hum_and_there_is_none_little_changes() -> None:
    sound = noise(8)
    assert below_db(sound, dehummed(sound, frequency_hz=50.0, harmonics=100)[0] - sound) > 28


def test_more_harmonics_than_asked_for_stay() -> None:
    high = hum(8, orders=range(7, 13))
    made = dehummed(hum(8), harmonics=6)[0]
    assert below_db(high, made - high) > 30


def test_hum_of_different_strength_in_channels_goes_in_each() -> None:
    sound = np.array([noise(8, seed=seed) for seed in range(3)])
    strength = np.array([[1.0], [-0.3], [0.0]], np.float32)
    left = dehummed(sound + strength * hum(8)) - sound
    assert below_db(hum(8), left[0]) > 28
    assert below_db(0.3 * hum(8), left[1]) > 24
    assert below_db(noise(8), left[2]) > 30


def test_hum_that_stops_is_not_put_where_there_is_none() -> None:
    added = hum(30) * (np.arange(30 * RATE) < 16 * RATE)
    left = dehummed(added + noise(30))[0] - noise(30)
    assert below_db(hum(6), left[-6 * RATE :]) > 30
    assert below_db(hum(6), left[: 6 * RATE]) > 25


@pytest.mark.parametrize("length", [1, 100, 3_999, 4_000, 4_001, 12_345])
@pytest.mark.parametrize("hz", [None, 50.0])
def test_short_sounds_keep_their_length(length: int, hz: float | None) -> None:
    made = dehummed(hum(1)[:length], frequency_hz=hz)  # type: ignore[arg-type]
    assert made.shape == (1, length)
    assert np.isfinite(made).all()
    assert np.abs(made).max() <= np.abs(hum(1)[:length]).max() * 1.5 + 1e-6


@pytest.mark.parametrize(("how", "field"), [({"frequency_hz": 5.0}, "frequency_hz"), ({"harmonics": 0}, "harmonics")])
def test_what_is_out_of_bounds_is_refused(how: dict[str, float], field: str) -> None:
    with pytest.raises(BadArgument) as refused:
        dehum(held(noise(1)), **how)  # type: ignore[arg-type]
    assert refused.value.field == field
