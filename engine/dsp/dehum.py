"""Mains hum and its harmonics, measured and subtracted; what else is at those frequencies stays.

The hum's frequency is followed through the sound, and at each harmonic a sine that changes only slowly. A moment in
which something else is loud there counts little, and a harmonic that is not clearly there is left alone; a sound in
which no hum is found is given back bit by bit. It cannot tell a drone at exactly 50 Hz, or notes at 100 and 150 that
are held for ten seconds, from hum.

Source: least squares of harmonic sines (Kay, "Fundamentals of Statistical Signal Processing: Estimation Theory" (1993),
section 4.4), reweighted for outliers (Huber, "Robust Statistics" (1981), section 7.8).
"""

from __future__ import annotations

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

from engine.audio import Samples
from engine.dsp.hum_pitch import Hum, find_hum
from engine.errors import BadArgument
from engine.source import Blocks, Source, blocks

Complex = NDArray[np.complex128]

MAX_HARMONICS = 200

_HOP_SECONDS = 0.25
_AROUND_HOPS = 12
"""On each side: a sine is measured over six seconds."""
_REWEIGHTINGS = 4
_DOUBT = 2.0
"""Times the variance of what was measured, taken off it: what is mostly doubt becomes nothing."""


def dehum(source: Source, *, frequency_hz: float | None = None, harmonics: int = 24) -> Blocks:
    """The source without its hum.

    Parameters
    ----------
    frequency_hz
        Of the hum, to half a per cent; None: it is found near 50 and 60 Hz, and where there is none nothing changes.
    harmonics
        How many, the first among them.

    Raises
    ------
    BadArgument
        When the frequency or the number of harmonics is out of bounds.
    """
    if frequency_hz is not None and not 20.0 <= frequency_hz <= 1_000.0:
        raise BadArgument(f"Hum has 20 to 1,000 Hz; got {frequency_hz:g}.", field="frequency_hz")
    if not 1 <= harmonics <= MAX_HARMONICS:
        raise BadArgument(f"Hum has 1 to {MAX_HARMONICS} harmonics; got {harmonics}.", field="harmonics")
    return _dehummed(source, frequency_hz, harmonics)


def _dehummed(source: Source, frequency_hz: float | None, harmonics: int) -> Blocks:
    hum = find_hum(source, frequency_hz)
    if hum is None:
        yield from blocks(source)
        return
    frames = _Frames(source, hum, harmonics)
    before = frames.sines(0)
    for number in range(frames.count - 1):
        after = frames.sines(number + 1)
        start, end = number * frames.hop, min((number + 1) * frames.hop, source.length_samples)
        made = before[:, frames.hop :] + after[:, : frames.hop]
        yield source.read(start, end) - made[:, : end - start]
        before = after


class _Frames:
    """The hum in overlapping frames of a source, one after the other; number ``n`` has its centre at ``n * hop``.

    Within a frame the frequency stays, so that sines of all harmonics are products of few: of those at the first
    samples of rows, and of those along a row.
    """

    def __init__(self, source: Source, hum: Hum, harmonics: int) -> None:
        rate = source.sample_rate_hz
        self._source = source
        self.hop = round(_HOP_SECONDS * rate)
        self.count = -(-source.length_samples // self.hop) + 1
        self._row = math.isqrt(2 * self.hop)
        self._rows = -(-2 * self.hop // self._row)
        self._window = 0.5 + 0.5 * np.cos(np.pi * (np.arange(2 * self.hop) - self.hop) / self.hop)
        frequency = hum.frequency_at(np.arange(self.count, dtype=np.float64) * self.hop)
        self._orders = np.arange(1, max(1, min(harmonics, int(0.49 * rate / frequency.max()))) + 1)
        self._radians = 2 * np.pi * frequency / rate
        gone_by = np.cumsum((self._radians[1:] + self._radians[:-1]) / 2 * self.hop)
        self._phase = np.concatenate([[0.0], gone_by])
        self._heard: deque[tuple[Complex, float]] = deque(maxlen=2 * _AROUND_HOPS + 1)
        self._next = 0

    def sines(self, number: int) -> Samples:
        """The hum in a frame, windowed, ``(channels, 2 * hop)``; to be asked for in order."""
        while self._next < min(self.count, number + _AROUND_HOPS + 1):
            self._heard.append(self._measured(self._next))
            self._next += 1
        away = np.arange(self._next - len(self._heard), self._next) - number
        measured = np.array([strengths for strengths, _ in self._heard])
        covered = np.array([share for _, share in self._heard])
        weights = covered * np.square(np.cos(np.pi / 2 * away / (_AROUND_HOPS + 1)))
        near = np.abs(away) <= _AROUND_HOPS
        strengths = _steady(measured[near], weights[near]) * np.exp(1j * self._phase[number] * self._orders)
        along, down = self._basis(number)
        rows = strengths[:, None] * down[None]
        made = rows.real @ along.real.T - rows.imag @ along.imag.T
        return np.asarray(made.reshape(made.shape[0], -1)[:, : 2 * self.hop] * self._window, np.float32)

    def _measured(self, number: int) -> tuple[Complex, float]:
        """Amplitude and phase of each harmonic, ``(channels, harmonics)``, and the share of the frame in the sound."""
        first = (number - 1) * self.hop
        sound = self._source.read(first, first + 2 * self.hop) * self._window
        inside = slice(max(0, -first), max(0, self._source.length_samples - first))
        covered = float(self._window[inside].sum())
        along, down = self._basis(number)
        rows = np.pad(sound, ((0, 0), (0, self._rows * self._row - sound.shape[1])))
        rows = rows.reshape(sound.shape[0], self._rows, self._row)
        summed = ((rows @ along.real - 1j * (rows @ along.imag)) * down.conj()).sum(axis=1)
        turned = summed * np.exp(-1j * self._phase[number] * self._orders)
        return 2.0 * turned / max(covered, 1e-9), covered / self.hop

    def _basis(self, number: int) -> tuple[Complex, Complex]:
        """Sines along a row, ``(row, harmonics)``, and at the first samples of all rows, ``(rows, harmonics)``."""
        turns = 1j * self._radians[number] * self._orders
        along = np.exp(np.arange(self._row)[:, None] * turns)
        down = np.exp((np.arange(self._rows) * self._row - self.hop)[:, None] * turns)
        return along, down


def _steady(measured: Complex, weights: NDArray[np.float64]) -> Complex:
    """What stays the same through some frames, ``(frames, channels, harmonics)``, less the doubt about it."""
    weights = weights[:, None, None]
    mean = np.median(measured.real, axis=0) + 1j * np.median(measured.imag, axis=0)
    trust = weights
    for _ in range(_REWEIGHTINGS):
        apart = np.square(np.abs(measured - mean))
        trust = weights / (1.0 + apart / (np.median(apart, axis=0) + 1e-20))
        mean = (trust * measured).sum(axis=0) / trust.sum(axis=0)
    variance = (np.square(trust) * np.square(np.abs(measured - mean))).sum(axis=0) / np.square(trust.sum(axis=0))
    return np.asarray(mean * np.maximum(0.0, 1.0 - _DOUBT * variance / (np.square(np.abs(mean)) + 1e-20)))
