"""Structural similarity of two pictures."""

from __future__ import annotations

import cv2
import numpy as np

from talkinghead.types import FloatArray, ImageArray

_SIGMA, _REACH = 1.5, 5  # px: the published window of 11 by 11
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def ssim(images: ImageArray, reference: ImageArray) -> FloatArray:
    """(n,) the structural similarity of each picture with its reference, in [-1, 1]; 1 if they are equal.

    Args:
        images: (n, H, W, 3) uint8 RGB, at least 11 px on a side.
        reference: of the same shape.

    Returns:
        (n,) mean over the three colours and over the picture without a margin of 5 px, where the window would leave it.

    Raises:
        ValueError: the two differ in shape, are not (n, H, W, 3), or are smaller than the window.

    Source: Wang et al. 2004, equation 13, with the window and constants of its section III-C. That paper uses
        luminance; the code of talking head papers averages over colours (scikit-image with ``channel_axis``), and so
        does this. Equal to scikit-image with ``gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
        data_range=255``. Some papers use scikit-image's defaults instead, a flat window of 7 by 7.
    """
    if images.shape != reference.shape or images.ndim != 4 or images.shape[-1] != 3:
        raise ValueError(f"need two of one shape (n, H, W, 3), got {images.shape} and {reference.shape}")
    if min(images.shape[1:3]) < 2 * _REACH + 1:
        raise ValueError(f"pictures of {images.shape[2]} x {images.shape[1]} px are smaller than the window of 11 x 11")
    return np.array([_similarity(image, other) for image, other in zip(images, reference)], np.float64)


def _similarity(image: ImageArray, reference: ImageArray) -> float:
    return float(similarity_map(image, reference)[_REACH:-_REACH, _REACH:-_REACH].mean(dtype=np.float64))


def similarity_map(image: ImageArray, reference: ImageArray) -> FloatArray:
    """(H, W, 3) the similarity about each pixel of two pictures; within 5 px of the border it is less sure."""
    # Centred on middle grey, float32 errs by about 1e-6 and is much faster than float64; variances do not change.
    first: FloatArray = image.astype(np.float32) - 128
    second: FloatArray = reference.astype(np.float32) - 128
    mean_first, mean_second = _blur(first), _blur(second)
    covariance = _blur(first * second) - mean_first * mean_second
    variances = _blur(first * first + second * second) - mean_first * mean_first - mean_second * mean_second
    mean_first, mean_second = mean_first + 128, mean_second + 128
    likeness = (2 * mean_first * mean_second + _C1) * (2 * covariance + _C2)
    likeness /= (mean_first * mean_first + mean_second * mean_second + _C1) * (variances + _C2)
    return np.asarray(likeness)


def _blur(picture: FloatArray) -> FloatArray:
    size = 2 * _REACH + 1
    return np.asarray(cv2.GaussianBlur(picture, (size, size), _SIGMA, borderType=cv2.BORDER_REFLECT))
