"""Fades by their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.dsp.fades import Shape, fade_curve, fade_gains, faded


@given(length=st.integers(2, 5_000))
def test_curves_and_their_mirrors_are_complementary(length: int) -> None:
    power, linear = fade_curve(length), fade_curve(length, "linear")
    assert np.allclose(power**2 + power[::-1] ** 2, 1.0, atol=1e-6)
    assert np.allclose(linear + linear[::-1], 1.0, atol=1e-6)


@pytest.mark.parametrize("shape", ["equal_power", "linear"])
def test_curves_rise_from_exactly_0_to_exactly_1(shape: Shape) -> None:
    curve = fade_curve(240, shape)
    assert (curve[0], curve[-1]) == (0.0, 1.0)
    assert (np.diff(curve) > 0).all()


@pytest.mark.parametrize("shape", ["equal_power", "linear"])
def test_a_part_of_a_curve_is_that_part_bit_by_bit(shape: Shape) -> None:
    assert np.array_equal(fade_gains(np.arange(100, 300), 1_001, shape), fade_curve(1_001, shape)[100:300])


def test_only_the_ends_change_and_the_argument_does_not() -> None:
    samples = np.ones((2, 100), np.float32)
    out = faded(samples, 10, 20)
    assert (samples == 1.0).all()
    assert (out[:, 10:80] == 1.0).all()
    assert np.array_equal(out[0, :10], fade_curve(10))
    assert np.array_equal(out[1, 80:], fade_curve(20)[::-1])


def test_fades_longer_than_the_sound_are_shortened() -> None:
    out = faded(np.ones((1, 4), np.float32), 1_000, 1_000)
    assert out.shape == (1, 4)
    assert (out[0, 0], out[0, -1]) == (0.0, 0.0)
    assert faded(np.ones((1, 0), np.float32), 5, 5).shape == (1, 0)
