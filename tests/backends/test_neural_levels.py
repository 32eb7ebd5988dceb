"""Levels that only show where windows overlap more than they fade, or where a made part is louder than what stays."""

from __future__ import annotations

import numpy as np
import pytest

from engine.audio import Audio, Samples
from engine.backends.neural.changes import Change
from engine.backends.neural.takes import Shape
from engine.backends.neural.windows import OVERLAP_SECONDS, joined, starts
from engine.handle import Handle

RATE = 16_000
SHAPE = Shape(sample_rate_hz=RATE, channels=1, lengths_seconds=(2.0, 4.0))


def noise(seconds: float, seed: int) -> Samples:
    return (0.1 * np.random.default_rng(seed).standard_normal((1, round(seconds * RATE)))).astype(np.float32)


def test_windows_that_overlap_longer_than_they_fade() -> None:
    begins = starts(9 * RATE, 4 * RATE, RATE)
    assert begins[0] + 4 * RATE - begins[1] > 1.2 * OVERLAP_SECONDS * RATE
    whole = joined([noise(4.0, seed) for seed in range(len(begins))], begins, RATE)
    power = np.square(whole[0]).reshape(-1, RATE // 4).mean(axis=1)
    assert np.abs(10 * np.log10(power / power.mean())).max() < 0.5


def test_what_is_made_anew_has_no_part_in_the_level() -> None:
    old = Audio(samples=noise(2.0, 0), sample_rate_hz=RATE)
    start, end = RATE // 2, RATE
    made = 0.5 * old.samples
    made[:, start:end] *= 20.0
    found = Change(audio=old, spans=((start, end),)).result([made], SHAPE, Handle())
    stays = [slice(0, start), slice(end, None)]
    assert all(found.samples[:, part] == pytest.approx(old.samples[:, part], rel=1e-3, abs=1e-5) for part in stays)
