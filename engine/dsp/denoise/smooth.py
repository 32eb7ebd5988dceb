"""Means over neighbouring frames and bins."""

from __future__ import annotations

import numpy as np

from engine.dsp.stft import Power


def over_frames(values: Power) -> Power:
    """Mean of every three rows; two rows fewer."""
    mean: Power = values[:-2] + values[1:-1]
    mean += values[2:]
    mean *= np.float32(1 / 3)
    return mean


def over_bins(values: Power) -> Power:
    """Every bin with half of each neighbour, over two; the ends with what they have."""
    mean = values * np.float32(0.5)
    mean[..., 1:] += np.float32(0.25) * values[..., :-1]
    mean[..., :-1] += np.float32(0.25) * values[..., 1:]
    mean[..., 0] += np.float32(0.25) * values[..., 0]
    mean[..., -1] += np.float32(0.25) * values[..., -1]
    return mean
