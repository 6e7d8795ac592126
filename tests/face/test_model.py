"""The face model that ships: shapes, and that each expression does what its name says."""

from __future__ import annotations

import numpy as np
import pytest

from talkinghead.face.expressions import EXPRESSION_NAMES
from talkinghead.face.eyes import eye_opening
from talkinghead.face.landmarks import INNER_LIP_CONTOUR, MESH_OF_68, canonical_face
from talkinghead.face.model import FaceModel, load_face_model
from talkinghead.types import FloatArray

MODEL = load_face_model()
UPPER, LOWER = INNER_LIP_CONTOUR[1:10], INNER_LIP_CONTOUR[:10:-1]
LEFT_CORNER, RIGHT_CORNER, CHIN, NOSE_TIP = 61, 291, 152, 4


def move(name: str, weight: float = 1.0) -> FloatArray:
    """(478, 3) how an expression moves the mean face."""
    weights = np.zeros(51)
    weights[EXPRESSION_NAMES.index(name)] = weight
    return MODEL.mesh(np.zeros(MODEL.num_identities), weights) - MODEL.mean


def test_shapes() -> None:
    modes, teeth = MODEL.num_identities, len(MODEL.teeth)
    assert modes >= 60
    assert MODEL.mean.shape == (478, 3)
    assert MODEL.identities.shape == (modes, 478, 3)
    assert MODEL.expressions.shape == (51, 478, 3)
    assert MODEL.teeth_identities.shape == (modes, teeth, 3)
    assert MODEL.teeth_expressions.shape == (51, teeth, 3)
    assert 0 < MODEL.num_upper_teeth < teeth
    np.testing.assert_array_equal(MODEL.triangles, canonical_face()[1])
    assert MODEL.teeth_triangles.max() == teeth - 1
    assert all(np.isfinite(array).all() for array in (MODEL.mean, MODEL.identities, MODEL.expressions, MODEL.teeth))


def test_it_is_read_once_and_cannot_be_changed() -> None:
    assert load_face_model() is MODEL
    with pytest.raises(ValueError, match="read-only"):
        MODEL.mean[0] = 0


def test_the_mean_is_in_the_head_frame() -> None:
    corners = MODEL.mean[[33, 263]]
    np.testing.assert_allclose(corners.mean(axis=0), 0, atol=0.02)
    assert np.linalg.norm(corners[1] - corners[0]) == pytest.approx(1, abs=0.04)
    assert np.linalg.norm(MODEL.mean - canonical_face()[0], axis=-1).mean() < 0.1


def test_meshes_add_up_and_broadcast() -> None:
    random = np.random.default_rng(0)
    identity, expression = random.standard_normal(MODEL.num_identities), random.uniform(0, 1, (2, 3, 51))
    mesh = MODEL.mesh(identity, expression)
    assert mesh.shape == (2, 3, 478, 3)
    own = MODEL.mean + np.einsum("k,knd->nd", identity, MODEL.identities)
    np.testing.assert_allclose(MODEL.neutral(identity), own, atol=1e-12)
    np.testing.assert_allclose(
        mesh[1, 2], own + np.einsum("k,knd->nd", expression[1, 2], MODEL.expressions), atol=1e-12
    )
    assert MODEL.teeth_mesh(identity, expression).shape == (2, 3, len(MODEL.teeth), 3)
    np.testing.assert_allclose(MODEL.neutral(identity[:5]), MODEL.neutral(np.r_[identity[:5], 0 * identity[5:]]))


def test_the_jaw_opens_the_mouth() -> None:
    jaw = move("jawOpen")
    assert jaw[CHIN, 1] > 0.25
    assert np.abs(jaw[NOSE_TIP]).max() < 0.02
    assert (jaw[LOWER, 1] - jaw[UPPER, 1]).min() > 0.02  # each point of the lower lip leaves the one above it
    assert (jaw[LOWER, 1] - jaw[UPPER, 1])[2:7].min() > 0.15


