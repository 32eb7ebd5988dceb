"""Spectral subtraction: the noise's power is taken off the sound's, more of it where the sound is weak.

Source: Berouti, Schwartz and Makhoul, "Enhancement of speech corrupted by acoustic noise", ICASSP 1979, eq. 5 and 6,
on a power smoothed over three frames and three bins, so that single bins do not sing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.dsp.denoise.smooth import over_bins, over_frames
from engine.dsp.denoise.spectral import processed
from engine.dsp.stft import Power
from engine.source import Blocks, Source

_SLOPE = 0.15
"""By so much is subtracted less for every decibel that the sound stands above the noise: the paper's 3/20."""
_LEAST_POWER = np.float32(1e-6)


def spectral_subtraction(
    source: Source, *, noise: Source | None = None, over_subtraction: float = 4.0, floor_db: float = -26.0
) -> Blocks:
    """A source with the noise's spectrum subtracted.

    Parameters
    ----------
    source
        Any length, rate and channel count; the result has the same.
    noise
        Noise alone, of the same rate; None: what is steady in the sound, followed over time.
    over_subtraction
        Times the noise that is subtracted where there is little else; strong sound loses it once.
    floor_db
        Least gain: what stays of the noise.

    Raises
    ------
    BadArgument
        For a noise profile of another rate, too short or silent; for samples that are NaN or infinite.
    """
    rule = Subtraction(over_subtraction=over_subtraction)
    return processed(source, noise, rule, floor_db=floor_db)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subtraction:
    """The rule."""

    over_subtraction: float
    context_frames: int = 1

    def __call__(self, snr: Power) -> Power:
        """See :class:`engine.dsp.denoise.spectral.Rule`."""
        over = over_bins(over_frames(snr))
        np.maximum(over, _LEAST_POWER, out=over)
        share = np.log2(over)
        share *= np.float32(-_SLOPE * 10 * np.log10(2))
        share += np.float32(self.over_subtraction)
        np.clip(share, min(1.0, self.over_subtraction), self.over_subtraction, out=share)
        share /= over
        np.subtract(np.float32(1), share, out=share)
        np.maximum(share, 0, out=share)
        return np.sqrt(share, out=share)
