"""A sound longer than a model makes in one go: windows that overlap, blended where they do.

Two windows of one text are unlike one another sample by sample, so the blend keeps the sum of their powers, and each
window is brought to the level of the first: neither a dip nor a step is heard.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from engine.audio import Samples
from engine.dsp.fades import fade_curve

OVERLAP_SECONDS = 1.0
"""At least; of a short window a quarter."""
LARGEST_GAIN = 2.0


def starts(length_samples: int, window_samples: int, sample_rate_hz: int) -> tuple[int, ...]:
    """Where each window begins so that together they cover the length, evenly.

    >>> starts(100, 100, 10), starts(250, 100, 10)
    ((0,), (0, 75, 150))
    """
    if length_samples <= window_samples:
        return (0,)
    overlap = min(round(OVERLAP_SECONDS * sample_rate_hz), window_samples // 4)
    count = 1 + -(-(length_samples - window_samples) // (window_samples - overlap))
    return tuple(round(index * (length_samples - window_samples) / (count - 1)) for index in range(count))


def joined(windows: Sequence[Samples], begins: Sequence[int], sample_rate_hz: int, *, alike: bool = False) -> Samples:
    """One sound of windows of equal length, ``(channels, samples)`` each.

    Parameters
    ----------
    alike
        The windows are of one sound that is there: its levels stay, and where two windows say the same, the blend
        keeps the sum of what they say.
    """
    if len(windows) == 1:
        return windows[0]
    size = windows[0].shape[1]
    level = _level(windows[0])
    out = np.zeros((windows[0].shape[0], begins[-1] + size), np.float32)
    for index, (window, begin) in enumerate(zip(windows, begins, strict=True)):
        gain = 1.0 if alike else min(LARGEST_GAIN, max(1 / LARGEST_GAIN, level / max(_level(window), 1e-9)))
        sound = window * np.float32(gain)
        fade = round(OVERLAP_SECONDS * sample_rate_hz)
        if index:
            before = windows[index - 1][:, begin - begins[index - 1] :]
            fade_in = min(fade, before.shape[1])
            sound[:, :fade_in] *= _rise(before[:, :fade_in], window[:, :fade_in], alike)
        if index + 1 < len(begins):
            lap = begin + size - begins[index + 1]
            fade_out = min(fade, lap)
            # The next one rises at the start of the overlap: this one falls there, and is silent for the rest of it.
            falls = slice(size - lap, size - lap + fade_out)
            sound[:, falls] *= _rise(window[:, falls], windows[index + 1][:, :fade_out], alike)[::-1]
            sound[:, falls.stop :] = 0.0
        out[:, begin : begin + size] += sound
    assert all(after - before < size for before, after in pairwise(begins))
    return out


def _rise(one: Samples, other: Samples, alike: bool) -> Samples:
    """From 0 to 1, so that with its mirror the power stays: less of both in the middle the more two sounds agree."""
    rise = fade_curve(one.shape[1])
    if not alike:
        return rise
    agree = float(np.vdot(one, other)) / max(float(np.linalg.norm(one) * np.linalg.norm(other)), 1e-12)
    together: Samples = rise / np.sqrt(1.0 + 2.0 * max(0.0, agree) * rise * rise[::-1])
    return together.astype(np.float32)


def _level(sound: Samples) -> float:
    return float(np.sqrt(np.mean(np.square(sound, dtype=np.float64))))
