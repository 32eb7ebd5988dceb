"""Filters of two poles, causal, along the last axis.

Coefficients are recomputed for every sound, so they come from closed forms, not from a filter-design routine.
Source: R. Bristow-Johnson, *Cookbook formulae for audio EQ biquad filter coefficients*.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.signal import lfilter

from engine.procedural.family import SAMPLE_RATE_HZ, Signal

MAX_HZ = 0.49 * SAMPLE_RATE_HZ


def _angle(hz: float, q: float) -> tuple[float, float]:
    w = 2 * math.pi * min(hz, MAX_HZ) / SAMPLE_RATE_HZ
    return math.cos(w), math.sin(w) / (2 * q)


def lowpass(x: Signal, hz: float, q: float = 0.707) -> Signal:
    """Falls 12 dB an octave above ``hz``."""
    c, a = _angle(hz, q)
    return _run(x, ((1 - c) / 2, 1 - c, (1 - c) / 2), (1 + a, -2 * c, 1 - a))


def highpass(x: Signal, hz: float, q: float = 0.707) -> Signal:
    """Falls 12 dB an octave below ``hz``; nothing of a constant passes."""
    c, a = _angle(hz, q)
    return _run(x, ((1 + c) / 2, -1 - c, (1 + c) / 2), (1 + a, -2 * c, 1 - a))


def bandpass(x: Signal, hz: float, q: float) -> Signal:
    """Gain 1 at ``hz``, 6 dB an octave on both sides; also a resonance that rings for ``q / (pi hz)`` seconds."""
    c, a = _angle(hz, q)
    return _run(x, (a, 0.0, -a), (1 + a, -2 * c, 1 - a))


def band(x: Signal, low_hz: float, high_hz: float) -> Signal:
    """What lies between two frequencies, 12 dB an octave outside."""
    return lowpass(highpass(x, low_hz), high_hz)


def soften(x: Signal, hz: float) -> Signal:
    """One pole: falls 6 dB an octave above ``hz``."""
    p = math.exp(-2 * math.pi * min(hz, MAX_HZ) / SAMPLE_RATE_HZ)
    return _run(x, (1 - p,), (1.0, -p))


def formants(x: Signal, hz: tuple[float, ...], bandwidths: tuple[float, ...], gains: tuple[float, ...]) -> Signal:
    """Parallel resonances, each with its gain at its peak."""
    out = np.zeros_like(x)
    for f, b, g in zip(hz, bandwidths, gains, strict=True):
        out += g * bandpass(x, f, f / b)
    return out


def sliding_formant(x: Signal, hz: Signal, q: float, *, hop: int = 240) -> Signal:
    """A resonance whose frequency moves; ``hz`` has one value a sample, read once a ``hop``."""
    out = np.empty_like(x)
    state = np.zeros(2)
    for start in range(0, x.size, hop):
        c, a = _angle(float(hz[start]), q)
        b = np.array([a, 0.0, -a]) / (1 + a)
        out[start : start + hop], state = lfilter(
            b, np.array([1.0, -2 * c / (1 + a), (1 - a) / (1 + a)]), x[start : start + hop], zi=state
        )
    return out


def saturate(x: Signal, drive: float) -> Signal:
    """Round the peaks; ±1 stays ±1, small sounds gain by about ``drive``."""
    shaped: Signal = np.tanh(x * drive) / math.tanh(drive)
    return shaped


def _run(x: Signal, b: tuple[float, ...], a: tuple[float, ...]) -> Signal:
    filtered: Signal = lfilter(np.array(b) / a[0], np.array(a) / a[0], x, axis=-1)
    return filtered
