"""Peak signal-to-noise ratio of two pictures."""

from __future__ import annotations

import numpy as np

from talkinghead.types import FloatArray, ImageArray

CAP_DB = 100.0
"""The value for equal pictures, whose ratio is infinite, so that a mean over frames stays finite.

A difference of one grey level everywhere gives 48 dB, in one of a hundred thousand values 98 dB."""


def psnr(images: ImageArray, reference: ImageArray) -> FloatArray:
    """(n,) dB, 255 squared over the mean square of the difference of each picture and its reference; at most 100.

    Args:
        images: (n, H, W, 3) uint8 RGB.
        reference: of the same shape.

    Returns:
        (n,) dB. The mean square is over all pixels and the three colours.

    Raises:
        ValueError: the two differ in shape or are not (n, H, W, 3).
    """
    if images.shape != reference.shape or images.ndim != 4 or images.shape[-1] != 3:
        raise ValueError(f"need two of one shape (n, H, W, 3), got {images.shape} and {reference.shape}")
    errors = np.array([_mean_square(image, other) for image, other in zip(images, reference)], np.float64)
    return np.asarray(10 * np.log10(255**2 / np.maximum(errors, 255**2 / 10 ** (CAP_DB / 10))))


def _mean_square(image: ImageArray, reference: ImageArray) -> float:
    difference = image.astype(np.int32) - reference
    return float(np.square(difference).mean())
