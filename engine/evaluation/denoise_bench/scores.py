"""How near a denoised sound is to the clean one."""

from __future__ import annotations

import importlib.util

import numpy as np
from scipy import signal

from engine.audio import Samples

_FRAME = 2048
_PESQ_HZ = 16_000


def si_sdr_db(clean: Samples, heard: Samples) -> float:
    """Scale-invariant signal-to-distortion ratio over all channels at once, dB.

    Source: Le Roux et al., "SDR - half-baked or well done?", ICASSP 2019, eq. 4.
    """
    wanted, got = clean.ravel().astype(np.float64), heard.ravel().astype(np.float64)
    target = wanted * (got @ wanted) / (wanted @ wanted)
    error = got - target
    return float(10 * np.log10((target @ target + 1e-30) / (error @ error + 1e-30)))


def log_spectral_distance_db(clean: Samples, heard: Samples, *, range_db: float = 70.0) -> float:
    """Root mean square over frequency of the difference of the levels, mean over frames of 2048 samples and channels.

    Parameters
    ----------
    range_db
        What lies further below the loudest bin of the clean sound counts as silence.

    Notes
    -----
    Source: Gray and Markel, "Distance measures for speech processing", IEEE TASSP 24 (1976), section II.
    """
    levels = []
    for sound in (clean, heard):
        _, _, spectrum = signal.stft(sound, nperseg=_FRAME, boundary=None, padded=False)
        levels.append(np.square(np.abs(spectrum)))
    floor = levels[0].max() * 10 ** (-range_db / 10) + 1e-30
    apart = 10 * np.log10((levels[0] + floor) / (levels[1] + floor))
    return float(np.sqrt(np.square(apart).mean(axis=-2)).mean())


def pesq_is_here() -> bool:
    """Whether the ``pesq`` package is installed."""
    return importlib.util.find_spec("pesq") is not None


def pesq_mos(clean: Samples, heard: Samples, rate_hz: int) -> float:
    """Wideband PESQ of the first channel, 1 to 4.6 (ITU-T P.862.2)."""
    import soxr
    from pesq import pesq

    reference, degraded = (soxr.resample(sound[0].astype(np.float64), rate_hz, _PESQ_HZ) for sound in (clean, heard))
    return float(pesq(_PESQ_HZ, reference, degraded, "wb"))
