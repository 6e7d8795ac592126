"""The distance of two sets of vectors as normal distributions."""

from __future__ import annotations

import numpy as np

from talkinghead.types import FloatArray


def frechet_distance(a: FloatArray, b: FloatArray) -> float:
    """The squared Frechet distance between the normal distributions fitted to two sets; 0 if they are the same.

    Args:
        a: (n, d) vectors, at least 2.
        b: (m, d) vectors, at least 2. Fewer than d give a value too, but it grows as sets get smaller: compare values
            only for sets of one size.

    Returns:
        ``|mean_a - mean_b|**2 + trace(cov_a + cov_b - 2 (cov_a cov_b)**0.5)``, covariances divided by n - 1.

    Raises:
        ValueError: the sets are not (n, d) and (m, d) with two rows each, or not finite.

    Source: Dowson and Landau 1982, equation 4; Heusel et al. 2017 apply it to Inception features (FID). The trace of
        the root is the sum of the singular values of ``A @ B.T`` for the centred sets A and B over the root of
        ``(n - 1)(m - 1)``: real and non-negative for any rank, unlike the usual root of a matrix product.
    """
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1] or min(len(a), len(b)) < 2:
        raise ValueError(f"need (n, d) and (m, d) with at least two rows each, got {a.shape} and {b.shape}")
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ValueError("the vectors must be finite")
    (mean_a, root_a), (mean_b, root_b) = _mean_and_root(a), _mean_and_root(b)
    shared = np.linalg.svd(root_a @ root_b.T, compute_uv=False).sum()
    spread = np.square(root_a).sum() + np.square(root_b).sum() - 2 * shared
    return max(0.0, float(np.square(mean_a - mean_b).sum() + spread))


def _mean_and_root(rows: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The mean (d,) and a root R (at most d rows, d) of the covariance, ``R.T @ R``."""
    mean = rows.mean(axis=0, dtype=np.float64)
    centred = (rows - mean) / np.sqrt(len(rows) - 1)
    return mean, np.asarray(np.linalg.qr(centred, mode="r")) if len(rows) > rows.shape[1] else centred
