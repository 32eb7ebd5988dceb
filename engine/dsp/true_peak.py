"""True peak: what a converter makes of the samples, between them too.

Source: ITU-R BS.1770-5 Annex 2 (at least four times oversampling below 96 kHz).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from engine.audio import Audio, Samples

SILENCE_DBTP = -150.0
_CHUNK_SAMPLES = 2**18
_MARGIN_SAMPLES = 64  # longer than the interpolator's reach: pieces join without a seam


def factor(sample_rate_hz: int) -> int:
    """Oversampling factor for a rate."""
    return 4 if sample_rate_hz < 80_000 else 2 if sample_rate_hz < 160_000 else 1


def peaks(samples: Samples, sample_rate_hz: int) -> NDArray[np.float32]:
    """Largest true-peak magnitude over the channels in each sample's interval, ``(samples,)``."""
    up = factor(sample_rate_hz)
    length = samples.shape[1]
    found = np.abs(samples).max(axis=0, initial=0.0).astype(np.float32)
    if up == 1:
        return found
    for start in range(0, length, _CHUNK_SAMPLES):
        end = min(length, start + _CHUNK_SAMPLES)
        first, last = max(0, start - _MARGIN_SAMPLES), min(length, end + _MARGIN_SAMPLES)
        between = np.abs(resample_poly(samples[:, first:last], up, 1, axis=1)).max(axis=0)
        between = between.reshape(-1, up).max(axis=1)[start - first : end - first]
        np.maximum(found[start:end], between, out=found[start:end])
    return found


def measure_dbtp(audio: Audio) -> float:
    """True peak in dBTP; ``SILENCE_DBTP`` for silence."""
    peak = float(peaks(audio.samples, audio.sample_rate_hz).max(initial=0.0))
    return 20 * float(np.log10(peak)) if peak > 10 ** (SILENCE_DBTP / 20) else SILENCE_DBTP
