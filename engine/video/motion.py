"""What moves in a picture, frame by frame, with the camera's own motion taken out.

Frames go in one by one; blocks of measurements come out: the paths of small patches, the flow and the change of the
brightness in a coarse grid. A block keeps numbers, never pictures, so memory does not grow with the length. Lengths
are in picture widths, so that nothing depends on the resolution. This module does not know what an impact is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.video.scaling import Pixels

Floats = NDArray[np.float64]

GRID_COLUMNS = 16
_PATCH_PX = 15
_CORNERS = 250
_APART_PX = 5
_DETECT_EVERY = 4
"""Frames; new patches are looked for where something moved."""
_FEW = 60
_MISFIT = 25.0
"""Gray levels: a patch that differs by more than this from the one before is lost, or hidden."""
_NOISE = 3.0
"""Gray levels that compression alone changes."""
_STILL_PX = 0.15
_STILL_SHARE = 0.35
"""A camera on a stand: more than this share of the picture moves less than ``_STILL_PX``."""
_FLOW_CELLS = 32


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


@dataclass(slots=True, eq=False)
class _Rows:
    """Measurements of a block that grows."""

    times: list[float] = field(default_factory=list)
    velocity: list[NDArray[np.float32]] = field(default_factory=list)
    speed: list[NDArray[np.float32]] = field(default_factory=list)
    change: list[NDArray[np.float32]] = field(default_factory=list)
    residual: list[NDArray[np.float32]] = field(default_factory=list)
    camera: list[Floats] = field(default_factory=list)
    brightness: list[float] = field(default_factory=list)
    seen: list[tuple[int, NDArray[np.int64], Floats, Floats]] = field(default_factory=list)
    """Frame, patches, where they are, and by how much they moved on their own; px."""


class MotionMeter:
    """Measures frames that are added one by one.

    The dense flow is that of Kroeger et al., Fast Optical Flow using Dense Inverse Search (ECCV 2016); the patches are
    corners (Shi and Tomasi, CVPR 1994) followed by Lucas and Kanade's method in a pyramid (Bouguet, 2001).
    """

    def __init__(self) -> None:
        import cv2

        self._cv: Any = cv2
        self._flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
        self._before: Pixels | None = None
        self._blurred: Pixels | None = None
        self._points = np.zeros((0, 1, 2), np.float32)
        self._names = np.zeros(0, np.int64)
        self._next = 0
        self._rows = _Rows()
        self._grid = (0, 0)

    @property
    def frames(self) -> int:
        """Frames of the block so far."""
        return len(self._rows.times)

    def add(self, time_seconds: float, gray: Pixels) -> None:
        """Take the next frame: its time and the picture, uint8 (height, width)."""
        blurred = self._cv.GaussianBlur(gray, (0, 0), 1.0)
        height, width = gray.shape
        self._grid = (max(1, round(GRID_COLUMNS * height / width)), GRID_COLUMNS)
        rows = self._rows
        if self._before is None or self._before.shape != gray.shape or not rows.times:
            self._still(time_seconds, gray)
        else:
            self._measure(time_seconds, gray, blurred)
        self._before, self._blurred = gray, blurred

    def _still(self, time_seconds: float, gray: Pixels) -> None:
        rows, zero = self._rows, np.zeros(self._grid, np.float32)
        rows.times.append(time_seconds)
        rows.velocity.append(np.zeros((*self._grid, 2), np.float32))
        rows.speed.append(zero)
        rows.change.append(zero)
        rows.residual.append(zero)
        rows.camera.append(np.zeros(3))
        rows.brightness.append(float(gray.mean()))
        self._points, self._names = self._points[:0], self._names[:0]

    def _measure(self, time_seconds: float, gray: Pixels, blurred: Pixels) -> None:
        cv, rows = self._cv, self._rows
        assert self._before is not None
        assert self._blurred is not None
        height, width = gray.shape
        step = max(time_seconds - rows.times[-1], 1e-4)
        flow = self._flow.calc(self._blurred, blurred, None)
        camera = _camera(cv.resize(flow, (_FLOW_CELLS, 2 * self._grid[0]), interpolation=cv.INTER_AREA))
        yy, xx = np.mgrid[0:height, 0:width].astype(np.float32)
        ones = _unit(xx, yy, width, height)
        shift = np.stack([sum(c * o for c, o in zip(camera[:, k], ones, strict=True)) for k in (0, 1)], -1)
        shift = shift.astype(np.float32)
        own = flow - shift
        behind = cv.remap(self._blurred, xx - shift[..., 0], yy - shift[..., 1], cv.INTER_LINEAR, None, 1)
        carried = cv.remap(self._blurred, xx - flow[..., 0], yy - flow[..., 1], cv.INTER_LINEAR, None, 1)
        rows.times.append(time_seconds)
        rows.velocity.append(self._cells(own) / (width * step))
        rows.speed.append(self._cells(np.hypot(own[..., 0], own[..., 1])) / (width * step))
        rows.change.append(self._cells(np.maximum(cv.absdiff(blurred, behind).astype(np.float32) - _NOISE, 0)))
        rows.residual.append(self._cells(np.maximum(cv.absdiff(blurred, carried).astype(np.float32) - _NOISE, 0)))
        rows.camera.append(np.array([camera[2, 0], camera[2, 1], camera[0, 0] + camera[1, 1]]) / (width * step))
        rows.brightness.append(float(gray.mean()))
        self._follow(gray, camera)
        if len(rows.times) % _DETECT_EVERY == 0 or len(self._points) < _FEW:
            self._find(gray)

    def _cells(self, picture: Any) -> NDArray[np.float32]:
        size = (self._grid[1], self._grid[0])
        return np.asarray(self._cv.resize(picture, size, interpolation=self._cv.INTER_AREA), np.float32)

    def _follow(self, gray: Pixels, camera: Floats) -> None:
        if not len(self._points):
            return
        height, width = gray.shape
        moved, found, misfit = self._cv.calcOpticalFlowPyrLK(
            self._before, gray, self._points, None, winSize=(_PATCH_PX, _PATCH_PX), maxLevel=3, criteria=(3, 10, 0.03)
        )
        kept = (found.ravel() == 1) & (misfit.ravel() < _MISFIT)
        was, now = self._points[kept, 0], moved[kept, 0]
        inside = (now >= 0).all(1) & (now[:, 0] < width) & (now[:, 1] < height)
        was, now, names = was[inside], now[inside], self._names[kept][inside]
        own = now - was - np.stack(_unit(was[:, 0], was[:, 1], width, height), 1) @ camera
        self._rows.seen.append((len(self._rows.times) - 1, names, now.astype(np.float64), own.astype(np.float64)))
        self._points, self._names = now[:, None], names

    def _find(self, gray: Pixels) -> None:
        cv = self._cv
        difference = cv.GaussianBlur(cv.absdiff(gray, self._before), (0, 0), 4)
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

    def take(self) -> Motion | None:
        """The block so far, and begin a new one; None when there is no frame."""
        rows, self._rows = self._rows, _Rows()
        if not rows.times:
            return None
        height, width = self._before.shape if self._before is not None else (1, 1)
        return Motion(
            times=np.array(rows.times),
            aspect=height / width,
            tracks=tuple(_tracks(rows.seen, width)),
            velocity=np.array(rows.velocity, np.float64),
            speed=np.array(rows.speed, np.float64),
            change=np.array(rows.change, np.float64),
            residual=np.array(rows.residual, np.float64),
            camera=np.array(rows.camera),
            brightness=np.array(rows.brightness),
        )


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


def _tracks(seen: list[tuple[int, NDArray[np.int64], Floats, Floats]], width: int) -> Iterator[Track]:
    steps = [
        (name, frame, *place, *own)
        for frame, names, now, moved in seen
        for name, place, own in zip(names, now, moved, strict=True)
    ]
    if not steps:
        return
    table = np.array(steps)
    table = table[np.lexsort((table[:, 1], table[:, 0]))]
    for rows in np.split(table, np.flatnonzero(np.diff(table[:, 0])) + 1):
        if len(rows) < 2:
            continue
        place = np.concatenate([rows[:1, 2:4] - rows[:1, 4:6], rows[:, 2:4]]) / width
        path = np.concatenate([np.zeros((1, 2)), np.cumsum(rows[:, 4:6], 0)]) / width
        yield Track(first=int(rows[0, 1]) - 1, place=place, path=path)
