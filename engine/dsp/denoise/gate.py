"""Spectral gate: every bin is open or closed, and does not flutter.

A bin opens where it stands well above the noise, and stays open, before and after, as long as it stands somewhat above
it (hysteresis in both directions of time); the edges of what is open are softened.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.dsp.denoise.smooth import over_bins, over_frames
from engine.dsp.denoise.spectral import processed
from engine.dsp.stft import Power
from engine.source import Blocks, Source

_HYSTERESIS_DB = 4.0
_DOUBLINGS = 5
_REACH = int(2**_DOUBLINGS) - 1
"""Frames by which an open bin can hold another one open."""


def spectral_gate(
    source: Source, *, noise: Source | None = None, threshold_db: float = 8.0, reduction_db: float = 24.0
) -> Blocks:
    """A source in which only what stands above the noise is let through.

    Parameters
    ----------
    source
        Any length, rate and channel count; the result has the same.
    noise
        Noise alone, of the same rate; None: what is steady in the sound.
    threshold_db
        Above the noise, to open.
    reduction_db
        How far it closes.

    Raises
    ------
    BadArgument
        For a noise profile of another rate, too short or silent; for samples that are NaN or infinite.
    """
    rule = Gate(threshold=10 ** (threshold_db / 10), hold=10 ** ((threshold_db - _HYSTERESIS_DB) / 10))
    return processed(source, noise, rule, floor_db=-reduction_db)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The rule.

    Parameters
    ----------
    threshold, hold
        Power over noise to open, and to stay open.
    """

    threshold: float
    hold: float

    @property
    def context_frames(self) -> int:
        """See :class:`engine.dsp.denoise.spectral.Rule`: so far reaches what keeps a bin open, and both means."""
        return 1 + _REACH + 1

    def __call__(self, snr: Power) -> Power:
        """See :class:`engine.dsp.denoise.spectral.Rule`."""
        over = over_bins(over_frames(snr))
        opens, held = over > self.threshold, over > self.hold
        is_open = _carried(opens, held) | _carried(opens[::-1], held[::-1])[::-1]
        return over_bins(over_frames(is_open[_REACH:-_REACH].astype(np.float32)))


def _carried(opens: NDArray[np.bool_], held: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Open where it opens, and on from there as long as it is held; each doubling reaches twice as far."""
    is_open, may = opens.copy(), held.copy()
    for doubling in range(_DOUBLINGS):
        step = 2**doubling
        is_open[step:] |= is_open[:-step] & may[step:]
        may[step:] &= may[:-step]
    return is_open
