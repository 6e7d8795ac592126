"""Nearest points on triangle meshes, and distances along them."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

from talkinghead.types import FloatArray, IndexArray


def nearest_on_triangles(
    points: FloatArray, vertices: FloatArray, triangles: IndexArray
) -> tuple[IndexArray, FloatArray]:
    """For each point the nearest point of a surface.

    Args:
        points: (P, 3).
        vertices: (V, 3).
        triangles: (F, 3) indices into the vertices.

    Returns:
        corners (P, 3), the vertices of the triangle that it lies on, and their barycentric weights (P, 3): at least 0,
        summing to 1.
    """
    a, b, c = (vertices[triangles[:, corner]].astype(np.float64) for corner in range(3))
    normal = np.cross(b - a, c - a)
    squared = np.maximum((normal * normal).sum(axis=-1), 1e-30)
    corners, weights = np.empty((len(points), 3), np.intp), np.empty((len(points), 3))
    for row, point in enumerate(np.asarray(points, np.float64)):
        offset = point - a
        third = (np.cross(b - a, offset) * normal).sum(axis=-1) / squared
        second = (np.cross(offset, c - a) * normal).sum(axis=-1) / squared
        inside = np.stack([1 - second - third, second, third], axis=-1)
        candidates = [np.where(np.all(inside >= 0, axis=-1, keepdims=True), inside, (1.0, 0.0, 0.0))]
        for start, end, k, m in ((a, b, 0, 1), (b, c, 1, 2), (c, a, 2, 0)):
            edge = end - start
            share = ((point - start) * edge).sum(axis=-1) / np.maximum((edge * edge).sum(axis=-1), 1e-30)
            on_edge = np.zeros((len(triangles), 3))
            on_edge[:, m] = share.clip(0, 1)
            on_edge[:, k] = 1 - on_edge[:, m]
            candidates.append(on_edge)
        every = np.stack(candidates)
        feet = every[..., :1] * a + every[..., 1:2] * b + every[..., 2:] * c
        kind, face = np.unravel_index(np.square(feet - point).sum(axis=-1).argmin(), every.shape[:2])
        corners[row], weights[row] = triangles[face], every[kind, face]
    return corners, weights


def distances_along(vertices: FloatArray, triangles: IndexArray, sources: IndexArray) -> FloatArray:
    """(V,) length of the shortest way along edges from any of the sources; infinite where none leads."""
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    length = np.linalg.norm(vertices[edges[:, 0]] - vertices[edges[:, 1]], axis=-1)
    # Each edge counts once: a sparse matrix adds up what is entered twice.
    edges, first = np.unique(np.sort(edges, axis=1), axis=0, return_index=True)
    graph = coo_matrix((length[first], (edges[:, 0], edges[:, 1])), shape=(len(vertices), len(vertices))).tocsr()
    return np.asarray(dijkstra(graph, directed=False, indices=sources, min_only=True))
