"""Twice as far is 6 dB less of the sound itself, and no less of the room; the air takes the treble."""

from __future__ import annotations

import numpy as np
import pytest

from engine.audio import Audio
from engine.dsp.distance import air_corner_hz, distant
from engine.source import Held, collected

RATE = 48_000


def response(metres: float, channels: int = 1) -> np.ndarray:
    impulse = np.zeros((channels, RATE), np.float32)
    impulse[:, 0] = 1.0
    audio = Audio(samples=impulse, sample_rate_hz=RATE)
    return collected(Held(audio), lambda source: distant(source, metres)).samples.astype(float)


def energy_db(samples: np.ndarray) -> float:
    return float(10 * np.log10(np.sum(samples**2)))


@pytest.mark.parametrize("metres", [2.0, 8.0, 32.0])
def test_the_sound_itself_falls_by_the_inverse_of_the_distance(metres: float) -> None:
    def direct(at: float) -> float:
        return abs(np.fft.rfft(response(at)[0, :90], 480)[1])  # around 100 Hz, before the room answers

    assert 20 * np.log10(direct(2 * metres) / direct(metres)) == pytest.approx(-6.0, abs=0.2)


def test_the_room_stays_as_loud_in_the_bass() -> None:
    def late(at: float) -> float:
        return float(np.sum(np.abs(np.fft.rfft(response(at)[0, 480:]))[:500] ** 2))

    assert 10 * np.log10(late(20.0) / late(2.0)) == pytest.approx(0.0, abs=0.5)


def test_at_the_critical_distance_both_are_as_loud() -> None:
    whole = response(6.0)[0]
    assert energy_db(whole[96:]) == pytest.approx(energy_db(whole[:96]), abs=1.5)


def test_the_air_takes_the_treble() -> None:
    assert air_corner_hz(30.0) == pytest.approx(8_000)
    near, far = (np.abs(np.fft.rfft(response(at)[0, :90], 960)) for at in (1.0, 60.0))
    assert 20 * np.log10(far[160] / far[2] * near[2] / near[160]) < -3  # 8 kHz against 100 Hz


def test_channels_differ_only_in_the_room() -> None:
    both = response(10.0, 2)
    assert np.allclose(both[0, :90], both[1, :90], atol=1e-7)
    assert np.abs(both[0] - both[1]).max() > 1e-3
