"""More of a sound that has no beginning and no end: room tone, wind, rain, a crowd.

Grains are taken at random from where nothing happens in a recording and laid over one another. A bird or a click stands
out of what is usual in its band, so no grain holds one, and grains without an event do not show that they come again.
Where there are few of them, each gets phases drawn anew, the same for all channels: the spectrum and the stereo image
stay, and the sound is never the same.

It does not know melodies or words: of music and speech it makes something that only has their colour.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage, signal

from engine.audio import Samples
from engine.source import Blocks

GRAIN_SECONDS = 0.2
SHORTEST_SIDE_SAMPLES = 32
"""Less than this of a side is no texture: it counts as not there."""
FEW_GRAINS = 16

_NEAR_SECONDS = 1.0
"""How far from the gap its level is measured."""
_ALIGN_SECONDS = 0.01
"""A grain is moved by up to this much, so that tones in it go on from the one before."""
_CHOICES = 4
"""Grains that are tried for how well they go on."""
_QUIETEST = 1e-3
"""Of the louder side's level: where the other side is silent the texture falls to this, and then stops."""

_FRAME_SECONDS = 0.02
_BANDS = 12
_LOWEST_BAND_HZ = 60.0
_USUAL_QUANTILE, _LOW_QUANTILE = 0.3, 0.03
_SPREADS = 3.0
"""A band may stand above what is usual in it by so many times its spread below that."""
_LEAST_SPREAD_DB = 1.5
_LEAST_SHARE = 0.1
"""Of the grains, the most usual ones, are taken in any case: in some recordings something always happens."""


