"""Fades and their shapes.

Curves run from exactly 0 to exactly 1, and a curve and its mirror are complementary: equal-power ones keep the sum of
squares (crossfading sounds unlike one another), linear ones the sum (sounds alike).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.audio import Samples

Shape = Literal["equal_power", "linear"]


def fade_curve(length_samples: int, shape: Shape = "equal_power") -> Samples:
    """Gains from 0 to 1, ``(length_samples,)``; a single one is 0.

    >>> fade_curve(3, "linear").tolist()
    [0.0, 0.5, 1.0]
    """
    return fade_gains(np.arange(max(0, length_samples)), length_samples, shape)


def fade_gains(places: NDArray[np.int64], length_samples: int, shape: Shape = "equal_power") -> Samples:
    """Samples ``places`` of :func:`fade_curve`, of the shape of ``places``: a fade of an hour is never held whole."""
    ramp = places * (1.0 / max(1, length_samples - 1))
    return (ramp if shape == "linear" else np.sin(np.pi / 2.0 * ramp)).astype(np.float32)


def faded(samples: Samples, fade_in_samples: int, fade_out_samples: int, shape: Shape = "equal_power") -> Samples:
    """A copy of ``(channels, samples)`` with its ends faded; fades longer than the sound are shortened."""
    out = np.array(samples, dtype=np.float32)
    length = out.shape[1]
    rise = fade_curve(min(fade_in_samples, length), shape)
    fall = fade_curve(min(fade_out_samples, length), shape)[::-1]
    out[:, : rise.size] *= rise
    out[:, length - fall.size :] *= fall
    return out
