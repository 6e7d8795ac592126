"""How the skin follows the landmarks, and how lids close."""

from __future__ import annotations

import numpy as np

from talkinghead.data.canonical import mirror_pairs
from talkinghead.face.deform import mesh_from_landmarks, shut_lids
from talkinghead.face.eyes import eye_opening
from talkinghead.face.landmarks import (
    BROWS,
    INNER_LIP_CONTOUR,
    JAW,
    LEFT_EYE_CONTOUR,
    LEFT_IRIS,
    LIPS,
    MESH_OF_68,
    NOSE,
    OUTER_LIP_CONTOUR,
    RIGHT_EYE_CONTOUR,
    RIGHT_IRIS,
    canonical_face,
)
from talkinghead.types import FloatArray

FOREHEAD = [10, 338, 297, 332, 284, 251, 21, 54, 103, 67, 109]


def opened_mouth(amount: float) -> FloatArray:
    """(68, 3) displacement: the lower lip goes down, the chin with it."""
    displacement = np.zeros((68, 3))
    displacement[[56, 57, 58, 65, 66, 67], 1] = 1.0
    displacement[[55, 59], 1] = 0.6
    displacement[JAW, 1] = np.exp(-0.5 * ((np.arange(17) - 8) / 3.0) ** 2)
    return amount * displacement


def signed_areas(shape: FloatArray) -> FloatArray:
    """(852,) areas of the cells as the camera sees them."""
    _, triangles = canonical_face()
    a, b, c = (shape[triangles[:, k], :2] for k in range(3))
    u, v = b - a, c - a
    return np.asarray(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0])


def test_landmarks_move_their_own_points_exactly() -> None:
    weights = mesh_from_landmarks()
    assert weights.shape == (478, 68)
    np.testing.assert_allclose(weights[MESH_OF_68], np.eye(68), atol=1e-12)


def test_forehead_and_irises_stay_with_the_head() -> None:
    weights = mesh_from_landmarks()
    assert not weights[FOREHEAD].any()
    assert not weights[[*LEFT_IRIS, *RIGHT_IRIS]].any()


def test_lips_reproduce_shifts_and_nothing_but_lips_moves_them() -> None:
    weights = mesh_from_landmarks()
    lips = [*INNER_LIP_CONTOUR, *OUTER_LIP_CONTOUR]
    np.testing.assert_allclose(weights[lips].sum(axis=1), 1.0, atol=1e-9)
    others = np.setdiff1d(np.arange(68), np.arange(68)[LIPS])
    assert not weights[np.ix_(lips, others)].any()
    shift = np.zeros((68, 3))
    shift[LIPS] = (0.03, -0.05, 0.02)
    np.testing.assert_allclose((weights @ shift)[lips], np.broadcast_to([0.03, -0.05, 0.02], (40, 3)), atol=1e-9)


def test_lips_reproduce_what_is_linear_along_them() -> None:
    # A natural spline through points on a line is that line: stretch one half of the lip along its own length.
    weights, (shape, _) = mesh_from_landmarks(), canonical_face()
    upper = INNER_LIP_CONTOUR[:11]
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(shape[upper], axis=0), axis=-1))])
    values = dict(zip(upper.tolist(), length.tolist(), strict=True))
    handles = np.array([values.get(int(point), 0.0) for point in MESH_OF_68])
    np.testing.assert_allclose((weights @ handles)[upper], length, atol=1e-9)


def test_the_skin_neither_tears_nor_bunches() -> None:
    weights, (shape, triangles) = mesh_from_landmarks(), canonical_face()
    moved = shape + weights @ opened_mouth(0.2)
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    # The hole of the mouth itself is what opens.
    edges = edges[~np.isin(edges, INNER_LIP_CONTOUR).any(axis=1)]
    before, after = (np.linalg.norm(s[edges[:, 0]] - s[edges[:, 1]], axis=-1) for s in (shape, moved))
    assert (after / before).max() < 2.0
    assert (after / before).min() > 0.25


