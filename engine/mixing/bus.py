"""All takes into one mix: pan, sum, and a true-peak limit that does nothing when nothing is too loud."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import minimum_filter1d, uniform_filter1d

from engine.audio import Audio, Samples
from engine.dsp.true_peak import peaks
from engine.mixing.place import PlacedTake
from engine.plan import Plan

CEILING_DBTP = -1.0
MOST_LIMITING_DB = 6.0
"""Beyond this the whole mix is turned down instead: limiting harder than that is heard."""
LOOK_AHEAD_SECONDS = 0.0015
RELEASE_SECONDS = 0.020
_ATTEMPTS = 4


def mix(placed: Iterable[PlacedTake], plan: Plan) -> Audio:
    """The sum of the takes over exactly the plan's span, stereo, under -1 dBTP.

    What sounds before the plan's position or after its length is left to the stems.
    """
    total = np.zeros((2, plan.length_samples), dtype=np.float32)
    for take in placed:
        stereo = panned(take.audio.samples, take.pan)
        start = take.position_samples - plan.position_samples
        skip = max(0, -start)
        end = min(plan.length_samples, start + stereo.shape[1])
        if end > start + skip:
            total[:, start + skip : end] += stereo[:, skip : end - start]
    return Audio(samples=limited(total, plan.session.sample_rate), sample_rate_hz=plan.session.sample_rate)


def panned(samples: Samples, pan: float) -> Samples:
    """``(1 or 2, samples)`` to stereo: mono by the constant-power law, stereo by balance."""
    if samples.shape[0] == 1:
        angle = (pan + 1) * np.pi / 4
        return samples * np.array([[np.cos(angle)], [np.sin(angle)]], dtype=np.float32)
    return samples * np.array([[min(1.0, 1 - pan)], [min(1.0, 1 + pan)]], dtype=np.float32)


def limited(samples: Samples, sample_rate_hz: int) -> Samples:
    """The same samples where their true peak is under the ceiling; else turned down, smoothly, around what is not.

    Look-ahead gain: the gain each sample needs, its minimum over a window, and the mean over the same window, so that
    the full reduction is reached where the peak is. Between the samples the changing gain can leave a rest, which
    further rounds take.
    """
    ceiling = 10 ** (CEILING_DBTP / 20)
    out = samples
    for _ in range(_ATTEMPTS):
        found = peaks(out, sample_rate_hz)
        loudest = float(found.max(initial=0.0))
        if loudest <= ceiling:
            return out
        down = min(1.0, ceiling / loudest * 10 ** (MOST_LIMITING_DB / 20))
        out = out * (np.float32(down) * _gain(found * down, ceiling, sample_rate_hz))
    return np.asarray(out * np.float32(min(1.0, ceiling / float(peaks(out, sample_rate_hz).max()))), dtype=np.float32)


def _gain(found: NDArray[np.float32], ceiling: float, sample_rate_hz: int) -> NDArray[np.float32]:
    needed = np.minimum(1.0, ceiling / np.maximum(found, 1e-9))
    ahead = 2 * round(LOOK_AHEAD_SECONDS * sample_rate_hz) + 1
    behind = round(RELEASE_SECONDS * sample_rate_hz)
    # The window reaches further back than ahead: quick attack, slow release.
    held = minimum_filter1d(needed, ahead + behind, origin=(behind) // 2, mode="nearest")
    return np.minimum(uniform_filter1d(held, ahead, mode="nearest"), 1.0).astype(np.float32)
