"""Denoisers that one could take instead, each as its makers mean it; those that are not installed are left out.

Every peer takes the noisy sound and, where it can use one, a noise profile, both float32 ``(channels, samples)``.
"""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import signal

from engine.audio import Samples

Run = Callable[[Samples, Samples | None, int], Samples]
"""Sound, profile and rate to sound."""
_MOST_DELAY_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """One of them.

    Parameters
    ----------
    kind
        Which filter of ours it is to be held against.
    package
        To be imported for it.
    takes_profile
        Whether it can be told what the noise is.
    slow
        Left out of a quick run.
    """

    name: str
    kind: str
    package: str
    run: Run
    takes_profile: bool = True
    slow: bool = False

    @property
    def installed(self) -> bool:
        """Whether it can be run here."""
        return importlib.util.find_spec(self.package) is not None


def _noisereduce(sound: Samples, profile: Samples | None, rate_hz: int) -> Samples:
    from noisereduce import reduce_noise

    return np.asarray(reduce_noise(y=sound, sr=rate_hz, stationary=True, y_noise=profile), np.float32)


def _noisereduce_tuned(sound: Samples, profile: Samples | None, rate_hz: int) -> Samples:
    from noisereduce import reduce_noise

    made = reduce_noise(
        y=sound,
        sr=rate_hz,
        stationary=True,
        y_noise=profile,
        n_fft=2048,
        n_std_thresh_stationary=1.5,
        time_mask_smooth_ms=None,
        freq_mask_smooth_hz=None,
    )
    return np.asarray(made, np.float32)


def _skimage(sound: Samples, profile: Samples | None, rate_hz: int) -> Samples:
    from skimage.restoration import denoise_wavelet

    sigmas = [None] * len(sound) if profile is None else [float(channel.std()) for channel in profile]
    made = [
        denoise_wavelet(channel, sigma=sigma, wavelet="db8", method="BayesShrink", rescale_sigma=True)
        for channel, sigma in zip(sound, sigmas, strict=True)
    ]
    return np.array(made, np.float32)


def _logmmse(sound: Samples, profile: Samples | None, rate_hz: int) -> Samples:
    with np.errstate(all="ignore"):  # importing it makes NumPy raise on underflow, everywhere, unless held back
        return _logmmse_held_back(sound, profile, rate_hz)


def _logmmse_held_back(sound: Samples, profile: Samples | None, rate_hz: int) -> Samples:
    from logmmse import logmmse

    if profile is None:
        return _fitted(np.array([logmmse(channel, rate_hz) for channel in sound], np.float32), sound, rate_hz)
    # It learns from the first frames, of 20 ms at a hop of 10, of what it is given.
    frames = max(1, int(profile.shape[1] / rate_hz / 0.02) - 1)
    both = np.concatenate([profile, sound], axis=1)
    made = np.array([logmmse(channel, rate_hz, initial_noise=frames) for channel in both], np.float32)
    return _fitted(made[:, profile.shape[1] :], sound, rate_hz)


def _pyroom_subtraction(sound: Samples, profile: Samples | None, rate_hz: int) -> Samples:
    from pyroomacoustics.denoise import apply_spectral_sub

    made = [apply_spectral_sub(channel, nfft=512, db_reduc=25, lookback=12, beta=30, alpha=1) for channel in sound]
    return _fitted(np.array(made, np.float32), sound, rate_hz)


def _pyroom_wiener(sound: Samples, profile: Samples | None, rate_hz: int) -> Samples:
    from pyroomacoustics.denoise import apply_iterative_wiener

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = [
            apply_iterative_wiener(channel, frame_len=512, lpc_order=20, iterations=2, alpha=0.8, thresh=0.01)
            for channel in sound
        ]
    return _fitted(np.nan_to_num(np.array(made, np.float32)), sound, rate_hz)


def _fitted(made: Samples, sound: Samples, rate_hz: int) -> Samples:
    """A peer's own delay and missing end are not held against it."""
    length = min(made.shape[1], sound.shape[1])
    correlation = signal.correlate(made[0, :length], sound[0, :length], method="fft")
    delays = np.arange(1 - length, length)
    near = (delays >= 0) & (delays < _MOST_DELAY_SECONDS * rate_hz)
    delay = int(delays[near][np.argmax(correlation[near])])
    fitted = np.zeros_like(sound)
    part = made[:, delay : delay + sound.shape[1]]
    fitted[:, : part.shape[1]] = part
    return fitted


BASELINE = Peer(name="noisereduce", kind="spectral_gate", package="noisereduce", run=_noisereduce)
"""Speeds are given as a ratio to it."""

PEERS: tuple[Peer, ...] = (
    BASELINE,
    Peer(name="noisereduce tuned", kind="spectral_gate", package="noisereduce", run=_noisereduce_tuned),
    Peer(name="skimage BayesShrink", kind="wavelet", package="skimage", run=_skimage),
    Peer(name="logmmse", kind="wiener", package="logmmse", run=_logmmse, slow=True),
    Peer(
        name="pyroomacoustics subtraction",
        kind="spectral_subtraction",
        package="pyroomacoustics",
        run=_pyroom_subtraction,
        takes_profile=False,
        slow=True,
    ),
    Peer(
        name="pyroomacoustics Wiener",
        kind="wiener",
        package="pyroomacoustics",
        run=_pyroom_wiener,
        takes_profile=False,
        slow=True,
    ),
)
