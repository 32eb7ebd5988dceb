"""What moves in a picture, frame by frame, with the camera's own motion taken out.

Frames go in one by one; blocks of measurements come out: the paths of small patches, the flow and the change of the
brightness in a coarse grid. A block keeps numbers, never pictures, so memory does not grow with the length. Lengths
are in picture widths, so that nothing depends on the resolution. This module does not know what an impact is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.video.scaling import Pixels

Floats = NDArray[np.float64]
Small = NDArray[np.float32]

GRID_COLUMNS = 16
_PATCH_PX = 15
_CORNERS = 250
_APART_PX = 5
_DETECT_EVERY = 4
"""Frames; new patches are looked for where something moved."""
_FEW = 60
_MISFIT = 25.0
"""Gray levels: a patch that differs by more than this from the one before is lost, or hidden."""
_NOISE = 3
"""Gray levels that compression alone changes."""
_STILL_PX = 0.15
_STILL_SHARE = 0.35
"""A camera on a stand: more than this share of the picture moves less than ``_STILL_PX``."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Track:
    """The path of one patch.

    Parameters
    ----------
    first
        Index in the block of the frame in which it was first seen.
    place
        ``(frames, 2)``: x and y in widths, as seen.
    path
        ``(frames, 2)``: x and y in widths from its first place, the camera's motion taken out.
    """

    first: int
    place: Floats
    path: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Motion:
    """Measurements of a run of frames without a cut; row k says what changed from frame k - 1 to frame k.

    Parameters
    ----------
    times
        ``(frames,)`` seconds.
    aspect
        Height over width.
    tracks
        Every patch that was followed for two frames or more.
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
    tracks: tuple[Track, ...]
    velocity: Floats
    speed: Floats
    change: Floats
    residual: Floats
    camera: Floats
    brightness: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Row:
    """Measurements of one frame; the patches' names, where they are and by how much they moved on their own, px."""

    time: float
    brightness: float
    velocity: Small
    speed: Small
    change: Small
    residual: Small
    camera: Floats = field(default_factory=lambda: np.zeros(3))
    names: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    place: Floats = field(default_factory=lambda: np.zeros((0, 2)))
    moved: Floats = field(default_factory=lambda: np.zeros((0, 2)))


class MotionMeter:
    """Measures frames that are added one by one.

    The dense flow is that of Kroeger et al., Fast Optical Flow using Dense Inverse Search (ECCV 2016); the patches are
    corners (Shi and Tomasi, CVPR 1994) followed by Lucas and Kanade's method in a pyramid (Bouguet, 2001).
    """

    def __init__(self) -> None:
        import cv2

        self._cv: Any = cv2
        self._flow = self._cv.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
        self._before: Pixels | None = None
        self._blurred: Pixels | None = None
        self._points = np.zeros((0, 1, 2), np.float32)
        self._names = np.zeros(0, np.int64)
        self._next = 0
        self._time = 0.0
        self._rows: list[_Row] = []
        self._places = np.zeros((0, 0)), np.zeros((0, 0))

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
        blurred = self._cv.GaussianBlur(gray, (0, 0), 1.0)
        if fresh or self._before is None or self._blurred is None or self._before.shape != gray.shape:
            self._points, self._names = self._points[:0], self._names[:0]
            yy, xx = np.mgrid[0 : gray.shape[0], 0 : gray.shape[1]]
            self._places = xx.astype(np.float32), yy.astype(np.float32)
            row = self._still(time_seconds, gray)
        else:
            row = self._measured(time_seconds, self._before, gray, self._blurred, blurred)
            if len(self._rows) % _DETECT_EVERY == 0 or len(self._points) < _FEW:
                self._find(self._before, gray)
        self._rows.append(row)
        self._before, self._blurred, self._time = gray, blurred, time_seconds

    def _still(self, time: float, gray: Pixels) -> _Row:
        rows, columns = _grid(gray)
        zero = np.zeros((rows, columns), np.float32)
        pair = np.zeros((rows, columns, 2), np.float32)
        return _Row(time=time, brightness=float(gray.mean()), velocity=pair, speed=zero, change=zero, residual=zero)

    def _measured(self, time: float, before: Pixels, gray: Pixels, before_blurred: Pixels, blurred: Pixels) -> _Row:
        cv = self._cv
        height, width = gray.shape
        step = max(time - self._time, 1e-4)
        flow = self._flow.calc(before_blurred, blurred, None)
        xx, yy = self._places
        rows, columns = _grid(gray)
        camera = _camera(cv.resize(flow, (2 * columns, 2 * rows), interpolation=cv.INTER_AREA))
        own, behind = flow, before_blurred
        if camera.any():
            unit = _unit(xx, yy, width, height)
            shift = [sum(c * u for c, u in zip(camera[:, k], unit, strict=True)).astype(np.float32) for k in (0, 1)]
            own = flow - np.stack(shift, -1)
            behind = cv.remap(before_blurred, xx - shift[0], yy - shift[1], cv.INTER_LINEAR, None, cv.BORDER_REPLICATE)
        carried = cv.remap(
            before_blurred, xx - flow[..., 0], yy - flow[..., 1], cv.INTER_LINEAR, None, cv.BORDER_REPLICATE
        )

        def cells(picture: Any) -> Small:
            return np.asarray(cv.resize(picture, (columns, rows), interpolation=cv.INTER_AREA), np.float32)

        def difference(one: Pixels) -> Small:
            return cells(cv.subtract(cv.absdiff(blurred, one), _NOISE).astype(np.float32))

        names, place, moved = self._followed(before, gray, camera)
        return _Row(
            time=time,
            brightness=float(gray.mean()),
            velocity=cells(own) / (width * step),
            speed=cells(cv.magnitude(own[..., 0], own[..., 1])) / (width * step),
            change=difference(behind),
            residual=difference(carried),
            camera=np.array([camera[2, 0], camera[2, 1], camera[0, 0] + camera[1, 1]]) / (width * step),
            names=names,
            place=place,
            moved=moved,
        )

    def _followed(self, before: Pixels, gray: Pixels, camera: Floats) -> tuple[NDArray[np.int64], Floats, Floats]:
        if not len(self._points):
            return self._names, np.zeros((0, 2)), np.zeros((0, 2))
        height, width = gray.shape
        moved, found, misfit = self._cv.calcOpticalFlowPyrLK(
            before, gray, self._points, None, winSize=(_PATCH_PX, _PATCH_PX), maxLevel=3, criteria=(3, 10, 0.03)
        )
        now = moved[:, 0]
        kept = (found.ravel() == 1) & (misfit.ravel() < _MISFIT)
        kept &= (now >= 0).all(1) & (now[:, 0] < width) & (now[:, 1] < height)
        was, now, names = self._points[kept, 0], now[kept], self._names[kept]
        own = now - was - np.stack(_unit(was[:, 0], was[:, 1], width, height), 1) @ camera
        self._points, self._names = now[:, None], names
        return names, now.astype(np.float64), own.astype(np.float64)

    def _find(self, before: Pixels, gray: Pixels) -> None:
        cv = self._cv
        difference = cv.GaussianBlur(cv.absdiff(gray, before), (0, 0), 4)
        where = (difference > max(4.0, float(np.percentile(difference, 85)))).astype(np.uint8)
        where = cv.dilate(where, np.ones((9, 9), np.uint8))
        for x, y in self._points[:, 0]:
            cv.circle(where, (int(x), int(y)), _APART_PX, 0, -1)
        wanted = _CORNERS - len(self._points)
        corners = cv.goodFeaturesToTrack(gray, wanted, 0.01, _APART_PX, mask=where) if wanted > 10 else None
        if corners is not None:
            self._points = np.concatenate([self._points, corners])
            self._names = np.concatenate([self._names, self._next + np.arange(len(corners))])
            self._next += len(corners)

    def quietest(self, first: int) -> int:
        """Index of the frame from ``first`` on at which least changes: a place to part a long shot."""
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
            tracks=tuple(_tracks(rows, width)),
            velocity=np.array([row.velocity for row in rows], np.float64),
            speed=np.array([row.speed for row in rows], np.float64),
            change=np.array([row.change for row in rows], np.float64),
            residual=np.array([row.residual for row in rows], np.float64),
            camera=np.array([row.camera for row in rows]),
            brightness=np.array([row.brightness for row in rows]),
        )


