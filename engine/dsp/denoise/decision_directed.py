"""Wiener filter, decision-directed: every bin is weighed by how far it stood above the noise a moment ago and after.

The a-priori SNR of a frame leans on what was kept of its neighbour. That is run forwards and backwards, and the larger
of the two is taken: an attack is not late by a frame, an end not cut. The kept power, smoothed over three frames, is
the pilot of the Wiener gain proper.

Source: Ephraim and Malah, "Speech enhancement using a minimum mean-square error short-time spectral amplitude
estimator", IEEE TASSP 32 (1984), eq. 51; the pilot after Ghael, Sayeed and Baraniuk, "Improved wavelet denoising via
empirical Wiener filtering", SPIE 3169 (1997), sec. 3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.dsp.denoise.spectral import processed
from engine.dsp.stft import Power
from engine.source import Blocks, Source

_LEAST_SNR = np.float32(1e-6)
"""Of the a-priori SNR; without it the recursion sinks into denormal numbers, which are slow."""
_ONE = np.float32(1)


def wiener(source: Source, *, noise: Source | None = None, floor_db: float = -26.0) -> Blocks:
    """A source with its noise weighed down by a decision-directed Wiener filter.

    Parameters
    ----------
    source
        Any length, rate and channel count; the result has the same.
    noise
        Noise alone, of the same rate; None: what is steady in the sound.
    floor_db
        Least gain: what stays of the noise.

    Raises
    ------
    BadArgument
        For a noise profile of another rate, too short or silent; for samples that are NaN or infinite.
    """
    rule = DecisionDirected(weight=0.96, memory_frames=16)
    return processed(source, noise, rule, floor_db=floor_db)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionDirected:
    """The rule.

    Parameters
    ----------
    weight
        How much the neighbour counts, 0 to 1: the paper's alpha.
    memory_frames
        After so many frames it is forgotten how a run began.
    """

    weight: float
    memory_frames: int

    @property
    def context_frames(self) -> int:
        """See :class:`engine.dsp.denoise.spectral.Rule`."""
        return self.memory_frames + 1

    def __call__(self, snr: Power) -> Power:
        """See :class:`engine.dsp.denoise.spectral.Rule`."""
        weight = np.float32(self.weight)
        prior = snr - _ONE
        prior *= _ONE - weight
        np.maximum(prior, _LEAST_SNR, out=prior)
        weighted = weight * snr
        wanted = slice(self.memory_frames, len(snr) - self.memory_frames)
        kept = np.empty_like(snr[wanted])
        other = np.empty_like(kept)
        _run(prior, weighted, kept, self.memory_frames)
        _run(prior[::-1], weighted[::-1], other[::-1], self.memory_frames)
        np.maximum(kept, other, out=kept)
        kept *= kept
        kept *= snr[wanted]
        pilot = kept[1:-1] + kept[:-2]
        pilot += kept[2:]
        pilot *= np.float32(1 / 3)
        pilot /= pilot + _ONE
        return pilot


def _run(prior: Power, weighted: Power, gains: Power, memory: int) -> None:
    """Gains of all rows but ``memory`` at the beginning, and as many as ``gains`` has.

    Frame by frame, but in several places at once: every ``stride``-th frame with its own beginning, ``memory`` frames
    before. A loop over single frames would spend its time in calls.
    """
    stride = max(memory, 16)
    places = -(-len(gains) // stride)
    kept = np.zeros((places, *gains.shape[1:]), np.float32)
    above, gain = np.empty_like(kept), np.empty_like(kept)
    for step in range(memory + stride):
        rows = prior[step::stride][:places]
        active = slice(len(rows))
        np.add(kept[active], rows, out=kept[active])
        np.add(kept[active], _ONE, out=above[active])
        np.divide(kept[active], above[active], out=gain[active])
        if step >= memory:
            target = gains[step - memory :: stride]
            target[:] = gain[: len(target)]
        np.multiply(gain[active], gain[active], out=kept[active])
        np.multiply(kept[active], weighted[step::stride][:places], out=kept[active])
