"""Louder or softer without a step: a change is drawn over a moment, sample by sample."""

from __future__ import annotations

import numpy as np

from engine.audio import Samples
from engine.chain import Value

GLIDE_SECONDS = 0.02


class Drawn:
    """A number that goes where it is set over a moment.

    Parameters
    ----------
    samples
        How long that takes.
    """

    def __init__(self, value: float, samples: int) -> None:
        self._samples = samples
        self._from = self.target = value
        self._at = samples

    @property
    def moves(self) -> bool:
        """Whether it is on its way."""
        return self._at < self._samples

    def set(self, value: float) -> None:
        """Go there, from where it is now."""
        self._from += (self.target - self._from) * min(self._at / self._samples, 1.0)
        self.target, self._at = value, 0

    def arrive(self) -> None:
        """Be there at once."""
        self._at = self._samples

    def over(self, samples: int) -> Samples:
        """What it is over the next samples, ``(samples,)``, or ``(1,)`` where it stays."""
        if not self.moves:
            return np.array([self.target], np.float32)
        along = np.minimum(np.arange(self._at + 1, self._at + 1 + samples) / self._samples, 1.0)
        self._at += samples
        return (self._from + (self.target - self._from) * along).astype(np.float32)


class Gain:
    """See :class:`plugin_bridge.unit.Unit`; its one parameter is ``gain_db``."""

    latency_samples = 0

    def __init__(self, sample_rate_hz: int, gain_db: float) -> None:
        self._factor = Drawn(10.0 ** (gain_db / 20.0), round(GLIDE_SECONDS * sample_rate_hz))

    def process(self, block: Samples) -> Samples:
        """See :class:`plugin_bridge.unit.Unit`."""
        out: Samples = block * self._factor.over(block.shape[1])
        return out

    def set(self, name: str, value: Value) -> None:
        """Go to a gain, from where it is now."""
        self._factor.set(10.0 ** (float(value) / 20.0))

    def reset(self) -> None:
        """It remembers no sound; what it was set to is there at once."""
        self._factor.arrive()
