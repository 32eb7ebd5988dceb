"""A sound read at any pace and any pitch, from anywhere, without a click.

Grains that overlap by half: each begins where its waveform goes on best from the one before, within a hundredth of a
second of where the pace puts it. At the sound's own pace and pitch they are the sound, sample for sample. Source: W.
Verhelst, M. Roelands, "An overlap-add technique based on waveform similarity (WSOLA)", ICASSP 1993; pitch by reading
grains faster or slower.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.audio import Samples

Real = NDArray[np.float64]

HOP_SAMPLES = 1_024
"""What one step gives; grains are twice as long."""
_SEEK_SAMPLES = 440
_LOOP_SEAM_SAMPLES = 480
_RISE: Samples = np.sin(0.5 * np.pi * (np.arange(HOP_SAMPLES) + 0.5) / HOP_SAMPLES).astype(np.float32) ** 2
_FALL: Samples = _RISE[::-1].copy()
_OWN = 1e-9
"""Nearer to its own pace and pitch, nothing is looked for."""


class Sound:
    """Samples that may still be growing: what is made is played while the rest is being made.

    Parameters
    ----------
    samples
        ``(2, n)``: all, or the first.
    """

    def __init__(self, samples: Samples, *, is_whole: bool = True) -> None:
        self._samples = np.ascontiguousarray(samples, np.float32)
        self._length = int(self._samples.shape[1])
        self.is_whole = is_whole

    @property
    def length_samples(self) -> int:
        """What is there."""
        return self._length

    def append(self, samples: Samples, *, is_last: bool = False) -> None:
        """More of it."""
        needed = self._length + samples.shape[1]
        if needed > self._samples.shape[1]:
            grown = np.zeros((2, max(needed, 2 * self._samples.shape[1])), np.float32)
            grown[:, : self._length] = self._samples[:, : self._length]
            self._samples = grown
        self._samples[:, self._length : needed] = samples
        self._length = needed
        self.is_whole = is_last

    def read(self, start: int, length: int, loop: tuple[int, int] | None = None) -> Samples:
        """Samples from ``start``; silence outside, or round and round a loop, whose end fades into what precedes it."""
        if loop is None or start + length <= loop[1] - _seam(loop):
            out = np.zeros((2, length), np.float32)
            first, last = max(0, -start), min(length, self._length - start)
            if last > first:
                out[:, first:last] = self._samples[:, start + first : start + last]
            return out
        begin, end = loop
        at = start + np.arange(length)
        at = np.where(at >= end, begin + (at - begin) % (end - begin), at)
        out = self._at(at)
        seam = _seam(loop)
        into = at - (end - seam)
        inside = (into >= 0) & (into < seam)
        if inside.any():
            angle = 0.5 * np.pi * (into[inside] + 0.5) / seam
            before = self._at(np.where(into[inside] + begin - seam >= 0, into[inside] + begin - seam, -1))
            out[:, inside] = out[:, inside] * np.cos(angle) + before * np.sin(angle)
        return out.astype(np.float32)

    def _at(self, at: NDArray[np.int64]) -> Samples:
        there = (at >= 0) & (at < self._length)
        out = np.zeros((2, at.size), np.float32)
        out[:, there] = self._samples[:, at[there]]
        return out


def _seam(loop: tuple[int, int]) -> int:
    return min(_LOOP_SEAM_SAMPLES, (loop[1] - loop[0]) // 4)


class Reader:
    """Reads a sound, a hop at a time.

    Parameters
    ----------
    position
        Of the next sample that is heard.
    overlap
        What still fades out from whatever was heard before, ``(2, HOP_SAMPLES)``; None: nothing was, and it begins at
        once.
    """

    def __init__(self, sound: Sound, position: float, overlap: Samples | None = None) -> None:
        self.sound = sound
        self.position = position
        self.loop: tuple[int, int] | None = None
        self._overlap = overlap
        self._goes_on_at: float | None = None
        self._is_own = False

    @property
    def overlap(self) -> Samples:
        """What would still fade out if something else went on from here."""
        return np.zeros((2, HOP_SAMPLES), np.float32) if self._overlap is None else self._overlap

    @property
    def is_waiting(self) -> bool:
        """Whether it has come to the end of what is made so far."""
        return not self.sound.is_whole and self.position + 4 * HOP_SAMPLES > self.sound.length_samples

    @property
    def is_over(self) -> bool:
        """Whether all has been heard."""
        return self.loop is None and self.sound.is_whole and self.position >= self.sound.length_samples

    def hop(self, pace: float, ratio: float) -> Samples:
        """The next ``(2, HOP_SAMPLES)``, and the position goes on.

        Parameters
        ----------
        pace
            Seconds of the sound a second.
        ratio
            Of its pitch.
        """
        start = self.position
        own = abs(ratio - 1.0) < _OWN
        goes_on = self._goes_on_at is not None and abs(start - self._goes_on_at) < 0.5
        if self._goes_on_at is not None and not goes_on:
            start = self._best(start, self._goes_on_at, ratio)
        elif own:
            self.position = start = float(round(start))
        grain = self._grain(start, 2 * HOP_SAMPLES, ratio)
        first, second = grain[:, :HOP_SAMPLES], grain[:, HOP_SAMPLES:]
        same = goes_on and own and self._is_own  # what fades out and what fades in are one
        out = first.copy() if self._overlap is None or same else first * _RISE + self._overlap
        self._is_own = own
        self._overlap = second * _FALL
        self._goes_on_at = self._wrapped(start + HOP_SAMPLES * ratio)
        self.position = self._wrapped(self.position + HOP_SAMPLES * pace)
        return out.astype(np.float32)

    def _wrapped(self, position: float) -> float:
        if self.loop is not None and position >= self.loop[1]:
            begin, end = self.loop
            return begin + (position - begin) % (end - begin)
        return position

    def _grain(self, start: float, length: int, ratio: float) -> Samples:
        """So many samples from ``start``, read at ``ratio``; between samples by cubics (Catmull and Rom)."""
        if abs(ratio - 1.0) < _OWN and start == int(start):
            return self.sound.read(int(start), length, self.loop)
        base = int(np.floor(start))
        at = (start - base) + np.arange(length) * ratio
        raw = self.sound.read(base - 1, int(at[-1]) + 4, self.loop)
        index = at.astype(np.int64)
        part = (at - index).astype(np.float32)
        a, b, c, d = (raw[:, index + k] for k in range(4))
        made = b + 0.5 * part * (c - a + part * (2 * a - 5 * b + 4 * c - d + part * (3 * (b - c) + d - a)))
        return np.asarray(made, np.float32)

    def _best(self, start: float, goes_on_at: float, ratio: float) -> float:
        """Near ``start``, where the waveform is most like that with which the last grain would go on."""
        wanted = self._grain(goes_on_at, HOP_SAMPLES, ratio).mean(axis=0)
        region = self._grain(start - _SEEK_SAMPLES * ratio, HOP_SAMPLES + 2 * _SEEK_SAMPLES, ratio).mean(axis=0)
        alike = np.correlate(region, wanted, "valid")
        power = np.convolve(np.square(region), np.ones(HOP_SAMPLES, np.float32), "valid")
        place = int(np.argmax(alike / np.sqrt(np.maximum(power, 1e-9))))
        return start + (place - _SEEK_SAMPLES) * ratio if alike[place] > 0 else start
