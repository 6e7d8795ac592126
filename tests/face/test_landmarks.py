"""The mean face and the names of its points."""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt
import pytest

from talkinghead.data.canonical import mirror_pairs
from talkinghead.face import landmarks as names
from talkinghead.face.landmarks import FACE_OVAL, FACIAL_PARTS, MESH_OF_68, STABLE, canonical_face

CONTOURS = {
    name: getattr(names, name)
    for name in ("FACE_OVAL", "INNER_LIP_CONTOUR", "OUTER_LIP_CONTOUR", "LEFT_EYE_CONTOUR", "RIGHT_EYE_CONTOUR")
}
HOLES = ("FACE_OVAL", "INNER_LIP_CONTOUR", "LEFT_EYE_CONTOUR", "RIGHT_EYE_CONTOUR")

# fmt: off
MIRROR_OF_68 = np.array([
    *range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, 35, 34, 33, 32, 31, 45, 44, 43, 42, 47, 46, 39, 38, 37, 36,
    41, 40, 54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65,
])
# fmt: on


def edges_of(contour: npt.NDArray[np.integer]) -> set[tuple[int, int]]:
    return {tuple(sorted(map(int, pair))) for pair in zip(contour, np.roll(contour, -1), strict=True)}  # type: ignore[misc]


def test_the_mean_face_is_in_the_head_frame() -> None:
    shape, _ = canonical_face()
    assert shape.shape == (478, 3)
    assert shape.dtype == np.float64
    np.testing.assert_allclose(shape[[33, 263]], [[-0.5, 0, shape[33, 2]], [0.5, 0, shape[33, 2]]], atol=1e-6)
    np.testing.assert_allclose(shape[[33, 263]].mean(axis=0), 0, atol=1e-6)
    forehead, nose, chin = shape[10], shape[1], shape[152]
    assert forehead[1] < 0 < nose[1] < chin[1]  # y runs down
    assert shape[:468, 2].argmin() == 4  # the tip of the nose: z runs away from the camera


def test_the_mean_face_is_mirror_symmetric() -> None:
    shape, _ = canonical_face()
    pairs = mirror_pairs(shape)
    np.testing.assert_allclose(shape[pairs], shape * (-1, 1, 1), atol=1e-6)
    assert pairs[33] == 263
    assert pairs[1] == 1
    assert set(pairs[STABLE]) == set(STABLE)


def test_the_landmarks_mirror_as_ibug_says() -> None:
    shape, _ = canonical_face()
    np.testing.assert_array_equal(mirror_pairs(shape)[MESH_OF_68], MESH_OF_68[MIRROR_OF_68])


def test_the_landmarks_lie_where_ibug_says() -> None:
    shape, _ = canonical_face()
    points = shape[MESH_OF_68]
    assert len(set(MESH_OF_68)) == 68
    assert (np.diff(points[1:16, 0]) > 0).all()  # along the jaw
    assert (np.diff(points[names.BROWS, 0]) > 0).all()
    assert points[names.JAW, 1].argmax() == 8
    assert (np.diff(points[27:31, 1]) > 0).all()  # down the bridge of the nose
    assert (np.diff(points[31:36, 0]) > 0).all()  # along its base
    for corner, other, upper, lower in ((36, 39, (37, 38), (41, 40)), (42, 45, (43, 44), (47, 46))):
        assert points[corner, 0] < points[other, 0]
        assert (points[list(upper), 1] < points[list(lower), 1]).all()
    assert points[48:60, 0].argmin() == 0
    assert points[48:60, 0].argmax() == 6
    assert points[60:68, 0].argmin() == 0
    assert points[60:68, 0].argmax() == 4
    heights = points[[51, 62, 66, 57], 1]  # outer upper, inner upper, inner lower, outer lower lip
    assert (np.diff(heights) > 0).all()
    assert points[[36, 39, 42, 45], 0].tolist() == sorted(points[36:48, 0][[0, 3, 6, 9]])


def test_the_triangles_leave_three_holes_and_a_rim() -> None:
    _, triangles = canonical_face()
    assert triangles.shape == (852, 3)
    assert set(triangles.ravel()) == set(range(468))
    assert len({tuple(sorted(t)) for t in triangles.tolist()}) == 852
    uses = Counter(tuple(sorted((t[k], t[k - 1]))) for t in triangles.tolist() for k in range(3))
    assert set(uses.values()) == {1, 2}
    border = {edge for edge, count in uses.items() if count == 1}
    assert border == set().union(*(edges_of(CONTOURS[name]) for name in HOLES))
    assert len(border) == sum(len(CONTOURS[name]) for name in HOLES)
    # Euler: a disc with three holes.
    assert 468 - len(uses) + 852 == 1 - 3


@pytest.mark.parametrize("name", CONTOURS)
def test_contours_run_clockwise_in_the_picture(name: str) -> None:
    shape, _ = canonical_face()
    contour = CONTOURS[name]
    assert len(set(contour)) == len(contour)
    x, y = shape[contour, :2].T
    # Shoelace; y runs down, so clockwise is positive.
    assert (x * np.roll(y, -1) - np.roll(x, -1) * y).sum() > 0


@pytest.mark.parametrize("name", [name for name in CONTOURS if name != "FACE_OVAL"])
def test_eyes_and_lips_run_from_corner_to_corner(name: str) -> None:
    shape, _ = canonical_face()
    points = shape[CONTOURS[name], :2]
    half = len(points) // 2
    assert points[:, 0].argmin() == 0
    assert points[:, 0].argmax() == half
    upper, lower = points[1:half], points[:half:-1]
    assert (upper[:, 1] < lower[:, 1]).all()
    np.testing.assert_allclose(upper[:, 0], lower[:, 0], atol=0.08)


def test_irises_lie_in_their_eyes() -> None:
    shape, _ = canonical_face()
    for iris, contour in ((names.LEFT_IRIS, names.LEFT_EYE_CONTOUR), (names.RIGHT_IRIS, names.RIGHT_EYE_CONTOUR)):
        eye = shape[contour, 0]
        assert eye.min() < shape[iris, 0].min() < shape[iris, 0].max() < eye.max()
        np.testing.assert_allclose(shape[iris[0], :2], shape[iris[1:], :2].mean(axis=0), atol=0.01)


def test_lips_and_eyes_hold_the_landmarks_in_their_order() -> None:
    for contour, part in (
        (names.INNER_LIP_CONTOUR, names.INNER_LIPS),
        (names.OUTER_LIP_CONTOUR, names.OUTER_LIPS),
        (names.LEFT_EYE_CONTOUR, names.LEFT_EYE),
        (names.RIGHT_EYE_CONTOUR, names.RIGHT_EYE),
    ):
        place = [int(np.flatnonzero(contour == point)[0]) for point in MESH_OF_68[part]]
        assert place == sorted(place)
        assert place[0] == 0


def test_facial_parts_hold_every_landmark_once() -> None:
    assert len(FACIAL_PARTS) == 8
    assert [k for part, _ in FACIAL_PARTS for k in range(part.start, part.stop)] == list(range(68))
    assert [closed for _, closed in FACIAL_PARTS] == [False] * 4 + [True] * 4


def test_the_jaw_lies_on_the_face_oval() -> None:
    assert set(MESH_OF_68[names.JAW]) <= set(FACE_OVAL)
