"""The best denoiser here: the Wiener filter twice, in short frames and in long ones, mixed by which one errs less.

Short frames keep attacks from smearing, long ones see between the lines of a tone. Neither is right for long, and which
one is can be told without knowing the clean sound: by Stein's estimate of the square error, which both runs bring.
The noise of a sound without a profile is found cautiously: what is clean is left as it is.

Source: the mixture is exponential weighting by estimated risk, Leung and Barron, "Information theory and mixing
least-squares regressions", IEEE TIT 52 (2006), eq. 6; the temperature is relative to the risk, and found by trying.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.audio import Samples
from engine.dsp.denoise.channels import turned
from engine.dsp.denoise.decision_directed import DecisionDirected
from engine.dsp.denoise.spectral import block_samples, filtered, noise_of
from engine.dsp.stft import Grid, Power, scaled
from engine.source import Blocks, Source

_SHORT_AT_48K, _LONG_AT_48K = 512, 8192
_WEIGHT = 0.96
_SHORT_MEMORY_FRAMES, _LONG_MEMORY_FRAMES = 16, 8
_STEP_AT_48K = 256
"""The mixture changes in straight lines from one such step to the next."""
_SPAN_STEPS = 17
"""So many steps about a moment are weighed."""
_TEMPERATURE = 0.5
_NEGLIGIBLE = 0.01
"""Risks below this share of the noise are as good as each other."""


def denoise(source: Source, *, noise: Source | None = None, reduction_db: float = 24.0) -> Blocks:
    """A source without its steady noise.

    Parameters
    ----------
    source
        Any length, rate and channel count; the result has the same.
    noise
        Noise alone, of the same rate; None: what is steady in the sound. Then a sound under half a second is left as
        it is, for nothing in it can be told from noise.
    reduction_db
        Noise is lowered by at most this much.

    Raises
    ------
    BadArgument
        For a noise profile of another rate, too short or silent; for samples that are NaN or infinite.
    """
    rate = source.sample_rate_hz
    axes = turned(source)
    found = noise_of(axes, noise)
    short, long = (Grid(frame_samples=scaled(samples, rate)) for samples in (_SHORT_AT_48K, _LONG_AT_48K))
    runs = [
        filtered(
            axes,
            grid,
            found,
            DecisionDirected(weight=_WEIGHT, memory_frames=memory),
            floor=10 ** (-reduction_db / 20),
            block_samples=block_samples(source),
            with_risk=True,
        )
        for grid, memory in ((short, _SHORT_MEMORY_FRAMES), (long, _LONG_MEMORY_FRAMES))
    ]
    step = scaled(_STEP_AT_48K, rate)
    risks = _Risk(short), _Risk(long)
    late: tuple[Samples, Samples] | None = None  # a block is mixed when the risks of the next are known
    start = 0
    for pieces in zip(*runs, strict=True):
        for risk, piece in zip(risks, pieces, strict=True):
            risk.add(piece.risk)
        if late is not None:
            yield axes.back(_mixed(late, risks, start, step, _power(found.level(short, start), short)))
            start += late[0].shape[1]
        late = (pieces[0].samples, pieces[1].samples)
    if late is not None:
        yield axes.back(_mixed(late, risks, start, step, _power(found.level(short, start), short)))


class _Risk:
    """Expected square error up to a moment, from that of each frame; spread over the hop about the frame's middle."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        began = grid.first_frame * grid.hop_samples + (grid.frame_samples - grid.hop_samples) / 2
        self._times, self._sums = np.array([began]), np.zeros(1)

    def add(self, risk: Power) -> None:
        """That of the next frames."""
        more = np.cumsum(risk, dtype=np.float64) * 2 / self._grid.frame_samples
        times = self._times[-1] + self._grid.hop_samples * np.arange(1, len(risk) + 1)
        self._times, self._sums = np.append(self._times, times), np.append(self._sums, self._sums[-1] + more)

    def within(self, middles: NDArray[np.float64], span: int) -> NDArray[np.float64]:
        """That of ``span`` samples about each middle; what lies before the first is forgotten."""
        first, last = (np.interp(middles + side * span / 2, self._times, self._sums) for side in (-1, 1))
        old = max(0, int(np.searchsorted(self._times, middles[0] - span)) - 1)
        self._times, self._sums = self._times[old:], self._sums[old:]
        return last - first


def _mixed(
    pieces: tuple[Samples, Samples], risks: tuple[_Risk, _Risk], start: int, step: int, noise_power: float
) -> Samples:
    """Two results of the same stretch, each weighed by how little it errs."""
    short, long = pieces
    steps = -(-short.shape[1] // step)
    span = _SPAN_STEPS * step
    middles = start + step * np.arange(steps + 1, dtype=np.float64)
    of_short, of_long = (risk.within(middles, span) for risk in risks)
    scale = _TEMPERATURE * np.maximum(np.abs(of_short + of_long) / 2, _NEGLIGIBLE * noise_power * span)
    share = (1 / (1 + np.exp(np.clip((of_short - of_long) / scale, -50, 50)))).astype(np.float32)
    line = np.arange(step, dtype=np.float32) / np.float32(step)
    ramp = (share[:-1, None] + np.diff(share)[:, None] * line).reshape(-1)[: short.shape[1]]
    return np.asarray(long + ramp * (short - long), np.float32)


def _power(level: Power, grid: Grid) -> float:
    """Of the noise, summed over channels, a sample."""
    return float(level.sum()) * 2 / (grid.frame_samples * grid.hop_samples)
