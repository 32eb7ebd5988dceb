"""Beats, seconds and samples at one tempo, exactly: fractions inside, rounded once at the end.

Live counts the arrangement in beats (quarter notes) as 64-bit floats; at that precision a beat of a day-long set is
still good to a millionth of a sample.
"""

from __future__ import annotations

from fractions import Fraction


def seconds(beats: float, tempo_bpm: float) -> Fraction:
    """How long so many beats last."""
    return Fraction(beats) * 60 / Fraction(tempo_bpm)


def samples(beats: float, tempo_bpm: float, sample_rate_hz: int) -> int:
    """The sample nearest to a beat."""
    return round(seconds(beats, tempo_bpm) * sample_rate_hz)


def beats(offset_samples: int, sample_rate_hz: int, tempo_bpm: float, *, after_beats: float = 0.0) -> float:
    """The beat that lies so many samples after another one."""
    return float(Fraction(after_beats) + Fraction(offset_samples, sample_rate_hz) * Fraction(tempo_bpm) / 60)
