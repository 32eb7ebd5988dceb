"""What is kept of a frame to judge shots by, and how alike two frames are.

A few numbers and two very small pictures a frame, for the last few seconds. It knows nothing of transitions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Pixels = np.ndarray[Any, np.dtype[np.uint8]]
Floats = np.ndarray[Any, np.dtype[np.float32]]

COLOUR = (32, 16)  # width, height of the small colour picture
_COARSE = (16, 8)
_DETAIL = (64, 36)
_BLOCK = (16, 12)  # of the detail, width and height: 4 x 3 blocks
_REACH = 12  # pixels of the detail that a block may have moved: a fifth of the width
SAME_SHOT = 0.56  # likeness of frames of one shot, or more
EVEN = 4.0  # standard deviation of the coarse picture under which it shows nothing
_FAINT = 2.0  # standard deviation of a block's detail under which there is nothing in it to find again


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What is kept of one frame.

    Parameters
    ----------
    time_seconds
        When it begins.
    colour
        ``(16, 32, 3)``, blue green red.
    coarse
        The same at half the size, flat: ``(8 * 16 * 3,)``.
    detail
        ``(36, 64)``, gray less its surroundings: what is left when the light changes.
    contrast
        Standard deviation of ``coarse`` around its mean colour.
    energy
        Mean square of ``detail``: how much of it there is. Two pictures laid over each other have about half.
    """

    time_seconds: float
    colour: Floats
    coarse: Floats
    detail: Floats
    contrast: float
    energy: float

    @property
    def is_even(self) -> bool:
        """All of one colour, as in the middle of a fade."""
        return self.contrast < EVEN


def look(time_seconds: float, thumbnail_bgr: Pixels) -> Look:
    """Keep what is needed of a frame ``(height, width, 3)``."""
    import cv2

    colour = cv2.resize(thumbnail_bgr, COLOUR, interpolation=cv2.INTER_AREA).astype(np.float32)
    coarse = cv2.resize(colour, _COARSE, interpolation=cv2.INTER_AREA).reshape(-1, 3)
    gray = cv2.cvtColor(cv2.resize(thumbnail_bgr, _DETAIL, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    gray = gray.astype(np.float32)
    detail = gray - cv2.GaussianBlur(gray, (0, 0), 3.0)
    return Look(
        time_seconds=time_seconds,
        colour=np.asarray(colour, np.float32),
        coarse=np.asarray(coarse.reshape(-1), np.float32),
        detail=np.asarray(detail, np.float32),
        contrast=float(np.sqrt(((coarse - coarse.mean(0)) ** 2).mean())),
        energy=float((detail**2).mean()),
    )


def likeness(one: Look, other: Look) -> float:
    """How well each frame's detail is found again in the other, 0 to 1, whatever the light and wherever it moved.

    The frame is cut in twelve blocks, each is looked for in the other frame a fifth of the width around its place, and
    the best correlations are averaged by how much there is to see in the block; both ways. Frames of one shot reach
    0.6 and more, however the camera moves, and frames of different shots about 0.4.
    """
    if one.is_even and other.is_even:
        distance = np.abs(one.coarse.reshape(-1, 3).mean(0) - other.coarse.reshape(-1, 3).mean(0)).max()
        return float(distance < 4 * EVEN)
    if one.is_even or other.is_even:
        return 0.0
    return (_found_again(one.detail, other.detail) + _found_again(other.detail, one.detail)) / 2


def _found_again(where: Floats, what: Floats) -> float:
    import cv2

    around = cv2.copyMakeBorder(where, _REACH, _REACH, _REACH, _REACH, cv2.BORDER_REFLECT)
    width, height = _BLOCK
    rows, columns = what.shape[0] // height, what.shape[1] // width
    weights = np.minimum(what.reshape(rows, height, columns, width).std((1, 3)), 20.0)
    weights[weights < _FAINT] = 0
    found = 0.0
    for row, column in np.argwhere(weights).tolist():
        y, x = row * height, column * width
        place = around[y : y + height + 2 * _REACH, x : x + width + 2 * _REACH]
        best = float(cv2.matchTemplate(place, what[y : y + height, x : x + width], cv2.TM_CCOEFF_NORMED).max())
        found += float(weights[row, column]) * min(max(best, 0.0), 1.0)
    return found / float(weights.sum()) if weights.any() else 0.0
