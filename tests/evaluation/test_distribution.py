"""Distances between sets of sounds, against scipy and against what can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
from scipy.special import rel_entr

from engine.errors import BadArgument
from engine.evaluation.distribution import Gaussian, divergence, frechet_distance, similarity


def spread(width: int, seed: int, sounds: int = 400) -> np.ndarray:
    chance = np.random.default_rng(seed)
    return chance.normal(size=(sounds, width)) @ chance.normal(size=(width, width)) + chance.normal(size=width)


def test_two_spheres_by_hand() -> None:
    """|m|² + d (s - t)² for covariances s² I and t² I."""
    a = Gaussian(mean=np.zeros(5), covariance=4.0 * np.eye(5))
    b = Gaussian(mean=np.full(5, 3.0), covariance=9.0 * np.eye(5))
    assert frechet_distance(a, b) == pytest.approx(45 + 5 * (2 - 3) ** 2)


def test_one_number_by_hand() -> None:
    a, b = Gaussian.of(np.array([[-1.0], [1.0]])), Gaussian.of(np.array([[1.0], [7.0]]))
    assert frechet_distance(a, b) == pytest.approx(16 + (np.sqrt(2) - np.sqrt(18)) ** 2)


@pytest.mark.parametrize("width", [2, 16, 64])
def test_as_scipys_matrix_root_says(width: int) -> None:
    a, b = Gaussian.of(spread(width, 1)), Gaussian.of(spread(width, 2))
    root = scipy.linalg.sqrtm(a.covariance @ b.covariance).real
    expected = np.sum((a.mean - b.mean) ** 2) + np.trace(a.covariance + b.covariance - 2 * root)
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-8)
    assert frechet_distance(b, a) == pytest.approx(expected, rel=1e-8)


def test_the_same_set_is_at_no_distance() -> None:
    same = Gaussian.of(spread(32, 3))
    assert frechet_distance(same, same) == pytest.approx(0, abs=1e-8 * np.trace(same.covariance))
    few = Gaussian.of(spread(32, 3, sounds=5))  # a covariance without an inverse
    assert frechet_distance(few, few) == pytest.approx(0, abs=1e-6 * np.trace(few.covariance))


def test_farther_is_farther() -> None:
    a = spread(8, 4)
    away = [frechet_distance(Gaussian.of(a), Gaussian.of(a + shift)) for shift in (0.0, 0.5, 2.0)]
    assert away == pytest.approx([0, 8 * 0.25, 8 * 4], abs=1e-9)


def test_one_sound_is_no_set() -> None:
    with pytest.raises(BadArgument, match="two sounds"):
        Gaussian.of(np.ones((1, 4)))


def test_divergence_as_scipy_says_and_in_the_right_direction() -> None:
    chance = np.random.default_rng(5)
    reference, made = (chance.dirichlet(np.ones(10), 20) for _ in range(2))
    assert divergence(reference, made) == pytest.approx(rel_entr(reference, made).sum(1).mean())
    assert divergence(reference, made) != pytest.approx(divergence(made, reference))
    assert divergence(reference, reference) == pytest.approx(0)
    assert divergence(3 * reference, made) == pytest.approx(divergence(reference, made)), "rows are made to sum to 1"


def test_a_class_that_is_never_heard_is_no_infinity() -> None:
    assert divergence(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])) == pytest.approx(-np.log(1e-10), rel=1e-6)


def test_similarity_by_hand() -> None:
    a = np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 0.0]])
    b = np.array([[0.5, 0.0], [1.0, 1.0], [1.0, 1.0]])
    assert similarity(a, b) == pytest.approx((1 + np.sqrt(0.5) + 0) / 3)