def _grid(gray: Pixels) -> tuple[int, int]:
    height, width = gray.shape
    return max(1, round(GRID_COLUMNS * height / width)), GRID_COLUMNS


def _unit(x: Any, y: Any, width: int, height: int) -> tuple[Any, Any, Any]:
    """Coordinates of an affine motion: x and y from the middle in half widths, and 1."""
    half = width / 2
    return (x - half + 0.5) / half, (y - height / 2 + 0.5) / half, np.ones_like(x)


def _camera(flow: Any) -> Floats:
    """The affine motion that most of the picture follows, ``(3, 2)``, px; zeros for a camera on a stand.

    Weighted least squares, each cell weighted by how well it follows the fit before (Geman and McClure's weight).
    """
    rows, columns = flow.shape[:2]
    cells = flow.reshape(-1, 2).astype(np.float64)
    if np.mean(np.hypot(cells[:, 0], cells[:, 1]) < _STILL_PX) > _STILL_SHARE:
        return np.zeros((3, 2))
    yy, xx = np.mgrid[0:rows, 0:columns]
    unknowns = np.stack([a.ravel() for a in _unit(xx.astype(float), yy.astype(float), columns, rows)], 1)
    fit = np.zeros((3, 2))
    fit[2] = np.median(cells, 0)
    for _ in range(4):
        away = np.hypot(*(cells - unknowns @ fit).T)
        weight = 1 / (1 + (away / (np.median(away) + 0.1)) ** 2) ** 2
        weighted = unknowns * weight[:, None]
        fit = np.linalg.solve(unknowns.T @ weighted + 1e-3 * np.eye(3), weighted.T @ cells)
    return fit


def _tracks(rows: Sequence[_Row], width: int) -> Iterator[Track]:
    steps = [
        np.column_stack([row.names, np.full(len(row.names), frame), row.place, row.moved])
        for frame, row in enumerate(rows)
        if frame and len(row.names)
    ]
    if not steps:
        return
    table = np.concatenate(steps)
    table = table[np.lexsort((table[:, 1], table[:, 0]))]
    for of_one in np.split(table, np.flatnonzero(np.diff(table[:, 0])) + 1):
        place = np.concatenate([of_one[:1, 2:4] - of_one[:1, 4:6], of_one[:, 2:4]]) / width
        path = np.concatenate([np.zeros((1, 2)), np.cumsum(of_one[:, 4:6], 0)]) / width
        yield Track(first=int(of_one[0, 1]) - 1, place=place, path=path)
