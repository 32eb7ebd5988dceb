"""What moves in a picture, frame by frame, with the camera's own motion taken out.

Frames go in one by one; blocks of measurements come out: the flow and the change of brightness in a coarse grid. A
block keeps numbers, never pictures, and is taken out when it is long enough, so memory does not grow with the picture's
length. Lengths are in picture widths, so that nothing depends on the resolution. This module does not know what an
impact is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.video.scaling import Pixels

Floats = NDArray[np.float64]
Small = NDArray[np.float32]

GRID_COLUMNS = 16
_NOISE = 3
"""Gray levels that compression alone changes."""
_FINEST_SCALE = 1
"""Patches are matched down to half the size, where the library's fast preset ends at a quarter: thin things, such as a
stick, are told from what is behind them."""
_REFINEMENTS = 2
_LEAST_PX = 16
"""Patches of the flow do not fit into less; a strip of a picture is made as wide by its own edge."""
_STILL_PX = 0.15
_STILL_SHARE = 0.35
"""A camera on a stand: more than this share of the picture moves less than ``_STILL_PX``."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Motion:
    """Measurements of a run of frames without a cut; row k says what changed from frame k - 1 to frame k.

    Parameters
    ----------
    times
        ``(frames,)`` seconds.
    aspect
        Height over width.
    velocity
        ``(frames, rows, columns, 2)``: the mean motion in each cell, widths a second.
    speed
        ``(frames, rows, columns)``: the mean speed in each cell, widths a second.
    change
        ``(frames, rows, columns)``: how much the brightness differs from the frame before, camera taken out, gray
        levels above the noise of compression.
    residual
        ``(frames, rows, columns)``: the same after all motion is taken out: what flashes, breaks or appears.
    camera
        ``(frames, 3)``: shift to the right and down in widths a second, and growth a second.
    brightness
        ``(frames,)`` mean gray level.
    """

    times: Floats
    aspect: float
    velocity: Floats
    speed: Floats
    change: Floats
    residual: Floats
    camera: Floats
    brightness: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Row:
    """Measurements of one frame."""

    time: float
    brightness: float
    velocity: Small
    speed: Small
    change: Small
    residual: Small
    camera: Floats = field(default_factory=lambda: np.zeros(3))


