"""How one set of sounds differs from another: Fréchet distance of embeddings, divergence of what is recognised.

Arrays in, numbers out; what embeds or recognises is elsewhere (:mod:`engine.evaluation.judges`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.errors import BadArgument

Vectors = NDArray[np.floating]
"""One row a sound, ``(sounds, width)``."""
_LEAST = 1e-10
"""A class that is never recognised is taken to be this likely; the divergence would be infinite else."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Gaussian:
    """Mean ``(width,)`` and covariance ``(width, width)``."""

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]

    @classmethod
    def of(cls, vectors: Vectors) -> Gaussian:
        """Fitted to rows, the covariance over n - 1.

        Raises
        ------
        BadArgument
            For fewer than two rows: they have no spread.
        """
        if len(vectors) < 2:
            raise BadArgument(f"A distance between sets needs two sounds or more in each; got {len(vectors)}.")
        rows = np.asarray(vectors, np.float64)
        return cls(mean=rows.mean(0), covariance=np.atleast_2d(np.cov(rows, rowvar=False)))


def frechet_distance(a: Gaussian, b: Gaussian) -> float:
    """Distance of two Gaussians: ``|ma - mb|² + tr(A + B - 2 (A B)^½)``; 0 where they are the same.

    The trace of the root is taken as the sum of the roots of the eigenvalues of ``A^½ B A^½``, which is symmetric: no
    imaginary rest is thrown away, and a covariance of fewer sounds than numbers, which has no inverse, does no harm.
    Of few sounds the distance comes out too large; compare only sets of the same size.

    Source: Dowson and Landau 1982; as FID in Heusel et al. 2017, as FAD in Kilgour et al. 2019.
    """
    values, vectors = np.linalg.eigh(a.covariance)
    root = (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T
    cross = np.sqrt(np.clip(np.linalg.eigvalsh(root @ b.covariance @ root), 0, None)).sum()
    apart = a.mean - b.mean
    squared = float(apart @ apart + np.trace(a.covariance) + np.trace(b.covariance) - 2 * cross)
    return max(0.0, squared)


def divergence(reference: Vectors, made: Vectors) -> float:
    """Mean over pairs of ``KL(reference || made)`` in nats, of class posteriors ``(pairs, classes)``.

    Rows are made to sum to 1. Paired: the sound that was made for a clip, and the clip's own.
    """
    p, q = (np.clip(np.asarray(rows, np.float64), _LEAST, None) for rows in (reference, made))
    p, q = p / p.sum(1, keepdims=True), q / q.sum(1, keepdims=True)
    return float(np.mean(np.sum(p * np.log(p / q), axis=1)))


def similarity(a: Vectors, b: Vectors) -> float:
    """Mean cosine of paired rows, -1 to 1: CLAP score of sounds and words, CLIP similarity of pictures and words.

    A row of zeros is like nothing: 0.
    """
    x, y = np.asarray(a, np.float64), np.asarray(b, np.float64)
    lengths = np.linalg.norm(x, axis=1) * np.linalg.norm(y, axis=1)
    products = np.sum(x * y, axis=1)
    return float(np.mean(np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0)))
