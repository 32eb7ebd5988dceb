"""Voices: a glottal source, roughened, through the resonances of a throat.

Source: G. Fant, *Acoustic Theory of Speech Production*, 1960; the pulse is that of A. E. Rosenberg, JASA 49, 1971.
"""

from __future__ import annotations

import numpy as np

from engine.procedural.envelope import steady
from engine.procedural.family import SAMPLE_RATE_HZ, Signal
from engine.procedural.noise import Curve, Rng, white


def glottal(rng: Rng, pitch_hz: Signal, *, jitter: float = 0.02, open_share: float = 0.5) -> Signal:
    """Flow derivative of vocal folds at a moving pitch; RMS 1.

    Parameters
    ----------
    pitch_hz
        One value a sample.
    jitter
        Share by which the pitch trembles.
    open_share
        Part of each period that the folds are open; small is pressed and bright.
    """
    tremble = Curve(rng, pitch_hz.size / SAMPLE_RATE_HZ, 70.0).samples(0, pitch_hz.size)
    turns = np.cumsum(pitch_hz * (1 + 2 * jitter * (tremble - 0.5))) / SAMPLE_RATE_HZ
    part = (turns % 1.0) / open_share
    flow = np.where(part < 1.0, 0.5 - 0.5 * np.cos(2 * np.pi * np.minimum(part, 1.0)), 0.0)
    return steady(np.diff(flow, prepend=0.0))


def breathy(rng: Rng, source: Signal, share: float) -> Signal:
    """The source with that much noise added."""
    return source + share * white(rng, source.size)


def roughen(rng: Rng, source: Signal, pitch_hz: Signal, subharmonic: float, tremor: float, rate_hz: float) -> Signal:
    """Folds that beat unevenly: every other pulse weaker, and a fast irregular tremor."""
    half = np.sign(np.sin(np.pi * np.cumsum(pitch_hz) / SAMPLE_RATE_HZ))
    shake = Curve(rng, source.size / SAMPLE_RATE_HZ, rate_hz).samples(0, source.size, hop=16)
    rough: Signal = source * (1 + subharmonic * half) * (1 + 2 * tremor * (shake - 0.5))
    return rough
