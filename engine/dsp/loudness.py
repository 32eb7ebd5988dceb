"""Loudness as people hear it: K-weighted momentary, short-term and integrated, at any sample rate.

One pass of the K-weighting filter sums the energy of every 10 ms; all three measures are moving sums over those, so an
hour costs no more memory than a second. pyloudnorm has the integrated measure alone and refuses sound under 400 ms,
which most one-shots are; it is the oracle of the tests. This module measures; it decides no level.

Source: ITU-R BS.1770-4 (K-weighting, gating), EBU Tech 3341 (momentary 400 ms, short-term 3 s); filters for any rate
after B. De Man, "Evaluation of implementations of the EBU R128 loudness measurement", AES 145, 2018.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import sosfilt

from engine.audio import Audio
from engine.source import Source, source_of

HOPS_PER_SECOND = 100
MOMENTARY_HOPS = 40
SHORT_TERM_HOPS = 300
GATING_STEP_HOPS = 10
"""Gating blocks of 400 ms overlap by 75 %."""
ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0
OFFSET_LUFS = -0.691
"""BS.1770 equation 2: a 997 Hz sine at 0 dBFS in one channel reads -3.01."""
_BLOCK_SECONDS = 10
_SURROUND = {
    5: (1.0, 1.0, 1.0, 1.41, 1.41),
    6: (1.0, 1.0, 1.0, 0.0, 1.41, 1.41),
    7: (1.0, 1.0, 1.0, 0.0, 1.41, 1.41, 1.0),
    8: (1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.41, 1.41),
}
"""Channel weights of BS.1770 tables 3 and 4 (1.41 from the sides, 60 to 120 degrees) in the order of a WAV file: L R C
(LFE) Ls Rs, a centre behind as the seventh, and in 7.1 the two behind before the two at the sides; fewer channels weigh
all alike."""

Energies = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loudness:
    """What a sound measures; None where the measure does not exist.

    Parameters
    ----------
    integrated_lufs
        Gated over the whole; None under 400 ms, or when all of it lies below the gate at -70 LUFS.
    momentary_max_lufs
        Loudest 400 ms, looked for every 10 ms. Sound shorter than that counts as followed by silence, so a one-shot
        of 100 ms reads 6 dB under the same sound held: its energy is what counts. None below -70 LUFS.
    short_term_max_lufs
        Loudest 3 s; None when it is shorter, or below -70 LUFS.
    """

    integrated_lufs: float | None
    momentary_max_lufs: float | None
    short_term_max_lufs: float | None


def measure(sound: Audio | Source) -> Loudness:
    """All three measures of a sound."""
    energies, seconds, whole_hops = _hop_energies(source_of(sound))
    momentary = _moving_lufs(energies, seconds, MOMENTARY_HOPS, pad=True)
    short_term = _moving_lufs(energies[:whole_hops], seconds[:whole_hops], SHORT_TERM_HOPS, pad=False)
    gating = _moving_lufs(energies[:whole_hops], seconds[:whole_hops], MOMENTARY_HOPS, pad=False)[::GATING_STEP_HOPS]
    return Loudness(
        integrated_lufs=_gated(gating),
        momentary_max_lufs=_loudest(momentary),
        short_term_max_lufs=_loudest(short_term),
    )


def _hop_energies(sound: Source) -> tuple[Energies, Energies, int]:
    """Weighted energy (square samples x seconds) and seconds of each 10 ms hop, and how many hops are whole.

    Hops begin at the sample nearest to a multiple of 10 ms, so a rate like 11,025 Hz does not drift; the last hop may
    be short.
    """
    rate = sound.sample_rate_hz
    edges = np.rint(np.arange(0, sound.length_samples * HOPS_PER_SECOND // rate + 2) * rate / HOPS_PER_SECOND)
    edges = edges[edges < sound.length_samples].astype(np.int64)
    seconds = np.diff(edges, append=sound.length_samples) / rate
    energies = np.zeros(edges.size)
    weights = np.array(_SURROUND.get(sound.channels, (1.0,) * sound.channels))
    filters = k_weighting(rate)
    state = np.zeros((filters.shape[0], sound.channels, 2))
    step = _BLOCK_SECONDS * HOPS_PER_SECOND
    for first in range(0, edges.size, step):
        inside = edges[first : first + step]
        end = edges[first + step] if first + step < edges.size else sound.length_samples
        weighted, state = sosfilt(filters, sound.read(int(inside[0]), int(end)).astype(np.float64), axis=1, zi=state)
        power = weights @ np.square(weighted)
        energies[first : first + step] = np.add.reduceat(power, inside - inside[0]) / rate
    short = edges.size > 0 and seconds[-1] < (1 - 0.5 / HOPS_PER_SECOND) / HOPS_PER_SECOND
    return energies, seconds, edges.size - int(short)


def _moving_lufs(energies: Energies, seconds: Energies, hops: int, *, pad: bool) -> Energies:
    """Loudness of every window of ``hops`` hops; with ``pad`` a shorter sound counts as followed by silence."""
    if energies.size < hops:
        if not pad or not energies.size:
            return np.empty(0)
        energies, seconds = energies.sum(keepdims=True), np.full(1, hops / HOPS_PER_SECOND)
    else:
        energies, seconds = (np.convolve(values, np.ones(hops), "valid") for values in (energies, seconds))
    with np.errstate(divide="ignore"):
        lufs: Energies = OFFSET_LUFS + 10.0 * np.log10(energies / seconds)
    return lufs


def _loudest(lufs: Energies) -> float | None:
    loudest = float(lufs.max(initial=-math.inf))
    return loudest if loudest >= ABSOLUTE_GATE_LUFS else None


def _gated(lufs: Energies) -> float | None:
    """BS.1770 equations 5 to 7: mean power of the blocks above both gates."""
    heard = lufs[lufs >= ABSOLUTE_GATE_LUFS]
    if not heard.size:
        return None
    gate = _mean_lufs(heard) + RELATIVE_GATE_LU
    return _mean_lufs(heard[heard > gate])


def _mean_lufs(lufs: Energies) -> float:
    return float(10.0 * np.log10(np.mean(10.0 ** (lufs / 10.0))))


@lru_cache(maxsize=16)
def k_weighting(sample_rate_hz: int) -> NDArray[np.float64]:
    """The two stages of BS.1770's K-weighting, ``(2, 6)`` second-order sections.

    The analogue prototypes behind the standard's coefficients, mapped to any rate; at 48 kHz they agree with the
    standard's tables to 1e-8.

    Source: De Man 2018, equations 2 to 9.
    """
    gain_db, shelf_hz, shelf_q = 3.999843853973347, 1681.974450955533, 0.7071752369554196
    pass_hz, pass_q = 38.13547087602444, 0.5003270373238773

    k = math.tan(math.pi * shelf_hz / sample_rate_hz)
    high = 10.0 ** (gain_db / 20.0)
    band = high**0.4996667741545416
    scale = 1.0 + k / shelf_q + k * k
    shelf = [
        (high + band * k / shelf_q + k * k) / scale,
        2.0 * (k * k - high) / scale,
        (high - band * k / shelf_q + k * k) / scale,
        1.0,
        2.0 * (k * k - 1.0) / scale,
        (1.0 - k / shelf_q + k * k) / scale,
    ]
    k = math.tan(math.pi * pass_hz / sample_rate_hz)
    scale = 1.0 + k / pass_q + k * k
    high_pass = [1.0, -2.0, 1.0, 1.0, 2.0 * (k * k - 1.0) / scale, (1.0 - k / pass_q + k * k) / scale]
    return np.array([shelf, high_pass])
