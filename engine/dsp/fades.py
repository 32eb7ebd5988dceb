"""Short fades as gain curves."""

from __future__ import annotations

import numpy as np

from engine.audio import Samples


def raised_cosine(length_samples: int) -> Samples:
    """A rise from 0 to 1 without corners, ``(length,)``; its reverse is the fall, and both add up to 1."""
    if length_samples <= 0:
        return np.zeros(0, dtype=np.float32)
    phase = (np.arange(length_samples) + 0.5) / length_samples
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * phase), dtype=np.float32)


def faded(samples: Samples, fade_in_samples: int, fade_out_samples: int) -> Samples:
    """A copy of ``(channels, samples)`` with its ends faded; fades longer than the sound are shortened."""
    out = np.array(samples, dtype=np.float32)
    length = out.shape[1]
    rise = raised_cosine(min(fade_in_samples, length))
    fall = raised_cosine(min(fade_out_samples, length))[::-1]
    out[:, : len(rise)] *= rise
    out[:, length - len(fall) :] *= fall
    return out
