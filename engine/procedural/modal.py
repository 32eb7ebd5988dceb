"""Things that ring: sums of decaying sines.

Source: K. van den Doel, D. K. Pai, *The Sounds of Physical Shapes*, Presence 7(4), 1998; J.-M. Adrien, "The missing
link: modal synthesis", in *Representations of Musical Signals*, 1991.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from engine.procedural.family import SAMPLE_RATE_HZ, Signal

_BLOCK = 256


def ring(hz: ArrayLike, decay_per_second: ArrayLike, gain: ArrayLike, length: int) -> Signal:
    """Sum over k of ``gain[k] exp(-decay[k] t) sin(2 pi hz[k] t)``; modes above Nyquist are left out.

    One matrix product: a mode at sample ``i * 256 + j`` is its value at ``i * 256`` turned by ``j``.
    """
    f, d, g = (np.atleast_1d(np.asarray(v, dtype=np.float64)) for v in (hz, decay_per_second, gain))
    f, d, g = np.broadcast_arrays(f, d, g)
    f, d, g = (v[f < SAMPLE_RATE_HZ / 2] for v in (f, d, g))
    exponent = (-d + 2j * np.pi * f) / SAMPLE_RATE_HZ
    starts = np.exp(np.outer(np.arange(-(-length // _BLOCK)) * _BLOCK, exponent)) * g
    inside = np.exp(np.outer(exponent, np.arange(_BLOCK)))
    left = np.concatenate([starts.real, starts.imag], axis=1)
    right = np.concatenate([inside.imag, inside.real])
    rung: Signal = (left @ right).ravel()[:length]
    return rung


def contact(hz: Signal, hardness: float, size: float = 1.0) -> Signal:
    """Gain of each mode under a hammer: a soft or large one touches for long and wakes only the low modes.

    The touch lasts from 8 ms (felt) to 0.08 ms (steel); its spectrum is taken as that of a smooth pulse.
    """
    touch_seconds = 0.008 * 0.01**hardness * size**0.5
    gains: Signal = 1 / (1 + (hz * touch_seconds) ** 2)
    return gains
