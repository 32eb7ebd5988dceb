"""What was heard since the last start, for printing."""

from __future__ import annotations

import numpy as np

from engine.audio import Audio, Samples
from engine.errors import BadArgument

MOST_KEPT_SECONDS = 660.0
"""What is older is gone."""


class Heard:
    """Blocks as they were given.

    Parameters
    ----------
    position_samples
        Of the sound, when it began.
    """

    def __init__(self, sample_rate_hz: int, position_samples: int = 0) -> None:
        self._rate, self._position = sample_rate_hz, position_samples
        self._blocks: list[Samples] = []
        self.length_samples = 0

    def keep(self, block: Samples) -> None:
        """The next one."""
        self._blocks.append(block)
        self.length_samples += block.shape[1]
        if self.length_samples > MOST_KEPT_SECONDS * self._rate:
            gone = self._blocks.pop(0).shape[1]
            self.length_samples -= gone
            self._position += gone

    def audio(self) -> tuple[Audio, int]:
        """All of it, and where in the sound it began.

        Raises
        ------
        BadArgument
            When nothing was heard.
        """
        if not self._blocks:
            raise BadArgument("Nothing was heard since it was started: play first.", field="candidate")
        return Audio(samples=np.concatenate(self._blocks, axis=1), sample_rate_hz=self._rate), self._position
