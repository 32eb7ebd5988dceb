"""What the noise is taken to be, held against noise whose power is known."""

from __future__ import annotations

import numpy as np
import pytest
from denoise_cases import RATE_HZ, hiss, knocks, source

from engine.dsp.denoise.channels import turned
from engine.dsp.denoise.floor import CAUTION, from_sound
from engine.dsp.denoise.noise import from_profile, on_bins
from engine.dsp.stft import Grid, power, spectra
from engine.source import Source


def measured(sound: Source, grid: Grid) -> np.ndarray:
    frames = sound.length_samples // grid.hop_samples - grid.overlap
    return power(spectra(sound, grid, 0, frames)).mean(axis=0)


def hum(seconds: float) -> np.ndarray:
    time = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    tones = sum(np.sin(2 * np.pi * 50 * order * time + order) / order for order in range(1, 12))
    return 0.1 * tones[None] + 0.02 * hiss(seconds, 1)


def chords(seconds: float) -> np.ndarray:
    """A chord after the other, each dying away, and hardly a silence."""
    made, rng = [], np.random.default_rng(4)
    for _ in range(round(seconds / 1.5)):
        time = np.arange(round(1.5 * RATE_HZ)) / RATE_HZ
        pitches = 110 * 2 ** (rng.choice(24, 4, replace=False) / 12)
        notes = [np.sin(2 * np.pi * pitch * order * time) / order for pitch in pitches for order in range(1, 6)]
        made.append(0.05 * np.sum(notes, axis=0) * np.exp(-time) * np.minimum(1, time / 0.01))
    return np.concatenate(made)[None]


@pytest.mark.parametrize("frame", [256, 512, 1024, 2048, 4096])
def test_a_profile_of_hiss_gives_its_power_on_every_grid(frame: int) -> None:
    sound = source(hiss(8, 2))
    grid = Grid(frame_samples=frame)
    level = from_profile(sound, turned(sound)).level(grid, 0)
    assert level.mean() == pytest.approx(0.0025 * grid.hop_samples, rel=0.02)


@pytest.mark.parametrize("frame", [256, 512])
def test_hum_leaks_into_short_frames_as_it_does_in_truth(frame: int) -> None:
    sound = source(hum(8))
    grid = Grid(frame_samples=frame)
    level = from_profile(sound, turned(sound)).level(grid, 0)
    apart_db = 10 * np.log10(level / measured(sound, grid))
    assert np.abs(apart_db[:, 2:-2]).max() < 1.0


def test_a_density_on_its_own_bins_is_itself() -> None:
    density = np.random.default_rng(0).random((2, 65)).astype(np.float32)
    np.testing.assert_array_equal(on_bins(density, 65), density)
    np.testing.assert_allclose(on_bins(np.ones((1, 65), np.float32), 17), 1, rtol=1e-6)
    np.testing.assert_allclose(on_bins(np.ones((1, 65), np.float32), 257), 1, rtol=1e-6)


@pytest.mark.parametrize("rate_hz", [8_000, 48_000])
def test_hiss_alone_is_found_as_it_is(rate_hz: int) -> None:
    sound = source(hiss(15, 3, 1, rate_hz), rate_hz)
    grid = Grid(frame_samples=512)
    level = from_sound(turned(sound)).level(grid, 0) / grid.hop_samples
    assert np.median(level) == pytest.approx(CAUTION * 0.0025, rel=0.12)


def test_hiss_is_found_under_knocks_and_under_chords() -> None:
    grid = Grid(frame_samples=512)
    for sound in (knocks(15), chords(15)):
        level = from_sound(turned(source(sound + 0.1 * hiss(15, 5)))).level(grid, 0) / grid.hop_samples
        assert 10 * np.log10(np.median(level) / 2.5e-5) == pytest.approx(0, abs=2.5)


def test_hum_is_found_and_chords_are_not() -> None:
    grid = Grid(frame_samples=2048)
    for sound, least, most in ((hum(15), 0.7, 1.4), (chords(15), 0.0, 1e-3)):
        level = from_sound(turned(source(sound))).level(grid, 0).sum()
        assert least <= level / measured(source(sound), grid).sum() <= most


def test_a_chord_that_swells_is_no_hum() -> None:
    time = np.arange(15 * RATE_HZ) / RATE_HZ
    swell = 10 ** (0.1 * np.sin(2 * np.pi * time / 6))
    held = swell * sum(np.sin(2 * np.pi * pitch * time) for pitch in (220, 277, 330, 440))
    sound, grid = source(0.05 * held), Grid(frame_samples=2048)
    assert from_sound(turned(sound)).level(grid, 0).sum() < 0.01 * measured(sound, grid).sum()


def test_what_is_silent_between_its_sounds_has_no_noise() -> None:
    level = from_sound(turned(source(knocks(15)))).level(Grid(frame_samples=512), 0)
    assert level.max() < 1e-6


def test_noise_that_changes_is_followed() -> None:
    rising = np.concatenate([hiss(90, 6), 4 * hiss(90, 7)], axis=1)
    noise, grid = from_sound(turned(source(rising))), Grid(frame_samples=512)
    early, late = (np.median(noise.level(grid, second * RATE_HZ)) for second in (20, 160))
    assert 10 * np.log10(late / early) == pytest.approx(20 * np.log10(4), abs=1)


def test_what_channels_share_is_turned_into_few_and_back() -> None:
    shared = hiss(1, 8)
    sound = source(np.concatenate([shared, 0.8 * shared, 0.5 * hiss(1, 9)]))
    axes = turned(sound)
    moved = axes.read(0, RATE_HZ)
    assert sorted(moved.std(axis=1) > 1e-3) == [False, True, True]
    np.testing.assert_allclose(axes.back(moved), sound.read(0, RATE_HZ), atol=1e-6)
    np.testing.assert_allclose(axes.matrix @ axes.matrix.T, np.eye(3), atol=1e-6)


def test_channels_that_share_little_are_left_alone() -> None:
    axes = turned(source(np.concatenate([hiss(1, 10), 1.001 * hiss(1, 11)])))
    np.testing.assert_allclose(np.abs(axes.matrix).max(axis=1), 1)
