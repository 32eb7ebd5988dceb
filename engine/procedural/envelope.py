"""How a sound rises and falls: fades, decays, and the trimming that ends every one-shot."""

from __future__ import annotations

import numpy as np

from engine.procedural.family import Signal
from engine.procedural.noise import samples, times


def decay(length: int, seconds: float) -> Signal:
    """Exponential fall to 1/e in ``seconds``."""
    fall: Signal = np.exp(-times(length) / seconds)
    return fall


def attack_decay(length: int, attack: float, fall: float) -> Signal:
    """Straight rise in ``attack`` seconds, then an exponential fall to 1/e in ``fall`` seconds."""
    t = times(length)
    shape: Signal = np.minimum(1.0, t / max(attack, 1e-6)) * np.exp(-np.maximum(0.0, t - attack) / fall)
    return shape


def fade_edges(x: Signal, attack: float, release: float) -> None:
    """Raised-cosine fades over the first ``attack`` and the last ``release`` seconds, in place."""
    for seconds, edge in ((attack, slice(None)), (release, slice(None, None, -1))):
        n = min(samples(seconds), x.shape[-1])
        x[..., edge][..., :n] *= (0.5 - 0.5 * np.cos(np.pi * np.arange(n) / n)).astype(x.dtype)


def arch(length: int, attack: float, release: float) -> Signal:
    """0 to 1 and back: straight lines that take these shares of the whole."""
    u = (np.arange(length) + 0.5) / length
    shape: Signal = np.minimum(1.0, u / attack) * np.minimum(1.0, (1 - u) / release)
    return shape


def through(length: int, at: tuple[float, ...], values: tuple[float, ...]) -> Signal:
    """Straight lines through ``values`` at these shares (0 to 1) of the whole."""
    line: Signal = np.interp(np.linspace(0.0, 1.0, length), at, values)
    return line


def died_away(x: Signal, below_peak_db: float = -66.0) -> int:
    """One past the last sample of ``(channels, samples)`` that is heard."""
    level = np.abs(x).max(axis=0)
    loud = np.flatnonzero(level > level.max() * 10 ** (below_peak_db / 20))
    return int(loud[-1]) + 1 if loud.size else 0


def peak(x: Signal) -> float:
    """Largest absolute value, never quite 0, to divide by."""
    return float(np.abs(x).max(initial=0.0)) + 1e-12


def unit(x: Signal) -> Signal:
    """The same with peak 1."""
    scaled: Signal = x / peak(x)
    return scaled


def steady(x: Signal) -> Signal:
    """The same with RMS 1."""
    scaled: Signal = x / (np.sqrt(np.mean(x**2)) + 1e-12)
    return scaled


def add(out: Signal, x: Signal, start: int) -> None:
    """Mix ``x`` into ``out`` in place from sample ``start``; what falls outside is left out."""
    first = max(0, -start)
    n = min(x.shape[-1], out.shape[-1] - start)
    if n > first:
        out[..., start + first : start + n] += x[..., first:n]
