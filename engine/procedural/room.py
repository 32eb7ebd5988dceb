"""Where it sounds: distance, tone and room, as one response for each channel.

A room is early reflections and a decaying tail; channels share the direct sound and differ in the rest, which gives a
single source its width. Source for absorption: ISO 9613-1 (rounded to one corner frequency); for the decay: Sabine.
"""

from __future__ import annotations

import numpy as np
from scipy import fft

from engine.procedural.family import Knobs, Signal
from engine.procedural.filters import MAX_HZ, highpass, lowpass, soften
from engine.procedural.noise import Rng, coloured, samples, times

SPEED_OF_SOUND_M_S = 343.0


def rt60_seconds(wetness: float) -> float:
    """Reverberation time of a wetness: 0.25 s a carpeted room, 0.5 at 0.3, 1.4 at 0.7, 3 s at 1."""
    return float(0.25 * 12.0**wetness)


def tail(rng: Rng, rt60: float, channels: int) -> Signal:
    """Diffuse decay of ``(channels, samples)``, 60 dB in ``rt60`` seconds, unit energy; treble dies sooner."""
    length = samples(min(1.1 * rt60, 5.0))
    t = times(length)
    x = coloured(rng, length, 0.0, low_hz=200.0, high_hz=8_000.0, channels=channels)
    treble = x - soften(x, 2_500.0)
    x = (x - treble) * 10 ** (-3 * t / rt60) + treble * 10 ** (-3 * t / (0.7 * rt60))
    unit: Signal = x / np.sqrt(np.sum(x**2, axis=1, keepdims=True))
    return unit


def reflections(rng: Rng, rt60: float, channels: int) -> Signal:
    """Early reflections, ``(channels, samples)``: a handful of walls, each later and weaker."""
    span = 0.012 + 0.03 * min(rt60, 1.5)
    out = np.zeros((channels, samples(span) + 1))
    for channel in range(channels):
        at = rng.integers(samples(0.0015), out.shape[1], 8)
        gain = rng.uniform(0.25, 0.7, 8) * rng.choice([-1.0, 1.0], 8) * (1 - 0.7 * at / out.shape[1])
        np.add.at(out[channel], at, gain)
    return soften(out, 6_000.0)


class Space:
    """The way from a source to the listener, drawn once a sound.

    Parameters
    ----------
    knobs
        ``wetness``, ``distance_m`` and ``brightness`` are read.
    channels
        1 or 2.
    """

    def __init__(self, rng: Rng, knobs: Knobs, channels: int) -> None:
        self.channels = channels
        direct: Signal = np.zeros(512)
        direct[0] = 1.0
        direct = _tone(_air(direct, knobs.distance_m), knobs.brightness)
        self._response: Signal | None = None
        if knobs.wetness > 0.005:
            rt60 = rt60_seconds(knobs.wetness) * rng.uniform(0.85, 1.15)
            near = 1 / np.sqrt(max(knobs.distance_m, 1.0) / 2.0)
            share = 0.9 * knobs.wetness**0.9
            late = tail(rng, rt60, channels) * share * 0.5
            early = reflections(rng, rt60, channels) * share
            delay = samples(0.006 + 0.02 * knobs.wetness)
            response = np.zeros((channels, delay + late.shape[1]))
            response[:, delay:] += late
            response[:, : early.shape[1]] += early[:, : response.shape[1]]
            response = _tone(_air(response, knobs.distance_m * 1.5), knobs.brightness)
            response[:, : direct.size] += direct * near
            self._response = response
        elif knobs.distance_m > 8.0 or abs(knobs.brightness - 0.5) > 0.01:
            self._response = np.repeat(direct[None, :], channels, axis=0)
        self._spectrum: tuple[int, Signal] | None = None

    @property
    def tail_samples(self) -> int:
        """How much longer the sound is for having been here."""
        return 0 if self._response is None else self._response.shape[1] - 1

    def place(self, x: Signal) -> Signal:
        """``(samples,)`` or ``(channels, samples)`` to ``(channels, samples + tail_samples)``."""
        wide = np.broadcast_to(np.atleast_2d(x), (self.channels, x.shape[-1]))
        if self._response is None:
            return np.array(wide)
        total = x.shape[-1] + self.tail_samples
        size = int(fft.next_fast_len(total, real=True))
        if self._spectrum is None or self._spectrum[0] != size:
            self._spectrum = (size, fft.rfft(self._response, size, axis=1))
        source = fft.rfft(np.atleast_2d(x), size, axis=1)
        placed: Signal = fft.irfft(source * self._spectrum[1], size, axis=1)[:, :total]
        return placed


def _air(x: Signal, distance_m: float) -> Signal:
    """What is left of the treble after so many metres; within 8 m nothing is lost."""
    if distance_m <= 8.0:
        return x
    far = soften(x, min(MAX_HZ, 160_000.0 / distance_m**0.85))
    return highpass(far, min(90.0, 20.0 + distance_m / 8)) if distance_m < 60 else far


def _tone(x: Signal, brightness: float) -> Signal:
    """A corner at 600 Hz for 0, none at 0.5, and up to 9 dB more treble at 1."""
    if brightness < 0.495:
        return lowpass(x, 600.0 * 30.0 ** (2 * brightness))
    if brightness > 0.505:
        return x + (brightness - 0.5) * 3.6 * (x - soften(x, 2_500.0))
    return x
