"""Trim, reverse and loop: every sample is where it should be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audio import Audio
from engine.editing.length import backwards, seamless, trimmed
from engine.editing.spot import Spliced, crossfaded
from engine.errors import BadArgument
from engine.source import BLOCK_SAMPLES, Held, collected

RATE = 8_000


def ramp(length: int, channels: int = 1) -> Audio:
    samples = np.tile(np.arange(length, dtype=np.float32) / length, (channels, 1))
    return Audio(samples=samples, sample_rate_hz=RATE)


@given(length=st.integers(1, 3 * BLOCK_SAMPLES))
def test_backwards_twice_is_forwards(length: int) -> None:
    sound = ramp(length)
    once = collected(Held(sound), backwards)
    assert np.array_equal(once.samples, sound.samples[:, ::-1])


def test_a_trim_keeps_what_it_says_and_makes_nothing_up() -> None:
    sound = ramp(RATE)
    kept = collected(Held(sound), lambda source: trimmed(source, 0.25, 0.5))
    assert np.array_equal(kept.samples, sound.samples[:, RATE // 4 : 3 * RATE // 4])
    assert collected(Held(sound), lambda source: trimmed(source, 0.5, 99.0)).length_samples == RATE // 2
    with pytest.raises(BadArgument, match="begins at 2 s"):
        trimmed(Held(sound), 2.0, None)


@pytest.mark.parametrize("length", [1, 2, 3, 1_000, 2 * BLOCK_SAMPLES + 5])
def test_a_loop_goes_round_without_a_seam(length: int) -> None:
    t = np.arange(length)
    tone = np.sin(2 * np.pi * t / 160).astype(np.float32)[None]
    loop = collected(Held(Audio(samples=tone, sample_rate_hz=RATE)), lambda source: seamless(source, 0.05)).samples[0]
    fade = min(length // 2, 400)
    assert loop.size == length - fade
    step = np.abs(np.diff(np.concatenate([loop, loop[:1]])))
    if length > 800:
        assert step.max() < 0.08  # a seam would step by up to 2; the tone itself steps by 0.04
        assert np.array_equal(loop[fade:], tone[0, fade : length - fade])


@given(start=st.integers(0, 40), size=st.integers(1, 20), first=st.integers(-5, 70), count=st.integers(0, 70))
def test_a_splice_reads_as_the_arrays_put_together(start: int, size: int, first: int, count: int) -> None:
    old, new = ramp(60), Audio(samples=np.full((1, size), 9, np.float32), sample_rate_hz=RATE)
    whole = np.pad(old.samples, ((0, 0), (5, 100)))
    whole[:, 5 + start : 5 + start + size] = 9
    assert np.array_equal(
        Spliced(Held(old), Held(new), start).read(first, first + count), whole[:, 5 + first : 5 + first + count]
    )


@given(span=st.integers(1, 5_000), cut=st.integers(0, 5_000))
def test_a_crossfade_lies_inside_and_is_the_same_in_pieces(span: int, cut: int) -> None:
    old, new = np.zeros((1, span), np.float32), np.ones((1, span), np.float32)
    whole = crossfaded(old, new, 0, span, 48_000)
    fade = min(480, span // 4)
    assert np.all(whole[:, fade : span - fade] == 1.0)
    assert np.allclose(whole, whole[:, ::-1])
    if fade:
        assert 0 < whole[0, 0] < 1
    cut = min(cut, span)
    pieces = [crossfaded(old[:, a:b], new[:, a:b], a, span, 48_000) for a, b in ((0, cut), (cut, span)) if b > a]
    assert np.array_equal(np.concatenate(pieces, axis=1), whole)
