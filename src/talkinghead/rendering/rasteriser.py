"""Backward maps by triangles: for every pixel, where in the source picture it comes from."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from talkinghead.compilation import compile_loops
from talkinghead.types import FloatArray

_FURTHEST = 1e6  # px, far beyond every picture


@compile_loops(fastmath=True)
def fill_triangles(target: Any, depth: Any, source: Any, triangles: Any, map_x: Any, map_y: Any, buffer: Any) -> None:
    """Fill the maps and the depth buffer of ``backward_map`` in place."""
    height, width = map_x.shape
    for k in range(triangles.shape[0]):
        a, b, c = triangles[k, 0], triangles[k, 1], triangles[k, 2]
        ax, ay, bx, by, cx, cy = target[a, 0], target[a, 1], target[b, 0], target[b, 1], target[c, 0], target[c, 1]
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        if abs(area) < 1e-9:
            continue
        x0, x1 = max(0, int(np.ceil(min(ax, bx, cx)))), min(width - 1, int(np.floor(max(ax, bx, cx))))
        y0, y1 = max(0, int(np.ceil(min(ay, by, cy)))), min(height - 1, int(np.floor(max(ay, by, cy))))
        inverse = 1.0 / area
        # Weight of b and c at a pixel is linear in x: one multiplication per row, one addition per pixel.
        step_b, step_c = (cy - ay) * inverse, -(by - ay) * inverse
        for y in range(y0, y1 + 1):
            weight_b = ((x0 - ax) * (cy - ay) - (cx - ax) * (y - ay)) * inverse
            weight_c = ((bx - ax) * (y - ay) - (x0 - ax) * (by - ay)) * inverse
            for x in range(x0, x1 + 1):
                weight_a = 1.0 - weight_b - weight_c
                # A tiny overlap, so that triangles do not both miss a pixel on the edge they share.
                if weight_a >= -1e-6 and weight_b >= -1e-6 and weight_c >= -1e-6:
                    z = weight_a * depth[a] + weight_b * depth[b] + weight_c * depth[c]
                    if z < buffer[y, x]:
                        buffer[y, x] = z
                        map_x[y, x] = weight_a * source[a, 0] + weight_b * source[b, 0] + weight_c * source[c, 0]
                        map_y[y, x] = weight_a * source[a, 1] + weight_b * source[b, 1] + weight_c * source[c, 1]
                weight_b += step_b
                weight_c += step_c


def backward_map(
    target: FloatArray,
    depth: FloatArray,
    source: FloatArray,
    triangles: npt.NDArray[np.int32],
    *,
    size: tuple[int, int],
    corner: tuple[int, int] = (0, 0),
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """The place in the source that each pixel of a window shows; where triangles overlap, the nearest counts.

    Args:
        target: (V, 2) px where each vertex goes.
        depth: (V,) smaller is nearer.
        source: (V, 2) px where each vertex comes from.
        triangles: (F, 3) indices of vertices.
        size: (width, height) px of the window.
        corner: (left, top) px of the window in the picture.

    Returns:
        map_x, map_y: (height, width) float32 px in the source; pixels that no triangle covers map to themselves.
    """
    width, height = size
    map_x = np.empty((height, width), np.float32)
    map_y = np.empty((height, width), np.float32)
    map_x[:] = corner[0] + np.arange(width, dtype=np.float32)
    map_y[:] = corner[1] + np.arange(height, dtype=np.float32)[:, None]
    buffer = np.full((height, width), 3e38, np.float32)  # infinity and fast mathematics do not mix
    fill_triangles(
        _clip(target - np.asarray(corner)),
        _clip(depth),
        _clip(source),
        np.ascontiguousarray(triangles, np.int32),
        map_x,
        map_y,
        buffer,
    )
    return map_x, map_y


def _clip(values: FloatArray) -> npt.NDArray[np.float64]:
    """Values that convert to whole numbers: far ones are brought nearer, and what is no number becomes 0.

    The loops are compiled for finite numbers, and beyond 64 bits their bounds would be undefined.
    """
    whole: npt.NDArray[np.float64] = np.ascontiguousarray(values, np.float64)
    if np.abs(whole).max(initial=0.0) <= _FURTHEST:  # not so if one is no number
        return whole
    return np.nan_to_num(np.clip(whole, -_FURTHEST, _FURTHEST), copy=False)
