"""The second knock falls on the same door, and is not the first one again."""

from __future__ import annotations

import numpy as np
import pytest

from engine.backends.procedural import ProceduralBackend
from engine.config import Settings
from engine.handle import Handle
from engine.plan import TakeSpec

RATE = 48_000


def spectrum(source: str, seed: int, variation: int) -> np.ndarray:
    spec = TakeSpec(
        backend="procedural",
        backend_version="1",
        source=source,
        text=source,
        params={"count": 1.0},
        seed=seed,
        variation=variation,
        length_samples=RATE // 2,
        channels=1,
        sample_rate_hz=RATE,
    )
    (take,) = ProceduralBackend(Settings.load()).render([spec], Handle())
    found = np.abs(np.fft.rfft(take.audio.samples[0], RATE))[50:8_000]
    return found / np.linalg.norm(found)


@pytest.mark.parametrize("source", ["door_knock", "dog_bark"])
def test_a_variation_is_nearer_than_another_source(source: str) -> None:
    same, other = [], []
    for seed in range(6):
        first = spectrum(source, seed, 0)
        same.append(float(first @ spectrum(source, seed, 1)))
        other.append(float(first @ spectrum(source, seed + 100, 0)))
    assert max(same) < 0.9999
    assert np.mean(same) > np.mean(other)