def test_lips_read_off_their_own_side() -> None:
    down, up = (
        move("mouthLowerDownLeft") + move("mouthLowerDownRight"),
        move("mouthUpperUpLeft") + move("mouthUpperUpRight"),
    )
    assert (down[LOWER[2:7], 1] > 0.02).all()
    assert (np.abs(down[UPPER[2:7], 1]) < 0.01).all()
    assert (up[UPPER[2:7], 1] < -0.02).all()
    assert (np.abs(up[LOWER[2:7], 1]) < 0.01).all()


def test_closed_lips_touch_and_do_not_cross() -> None:
    gap = MODEL.mean[LOWER, 1] - MODEL.mean[UPPER, 1]
    assert np.abs(gap).max() < 0.02
    together = MODEL.mean + move("jawOpen") + move("mouthClose")
    assert np.abs(together[LOWER, 1] - together[UPPER, 1]).max() < 0.15  # 0.4 apart with the jaw alone


def test_left_and_right_are_the_persons() -> None:
    smile = move("mouthSmileLeft")
    assert smile[RIGHT_CORNER, 0] > 0.05
    assert smile[RIGHT_CORNER, 1] < -0.05
    assert np.linalg.norm(smile[LEFT_CORNER]) < 0.03
    blink = eye_opening((MODEL.mean + move("eyeBlinkLeft"))[None])[0] / eye_opening(MODEL.mean[None])[0]
    assert blink[1] < 0.35
    assert blink[0] > 0.98


def test_frown_pucker_and_brows() -> None:
    frown = move("mouthFrownLeft") + move("mouthFrownRight")
    assert frown[LEFT_CORNER, 1] > 0.03
    assert frown[RIGHT_CORNER, 1] > 0.03
    pucker = move("mouthPucker")
    assert pucker[LEFT_CORNER, 0] > 0.02
    assert pucker[RIGHT_CORNER, 0] < -0.02
    assert pucker[0, 2] < -0.02  # lips come forward
    assert (move("browInnerUp")[[55, 285], 1] < -0.03).all()
    assert (move("browDownLeft")[[285, 295], 1] > 0.015).all()


def test_expressions_are_mirror_images() -> None:
    mirror = canonical_mirror()
    for name in (name for name in EXPRESSION_NAMES if name.endswith("Left")):
        left, right = move(name), move(name.replace("Left", "Right"))
        np.testing.assert_allclose((left * (-1, 1, 1))[mirror], right, atol=0.04, err_msg=name)


def canonical_mirror() -> FloatArray:
    from talkinghead.data.canonical import mirror_pairs

    return mirror_pairs(canonical_face()[0])


def test_eye_regions_hold_the_eyes() -> None:
    for region, (mine, other) in zip(
        MODEL.eye_regions, (((33, 133, 159, 145, 468), 263), ((263, 362, 386, 374, 473), 33))
    ):
        assert region[list(mine)].all()
        assert not region[[other, NOSE_TIP, CHIN, 61]].any()


def test_teeth_lie_behind_the_lips_and_the_lower_ones_follow_the_jaw() -> None:
    upper, lower = MODEL.teeth[: MODEL.num_upper_teeth], MODEL.teeth[MODEL.num_upper_teeth :]
    lips = MODEL.mean[INNER_LIP_CONTOUR]
    assert MODEL.teeth[:, 2].min() > lips[:, 2].min()
    assert upper[:, 1].mean() < lower[:, 1].mean()
    weights = np.zeros(51)
    weights[EXPRESSION_NAMES.index("jawOpen")] = 1.0
    opened = MODEL.teeth_mesh(np.zeros(1), weights) - MODEL.teeth
    assert np.abs(opened[: MODEL.num_upper_teeth]).max() < 1e-3
    assert (opened[MODEL.num_upper_teeth :, 1] > 0.05).all()
    # Nothing tears: the lower jaw turns as one.
    before = np.linalg.norm(lower[:, None] - lower, axis=-1)
    after = np.linalg.norm(
        (lower + opened[MODEL.num_upper_teeth :])[:, None] - (lower + opened[MODEL.num_upper_teeth :]), axis=-1
    )
    assert np.abs(after - before).max() < 0.08


def test_landmark_expressions_are_those_of_the_mesh() -> None:
    np.testing.assert_array_equal(MODEL.landmark_expressions(), MODEL.expressions[:, MESH_OF_68])
    assert isinstance(MODEL, FaceModel)
