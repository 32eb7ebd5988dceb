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
SAME_SHOT = 0.54  # likeness of frames of one shot, or more
EVEN = 4.0  # standard deviation of the coarse picture under which it shows nothing
_TOGETHER = 3  # pixels of the detail by which blocks that move the same way may differ
_AGREEMENT = 0.4  # its weight beside the correlation
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
    palette
        ``(64,)``, the share of the picture in each of 4 x 4 x 4 boxes of colour.
    detail
        ``(36, 64)``, gray less its surroundings: what is left when the light changes.
    contrast
        Standard deviation of ``coarse`` around its mean colour.
    energy
        Mean square of ``detail``: how much of it there is. Two pictures laid over each other have about half.
    shift
        How far the picture as a whole moved since the frame before, in widths and heights; 0 when that is not clear.
    """

    time_seconds: float
    colour: Floats
    coarse: Floats
    palette: Floats
    detail: Floats
    contrast: float
    energy: float
    shift: tuple[float, float]

    @property
    def is_even(self) -> bool:
        """All of one colour, as in the middle of a fade."""
        return self.contrast < EVEN


def look(time_seconds: float, thumbnail_bgr: Pixels, before: Look | None) -> Look:
    """Keep what is needed of a frame ``(height, width, 3)``, given what was kept of the one before."""
    import cv2

    colour = cv2.resize(thumbnail_bgr, COLOUR, interpolation=cv2.INTER_AREA).astype(np.float32)
    coarse = cv2.resize(colour, _COARSE, interpolation=cv2.INTER_AREA).reshape(-1, 3)
    boxes = (colour // 64).astype(np.intp).reshape(-1, 3) @ (16, 4, 1)
    gray = cv2.cvtColor(cv2.resize(thumbnail_bgr, _DETAIL, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    light = np.asarray(gray, np.float32)
    detail = np.asarray(light - cv2.GaussianBlur(light, (0, 0), 3.0), np.float32)
    return Look(
        time_seconds=time_seconds,
        colour=np.asarray(colour, np.float32),
        coarse=np.asarray(coarse.reshape(-1), np.float32),
        palette=np.asarray(np.bincount(boxes, minlength=64) / len(boxes), np.float32),
        detail=detail,
        contrast=float(np.sqrt(((coarse - coarse.mean(0)) ** 2).mean())),
        energy=float((detail**2).mean()),
        shift=_shift(before.detail, detail) if before else (0.0, 0.0),
    )


def _shift(before: Floats, now: Floats) -> tuple[float, float]:
    """By phase correlation (Kuglin & Hines 1975)."""
    import cv2

    width, height = _DETAIL
    window = cv2.createHanningWindow(_DETAIL, cv2.CV_32F)
    (x, y), sure = cv2.phaseCorrelate(before.copy(), now.copy(), window)  # OpenCV 5.0 writes into what it is given
    return (x / width, y / height) if sure > 0.15 else (0.0, 0.0)


def likeness(one: Look, other: Look) -> float:
    """How well each frame is found again in the other, 0 to 1, whatever the light and however the camera moved.

    The frame is cut in twelve blocks, and the detail of each is looked for in the other frame, up to a fifth of the
    width around its place. What counts is how well the blocks correlate there, and how many of them moved the same
    way, both by how much there is to see in a block; in both directions. Frames that follow each other in a shot reach
    0.9, and frames of different shots 0.4.
    """
    if one.is_even and other.is_even:
        distance = np.abs(one.coarse.reshape(-1, 3).mean(0) - other.coarse.reshape(-1, 3).mean(0)).max()
        return float(distance < 4 * EVEN)
    if one.is_even or other.is_even:
        return 0.0
    return (_found_again(one.detail, other.detail) + _found_again(other.detail, one.detail)) / 2


def colours_shared(one: Look, other: Look) -> float:
    """Share of the one picture's colours that the other has too, wherever they are (Swain & Ballard 1991)."""
    return float(np.minimum(one.palette, other.palette).sum())


def _found_again(where: Floats, what: Floats) -> float:
    import cv2

    around = cv2.copyMakeBorder(where, _REACH, _REACH, _REACH, _REACH, cv2.BORDER_REFLECT)
    width, height = _BLOCK
    rows, columns = what.shape[0] // height, what.shape[1] // width
    seen = np.minimum(what.reshape(rows, height, columns, width).std((1, 3)), 20.0)
    blocks = np.argwhere(seen >= _FAINT)
    if not len(blocks):
        return 0.0
    weights = seen[blocks[:, 0], blocks[:, 1]]
    found, moved = np.empty(len(blocks)), np.empty((len(blocks), 2))
    for k, (y, x) in enumerate((blocks * (height, width)).tolist()):
        place = around[y : y + height + 2 * _REACH, x : x + width + 2 * _REACH]
        match = cv2.matchTemplate(place, what[y : y + height, x : x + width], cv2.TM_CCOEFF_NORMED)
        _, found[k], _, moved[k] = cv2.minMaxLoc(match)
    together = np.abs(moved[:, None] - moved[None]).max(-1) <= _TOGETHER
    agreed = float((together @ weights).max() / weights.sum())
    alike = float(np.clip(found, 0, 1) @ weights / weights.sum())
    return (alike + _AGREEMENT * agreed) / (1 + _AGREEMENT)
