"""A room whose decay can be moved while it rings: eight delays that feed each other.

Source: J.-M. Jot, A. Chaigne, "Digital delay networks for designing artificial reverberators", AES 90, 1991.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import hadamard
from scipy.signal import lfilter

from engine.audio import Samples

_DELAYS_SECONDS = np.array([0.0223, 0.0267, 0.0311, 0.0353, 0.0409, 0.0463, 0.0541, 0.0617])
_MIX = (hadamard(8) / np.sqrt(8)).astype(np.float32)
_DAMPING_HZ = 6_000.0
_LEFT = np.array([1, 1, -1, -1, 1, 1, -1, -1], np.float32) / np.sqrt(8)
_RIGHT = np.array([1, -1, 1, -1, -1, 1, -1, 1], np.float32) / np.sqrt(8)


class Room:
    """The diffuse sound of a room, in blocks no longer than its shortest delay.

    Parameters
    ----------
    sample_rate_hz
        22 ms of it are the longest block.
    """

    def __init__(self, sample_rate_hz: int) -> None:
        self._rate = sample_rate_hz
        self._delays = np.round(_DELAYS_SECONDS * sample_rate_hz).astype(int)
        self._lines = [np.zeros(delay, np.float32) for delay in self._delays]
        pole = np.exp(-2 * np.pi * _DAMPING_HZ / sample_rate_hz)
        self._b, self._a = np.array([1 - pole]), np.array([1.0, -pole])
        self._damped = np.zeros((8, 1))

    def process(self, block: Samples, tail_seconds: tuple[float, float]) -> Samples:
        """What the room answers to ``(2, n)``, when it rings for so long (60 dB), first and last."""
        length = block.shape[1]
        heard = np.stack([line[:length] for line in self._lines])
        out = np.stack([_LEFT @ heard, _RIGHT @ heard])
        first, last = (10 ** (-3 * self._delays / (self._rate * seconds)) for seconds in tail_seconds)
        loss = first[:, None] + (last - first)[:, None] * (np.arange(1, length + 1) / length)
        damped, self._damped = lfilter(self._b, self._a, heard, axis=1, zi=self._damped)
        back = _MIX @ (damped * loss).astype(np.float32)
        fed = back + np.outer(_LEFT, block[0]) + np.outer(_RIGHT, block[1])
        for k, line in enumerate(self._lines):
            self._lines[k] = np.concatenate([line[length:], fed[k].astype(np.float32)])
        return out.astype(np.float32)
