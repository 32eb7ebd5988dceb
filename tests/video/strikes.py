"""Draws a hammer that comes down on a table at known times, on a still picture with some texture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Image = np.ndarray[Any, Any]


def texture(width: int, height: int, *, seed: int = 1, cell: int = 4) -> Image:
    """Gray blocks, ``(height, width)``: something for flow and corners to hold on to."""
    blocks = np.random.default_rng(seed).integers(60, 190, (height // cell + 1, width // cell + 1), dtype=np.uint8)
    return np.kron(blocks, np.ones((cell, cell), np.uint8))[:height, :width]


class Hammer:
    """A block that falls with growing speed, stops dead at each time of ``hits``, and is lifted gently.

    Parameters
    ----------
    hits
        Seconds of the contacts.
    size
        Width and height of the picture.
    at
        Where the hammer is from left to right, as a share of the width.
    """

    def __init__(self, hits: Sequence[float], *, size: tuple[int, int] = (320, 180), at: float = 0.5) -> None:
        self.hits, self.size, self.at = tuple(hits), size, at
        width, height = size
        self._ground = texture(width, height, seed=1, cell=8) // 2 + 40
        self._block = texture(width // 6, height // 4, seed=2) // 2 + 120

    def height_at(self, seconds: float) -> float:
        """How high the hammer is: 0 on the table, 1 lifted."""
        ahead = [hit - seconds for hit in self.hits if hit >= seconds]
        behind = [seconds - hit for hit in self.hits if hit < seconds]
        fall = 1 - (1 - min(ahead) / 0.2) ** 2 if ahead and min(ahead) < 0.2 else 1.0
        lift = 1.0
        if behind:
            share = min(1.0, max(0.0, (min(behind) - 0.1) / 0.35))  # it lies a moment, and starts and ends at rest
            lift = share**2 * (3 - 2 * share)
        return min(fall, lift)

    def draw(self, seconds: float) -> Image:
        """``(height, width, 3)``."""
        width, height = self.size
        picture = self._ground.copy()
        block = self._block
        left = round(self.at * width - block.shape[1] / 2)
        top = round(height * 0.7 - block.shape[0] - self.height_at(seconds) * height * 0.4)
        picture[top : top + block.shape[0], left : left + block.shape[1]] = block
        picture[round(height * 0.7) :] = 90
        return np.repeat(picture[..., None], 3, 2)
