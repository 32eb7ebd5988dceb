"""The network of contacts: its arithmetic by hand, and that it knows neither when, where nor how large."""

from __future__ import annotations

import numpy as np
import pytest

from engine.video.contacts import CHANNELS, RATE_HZ, Layer, Network, contact_curve, network, seen_by
from engine.video.motion import Motion

MOMENTS, ROWS, COLUMNS = 90, 9, 16


def filled(shape: tuple[int, ...], weight: float, bias: float = 0.0) -> Layer:
    return Layer(shape=shape, weight=(weight,) * int(np.prod(shape)), bias=(bias,) * shape[0])


def adding(weight: float = 1.0) -> Network:
    """A network of one channel that adds what it sees, and takes the greatest of all cells twice."""
    tap = Layer(shape=(1, 1, 1), weight=(1.0,), bias=(0.0,))
    return Network(
        cell_before=filled((1, CHANNELS, 5), weight),
        neighbours=filled((1, 1, 3, 3), 1.0),
        cell_after=tap,
        near=Layer(shape=(1, 2, 1), weight=(1.0, 0.0), bias=(0.0,)),
        wide=filled((1, 1, 1), 0.0),
        wider=tap,
        out=Layer(shape=(1, 1, 1), weight=(1.0,), bias=(-2.0,)),
    )


def blow(moment: int = 45, row: int = 4, column: int = 7) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Three moments of movement downwards in two cells, and a flash."""
    seen = np.zeros((CHANNELS, MOMENTS, ROWS, COLUMNS), np.float32)
    seen[1:3, moment - 3 : moment, row, column : column + 2] = np.array([0.3, 0.7, 1.0])[:, None]
    seen[3:, moment, row, column] = 0.8
    return seen


def moved(block: float, *, moving: bool = True, seconds: float = 4.0) -> Motion:
    """One cell falls ever faster and stands still from ``block`` on, again and again."""
    fps = 30.0
    times = np.arange(0, seconds, 1 / fps)
    left = np.min([np.where(block + k - times > -1e-9, block + k - times, 9.0) for k in range(-1, 4)], axis=0)
    speed = np.where(left < 0.3, 0.5 * (1 - left / 0.3), 0.0) * moving
    velocity = np.zeros((len(times), ROWS, COLUMNS, 2))
    velocity[:, 6, 4, 1] = speed
    change = 40 * velocity[..., 1]
    return Motion(
        times=times,
        aspect=9 / 16,
        velocity=velocity,
        speed=velocity[..., 1],
        change=change,
        residual=change / 3,
        camera=np.zeros((len(times), 3)),
        brightness=np.full(len(times), 100.0),
    )


def test_a_network_by_hand() -> None:
    seen = np.zeros((CHANNELS, MOMENTS, ROWS, COLUMNS), np.float32)
    seen[0, 40, 4, 4] = 2.0
    seen[3, 41, 5, 5] = 1.0
    logits = np.full(MOMENTS, -2.0)
    logits[[38, 43]] += 2 * np.array([2.0, 1.0])  # within two moments of one of them; counted twice by ``wider``
    logits[39:43] += 2 * 3.0  # of both, and the cells between them are next to both
    np.testing.assert_allclose(adding().probability(seen), 1 / (1 + np.exp(-logits)), rtol=1e-6)


def test_what_is_negative_is_cut_off() -> None:
    seen = np.ones((CHANNELS, MOMENTS, ROWS, COLUMNS), np.float32)
    assert adding(-1.0).probability(seen) == pytest.approx(1 / (1 + np.exp(2.0)))


def test_it_does_not_matter_when_or_where() -> None:
    here = network().probability(blow())
    np.testing.assert_allclose(network().probability(blow(row=3, column=10)), here, atol=1e-5)
    later = network().probability(blow(moment=50))
    np.testing.assert_allclose(later[25:75], here[20:70], atol=1e-5)
    assert np.ptp(here) > 0.01


def test_the_shot_is_seen_on_its_own_scale_and_at_one_rate() -> None:
    motion = moved(1.0)
    times, seen = seen_by(motion)
    assert seen.shape == (CHANNELS, len(times), ROWS, COLUMNS)
    np.testing.assert_allclose(np.diff(times), 1 / RATE_HZ)
    large, small = (float(np.abs(part).max()) for part in (seen[1], seen[0]))
    assert small == 0 < large
    assert not seen_by(moved(1.0, moving=False))[1].any()


def test_where_a_fall_ends_a_contact_is_likelier_than_where_it_begins() -> None:
    times, likely = contact_curve(moved(0.9))
    at = [np.interp(0.9 + k, times, likely) for k in (1, 2)]
    before = [np.interp(0.9 + k - 0.4, times, likely) for k in (1, 2)]
    assert min(at) > 2 * max(before)


@pytest.mark.parametrize("count", [2, 3, 4])
def test_few_frames_are_no_trouble(count: int) -> None:
    times, likely = contact_curve(moved(0.9, seconds=(count - 0.5) / 30))
    assert len(times) == len(likely) >= 1
    assert np.isfinite(likely).all()
