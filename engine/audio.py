"""The array contract: sound is float32 ``(channels, samples)`` with its sample rate.

Everything that makes, changes or writes sound takes and returns :class:`Audio`. Other layouts (frames first, int16,
mono vectors) live only in the adapter of the library that wants them. This module knows nothing of files or devices.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.errors import BackendFailed, BadArgument

Samples = NDArray[np.float32]

MIN_SAMPLE_RATE_HZ = 8_000
MAX_SAMPLE_RATE_HZ = 192_000
MAX_CHANNELS = 8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Audio:
    """Validated sound.

    Parameters
    ----------
    samples
        ``(channels, samples)``; converted to contiguous float32 and made read-only. Full scale is ±1.
    sample_rate_hz
        Samples per second, 8,000 to 192,000.

    Raises
    ------
    BadArgument
        For a wrong shape, channel count or rate.
    BackendFailed
        For NaN or infinite samples: nothing in the engine may pass those on.
    """

    samples: Samples
    sample_rate_hz: int

    def __post_init__(self) -> None:
        samples = np.ascontiguousarray(self.samples, dtype=np.float32)
        if samples.ndim != 2 or not 1 <= samples.shape[0] <= MAX_CHANNELS:
            raise BadArgument(
                f"Sound has shape (channels, samples), 1 to {MAX_CHANNELS} channels; got {samples.shape}."
            )
        if not MIN_SAMPLE_RATE_HZ <= self.sample_rate_hz <= MAX_SAMPLE_RATE_HZ:
            raise BadArgument(
                f"A sample rate is {MIN_SAMPLE_RATE_HZ} to {MAX_SAMPLE_RATE_HZ} Hz; got {self.sample_rate_hz}.",
                field="sample_rate",
            )
        if not np.isfinite(samples).all():
            raise BackendFailed("The sound holds NaN or infinite samples.")
        if samples is self.samples and samples.flags.writeable:
            samples = samples.copy()
        samples.flags.writeable = False
        object.__setattr__(self, "samples", samples)

    @property
    def channels(self) -> int:
        """Number of channels."""
        return int(self.samples.shape[0])

    @property
    def length_samples(self) -> int:
        """Samples per channel."""
        return int(self.samples.shape[1])

    @property
    def length_seconds(self) -> float:
        """Duration, for people; exact work uses ``length_samples``."""
        return self.length_samples / self.sample_rate_hz

    @property
    def peak(self) -> float:
        """Largest absolute sample, 0 for empty sound."""
        return float(np.abs(self.samples).max(initial=0.0))
