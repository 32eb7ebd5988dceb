"""Autoregressive models of sound: each sample as a weighted sum of those before it, plus what is new.

A model fitted around a gap says what most likely was in it, and how far the truth may lie from that; so a gap can be
filled with the expected sound (tones go on through it) or with one drawn at random around it (noise goes on as noise).
Everything is one channel, float64 ``(samples,)``, but where channels belong together. This module does not know when
which is right: see :mod:`engine.dsp.gaps`.

Source: Burg, "Maximum entropy spectral analysis", Stanford (1975); Janssen, Veldhuis and Vries, "Adaptive interpolation
of discrete-time signals that can be modeled as autoregressive processes", IEEE TASSP 34 (1986), eq. 9 to 13.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import fft, linalg, signal

Real = NDArray[np.float64]

_TINY = 1e-14
"""Of a variance: below it there is silence, -140 dB of full scale."""
_LOADING = 1e-9
"""Added to the diagonal of what is solved, relative; it bounds a correction, and does not draw the result to zero."""


def burg(known: Real, order: int) -> Real:
    """Coefficients ``(order + 1,)``, the first one 1, of a stable model; ``[1]`` for silence.

    The order is lowered to a third of the samples.
    """
    ahead, behind = known[1:].copy(), known[:-1].copy()
    coefficients = np.ones(1)
    for _ in range(min(order, known.size // 3)):
        power = ahead @ ahead + behind @ behind
        if power <= _TINY * ahead.size:
            break
        reflection = -2.0 * (ahead @ behind) / power
        coefficients = np.append(coefficients, 0.0)
        coefficients = coefficients + reflection * coefficients[::-1]
        ahead, behind = (ahead + reflection * behind)[1:], (behind + reflection * ahead)[:-1]
    return coefficients


def levinson(known: Real, order: int) -> Real:
    """Coefficients by autocorrelation: cruder than :func:`burg` and much faster; ``[1]`` for silence."""
    correlation = _autocorrelation(known, order)
    if correlation[0] <= _TINY * known.size:
        return np.ones(1)
    correlation[0] *= 1.0 + _LOADING
    return np.append(1.0, -linalg.solve_toeplitz(correlation[:-1], correlation[1:]))


def residual(known: Real, coefficients: Real) -> Real:
    """What is new in each sample: ``(samples - order,)``, from the first one that has enough before it."""
    return np.asarray(signal.lfilter(coefficients, [1.0], known)[coefficients.size - 1 :])


def scale_of(new: Real) -> float:
    """Standard deviation of what is new, unmoved by a few events in it."""
    return float(np.median(np.abs(new)) / 0.6745) if new.size else 0.0


def extrapolated(known: Real, coefficients: Real, length_samples: int, new: Real | None = None) -> Real:
    """How the sound goes on after its last sample.

    Parameters
    ----------
    known
        At least as long as the model's order.
    new
        What is new in each sample, ``(length_samples,)``; none of it leaves what is expected.
    """
    order = coefficients.size - 1
    driven = np.zeros(length_samples) if new is None else new
    if not order:
        return driven
    state = signal.lfiltic([1.0], coefficients, known[: -order - 1 : -1])
    return np.asarray(signal.lfilter([1.0], coefficients, driven, zi=state)[0])


def between(before: Real, after: Real, length_samples: int, order: int) -> Real:
    """What is expected in a gap, from both sides: each goes on into it, and fades into the other."""
    onwards = extrapolated(before, burg(before, order), length_samples)
    backwards = extrapolated(after[::-1], burg(after[::-1], order), length_samples)[::-1]
    share = np.square(np.cos(np.pi / 2 * (np.arange(length_samples) + 0.5) / length_samples))
    return onwards * share + backwards * (1.0 - share)


def refined(before: Real, guess: Real, after: Real, coefficients: Real, new: Real) -> tuple[Real, Real]:
    """The most likely sound in a gap under one model of all of it, and a draw of how far the truth may be from that.

    Parameters
    ----------
    guess
        In the gap, ``(length,)``: only the correction of it is solved for, which keeps a nearly singular system from
        drawing pure tones to zero.
    new
        What is new, at random, ``(length + order,)``: the draw has exactly the covariance that the model leaves open.
    """
    order, length = coefficients.size - 1, guess.size
    taps = signal.correlate(coefficients, coefficients)  # b of eq. 12, both sides
    around = np.concatenate([_last(before, order), guess, _first(after, order)])
    missed = -signal.oaconvolve(around, taps, mode="valid")
    spread = signal.oaconvolve(new, coefficients[::-1], mode="valid")
    column = np.zeros(length)
    column[: min(length, order + 1)] = taps[order : order + min(length, order + 1)]
    column[0] *= 1.0 + _LOADING
    solved = linalg.solve_toeplitz(column, np.column_stack([missed, spread]))
    return guess + solved[:, 0], solved[:, 1]


def wandering(coefficients: Real, new: Real) -> Real:
    """What :func:`refined` draws, nearly, at a small part of its cost: chance that begins and ends with nothing."""
    onwards = signal.lfilter([1.0], coefficients, new)
    backwards = signal.lfilter([1.0], coefficients, new[::-1])[::-1]
    share = np.pi / 2 * (np.arange(new.size) + 0.5) / new.size
    return np.asarray(onwards * np.cos(share) + backwards * np.sin(share))


def restored(known: Real, missing: NDArray[np.intp], coefficients: Real) -> Real:
    """Values of a few scattered samples, ``(missing,)``, from all the others; what they hold now is not looked at."""
    order = coefficients.size - 1
    taps = signal.correlate(coefficients, coefficients)
    rest = known.copy()
    rest[missing] = 0.0
    padded = np.pad(rest, order)
    windows = np.lib.stride_tricks.sliding_window_view(padded, taps.size)[missing]
    apart = np.abs(missing[:, None] - missing[None])
    system = np.where(apart <= order, taps[order + np.minimum(apart, order)], 0.0)
    system[np.diag_indices_from(system)] *= 1.0 + _LOADING
    return np.asarray(linalg.solve(system, -(windows @ taps), assume_a="pos"))


def _autocorrelation(known: Real, order: int) -> Real:
    size = fft.next_fast_len(known.size + order, real=True)
    spectrum = fft.rfft(known, size)
    return np.asarray(fft.irfft(np.square(spectrum.real) + np.square(spectrum.imag), size)[: order + 1])


def _last(known: Real, count: int) -> Real:
    return np.pad(known, (count, 0))[known.size :]


def _first(known: Real, count: int) -> Real:
    return np.pad(known, (0, count))[:count]
