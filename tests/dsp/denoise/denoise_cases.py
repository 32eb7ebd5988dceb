"""Sounds and runs that the tests of denoisers share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.audio import Audio
from engine.dsp import denoise
from engine.source import Blocks, Held, collected

RATE_HZ = 16_000
FILTERS: dict[str, Callable[..., Blocks]] = {
    "denoise": denoise.denoise,
    "spectral_subtraction": denoise.spectral_subtraction,
    "wiener": denoise.wiener,
    "wavelet": denoise.wavelet,
    "spectral_gate": denoise.spectral_gate,
}


def source(samples: np.ndarray, rate_hz: int = RATE_HZ) -> Held:
    return Held(Audio(samples=np.atleast_2d(samples).astype(np.float32), sample_rate_hz=rate_hz))


def run(
    name: str, samples: np.ndarray, noise: np.ndarray | None = None, rate_hz: int = RATE_HZ, **parameters: float
) -> np.ndarray:
    profile = None if noise is None else source(noise, rate_hz)
    return collected(source(samples, rate_hz), lambda read: FILTERS[name](read, noise=profile, **parameters)).samples


def hiss(seconds: float, seed: int, channels: int = 1, rate_hz: int = RATE_HZ) -> np.ndarray:
    return 0.05 * np.random.default_rng(seed).standard_normal((channels, round(seconds * rate_hz)))


def knocks(seconds: float, rate_hz: int = RATE_HZ, every_seconds: float = 0.5) -> np.ndarray:
    """Short ringing knocks with silence between them, ``(1, samples)``."""
    time = np.arange(round(seconds * rate_hz)) / rate_hz
    since = time % every_seconds
    return (0.5 * np.exp(-since / 0.03) * np.sin(2 * np.pi * 440 * since) * np.minimum(1, since / 0.002))[None]


def si_sdr_db(clean: np.ndarray, heard: np.ndarray) -> float:
    target = clean * (heard * clean).sum() / (clean * clean).sum()
    return float(10 * np.log10((target**2).sum() / (((heard - target) ** 2).sum() + 1e-30)))
