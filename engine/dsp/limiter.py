"""A true-peak limiter that looks ahead: bit for bit transparent wherever nothing exceeds the ceiling.

The gain each peak needs is held over 5 ms to both sides and then smoothed by a bell of the same width. Every point of
the bell over a peak lies on the held gain, so the smoothed gain is never above what the peak needs. Being offline, it
looks both ways and delays nothing. Channels move together, so the image stays.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import minimum_filter1d
from scipy.signal import oaconvolve
from scipy.signal.windows import hann

from engine.audio import Audio
from engine.dsp.true_peak import peak_envelope
from engine.source import BLOCK_SAMPLES, Blocks, Source

LOOKAHEAD_SECONDS = 0.005


def limit(audio: Audio, ceiling: float) -> Audio:
    """The sound with its true peak at ``ceiling`` (linear) or below; the same object when it is there already."""
    reach = round(LOOKAHEAD_SECONDS * audio.sample_rate_hz)
    # A sample of silence, into which what begins at once swings; and twice the reach of it at both ends, where a peak
    # on the very edge is held and smoothed like any other.
    envelope = np.pad(peak_envelope(np.pad(audio.samples, ((0, 0), (1, 0))), above=ceiling), 2 * reach)
    lead = 2 * reach + 1
    over = np.flatnonzero(envelope > ceiling)
    if not over.size:
        return audio
    bell = hann(2 * reach + 3)[1:-1]
    bell /= bell.sum()
    samples = audio.samples.copy()
    for group in np.split(over, np.flatnonzero(np.diff(over) > 4 * reach) + 1):
        start, end = group[0] - 2 * reach, group[-1] + 2 * reach + 1
        needed = ceiling / np.maximum(envelope[start:end].astype(np.float64), ceiling)
        held = minimum_filter1d(needed, 2 * reach + 1, mode="constant", cval=1.0)
        gain = 1.0 - oaconvolve(1.0 - held, bell, mode="same")
        first, last = max(start - lead, 0), min(end - lead, audio.length_samples)
        samples[:, first:last] *= gain[first + lead - start :][: last - first].astype(np.float32)
    return Audio(samples=samples, sample_rate_hz=audio.sample_rate_hz)


def limited(source: Source, ceiling: float) -> Blocks:
    """:func:`limit` for sound of any length, block by block: what a sample needs is decided by 20 ms around it."""
    margin = 5 * round(LOOKAHEAD_SECONDS * source.sample_rate_hz) + 64
    for start in range(0, source.length_samples, BLOCK_SAMPLES):
        end = min(start + BLOCK_SAMPLES, source.length_samples)
        around = Audio(samples=source.read(start - margin, end + margin), sample_rate_hz=source.sample_rate_hz)
        yield limit(around, ceiling).samples[:, margin : margin + end - start]
