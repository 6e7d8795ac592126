"""The seam around a face that was pasted back into its picture."""

from __future__ import annotations

import cv2
import numpy as np

from talkinghead.face.landmarks import FACE_OVAL
from talkinghead.types import NUM_MESH, FloatArray, ImageArray

_FIRST, _LAST, _SPACING = 0.9, 1.3, 0.01  # rings, as scales of the face's outline
_NEAR, _NEXT = 8, 2  # rings that a ring is compared with: up to 8 away, without those that see the same step
_PER_SIDE = 5  # points of a ring between two mesh points
_SHARE = 75  # percent of a ring that must show the step
_LEAST_INSIDE = 0.5  # of a ring that must lie in the picture


def seam_visibility(images: ImageArray, landmarks: FloatArray) -> FloatArray:
    """(n,) strength of the luminance step around the face, in grey levels; 0 if there is none.

    The face's outline is scaled about its middle to rings from 0.9 to 1.3. At every point of a ring, the step is the
    change of luminance from the inner to the outer neighbouring ring, less the median of such changes across the rings
    on either side. A ring's seam is the step that three quarters of its points reach, all up or all down; the picture's
    is that of its strongest ring. Contours of hair, ears and clothes do not follow a ring that far.

    Measured: 11 untouched pictures, 8 of them from videos, score 0 to 3, half of them 0; with a face 20 levels lighter
    or darker and a hard edge at a scale from 0.95 to 1.25 they score 7 to 19. It cannot see seams of another shape,
    such as a box, seams that are lighter on one side of the face and darker on the other, and feathered seams.

    Args:
        images: (n, H, W, 3) uint8 RGB.
        landmarks: (n, 478, 2 or 3) px.

    Returns:
        (n,) grey levels, NaN if no ring lies at least half inside the picture.

    Raises:
        ValueError: shapes that do not go together.

    Source: ours.
    """
    if images.ndim != 4 or images.shape[-1] != 3 or landmarks.shape[:2] != (len(images), NUM_MESH):
        raise ValueError(f"need images (n, H, W, 3) and landmarks (n, 478, 2|3), got {images.shape}, {landmarks.shape}")
    return np.array([_seam(image, points[FACE_OVAL, :2]) for image, points in zip(images, landmarks)], np.float64)


def _seam(image: ImageArray, outline: FloatArray) -> float:
    rings = _rings(image, outline)
    steps = rings[2:] - rings[:-2]
    count = len(steps) - 2 * _NEAR
    away = np.r_[-_NEAR:-_NEXT, _NEXT + 1 : _NEAR + 1]
    middle = np.arange(_NEAR, _NEAR + count)
    excess = steps[middle] - np.median(steps[middle[:, None] + away], axis=1)
    inside = np.isfinite(excess)
    strongest = float("nan")
    for ring, seen in zip(excess, inside):
        if seen.mean() >= _LEAST_INSIDE:
            up, down = np.percentile(ring[seen], (100 - _SHARE, _SHARE))
            strongest = np.fmax(strongest, max(0.0, up, -down))
    return float(strongest)


def _rings(image: ImageArray, outline: FloatArray) -> FloatArray:
    """(rings, points) luminance along the rings and those around them, NaN outside the picture."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    share = (np.arange(_PER_SIDE) / _PER_SIDE)[:, None]
    dense = outline[:, None] * (1 - share) + np.roll(outline, -1, axis=0)[:, None] * share
    arms = dense.reshape(-1, 2) - outline.mean(axis=0)
    margin = _NEAR + 1
    scales = _FIRST + _SPACING * np.arange(-margin, round((_LAST - _FIRST) / _SPACING) + margin + 1)
    places = (outline.mean(axis=0) + scales[:, None, None] * arms).astype(np.float32)
    levels = cv2.remap(grey, places[..., 0], places[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    beyond = (places < 0) | (places > np.array(grey.shape[::-1]) - 1)
    levels[beyond.any(axis=-1)] = np.nan
    return np.asarray(levels)
