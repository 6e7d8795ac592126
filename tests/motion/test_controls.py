"""The shapes that can be asked for by name."""

import numpy as np
import pytest

from talkinghead.errors import InputError
from talkinghead.face.expressions import EXPRESSION_NAMES
from talkinghead.face.landmarks import BROWS, JAW, LIPS, MESH_OF_68, canonical_face
from talkinghead.face.rest import lip_gap
from talkinghead.motion.controls import CONTROLS, check_control, shape_field
from talkinghead.motion.expressions import landmark_basis

FACE = canonical_face()[0][MESH_OF_68]
SHAPES = [name for name, control in CONTROLS.items() if control.field is not None and name not in EXPRESSION_NAMES]
MIRROR = np.array([int(np.argmin(np.linalg.norm(FACE - place * [-1, 1, 1], axis=-1))) for place in FACE])


def test_shapes_are_the_ones_that_are_documented():
    assert SHAPES == ["smile", "frown", "open", "pucker", "brows", "brow-frown"]


@pytest.mark.parametrize("name", SHAPES)
def test_symmetric(name):
    field = shape_field(name)
    np.testing.assert_allclose(field[MIRROR] * [-1, 1, 1], field, atol=2e-3)


@pytest.mark.parametrize("name", SHAPES)
def test_smooth_over_neighbours(name):
    """No two neighbours on a lip, a brow or the jaw come nearer than a quarter of their distance, nor change sides."""
    field = shape_field(name) * (0.3 if name == "open" else 1.0)
    chains = [[*range(17)], [*range(17, 22)], [*range(22, 27)], [*range(48, 60), 48], [*range(60, 68), 60]]
    for chain in chains:
        before, after = np.diff(FACE[chain], axis=0), np.diff((FACE + field)[chain], axis=0)
        assert ((before * after).sum(axis=-1) > 0.25 * np.square(before).sum(axis=-1)).all(), name


@pytest.mark.parametrize("name", [name for name in SHAPES if name != "open"])
def test_only_open_parts_the_lips(name):
    change = lip_gap(FACE + shape_field(name)) - lip_gap(FACE)
    assert change == pytest.approx(0.0, abs=1e-12)


def test_open_is_in_eye_distances():
    for value in (0.1, -0.05, 0.3):
        assert lip_gap(FACE + value * shape_field("open")) - lip_gap(FACE) == pytest.approx(value)
    field = shape_field("open")
    assert field[8, 1] == pytest.approx(0.7)
    assert (field[[55, 56, 57, 58, 59, 65, 66, 67], 1] > 0.6).all()
    assert (field[[50, 51, 52, 61, 62, 63], 1] < 0).all()


def test_where_each_goes():
    corners, brows = [48, 54], slice(17, 27)
    smile, frown, pucker = (shape_field(name) for name in ("smile", "frown", "pucker"))
    assert (smile[corners, 1] < -0.05).all()
    assert smile[48, 0] < -0.05 < 0.05 < smile[54, 0]
    assert (frown[corners, 1] > 0.04).all()
    assert frown[57, 1] < 0
    assert pucker[54, 0] < -0.05 < 0.05 < pucker[48, 0]
    assert (pucker[LIPS, 2] < 0).all()
    assert (shape_field("brows")[brows, 1] < -0.04).all()
    knit = shape_field("brow-frown")
    assert knit[21, 0] > 0.02
    assert knit[22, 0] < -0.02
    assert (knit[[21, 22], 1] > 0.04).all()
    np.testing.assert_allclose(knit[[17, 26]], 0, atol=1e-12)


def test_mouth_and_brows_are_kept_apart():
    mouth = np.r_[JAW, LIPS]
    for name in SHAPES:
        moved = np.flatnonzero(np.abs(shape_field(name)).max(axis=1))
        allowed = np.arange(68)[BROWS] if name.startswith("brow") else mouth
        assert np.isin(moved, allowed).all()


def test_fields_cannot_be_changed_by_their_users():
    with pytest.raises(ValueError, match="read-only"):
        shape_field("smile")[0] = 1
    with pytest.raises(ValueError, match="blink moves no landmarks"):
        shape_field("blink")


def test_check_control():
    check_control("smile", 0.4)
    check_control("yaw", -90)
    with pytest.raises(InputError, match=r"no control 'smlie': choose smile\."):
        check_control("smlie", 0.4)
    with pytest.raises(
        InputError, match=r"no control 'xyzzy': choose smile, frown, .*, y or an ARKit name such as jawOpen\."
    ):
        check_control("xyzzy", 0.4)
    with pytest.raises(InputError, match=r"blink=1.5 is out of range: choose a number from 0 to 1 \(1: shut\)"):
        check_control("blink", 1.5)
    with pytest.raises(InputError, match="out of range"):
        check_control("yaw", float("nan"))


@pytest.mark.parametrize("name", EXPRESSION_NAMES)
def test_every_name_of_arkit_is_a_control(name):
    check_control(name, 0.4)
    if name.startswith(("eyeBlink", "eyeLook")):
        with pytest.raises(ValueError, match="moves no landmarks"):
            shape_field(name)
        with pytest.raises(InputError, match="both"):
            check_control(name, -0.4)
    else:
        check_control(name, -0.4)
        np.testing.assert_array_equal(shape_field(name), landmark_basis()[EXPRESSION_NAMES.index(name)])


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("jawopen", "jawOpen"),
        ("JawOpen", "jawOpen"),
        ("mouthSmileleft", "mouthSmileLeft"),
        ("smileLeft", "mouthSmileLeft"),
        ("tongueOut", "an ARKit name such as jawOpen"),
        ("gaze-jaw", "gaze-yaw"),
    ],
)
def test_near_names_are_offered(wrong, right):
    with pytest.raises(InputError, match=f"no control '{wrong}': choose .*{right}"):
        check_control(wrong, 0.4)
