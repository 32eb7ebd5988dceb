"""Decibels and what they are of an amplitude."""

from __future__ import annotations


def amplitude(gain_db: float) -> float:
    """Linear gain; exactly 1 for 0 dB.

    >>> amplitude(-20.0)
    0.1
    """
    return float(10.0 ** (gain_db / 20.0))
