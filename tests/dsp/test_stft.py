"""Frames of a source and the way back: nothing is lost, nothing is added."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.audio import Audio
from engine.dsp.stft import Grid, OverlapAdd, power, scaled, spectra
from engine.errors import BadArgument
from engine.source import Held


def source(samples: np.ndarray) -> Held:
    return Held(Audio(samples=samples, sample_rate_hz=48_000))


@settings(deadline=None, max_examples=25)
@given(
    length=st.integers(1, 3_000),
    frame=st.sampled_from([16, 64, 256]),
    overlap=st.sampled_from([2, 4]),
    at_once=st.integers(1, 40),
)
def test_what_is_not_changed_comes_back(length: int, frame: int, overlap: int, at_once: int) -> None:
    sound = np.random.default_rng(length).standard_normal((2, length)).astype(np.float32)
    grid = Grid(frame_samples=frame, overlap=overlap)
    out, made = OverlapAdd(grid, 2), []
    for start in range(grid.first_frame, grid.end_frame(length), at_once):
        end = min(start + at_once, grid.end_frame(length))
        made.append(out.add(spectra(source(sound), grid, start, end)))
    early = -grid.first_frame * grid.hop_samples
    back = np.concatenate(made, axis=1)[:, early : early + length]
    np.testing.assert_allclose(back, sound, atol=2e-6 * np.abs(sound).max())


def test_the_power_of_white_noise_is_its_variance_times_the_hop() -> None:
    sound = 0.1 * np.random.default_rng(1).standard_normal((1, 2**17)).astype(np.float32)
    for overlap in (1, 2, 4):
        grid = Grid(frame_samples=512, overlap=overlap)
        mean = power(spectra(source(sound), grid, 0, 2**17 // grid.hop_samples - overlap)).mean()
        assert mean == pytest.approx(0.01 * grid.hop_samples, rel=0.02)


@pytest.mark.parametrize("rate", [8_000, 11_025, 44_100, 48_000, 96_000, 192_000])
def test_frames_last_as_long_at_every_rate(rate: int) -> None:
    samples = scaled(2048, rate)
    assert samples & (samples - 1) == 0
    assert 2048 / 48_000 / 1.42 < samples / rate < 2048 / 48_000 * 1.42


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_are_refused(bad: float) -> None:
    class Broken(Held):
        def read(self, start: int, end: int) -> np.ndarray:
            samples = super().read(start, end).copy()
            samples[0, -1] = bad
            return samples

    broken = Broken(Audio(samples=np.zeros((1, 512), np.float32), sample_rate_hz=48_000))
    with pytest.raises(BadArgument, match="NaN"):
        spectra(broken, Grid(frame_samples=64), 0, 4)
