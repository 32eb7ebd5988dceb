"""Louder, softer, and where it comes from; how loud something should be is for others to say."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.signal import butter, sosfilt, sosfilt_zi

from engine.audio import Samples
from engine.dsp import loudness, true_peak
from engine.dsp.decibels import amplitude
from engine.dsp.fades import Shape, fade_gains
from engine.dsp.limiter import limited
from engine.dsp.pan import panned
from engine.errors import BadArgument
from engine.source import BLOCK_SAMPLES, Blocks, Source, blocks

CEILING_DBTP = -1.0
"""EBU R 128."""


class Gained:
    """A source, all of it by the same gain."""

    def __init__(self, source: Source, gain_db: float) -> None:
        self._source, self._factor = source, np.float32(amplitude(gain_db))
        self.sample_rate_hz = source.sample_rate_hz
        self.channels = source.channels
        self.length_samples = source.length_samples

    def read(self, start: int, end: int) -> Samples:
        """See :meth:`engine.source.Source.read`."""
        return self._source.read(start, end) * self._factor


def to_loudness(source: Source, loudness_lufs: float) -> tuple[float, bool]:
    """Gain in dB to an integrated loudness, or a momentary one for what is shorter; whether peaks then want limiting.

    Raises
    ------
    BadArgument
        For silence, which no gain makes loud.

    Source: EBU R 128 (ITU-R BS.1770-4).
    """
    measured = loudness.measure(source)
    own = measured.integrated_lufs if measured.integrated_lufs is not None else measured.momentary_max_lufs
    if own is None:
        raise BadArgument("It is too soft for its loudness to be measured: give a gain_db instead.", field="do")
    gain_db = loudness_lufs - own
    return gain_db, true_peak.measure_dbtp(source) + gain_db > CEILING_DBTP


def gain_to_peak(source: Source, peak_dbtp: float) -> float:
    """Gain in dB to a true peak.

    Raises
    ------
    BadArgument
        For silence.
    """
    own = true_peak.measure_dbtp(source)
    if own <= true_peak.SILENCE_DBTP:
        raise BadArgument("It is silent, and no gain gives silence a peak.", field="do")
    return peak_dbtp - own


def enveloped(source: Source, points: Sequence[tuple[float, float]]) -> Blocks:
    """By a gain in dB that goes in straight lines from point to point (seconds, dB) and holds before and after."""
    times = np.array([time for time, _ in points]) * source.sample_rate_hz
    gains = np.array([gain for _, gain in points])
    return _by_curve(source, lambda at: 10.0 ** (np.interp(at, times, gains) / 20.0))


def faded(source: Source, in_seconds: float, out_seconds: float, shape: Shape) -> Blocks:
    """With its ends faded; fades longer than the sound are shortened."""
    length = source.length_samples
    rise, fall = (min(length, round(seconds * source.sample_rate_hz)) for seconds in (in_seconds, out_seconds))

    def curve(at: np.ndarray) -> np.ndarray:
        gain = np.ones(at.size)
        for size, place in ((rise, at), (fall, length - 1 - at)):
            inside = place < size
            gain[inside] *= fade_gains(place[inside], size, shape)
        return gain

    return _by_curve(source, curve)


def _by_curve(source: Source, curve: Callable[[np.ndarray], np.ndarray]) -> Blocks:
    for start in range(0, source.length_samples, BLOCK_SAMPLES):
        end = min(start + BLOCK_SAMPLES, source.length_samples)
        yield source.read(start, end) * curve(np.arange(start, end)).astype(np.float32)


def held_under(source: Source, ceiling_dbtp: float) -> Blocks:
    """With no true peak above a ceiling."""
    return limited(source, amplitude(ceiling_dbtp))


def placed(source: Source, position: float) -> Blocks:
    """Panned, or balanced where it is stereo.

    Raises
    ------
    BadArgument
        For more than two channels.
    """
    if source.channels > 2:
        raise BadArgument("Only mono and stereo can be panned: choose channels.", field="channels")
    return (panned(block, position) for block in blocks(source))


def widened(source: Source, amount: float) -> Blocks:
    """The difference of left and right times ``amount``.

    Raises
    ------
    BadArgument
        For what is not stereo.
    """
    if source.channels != 2:
        raise BadArgument("Only a stereo sound has a width: pan makes a mono one stereo.", field="channels")

    def wide(block: Samples) -> Samples:
        middle = block.mean(axis=0)
        sides = (block[0] - middle) * np.float32(amount)
        return np.stack([middle + sides, middle - sides])

    return (wide(block) for block in blocks(source))


def without_dc(source: Source, cutoff_hz: float) -> Blocks:
    """Through a second-order high-pass that starts as if the first sample had been there for ever."""
    sections = butter(2, cutoff_hz, "highpass", fs=source.sample_rate_hz, output="sos")
    state = sosfilt_zi(sections)[:, None, :] * source.read(0, 1).astype(np.float64)[None]
    for block in blocks(source):
        filtered, state = sosfilt(sections, block.astype(np.float64), axis=1, zi=state)
        yield filtered.astype(np.float32)
