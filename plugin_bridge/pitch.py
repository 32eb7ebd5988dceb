"""Pitch that streams: each partial of a spectrum is moved, and its phase turned on by as much.

A phase vocoder that moves peaks with the bins around them, whose phases stay locked to the peak's.
Source: Laroche and Dolson, "New phase-vocoder techniques for pitch-shifting, harmonizing and other exotic effects",
WASPAA 1999. The engine's own ``dsp.pitch`` needs the whole sound and is the better one where it is at hand.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.audio import Samples
from engine.chain import Value
from plugin_bridge.unit import Stepped

_FRAME_SECONDS = 0.043
_OVERLAP = 4


class _Vocoder:
    """One frame after the other; the same phases for all channels, so that the picture between them stays."""

    def __init__(self, sample_rate_hz: int, channels: int, semitones: float) -> None:
        self.frame = 2 ** round(np.log2(_FRAME_SECONDS * sample_rate_hz))
        self.step = self.frame // _OVERLAP
        # Periodic Hann before and behind: its square sums to 3/2 at an overlap of four.
        self._window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(self.frame) / self.frame)
        self._channels = channels
        # Unequal, so that a sound whose sides are each other's reverse has a phase too.
        self._weights = 0.7 ** np.arange(channels)
        self.semitones = semitones
        self.restart()

    def restart(self) -> None:
        self._in = np.zeros((self._channels, self.frame))
        self._out = np.zeros((self._channels, self.frame))
        self._turned = np.zeros(self.frame // 2 + 1)
        self._before = np.zeros(self.frame // 2 + 1)
        self._skip = self.frame - self.step

    def advance(self, step: Samples) -> Samples:
        self._in = np.concatenate([self._in[:, self.step :], step], axis=1)
        moved = self._moved(np.fft.rfft(self._in * self._window, axis=1))
        self._out += np.fft.irfft(moved, self.frame, axis=1) * self._window / (0.375 * _OVERLAP)
        ready = self._out[:, : self.step].astype(np.float32)
        self._out = np.concatenate([self._out[:, self.step :], np.zeros((self._channels, self.step))], axis=1)
        skipped, self._skip = self._skip, max(0, self._skip - self.step)
        return ready[:, skipped:]

    def _moved(self, spectrum: NDArray[np.complex128]) -> NDArray[np.complex128]:
        bins = spectrum.shape[1]
        power = (spectrum.real**2 + spectrum.imag**2).sum(axis=0)
        middle = power[2:-2]
        peaks = 2 + np.flatnonzero(
            (middle > power[1:-3]) & (middle >= power[3:-1]) & (middle > power[:-4]) & (middle >= power[4:])
        )
        phase = np.angle(self._weights @ spectrum)
        if not len(peaks):
            self._before = phase
            return np.zeros_like(spectrum)
        # Each bin belongs to the nearest peak.
        borders = (peaks[1:] + peaks[:-1] + 1) // 2
        owner = np.searchsorted(borders, np.arange(bins), side="right")
        # What a peak's phase went on by since the frame before tells its frequency between bins.
        expected = 2 * np.pi * peaks * self.step / self.frame
        drift = phase[peaks] - self._before[peaks] - expected
        drift -= 2 * np.pi * np.round(drift / (2 * np.pi))
        frequency = peaks + drift * self.frame / (2 * np.pi * self.step)
        offset = frequency * (2.0 ** (self.semitones / 12.0) - 1.0)
        turned = self._turned[peaks] + 2 * np.pi * offset * self.step / self.frame
        self._turned, self._before = np.remainder(turned, 2 * np.pi)[owner], phase
        whole = np.round(offset).astype(int)
        target = np.arange(bins) + whole[owner]
        kept = (target >= 0) & (target < bins)
        # A frame's phases count from its start, which a whole number of bins moved does not turn.
        rotated = spectrum * np.exp(1j * turned)[owner]
        moved = np.zeros_like(spectrum)
        for channel in range(spectrum.shape[0]):
            np.add.at(moved[channel], target[kept], rotated[channel, kept])
        return moved


def pitch(sample_rate_hz: int, channels: int, semitones: float) -> Stepped:
    """Sound ``semitones`` higher, below 0 lower, as it goes by."""
    vocoder = _Vocoder(sample_rate_hz, channels, semitones)

    def assign(name: str, value: Value) -> None:
        vocoder.semitones = float(value)

    return Stepped(
        channels,
        step=vocoder.step,
        held_samples=vocoder.frame - vocoder.step,
        advance=vocoder.advance,
        restart=vocoder.restart,
        assign=assign,
    )
