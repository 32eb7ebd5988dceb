"""The frame that spectral filters share: sound to spectra, a rule's gains on them, and back to sound.

A rule sees how far every bin stands above the noise and says what is kept of it. Whoever adds a filter writes a rule;
this module knows none of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from engine.audio import Samples
from engine.dsp.denoise.channels import Turned, turned
from engine.dsp.denoise.floor import from_sound
from engine.dsp.denoise.noise import Noise, from_profile
from engine.dsp.stft import Grid, OverlapAdd, Power, power, scaled, spectra
from engine.source import Blocks, Source

_FRAME_AT_48K = 2048
_BLOCK_SAMPLES_AT_48K = 2**18
"""Filtered at a time, of all channels together."""
MOST_SNR = 1e8
"""Power over noise beyond this is all sound; keeps float32 from overflowing."""


def block_samples(source: Source) -> int:
    """What is filtered at a time of each channel: a power of two, so that frames of any length fit."""
    return scaled(_BLOCK_SAMPLES_AT_48K, source.sample_rate_hz) >> math.ceil(math.log2(source.channels))


class Rule(Protocol):
    """From power over noise to gains."""

    @property
    def context_frames(self) -> int:
        """Frames that it wants to see before and after those that it answers for."""

    def __call__(self, snr: Power) -> Power:
        """Gains of all rows but the context.

        Parameters
        ----------
        snr
            A-posteriori SNR (power over noise power), ``(frames, channels, bins)``; not changed. Beyond the sound it
            is 0.
        """


def processed(source: Source, noise: Source | None, rule: Rule, *, floor_db: float) -> Blocks:
    """The source through one rule on one grid; the noise is taken from the profile, or else found in the sound."""
    axes = turned(source)
    grid = Grid(frame_samples=scaled(_FRAME_AT_48K, source.sample_rate_hz))
    size = block_samples(source)
    for piece in filtered(axes, grid, noise_of(axes, noise), rule, floor=10 ** (floor_db / 20), block_samples=size):
        yield axes.back(piece.samples)


def noise_of(source: Turned, profile: Source | None) -> Noise:
    """From the profile where there is one, else from the sound."""
    return from_sound(source) if profile is None else from_profile(profile, source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filtered:
    """A block of the result, and what is thought of it.

    Parameters
    ----------
    samples
        ``(channels, samples)``.
    risk
        Of the frames that first sound in this block: the expected square error of each.
    """

    samples: Samples
    risk: Power


def filtered(
    source: Source, grid: Grid, noise: Noise, rule: Rule, *, floor: float, block_samples: int, with_risk: bool = False
) -> Iterator[Filtered]:
    """The source with the rule's gains on its spectrum, in blocks of ``block_samples``, the last one shorter.

    Parameters
    ----------
    noise
        Of the same channels.
    floor
        Least gain, linear.
    block_samples
        A multiple of the grid's hop.
    with_risk
        Whether to work out the risk: Stein's unbiased estimate, ``(1 - g)² P + (2 g - 1) N`` summed over bins.
        Source: Stein, Annals of Statistics 9 (1981), theorem 1, with the gains taken as given.
    """
    end, length, context = grid.end_frame(source.length_samples), source.length_samples, rule.context_frames
    out = OverlapAdd(grid, source.channels)
    done = seen = grid.first_frame
    held = np.zeros((0, source.channels, grid.bins), np.complex64)
    snr = np.zeros((context, source.channels, grid.bins), np.float32)
    for start in range(0, length, block_samples):
        target = min(end, (start + block_samples) // grid.hop_samples)
        level = noise.level(grid, start)
        ahead = min(end, target + context)
        if ahead > seen:
            new = spectra(source, grid, seen, ahead)
            over = power(new)
            over *= np.reciprocal(level)
            np.minimum(over, MOST_SNR, out=over)
            held, snr, seen = np.concatenate([held, new]), np.concatenate([snr, over]), ahead
        count, missing = target - done, target + context - ahead
        gains = rule(np.concatenate([snr, np.zeros((missing, *snr.shape[1:]), np.float32)]) if missing else snr)
        np.maximum(gains, np.float32(floor), out=gains)
        risk = _risk(gains, snr[context : context + count], level) if with_risk else np.zeros(0, np.float32)
        block = out.add(held[:count] * gains)
        early = max(0, -done) * grid.hop_samples
        held, snr, done = held[count:], snr[count:], target
        yield Filtered(samples=block[:, early : early + length - start], risk=risk)


def _risk(gains: Power, snr: Power, level: Power) -> Power:
    lost = 1.0 - gains
    lost *= lost
    lost *= snr
    lost += gains
    lost += gains
    lost -= 1.0
    return np.asarray(np.einsum("tcf,cf->t", lost, level), np.float32)
