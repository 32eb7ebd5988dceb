"""A source reads as the array it stands for, anywhere, also beyond its ends."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audio import Audio
from engine.errors import BadArgument
from engine.source import Held, Part, Source, blocks, collected

RATE = 48_000


def sound(length: int, channels: int = 2) -> Audio:
    samples = np.arange(1, channels * length + 1, dtype=np.float32).reshape(channels, length) / 1e4
    return Audio(samples=samples, sample_rate_hz=RATE)


def expected(audio: Audio, start: int, end: int) -> np.ndarray:
    out = np.zeros((audio.channels, end - start), np.float32)
    for k in range(start, end):
        if 0 <= k < audio.length_samples:
            out[:, k - start] = audio.samples[:, k]
    return out


@given(length=st.integers(0, 20), start=st.integers(-30, 40), size=st.integers(0, 40))
def test_silence_lies_before_and_after(length: int, start: int, size: int) -> None:
    audio = sound(length)
    assert np.array_equal(Held(audio).read(start, start + size), expected(audio, start, start + size))


@given(first=st.integers(-5, 20), size=st.integers(1, 30), start=st.integers(-10, 40), count=st.integers(0, 40))
def test_a_part_is_a_source_of_its_own(first: int, size: int, start: int, count: int) -> None:
    audio = sound(12)
    within = Audio(samples=expected(audio, first, first + size), sample_rate_hz=RATE)
    part: Source = Part(Held(audio), first, first + size)
    assert part.length_samples == size
    assert np.array_equal(part.read(start, start + count), expected(within, start, start + count))


def test_an_empty_part_is_refused() -> None:
    with pytest.raises(BadArgument, match="empty"):
        Part(Held(sound(4)), 3, 3)


@given(length=st.integers(0, 50), size=st.integers(1, 60))
def test_blocks_put_together_are_the_whole(length: int, size: int) -> None:
    audio = sound(length)
    pieces = list(blocks(Held(audio), size))
    assert all(1 <= piece.shape[1] <= size for piece in pieces)
    assert np.array_equal(collected(Held(audio), lambda source: blocks(source, size)).samples, audio.samples)
