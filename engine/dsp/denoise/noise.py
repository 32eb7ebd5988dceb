"""What the noise is: its power at every frequency, from a stretch of noise alone; see ``floor`` for without one.

Noise is kept as a density, power per hertz and channel, at one or more moments; filters ask for it on their own grid.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from engine.dsp.denoise.channels import Turned
from engine.dsp.stft import Grid, Power, power, scaled, spectra
from engine.errors import BadArgument
from engine.source import Source

FINEST_AT_48K = 8192
"""Frame in which noise is measured: long, so that hum does not smear over what lies beside it."""
SHORTEST_AT_48K = 128
"""Below this a frame tells nothing of the noise's colour."""
LEAST_DENSITY = 1e-18
"""In place of no noise: -180 dB of full scale, which no filter touches."""
_FRAMES_AT_ONCE = 16

Density = NDArray[np.float32]
"""``(channels, bins)``: power of a bin over the hop; white noise of variance 1 has 1 everywhere."""


class Noise:
    """Density of the noise, at some moments; between them it is interpolated.

    Parameters
    ----------
    densities
        One for each moment.
    moments
        Samples, rising.
    """

    def __init__(self, densities: list[Density], moments: list[int]) -> None:
        self._densities = densities
        self._moments = moments
        self._last: dict[tuple[Grid, float], Power] = {}

    def level(self, grid: Grid, sample: int) -> Power:
        """Expected power of the noise in a frame about that sample, ``(channels, bins)``."""
        place = float(np.interp(sample, self._moments, np.arange(len(self._moments))))
        if (grid, place) not in self._last:
            self._last = {key: level for key, level in self._last.items() if key[1] == place}
            self._last[grid, place] = self._level(grid, place)
        return self._last[grid, place]

    def _level(self, grid: Grid, place: float) -> Power:
        before = int(place)
        density = self._densities[before]
        if place > before:
            density = density + np.float32(place - before) * (self._densities[before + 1] - density)
        level = on_bins(density, grid.bins) * np.float32(grid.hop_samples)
        return np.asarray(np.maximum(level, LEAST_DENSITY * grid.hop_samples), np.float32)


def on_bins(density: Density, bins: int) -> Density:
    """A density as frames of another length would show it.

    Shorter frames smear: a line of hum leaks far into its surroundings. That is worked out by way of the
    autocorrelation, which a window multiplies by its own.
    """
    had = density.shape[1]
    if bins >= had:
        there, here = np.linspace(0, 1, bins), np.linspace(0, 1, had)
        return density if bins == had else np.array([np.interp(there, here, row) for row in density], np.float32)
    frame = 2 * (bins - 1)
    lags = fft.irfft(density.astype(np.float64), axis=1)[:, :frame] * _taper(frame) / _taper(2 * (had - 1))[:frame]
    lags[:, 1:] += lags[:, :0:-1].copy()  # a frame's transform folds its autocorrelation
    smeared = fft.rfft(lags, axis=1).real
    least = density[:, :: (had - 1) // (bins - 1)] * 0.1  # a chance minus is no power
    return np.asarray(np.maximum(smeared, least), np.float32)


@lru_cache(maxsize=32)
def _taper(frame: int) -> NDArray[np.float64]:
    """Autocorrelation of a frame's window, 1 at lag 0."""
    window = Grid(frame_samples=frame).window.astype(np.float64)
    found = fft.irfft(np.square(np.abs(fft.rfft(window, 2 * frame))))[:frame]
    return np.asarray(found / found[0])


def from_profile(noise: Source, source: Turned) -> Noise:
    """The noise of a sound, from a stretch where there is nothing else.

    Its channels are turned as the sound's are; a profile of another channel count stands, by its mean, for every
    channel.

    Raises
    ------
    BadArgument
        When its rate is another one, when it is too short or silent, or holds what is no number.
    """
    rate = noise.sample_rate_hz
    if rate != source.sample_rate_hz:
        raise BadArgument(
            f"The noise profile has {rate} Hz and the sound {source.sample_rate_hz} Hz; take it at the same rate.",
            field="noise",
        )
    frame = longest_frame(noise.length_samples // 4, rate)
    if frame < scaled(SHORTEST_AT_48K, rate):
        least = 1_000 * 4 * scaled(SHORTEST_AT_48K, rate) / rate
        raise BadArgument(f"The noise profile is too short: select at least {least:.0f} ms of it.", field="noise")
    same = noise.channels == source.channels
    grid = Grid(frame_samples=frame)
    heard: Source = Turned(noise, source.matrix) if same else noise
    try:
        density = _mean_power(heard, grid) / np.float32(grid.hop_samples)
    except BadArgument:
        told = "The noise profile holds samples that are NaN or infinite: select another stretch."
        raise BadArgument(told, field="noise") from None
    if density.mean() <= LEAST_DENSITY:
        raise BadArgument("The noise profile is silent: select noise alone, or none at all.", field="noise")
    if not same:
        density = np.repeat(density.mean(axis=0, keepdims=True), source.channels, axis=0)
    return Noise([density], [0])


def longest_frame(most_samples: int, rate_hz: int) -> int:
    """The longest frame, a power of two, within so many samples."""
    return int(min(scaled(FINEST_AT_48K, rate_hz), 2 ** int(math.log2(max(1, most_samples)))))


def _mean_power(noise: Source, grid: Grid) -> Power:
    """Over all frames that lie within the sound."""
    frames = (noise.length_samples - grid.frame_samples) // grid.hop_samples + 1
    total = np.zeros((noise.channels, grid.bins))
    for start in range(0, frames, _FRAMES_AT_ONCE):
        total += power(spectra(noise, grid, start, min(start + _FRAMES_AT_ONCE, frames))).sum(axis=0)
    return np.asarray(total / frames, np.float32)