class MotionMeter:
    """Measures frames that are added one by one.

    Source of the flow: Kroeger et al., Fast Optical Flow using Dense Inverse Search (ECCV 2016).
    """

    def __init__(self) -> None:
        import cv2

        self._cv: Any = cv2
        self._flow = self._cv.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
        self._flow.setFinestScale(_FINEST_SCALE)
        self._flow.setVariationalRefinementIterations(_REFINEMENTS)
        self._before: Pixels | None = None
        self._time = 0.0
        self._rows: list[_Row] = []
        self._view = _View((0, 0))

    @property
    def frames(self) -> int:
        """Frames of the block so far."""
        return len(self._rows)

    @property
    def began(self) -> float:
        """Seconds of the block's first frame, or of the last one added."""
        return self._rows[0].time if self._rows else self._time

    def add(self, time_seconds: float, gray: Pixels, *, fresh: bool = False) -> None:
        """Take the next frame: its time, and the picture, uint8 (height, width); a fresh one follows from no other."""
        below, beside = (max(0, _LEAST_PX - size) for size in gray.shape)
        if below or beside:
            gray = self._cv.copyMakeBorder(gray, 0, below, 0, beside, self._cv.BORDER_REPLICATE)
        blurred = self._cv.GaussianBlur(gray, (0, 0), 1.0)
        if fresh or self._before is None or self._before.shape != gray.shape:
            self._view = _View(gray.shape)
            row = self._still(time_seconds, gray)
        else:
            row = self._measured(time_seconds, gray, self._before, blurred)
        self._rows.append(row)
        self._before, self._time = blurred, time_seconds

    def _still(self, time: float, gray: Pixels) -> _Row:
        rows, columns = self._view.grid
        zero = np.zeros((rows, columns), np.float32)
        pair = np.zeros((rows, columns, 2), np.float32)
        return _Row(time=time, brightness=float(gray.mean()), velocity=pair, speed=zero, change=zero, residual=zero)

    def _measured(self, time: float, gray: Pixels, before: Pixels, blurred: Pixels) -> _Row:
        cv, view = self._cv, self._view
        rows, columns = view.grid
        width = gray.shape[1]
        flow = self._flow.calc(before, blurred, None)
        half = cv.resize(flow, view.half_size, interpolation=cv.INTER_AREA)
        camera = _camera(cv.resize(half, (2 * columns, 2 * rows), interpolation=cv.INTER_AREA), view.cell_places)
        behind = before
        if camera.any():
            half = half - (view.half_places @ camera).astype(np.float32)
            back = view.backwards(camera)
            behind = cv.warpAffine(
                before,
                back,
                gray.shape[::-1],
                flags=cv.INTER_LINEAR | cv.WARP_INVERSE_MAP,
                borderMode=cv.BORDER_REPLICATE,
            )
        carried = cv.remap(before, view.places - flow, None, cv.INTER_LINEAR, None, cv.BORDER_REPLICATE)

        def cells(picture: Any) -> Small:
            return np.asarray(cv.resize(picture, (columns, rows), interpolation=cv.INTER_AREA), np.float32)

        def difference(one: Pixels) -> Small:
            return cells(cv.subtract(cv.absdiff(blurred, one), _NOISE).astype(np.float32))

        px_a_width = width * max(time - self._time, 1e-4)
        return _Row(
            time=time,
            brightness=float(gray.mean()),
            velocity=cells(half) / px_a_width,
            speed=cells(cv.magnitude(*cv.split(half))) / px_a_width,
            change=difference(behind),
            residual=difference(carried),
            camera=np.array([camera[2, 0], camera[2, 1], camera[0, 0] + camera[1, 1]]) / px_a_width,
        )

    def quietest(self, first: int) -> int:
        """Index of the frame from ``first`` on at which least changes: a place to part a long shot."""
        first = min(first, len(self._rows) - 1)
        return first + int(np.argmin([float(row.change.mean()) for row in self._rows[first:]]))

    def take(self, count: int | None = None) -> Motion | None:
        """The block so far, or its first frames, and begin a new one with the rest; None when there is no frame."""
        rows, self._rows = self._rows[:count], [] if count is None else self._rows[count:]
        if not rows or self._before is None:
            return None
        height, width = self._before.shape
        return Motion(
            times=np.array([row.time for row in rows]),
            aspect=height / width,
            velocity=np.array([row.velocity for row in rows], np.float64),
            speed=np.array([row.speed for row in rows], np.float64),
            change=np.array([row.change for row in rows], np.float64),
            residual=np.array([row.residual for row in rows], np.float64),
            camera=np.array([row.camera for row in rows]),
            brightness=np.array([row.brightness for row in rows]),
        )


class _View:
    """Places of pixels and cells of pictures of one size, made once."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        height, width = shape
        self.grid = max(1, round(GRID_COLUMNS * height / max(1, width))), GRID_COLUMNS
        self.half_size = max(1, width // 2), max(1, height // 2)
        self.places = np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1).astype(np.float32)
        self.half_places = self._unit(*self.half_size)
        self.cell_places = self._unit(2 * self.grid[1], 2 * self.grid[0]).reshape(-1, 3)
        self._middle = np.array([(width - 1) / 2, (height - 1) / 2])
        self._half_width = width / 2

    @staticmethod
    def _unit(columns: int, rows: int) -> Floats:
        """``(rows, columns, 3)``: x and y from the middle in half widths, and 1: what an affine motion is linear in."""
        x, y = np.meshgrid(np.arange(columns) - (columns - 1) / 2, np.arange(rows) - (rows - 1) / 2)
        return np.stack([2 * x / columns, 2 * y / columns, np.ones_like(x)], -1)

    def backwards(self, camera: Floats) -> Floats:
        """The ``(2, 3)`` matrix from a pixel to where it was before the camera moved."""
        turn = np.eye(2) - camera[:2].T / self._half_width
        return np.column_stack([turn, self._middle - turn @ self._middle - camera[2]])


def _camera(flow: Any, places: Floats) -> Floats:
    """The affine motion that most of the picture follows, ``(3, 2)``, px; zeros for a camera on a stand.

    Weighted least squares, each cell weighted by how well it follows the fit before (Geman and McClure's weight).
    """
    cells = flow.reshape(-1, 2).astype(np.float64)
    if np.mean(np.hypot(cells[:, 0], cells[:, 1]) < _STILL_PX) > _STILL_SHARE:
        return np.zeros((3, 2))
    fit = np.zeros((3, 2))
    fit[2] = np.median(cells, 0)
    for _ in range(4):
        away = np.hypot(*(cells - places @ fit).T)
        weight = 1 / (1 + (away / (np.median(away) + 0.1)) ** 2) ** 2
        weighted = places * weight[:, None]
        fit = np.linalg.solve(places.T @ weighted + 1e-3 * np.eye(3), weighted.T @ cells)
    return fit