def texture(
    before: Samples, after: Samples, length_samples: int, sample_rate_hz: int, rng: np.random.Generator
) -> Blocks:
    """A stretch between two sounds, in blocks: the texture of one becoming that of the other, its level moving in dB.

    Parameters
    ----------
    before, after
        ``(channels, n)``, as much as is to be listened to. Where one is not there the other goes on as it is; where
        one is silence the other fades into it.
    """
    present = [side.shape[1] >= SHORTEST_SIDE_SAMPLES for side in (before, after)]
    lengths = [side.shape[1] for side, there in zip((before, after), present, strict=True) if there]
    size = min([round(GRAIN_SECONDS * sample_rate_hz), *(length // 2 for length in lengths)]) // 2 * 2
    first = _Grains(before, size, sample_rate_hz, rng, nearest_last=True) if present[0] else None
    second = _Grains(after, size, sample_rate_hz, rng, nearest_last=False) if present[1] else None
    hop = max(1, size // 2)
    for start in range(0, length_samples, hop):
        wanted = min(hop, length_samples - start)
        if first and second:
            block = _mixed(first, second, np.minimum(1.0, (start + np.arange(hop) + 0.5) / length_samples))
        elif only := first or second:
            block = next(only)
        else:
            block = np.zeros((before.shape[0], hop), np.float32)
        yield block[:, :wanted]


def _mixed(first: _Grains, second: _Grains, along: NDArray[np.float64]) -> Samples:
    """One fading into the other; the level of each channel goes in a straight line in dB."""
    leaving, coming = np.cos(np.pi / 2 * along), np.sin(np.pi / 2 * along)
    loudest = np.maximum(np.maximum(first.level, second.level), 1e-30)
    here, there = (np.maximum(side.level, _QUIETEST * loudest)[:, None] for side in (first, second))
    gain = here ** (1 - along) * there**along / np.hypot(leaving * here, coming * there)
    return np.asarray((leaving * next(first) + coming * next(second)) * gain, np.float32)


class _Grains:
    """Blocks of half a grain, without end, at the level beside the gap."""

    def __init__(
        self, side: Samples, size: int, sample_rate_hz: int, rng: np.random.Generator, *, nearest_last: bool
    ) -> None:
        self._side, self._size, self._rng = side, size, rng
        self._starts = _uneventful(side, size, sample_rate_hz)
        self._few = self._starts.size < FEW_GRAINS
        self._slack = 0 if self._few else round(_ALIGN_SECONDS * sample_rate_hz)
        self._waiting: list[int] = []
        self.level = self._level_near(side.shape[1] if nearest_last else 0, sample_rate_hz)
        self._loudest = int(np.argmax(self.level))
        self._last = self._taken(self._choice()[0])[:, size // 2 :]

    def __iter__(self) -> Iterator[Samples]:
        return self

    def __next__(self) -> Samples:
        half = self._size // 2
        grain = self._following()
        along = (np.arange(half, dtype=np.float32) + 0.5) / half
        out, into = np.cos(np.pi / 2 * along), np.sin(np.pi / 2 * along)
        alike = max(0.0, _correlation(self._last, grain[:, :half]))
        block = (out * self._last + into * grain[:, :half]) / np.sqrt(1.0 + 2.0 * alike * out * into)
        self._last = grain[:, half:]
        return np.asarray(block, np.float32)

    def _following(self) -> Samples:
        """Of a few grains the one that goes on best, moved to where it does."""
        half, slack = self._size // 2, self._slack
        if not slack:
            return self._taken(self._choice()[0])
        choices = self._choice()
        best, best_fit, chosen = 0, -np.inf, choices[0]
        for start in choices:
            first = max(0, start - slack)
            part = self._side[self._loudest, first : min(start + half + slack, self._side.shape[1] - half)]
            fits = signal.correlate(part, self._last[self._loudest], mode="valid", method="fft")
            fit = float(fits.max()) / (float(np.linalg.norm(part)) + 1e-20)
            if fit > best_fit:
                best, best_fit, chosen = first + int(np.argmax(fits)), fit, start
        self._waiting = [start for start in choices if start != chosen] + self._waiting
        return self._taken(best)

    def _choice(self) -> list[int]:
        wanted = 1 if self._few else _CHOICES
        if len(self._waiting) < wanted:
            self._waiting += [int(start) for start in self._rng.permutation(self._starts)]
        choices, self._waiting = self._waiting[:wanted], self._waiting[wanted:]
        return choices

    def _taken(self, start: int) -> Samples:
        grain = self._side[:, start : start + self._size]
        if self._few:
            grain = _other_phases(grain, self._rng)
        loudness = float(np.sqrt(np.mean(np.square(grain))))
        wanted = float(np.sqrt(np.mean(np.square(self.level))))
        return np.asarray(grain * (wanted / loudness if loudness > 1e-9 else 0.0), np.float32)

    def _level_near(self, place: int, sample_rate_hz: int) -> Samples:
        apart = np.abs(self._starts + self._size // 2 - place)
        near = self._starts[apart <= max(_NEAR_SECONDS * sample_rate_hz, apart.min())]
        power = [np.mean(np.square(self._side[:, start : start + self._size]), axis=1) for start in near]
        return np.asarray(np.sqrt(np.mean(power, axis=0)), np.float32)


def _uneventful(side: Samples, size: int, sample_rate_hz: int) -> NDArray[np.intp]:
    """First samples of grains, half a grain apart or more, in which nothing stands out."""
    frame = max(8, min(round(_FRAME_SECONDS * sample_rate_hz), size // 2))
    hop = frame // 2
    window = np.hanning(frame + 1)[:frame].astype(np.float32)
    power: NDArray[np.float32] | float = 0.0
    step: NDArray[np.float32] | float = 0.0
    for channel in side:
        frames = np.lib.stride_tricks.sliding_window_view(channel, frame)[::hop]
        power = power + np.square(np.abs(fft.rfft(frames * window, axis=-1, workers=1)))
        step = np.maximum(step, np.square(np.diff(frames, axis=-1)).max(axis=-1))
    edges_hz = np.geomspace(min(_LOWEST_BAND_HZ, sample_rate_hz / 8), sample_rate_hz / 2, _BANDS + 1)[:-1]
    edges = np.unique(np.minimum(edges_hz * frame / sample_rate_hz, frame // 2).astype(int))
    bands = np.add.reduceat(np.atleast_2d(power), edges, axis=1)
    level = 10 * np.log10(np.column_stack([bands, step]) + 1e-12)  # a click is too short to stand out of a band
    usual, low = np.quantile(level, [_USUAL_QUANTILE, _LOW_QUANTILE], axis=0)
    stands_out = ((level - usual) / np.maximum(usual - low, _LEAST_SPREAD_DB)).max(axis=1)
    over = max(1, -(-size // hop))  # frames that touch a grain
    worst = ndimage.maximum_filter1d(stands_out, over, origin=-(over // 2), mode="nearest")
    starts = np.arange(0, side.shape[1] - size + 1, max(1, size // 2))
    score = worst[np.minimum(starts // hop, worst.size - 1)]
    return np.asarray(starts[score <= max(_SPREADS, float(np.quantile(score, _LEAST_SHARE)))])


def _other_phases(grain: Samples, rng: np.random.Generator) -> Samples:
    """Noise with the spectrum of a grain, and with the differences between its channels."""
    size = grain.shape[1]
    window = np.sin(np.pi * (np.arange(size) + 0.5) / size) ** 2
    spectrum = fft.rfft(grain * window, axis=1, workers=1)
    spectrum *= np.exp(2j * np.pi * rng.random(spectrum.shape[1]))
    return np.asarray(fft.irfft(spectrum, size, axis=1, workers=1) / np.sqrt(np.mean(np.square(window))), np.float32)


def _correlation(one: Samples, other: Samples) -> float:
    energy = float(np.vdot(one, one)) * float(np.vdot(other, other))
    return float(np.vdot(one, other)) / energy**0.5 if energy > 1e-30 else 0.0
