"""What every take of a recording or a model goes through: rate, channels, faded ends, no DC, the grid of 24-bit files.

Knows arrays only: where the sound comes from and where its onset lies is told.
"""

from __future__ import annotations

import numpy as np
import soxr

from engine.audio import Samples
from engine.handle import Handle

FADE_SECONDS = 0.010
DC_SECONDS = 0.05
"""A take shorter than one period of 20 Hz has no DC to speak of; its mean is the sound."""
GRID = np.float32(2.0**23)
"""Takes lie on the steps of 24-bit files: what two processors round differently beyond them is not kept."""
BLOCK_FRAMES = 2**17
"""Read, mixed and resampled between two looks at the handle: a few milliseconds of work."""


def to_channels(samples: Samples, channels: int) -> Samples:
    """Mono or stereo of any layout, with the same energy.

    A mono sound goes to both sides at -3 dB. Two channels are summed at the gain that keeps their energy (-3 dB where
    they agree, 0 dB where they have nothing in common); where they cancel, the louder one is taken. Six channels are
    folded as a 5.1 film mix (ITU-R BS.775); of any other number the first two are left and right.
    """
    count = samples.shape[0]
    if count == 6:
        left, right, centre, _, back_left, back_right = samples
        half = np.float32(np.sqrt(0.5))
        samples = np.stack([left + half * (centre + back_left), right + half * (centre + back_right)])
    elif count > 2:
        samples = samples[:2]
    if samples.shape[0] == channels:
        return samples
    if channels == 2:
        return np.repeat(samples * np.float32(np.sqrt(0.5)), 2, axis=0)
    energies = np.square(samples, dtype=np.float64).sum(axis=1)
    mono = samples.sum(axis=0, keepdims=True)
    energy = float(np.square(mono, dtype=np.float64).sum())
    if energy < 0.05 * energies.sum():
        loudest = int(np.argmax(energies))
        return samples[loudest : loudest + 1]
    kept: Samples = mono * np.float32(min(1.0, np.sqrt(energies.sum() / energy)))
    return kept


def resample(samples: Samples, rate_in: float, rate_out: int, handle: Handle) -> Samples:
    """At another rate, a piece at a time; with its delay taken out."""
    if rate_in == rate_out:
        return samples
    stream = soxr.ResampleStream(rate_in, rate_out, samples.shape[0], dtype="float32", quality="HQ")
    out = []
    for at in range(0, samples.shape[1], BLOCK_FRAMES):
        handle.check()
        block = np.ascontiguousarray(samples[:, at : at + BLOCK_FRAMES].T)
        out.append(stream.resample_chunk(block, last=at + BLOCK_FRAMES >= samples.shape[1]))
    joined: Samples = np.concatenate(out).T
    return joined


def finish(samples: Samples, onset: int, fade_in: int, rate: int) -> Samples:
    """Fade both ends and remove what DC is left, without putting any into the lead-in before ``onset``."""
    length = samples.shape[1] - onset
    window = np.ones(samples.shape[1], dtype=np.float32)
    fade_out = min(round(FADE_SECONDS * rate), length // 4)
    if fade_in:
        window[:fade_in] = np.sin(0.5 * np.pi * np.arange(fade_in) / fade_in) ** 2
    if fade_out:
        window[-fade_out:] = np.cos(0.5 * np.pi * (np.arange(fade_out) + 1) / fade_out) ** 2
    out = samples * window
    if length >= DC_SECONDS * rate:
        body = window[onset:]
        out[:, onset:] -= body * (out.sum(axis=1, keepdims=True, dtype=np.float64) / body.sum()).astype(np.float32)
    return out


def on_grid(samples: Samples) -> Samples:
    """The nearest values that a 24-bit file holds."""
    out: Samples = np.rint(samples * GRID) / GRID
    return out
