"""Motion is measured in widths a second, the camera's taken out, and a block may be parted anywhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from strikes import texture

from engine.video.motion import Motion, MotionMeter

WIDTH, HEIGHT = 320, 180
STEP_PX = 4
FPS = 25


def measured(pictures: list[np.ndarray[Any, Any]], *, fps: float = FPS) -> Motion:
    meter = MotionMeter()
    for k, picture in enumerate(pictures):
        meter.add(k / fps, picture)
    block = meter.take()
    assert block is not None
    return block


def smooth(width: int, height: int, seed: int) -> np.ndarray[Any, Any]:
    from scipy.ndimage import gaussian_filter

    noise = gaussian_filter(texture(width, height, seed=seed, cell=2).astype(float), 1.5)
    return np.clip((noise - noise.mean()) * 3 + 128, 0, 255).astype(np.uint8)


def moving_block(count: int = 12) -> list[np.ndarray[Any, Any]]:
    ground, block = smooth(WIDTH, HEIGHT, 1), smooth(100, 100, 2)
    pictures = []
    for k in range(count):
        picture = ground.copy()
        left = 20 + STEP_PX * k
        picture[40:140, left : left + 100] = block
        pictures.append(picture)
    return pictures


def test_a_still_picture_has_no_motion() -> None:
    block = measured([smooth(WIDTH, HEIGHT, 1)] * 6)
    assert not block.speed.any()
    assert not block.change.any()
    assert not block.residual.any()
    assert not block.camera.any()


def test_a_block_moves_at_its_speed_and_the_ground_does_not() -> None:
    block = measured(moving_block())
    expected = STEP_PX / WIDTH * FPS
    row, column = 4, round((20 + 50 + STEP_PX * 6) / WIDTH * 16 - 0.5)  # the middle of the block
    assert block.velocity[6, row, column] == pytest.approx((expected, 0), abs=0.2 * expected)
    assert block.speed[6, 0].max() < 0.1 * expected
    assert not block.camera[6].any()


def test_a_camera_that_pans_moves_nothing_else() -> None:
    wide = smooth(WIDTH + 60, HEIGHT, 3)
    block = measured([np.ascontiguousarray(wide[:, STEP_PX * k : STEP_PX * k + WIDTH]) for k in range(10)])
    expected = -STEP_PX / WIDTH * FPS
    assert block.camera[5, 0] == pytest.approx(expected, rel=0.1)
    assert np.abs(block.velocity[5]).mean() < 0.1 * abs(expected)
    raw = np.abs(wide[:, STEP_PX:].astype(int) - wide[:, :-STEP_PX]).mean()
    assert block.change[5, 1:-1, 1:-1].mean() < 0.1 * raw


def test_a_camera_that_zooms_changes_nothing_but_the_edges() -> None:
    import cv2

    ground = smooth(WIDTH, HEIGHT, 4)
    pictures = []
    for k in range(6):
        matrix = cv2.getRotationMatrix2D((WIDTH / 2 - 0.5, HEIGHT / 2 - 0.5), 0, 1 + 0.01 * k)
        pictures.append(cv2.warpAffine(ground, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT))
    block = measured(pictures)
    assert block.camera[3, 2] == pytest.approx(2 * 0.01 / 1.02 * FPS / 2, rel=0.15)  # growth, half a width a half width
    raw = np.abs(pictures[3].astype(int) - pictures[2]).mean()
    assert block.change[3, 2:-2, 2:-2].mean() < 0.1 * raw


def test_a_fresh_frame_follows_from_no_other() -> None:
    meter = MotionMeter()
    meter.add(0.0, smooth(WIDTH, HEIGHT, 1))
    meter.add(0.04, smooth(WIDTH, HEIGHT, 2), fresh=True)
    block = meter.take()
    assert block is not None
    assert not block.change.any()
    assert not block.residual.any()


def test_a_parted_block_says_what_the_whole_says() -> None:
    pictures = moving_block()
    whole = measured(pictures)
    meter = MotionMeter()
    for k, picture in enumerate(pictures):
        meter.add(k / FPS, picture)
    first, rest = meter.take(5), meter.take()
    assert first is not None
    assert rest is not None
    assert rest.times[0] == pytest.approx(5 / FPS)
    np.testing.assert_array_equal(np.concatenate([first.velocity, rest.velocity]), whole.velocity)
    np.testing.assert_array_equal(np.concatenate([first.change, rest.change]), whole.change)
    assert meter.take() is None


def test_the_quietest_frame_is_where_a_shot_is_parted() -> None:
    meter = MotionMeter()
    pictures = moving_block(8)
    for k, picture in enumerate([*pictures[:4], pictures[3], *pictures[4:]]):
        meter.add(k / FPS, picture)
    assert meter.quietest(1) == 4
