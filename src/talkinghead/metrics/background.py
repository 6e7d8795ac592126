"""How far a background moves that should stand still."""

from __future__ import annotations

import cv2
import numpy as np

from talkinghead.types import BoolArray, FloatArray, ImageArray

_WINDOW = 15  # px: side of the patch with which a point is followed
_POINTS, _APART = 300, 7  # number of points, and px between them
_QUALITY = 0.01  # of the best corner's strength
_WEAKEST = 1e-4  # strength of a corner (its smaller eigenvalue); noise on a plain background stays below
_RETURN = 0.5  # px: a point that misses its start by more when followed backwards is lost
_FEWEST = 5  # points needed for a measurement


def background_drift(images: ImageArray, masks: BoolArray, *, first: ImageArray) -> FloatArray:
    """(n,) displacement of the background of each frame from ``first``, in px.

    This is the median displacement of background corners, each followed with its patch directly from ``first`` to the
    frame and back. A corner that something passes in front of is lost and does not count.

    Args:
        images: (n, H, W, 3) uint8 RGB.
        masks: (n, H, W) bool, True where a frame shows background; the first frame's mask also holds for ``first``.
        first: (H, W, 3) uint8 RGB to measure against: the first frame, or the picture that was animated.

    Returns:
        (n,) px; NaN if fewer than 5 corners can be followed, as on a plain background.

    Raises:
        ValueError: shapes that do not go together.

    Source: corners by Shi and Tomasi 1994, followed as by Lucas and Kanade in a pyramid (Bouguet 2000), with the
        forward-backward test of Kalal et al. 2010.
    """
    if images.ndim != 4 or masks.shape != images.shape[:3] or first.shape != images.shape[1:]:
        raise ValueError(
            f"need images (n, H, W, 3), masks (n, H, W) and first (H, W, 3), "
            f"got {images.shape}, {masks.shape} and {first.shape}"
        )
    if len(images) == 0:
        return np.zeros(0)
    start = cv2.cvtColor(first, cv2.COLOR_RGB2GRAY)
    # Half a patch away from the person, or the patch would include them.
    kernel = np.ones((_WINDOW + 1, _WINDOW + 1), np.uint8)
    grounds = [cv2.erode(mask.astype(np.uint8), kernel, borderValue=1) for mask in masks]
    corners = _corners(start, grounds[0])
    return np.array([_drift(start, image, corners, ground) for image, ground in zip(images, grounds)], np.float64)


def _corners(grey: ImageArray, ground: ImageArray) -> FloatArray:
    """(k, 2) px: corners that can be followed."""
    found = cv2.goodFeaturesToTrack(grey, _POINTS, _QUALITY, _APART, mask=ground)
    if found is None:
        return np.zeros((0, 2), np.float32)
    corners = found[:, 0]
    columns, rows = corners.astype(int).T
    return np.asarray(corners[cv2.cornerMinEigenVal(grey, 3)[rows, columns] > _WEAKEST])


def _drift(start: ImageArray, image: ImageArray, corners: FloatArray, ground: ImageArray) -> float:
    columns, rows = corners.astype(int).T
    corners = corners[ground[rows, columns] > 0]
    if len(corners) < _FEWEST:
        return float("nan")
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    there, found = _follow(start, grey, corners)
    back, found_back = _follow(grey, start, there)
    kept = found & found_back & (np.linalg.norm(back - corners, axis=1) < _RETURN)
    if kept.sum() < _FEWEST:
        return float("nan")
    return float(np.median(np.linalg.norm(there - corners, axis=1)[kept]))


def _follow(start: ImageArray, end: ImageArray, corners: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Positions (k, 2) in another picture of corners (k, 2) of this one, and whether they were found, (k,)."""
    there, found, _ = cv2.calcOpticalFlowPyrLK(start, end, corners, None, winSize=(_WINDOW, _WINDOW), maxLevel=3)
    return there, found[:, 0] > 0
