"""Smooth outlines, and how much of each pixel they cover."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import scipy

from talkinghead.types import FloatArray, ImageArray, IndexArray

_SUBDIVISION = 5
_THINNEST = 0.25  # px: a thinner slit counts as shut
_SHIFT = 4  # fractional bits of OpenCV's polygon corners


@lru_cache(maxsize=4)
def _subdivision(count: int) -> FloatArray:
    """(M, count) natural splines along the upper and the lower half of a closed contour, sharp at its two corners."""
    half = count // 2
    halves = [np.arange(half + 1), np.append(np.arange(half, count), 0)]
    rows = []
    for points in halves:
        fine = np.linspace(0, len(points) - 1, (len(points) - 1) * _SUBDIVISION + 1)[:-1]
        rows.append(
            scipy.interpolate.CubicSpline(np.arange(len(points)), np.eye(count)[points], bc_type="natural")(fine)
        )
    return np.concatenate(rows)


def smooth_outline(contour: FloatArray) -> FloatArray:
    """(M, 2) fine outline through points (N, 2) of a mouth or an eye, whose corners are the first and middle points."""
    return np.asarray(_subdivision(len(contour)) @ contour)


def fill_polygon(corners: IndexArray, canvas: ImageArray, zoom: int, *, shift: int) -> FloatArray:
    """Coverage (h / zoom, w / zoom) float32 by a polygon (M, 2), in fixed-point px, drawn on a black canvas (h, w)."""
    cv2.fillPoly(canvas, [corners], 255, lineType=cv2.LINE_8, shift=shift)
    # fillPoly includes every pixel that its edge touches, half a pixel too much, so edge pixels count half.
    cv2.polylines(canvas, [corners], True, 128, lineType=cv2.LINE_8, shift=shift)
    size = (canvas.shape[1] // zoom, canvas.shape[0] // zoom)
    return np.asarray(cv2.resize(canvas, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255.0)


def _thickness(outline: FloatArray) -> float:
    """Largest distance in px between facing points of the two halves of an outline."""
    half = len(outline) // 2
    return float(np.linalg.norm(outline[1:half] - outline[:half:-1], axis=1).max())


def coverage(outline: FloatArray, shape: tuple[int, ...], *, soften: float = 0.0) -> tuple[FloatArray, FloatArray]:
    """How much of each pixel lies inside an outline.

    Args:
        outline: (M, 2) px.
        shape: (height, width, ...) of the picture.
        soften: standard deviation in px of a blur of the edge.

    Returns:
        mask: (h, w) float32 in [0, 1] over the outline's box, possibly empty.
        at: (2,) px, the box's top left corner in the picture.
    """
    margin = 2 + int(3 * soften)
    low = (np.floor(outline.min(axis=0)).astype(int) - margin).clip(0)
    high = np.minimum(np.ceil(outline.max(axis=0)).astype(int) + margin + 1, (shape[1], shape[0]))
    if (high <= low).any() or _thickness(outline) < _THINNEST:
        return np.zeros((0, 0), np.float32), low
    # Drawn four times as large and averaged, because OpenCV's own anti-aliasing widens thin slits, common in mouths.
    zoom = 4
    canvas = np.zeros(((high[1] - low[1]) * zoom, (high[0] - low[0]) * zoom), np.uint8)
    corners = ((outline - low + 0.5) * zoom - 0.5) * (1 << _SHIFT)
    mask = fill_polygon(corners.round().astype(np.int32), canvas, zoom, shift=_SHIFT)
    if soften > 0:
        mask = cv2.GaussianBlur(mask, (0, 0), soften)
    return mask, low


def blend(frame: ImageArray, layer: ImageArray, mask: FloatArray, at: FloatArray) -> None:
    """Lay a layer (h, w, 3) over a frame, in place, as far as the mask (h, w) covers, at (left, top)."""
    height, width = mask.shape
    if mask.size == 0:
        return
    window = frame[at[1] : at[1] + height, at[0] : at[0] + width]
    mixed = window + (layer.astype(np.float32) - window) * mask[..., None]
    window[:] = (mixed + 0.5).astype(np.uint8)