def test_an_opening_mouth_folds_no_skin() -> None:
    weights, (shape, _) = mesh_from_landmarks(), canonical_face()
    before = signed_areas(shape)
    visible = np.abs(before) > 1e-3
    for amount in (0.05, 0.1, 0.2):
        after = signed_areas(shape + weights @ opened_mouth(amount))
        assert (np.sign(after) == np.sign(before))[visible].all()


def test_a_moving_mouth_leaves_eyes_and_nose() -> None:
    moved = mesh_from_landmarks() @ opened_mouth(0.2)
    still = [*LEFT_EYE_CONTOUR, *RIGHT_EYE_CONTOUR, *MESH_OF_68[BROWS], *MESH_OF_68[NOSE]]
    assert np.abs(moved[still]).max() < 0.005
    assert moved[152, 1] > 0.199  # the chin goes all the way
    between = moved[[18, 200, 199], 1]  # from the lip to the chin
    assert (between > 0.12).all()


def test_both_sides_follow_alike() -> None:
    # The cells of the mesh are not quite symmetric, so the two sides are only nearly.
    shape, _ = canonical_face()
    moved = mesh_from_landmarks() @ opened_mouth(0.2)
    np.testing.assert_allclose(moved[mirror_pairs(shape)][:468, 1], moved[:468, 1], atol=0.003)


def lid_gaps(mesh: FloatArray) -> FloatArray:
    """(2, 7) how far the upper lid is above the lower one."""
    return np.stack([mesh[c[15:8:-1], 1] - mesh[c[1:8], 1] for c in (LEFT_EYE_CONTOUR, RIGHT_EYE_CONTOUR)])


def test_closed_lids_leave_no_sliver_open() -> None:
    shape, _ = canonical_face()
    displacement = shut_lids(shape)
    assert displacement.shape == (478, 3)
    before, after = lid_gaps(shape), lid_gaps(shape + displacement)
    assert eye_opening(shape[None]).min() > 0.25
    assert (after <= 1e-9).all()
    assert (after >= -0.5 * before).all()  # lids overlap, but not by more than half an eye
    assert eye_opening((shape + displacement)[None]).max() < 0.08
    for contour in (LEFT_EYE_CONTOUR, RIGHT_EYE_CONTOUR):
        upper, lower = displacement[contour[1:8], 1], displacement[contour[15:8:-1], 1]
        assert (upper > 4 * np.abs(lower)).all()  # the upper lid does most of it
        assert not displacement[contour[[0, 8]]].any()  # the corners stay
        # Where lids overlap, the upper one is in front.
        closed = shape + displacement
        assert (closed[contour[1:8], 2] <= closed[contour[15:8:-1], 2] + 0.02).all()


def test_closed_lids_shut_other_eyes_too() -> None:
    shape, _ = canonical_face()
    other = shape + 0.02 * np.random.default_rng(0).standard_normal(shape.shape) * (1, 0, 1)
    other[:, 1] *= 1.3
    assert (lid_gaps(other + shut_lids(other)) <= 1e-9).all()


def test_shut_eyes_have_hardly_anything_to_close() -> None:
    shape, _ = canonical_face()
    shut = shape.copy()
    for contour in (LEFT_EYE_CONTOUR, RIGHT_EYE_CONTOUR):
        shut[contour[1:8]] = shut[contour[15:8:-1]]
    assert np.abs(shut_lids(shut)[:, :2]).max() < 1e-9


def test_a_blink_pulls_nothing_but_lids() -> None:
    shape, _ = canonical_face()
    displacement = shut_lids(shape)
    assert np.abs(displacement[MESH_OF_68[[*range(36), *range(48, 68)]]]).max() < 1e-12
    assert np.abs(displacement[FOREHEAD]).max() < 1e-12
    above_brows = np.flatnonzero(shape[:468, 1] < -0.3)
    assert np.abs(displacement[above_brows]).max() < 0.01
    lids = np.abs(displacement[[*LEFT_EYE_CONTOUR, *RIGHT_EYE_CONTOUR]]).max()
    assert np.abs(displacement).max() < 1.2 * lids
