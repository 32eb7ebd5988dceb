"""The limiter in blocks does what it does in one piece."""

from __future__ import annotations

import numpy as np
import pytest

from engine.audio import Audio
from engine.dsp.limiter import limit, limited
from engine.dsp.true_peak import true_peak
from engine.source import BLOCK_SAMPLES, Held, collected


@pytest.mark.parametrize("channels", [1, 3])
def test_blocks_are_limited_as_the_whole_is(channels: int) -> None:
    noise = np.random.default_rng(0).normal(size=(channels, 2 * BLOCK_SAMPLES + 321)).astype(np.float32) / 4
    noise[:, BLOCK_SAMPLES - 2 : BLOCK_SAMPLES + 3] *= 4  # a peak across the edge of two blocks
    audio = Audio(samples=noise, sample_rate_hz=48_000)
    pieces = collected(Held(audio), lambda source: limited(source, 0.5))
    assert np.allclose(pieces.samples, limit(audio, 0.5).samples, atol=1e-6)
    assert true_peak(pieces) <= 0.501
    assert not np.array_equal(pieces.samples, audio.samples)


@pytest.mark.parametrize("frequency", [0.25, 0.42, 0.45])
@pytest.mark.parametrize("phase", [0.0, 0.8, 1.8])
def test_what_begins_and_ends_at_once_is_held_there_too(frequency: float, phase: float) -> None:
    burst = np.sin(2 * np.pi * frequency * np.arange(2_001) + phase)
    limited_burst = limit(Audio(samples=burst[None], sample_rate_hz=48_000), 0.5)
    assert true_peak(limited_burst) <= 0.501


def test_what_lies_under_the_ceiling_is_the_same_object() -> None:
    audio = Audio(samples=np.full((2, 3_000), 0.25), sample_rate_hz=48_000)
    assert limit(audio, 0.5) is audio
