"""The distance of a sequence of animation parameters from a reference's: MSE and SSIM of Write-a-Speaker.

Parameters are (T, P): blendshape weights, or anything that ranges from 0 to 1.

Source: Li et al. 2021, equation 4 and table 1.
"""

from __future__ import annotations

import numpy as np

from talkinghead.types import FloatArray

DELTA_1 = 0.01**2
DELTA_2 = 0.03**2
"""These keep the quotients of ``ssim_sequence`` finite where nothing moves, and small noise from counting.

The paper calls them "two small constants" and gives no values; these are from Wang, Bovik, Sheikh and Simoncelli 2004,
which it cites, for values between 0 and 1."""


def parameter_mse(predicted: FloatArray, reference: FloatArray) -> float:
    """Mean squared difference of parameters (T, P)."""
    _check(predicted, reference)
    return float(np.square(np.asarray(predicted, np.float64) - reference).mean())


def ssim_sequence(
    predicted: FloatArray, reference: FloatArray, *, delta_1: float = DELTA_1, delta_2: float = DELTA_2
) -> float:
    """Structural similarity of parameters (T, P) over time, in [-1, 1], the mean over parameters; 1 where they agree.

    One minus the loss of equation 4. Mean, standard deviation and covariance are those of the whole sequence. It
    rewards parameters that rise and fall with the reference's, and as far.

    Args:
        predicted: (T, P).
        reference: (T, P).
        delta_1: stabilises the term of the means.
        delta_2: stabilises the term of the covariance.

    Raises:
        ValueError: the two are not (T, P) of one shape, or empty.
    """
    _check(predicted, reference)
    first, second = np.asarray(predicted, np.float64), np.asarray(reference, np.float64)
    first_mean, second_mean = first.mean(axis=0), second.mean(axis=0)
    covariance = ((first - first_mean) * (second - second_mean)).mean(axis=0)
    means = (2 * first_mean * second_mean + delta_1) / (first_mean**2 + second_mean**2 + delta_1)
    moves = (2 * covariance + delta_2) / (first.var(axis=0) + second.var(axis=0) + delta_2)
    return float((means * moves).mean())


def _check(predicted: FloatArray, reference: FloatArray) -> None:
    if predicted.shape != reference.shape or predicted.ndim != 2 or predicted.size == 0:
        raise ValueError(
            f"need two sequences (T, P) of one shape, not empty, got {predicted.shape} and {reference.shape}"
        )
