"""Loudness as ITU-R BS.1770-5 and EBU Tech 3341 define it: integrated, and the loudest 400 ms.

Pure functions of :class:`~engine.audio.Audio`. Targets and gains are the mixer's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import sosfilt

from engine.audio import Audio

BLOCK_SECONDS = 0.4
HOP_SECONDS = 0.1
ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0
_OFFSET = -0.691  # BS.1770-5 Annex 1, eq. 2
_CHUNK_SAMPLES = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Loudness:
    """Both measures, in LUFS; None where there is nothing above the absolute gate.

    Parameters
    ----------
    integrated_lufs
        Gated loudness of the whole.
    momentary_lufs
        The loudest 400 ms. Sound shorter than that counts as followed by silence, so a 40 ms click is 10 dB softer
        than the same click sustained, as it is to the ear.
    """

    integrated_lufs: float | None
    momentary_lufs: float | None


def k_weighting(sample_rate_hz: int) -> NDArray[np.float64]:
    """The two K-weighting biquads as second-order sections, ``(2, 6)``.

    The analogue prototypes behind the 48 kHz coefficients of BS.1770-5 Annex 1, tables 1 and 2, transformed to any rate.

    Source: B. De Man, "Evaluation of implementations of the EBU R128 loudness measurement", AES 145, 2018.
    """
    f0, gain_db, q = 1681.974450955533, 3.999843853973347, 0.7071752369554196
    k = np.tan(np.pi * f0 / sample_rate_hz)
    vh = 10 ** (gain_db / 20)
    vb = vh**0.4996667741545416
    a0 = 1 + k / q + k * k
    shelf = [(vh + vb * k / q + k * k) / a0, 2 * (k * k - vh) / a0, (vh - vb * k / q + k * k) / a0]
    shelf += [1.0, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0]
    f0, q = 38.13547087602444, 0.5003270373238773
    k = np.tan(np.pi * f0 / sample_rate_hz)
    a0 = 1 + k / q + k * k
    highpass = [1.0, -2.0, 1.0, 1.0, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0]
    return np.array([shelf, highpass])


def measure(audio: Audio) -> Loudness:
    """Integrated and momentary loudness of mono or stereo sound (further channels weigh as front ones)."""
    powers = _block_powers(audio)
    momentary = _lufs(float(powers.max(initial=0.0)))
    loud = powers[powers > 10 ** ((ABSOLUTE_GATE_LUFS - _OFFSET) / 10)]
    if not loud.size:
        return Loudness(integrated_lufs=None, momentary_lufs=None)
    gate = loud.mean() * 10 ** (RELATIVE_GATE_LU / 10)
    return Loudness(integrated_lufs=_lufs(float(loud[loud > gate].mean())), momentary_lufs=momentary)


def _lufs(power: float) -> float | None:
    return _OFFSET + 10 * float(np.log10(power)) if power > 1e-12 else None


def _block_powers(audio: Audio) -> NDArray[np.float64]:
    """Mean K-weighted square over 400 ms, every 100 ms, summed over channels."""
    hop = round(HOP_SECONDS * audio.sample_rate_hz)
    hops_per_block = round(BLOCK_SECONDS / HOP_SECONDS)
    energies = _hop_energies(audio, hop)
    if len(energies) < hops_per_block:  # shorter than a block: as if silence followed
        energies = np.pad(energies, (0, hops_per_block - len(energies)))
    sums = np.concatenate(([0.0], np.cumsum(energies)))
    return (sums[hops_per_block:] - sums[:-hops_per_block]) / (hop * hops_per_block)


def _hop_energies(audio: Audio, hop: int) -> NDArray[np.float64]:
    """K-weighted energy of each 100 ms; long sound is taken in pieces, so that memory stays small.

    The last piece counts although it is shorter, when there is less than one block or when it completes none.
    """
    sections = k_weighting(audio.sample_rate_hz)
    state = np.zeros((2, audio.channels, 2))
    size = max(hop, _CHUNK_SAMPLES // hop * hop)
    energies = []
    for start in range(0, audio.length_samples, size):
        weighted, state = sosfilt(sections, audio.samples[:, start : start + size].astype(np.float64), zi=state)
        squares = np.square(weighted).sum(axis=0)
        energies.append(np.add.reduceat(squares, np.arange(0, len(squares), hop)))
    return np.concatenate(energies) if energies else np.zeros(0)
