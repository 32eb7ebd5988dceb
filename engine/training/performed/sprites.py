"""Textured shapes drawn into a gray picture, turned and blended; what a shape stands for is not known here."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]
"""``(rows, columns)`` gray levels from 0 to 255."""
Point = NDArray[np.float64]
"""``(2,)`` px, to the right and down."""
View = NDArray[np.float64]
"""``(2, 3)``: from a place in the scene to a place in the picture, px."""
Shape = Literal["capsule", "box", "disc"]
_LARGEST_PX = 400
_TEXELS_A_PX = 2


def along(angle: float) -> Point:
    """The unit vector at an angle, clockwise from the right."""
    return np.array([math.cos(angle), math.sin(angle)])


def blotches(
    chance: np.random.Generator, rows: int, columns: int, low: float, high: float, cells: tuple[int, ...]
) -> Picture:
    """Spots of several sizes, as surfaces have, the largest ones most: from ``low`` to ``high``."""
    import cv2

    total = np.zeros((rows, columns), np.float32)
    for k, count in enumerate(cells):
        grid = chance.standard_normal((count, count * columns // rows + 1)).astype(np.float32)
        total += 0.7**k * cv2.resize(grid, (columns, rows), interpolation=cv2.INTER_CUBIC)
    total -= total.min()
    return np.asarray(low + (high - low) * total / (float(total.max()) + 1e-6), np.float32)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sprite:
    """A shape that reaches ``length_px`` from where it is put, and is ``thickness_px`` thick.

    Parameters
    ----------
    texture, cover
        ``(rows, columns)``: gray levels, and how much they hide of what is behind them, 0 to 1.
    """

    texture: Picture
    cover: Picture
    length_px: float
    thickness_px: float

    @classmethod
    def painted(
        cls,
        chance: np.random.Generator,
        length_px: float,
        thickness_px: float,
        shape: Shape = "capsule",
        *,
        tone: float | None = None,
    ) -> Self:
        """A sprite of a random surface; ``tone`` is its mean gray level, where it is given."""
        import cv2

        rows, columns = (min(_LARGEST_PX, max(6, int(_TEXELS_A_PX * size) + 4)) for size in (thickness_px, length_px))
        cover = np.zeros((rows, columns), np.uint8)
        if shape == "capsule":
            radius = max(1, rows // 2 - 2)
            ends = (radius + 1, rows // 2), (max(radius + 1, columns - radius - 2), rows // 2)
            cv2.line(cover, *ends, 255, 2 * radius)
        elif shape == "disc":
            cv2.ellipse(cover, (columns // 2, rows // 2), (columns // 2 - 2, rows // 2 - 2), 0, 0, 360, 255, -1)
        else:
            cover[2:-2, 2:-2] = 255
        if tone is None:
            tone = float(chance.choice([chance.uniform(5, 70), chance.uniform(130, 250), chance.uniform(60, 160)]))
        contrast = float(chance.uniform(5, 60))
        texture = blotches(chance, rows, columns, tone - contrast / 2, tone + contrast / 2, (2, 5))
        if chance.random() < 0.35:  # rings, cuffs, windings
            texture[:, :: max(2, columns // int(chance.integers(3, 12)))] *= chance.uniform(0.4, 0.9)
        rounded = 1 - 0.35 * chance.random() * np.abs(np.linspace(-1, 1, rows))[:, None]
        return cls(
            texture=np.asarray(np.clip(texture, 0, 255) * rounded, np.float32),
            cover=np.asarray(cv2.GaussianBlur(cover, (0, 0), 0.8) / 255, np.float32),
            length_px=length_px,
            thickness_px=thickness_px,
        )

    def draw(self, canvas: Picture, at: Point, angle: float, view: View) -> None:
        """Draw it into the canvas, from ``at`` on along an angle."""
        import cv2

        rows, columns = self.cover.shape
        ahead, aside = along(angle), along(angle + math.pi / 2)
        corner = at - aside * self.thickness_px / 2
        placed = np.column_stack([ahead * self.length_px / columns, aside * self.thickness_px / rows, corner])
        matrix = view[:, :2] @ placed
        matrix[:, 2] += view[:, 2]
        corners = matrix @ np.array([[0, columns, 0, columns], [0, 0, rows, rows], [1, 1, 1, 1]])
        left, top = np.maximum(0, np.floor(corners.min(1)) - 2).astype(int)
        right, bottom = np.minimum(canvas.shape[::-1], np.ceil(corners.max(1)) + 2).astype(int)
        if right <= left or bottom <= top:
            return
        matrix[:, 2] -= left, top
        size = int(right - left), int(bottom - top)
        texture = cv2.warpAffine(self.texture, matrix, size, borderMode=cv2.BORDER_REPLICATE)
        part = canvas[top:bottom, left:right]
        part += cv2.warpAffine(self.cover, matrix, size) * (texture - part)
