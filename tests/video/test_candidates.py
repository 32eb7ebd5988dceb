"""Candidates are where speed is lost at once, at the right time and place, on the scale of their shot."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.video.candidates import FEATURES, candidates
from engine.video.envelopes import against_usual, curves, relative
from engine.video.motion import Motion

ROWS, COLUMNS, FPS = 9, 16, 30.0
STOP, CELL = 2.0, (6, 4)


def one_stop(*, direction: tuple[float, float] = (0.0, 1.0), seconds: float = 4.0) -> Motion:
    """One cell speeds up for 0.3 s and stands still from ``STOP`` on."""
    times = np.arange(0, seconds, 1 / FPS)
    count = len(times)
    between = times - 0.5 / FPS
    speed = np.where((between > STOP - 0.3) & (between < STOP), 0.5 * (between - STOP + 0.3) / 0.3, 0.0)
    velocity = np.zeros((count, ROWS, COLUMNS, 2))
    velocity[:, CELL[0], CELL[1]] = speed[:, None] * np.array(direction)
    change = np.zeros((count, ROWS, COLUMNS))
    change[:, CELL[0], CELL[1]] = 40 * speed
    return Motion(
        times=times,
        aspect=9 / 16,
        velocity=velocity,
        speed=np.hypot(velocity[..., 0], velocity[..., 1]),
        change=change,
        residual=change,
        camera=np.zeros((count, 3)),
        brightness=np.full(count, 100.0),
    )


def test_the_arrest_peaks_where_the_cell_stops() -> None:
    seen = curves(one_stop())
    assert seen.times[np.argmax(seen.arrest)] == pytest.approx(STOP, abs=1.5 / FPS)
    assert seen.times[np.argmax(seen.starting)] == pytest.approx(STOP - 0.2, abs=0.1)
    assert seen.arrest.max() == pytest.approx(0.45, abs=0.12)  # widths a second: nearly all of the last speed


def test_a_stop_on_the_way_up_counts_a_tenth() -> None:
    down, up = (curves(one_stop(direction=(0.0, d))).arrest.max() for d in (1.0, -1.0))
    assert up == pytest.approx(0.1 * down, rel=0.02)


def test_the_surest_candidate_is_the_stop_and_lies_where_it_is() -> None:
    found = candidates(one_stop())
    best = int(np.argmax(found.features[:, FEATURES.index("stands_out")]))
    assert found.times[best] == pytest.approx(STOP, abs=0.05)
    assert found.x[best] == pytest.approx((CELL[1] + 0.5) / COLUMNS, abs=0.02)
    assert found.y[best] == pytest.approx((CELL[0] + 0.5) / ROWS, abs=0.02)
    assert found.size[best] == pytest.approx(1 / ROWS, abs=0.02)
    assert found.speed[best] > 0.3


def test_where_nothing_moves_there_is_no_candidate() -> None:
    still = one_stop(direction=(0.0, 0.0))
    nothing = Motion(
        times=still.times,
        aspect=still.aspect,
        velocity=0 * still.velocity,
        speed=0 * still.speed,
        change=0 * still.change,
        residual=0 * still.residual,
        camera=still.camera,
        brightness=still.brightness,
    )
    assert len(candidates(nothing).times) == 0


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_few_frames_are_no_trouble(count: int) -> None:
    found = candidates(one_stop(seconds=(count - 0.5) / FPS))
    assert found.features.shape == (len(found.times), len(FEATURES))


@given(st.floats(0.1, 10), st.floats(-5, 5), st.integers(0, 1000))
def test_a_relative_curve_knows_no_unit(scale: float, offset: float, seed: int) -> None:
    curve = np.random.default_rng(seed).random(200)
    np.testing.assert_allclose(relative(scale * curve + offset), relative(curve), atol=1e-6)


def test_what_always_changes_is_usual() -> None:
    cells = np.ones((50, 1, 2))
    cells[:, 0, 1] = 0
    cells[20, 0] = 2.0
    told = against_usual(cells)
    assert told[20, 0, 0] == pytest.approx(1 / 1.04)  # one more than usual, over usual and a fiftieth of the greatest
    assert told[20, 0, 1] == pytest.approx(2 / 0.04)
    assert not told[:20].any()
