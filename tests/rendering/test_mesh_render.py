"""The textured, lit mesh: what covers what, how it is lit, and that texture and light are found again."""

from __future__ import annotations

import numpy as np
import pytest

from talkinghead.face.expressions import EXPRESSION_NAMES
from talkinghead.face.landmarks import LEFT_EYE_CONTOUR, MESH_OF_68, RIGHT_EYE_CONTOUR
from talkinghead.face.model import load_face_model
from talkinghead.face.pose import matrix_from_rotation
from talkinghead.rendering.mesh_render import (
    TEXTURE_SIDE,
    DrawnFace,
    Skin,
    draw_face,
    eye_vertices,
    harmonics,
    shade,
    skin_triangles,
    texture_places,
    unwrap,
    vertex_normals,
)
from talkinghead.rendering.skin import fit_skin
from talkinghead.types import FloatArray, ImageArray

SIZE, SCALE = 200, 90.0
WHITE = np.zeros((9, 3))
WHITE[0] = 1 / 0.282095


def face(jaw: float = 0.0, turn: float = 0.0, grin: float = 0.0) -> tuple[FloatArray, FloatArray]:
    """The mean face with its jaw open, turned, its lips drawn apart, in a picture of 200 px; and its teeth."""
    model, weights = load_face_model(), np.zeros(51)
    weights[EXPRESSION_NAMES.index("jawOpen")] = jaw
    for name in ("mouthUpperUpLeft", "mouthUpperUpRight", "mouthLowerDownLeft", "mouthLowerDownRight"):
        weights[EXPRESSION_NAMES.index(name)] = grin
    matrix = matrix_from_rotation(np.array([0.0, turn, 0.0]))
    places = (model.mesh(np.zeros(1), weights), model.teeth_mesh(np.zeros(1), weights))
    mesh, teeth = (SCALE * points @ matrix.T + (SIZE / 2, 75.0, 0.0) for points in places)
    return mesh, teeth


def skin(colour: float = 0.6, light: FloatArray = WHITE) -> Skin:
    return Skin(np.full((TEXTURE_SIDE, TEXTURE_SIDE, 3), colour, np.float32), np.array([0.9, 0.9, 0.9]), light)


def draw(covering: Skin, jaw: float = 0.0, turn: float = 0.0, grin: float = 0.0) -> DrawnFace:
    return draw_face(*face(jaw, turn, grin), covering, size=(SIZE, SIZE))


def as_picture(drawn: DrawnFace) -> ImageArray:
    return np.round(drawn.picture * 255).astype(np.uint8)


def test_harmonics_are_orthonormal() -> None:
    normals = np.random.default_rng(0).normal(size=(200_000, 3))
    basis = harmonics(normals / np.linalg.norm(normals, axis=1, keepdims=True))
    np.testing.assert_allclose(4 * np.pi * basis.T @ basis / len(basis), np.eye(9), atol=0.03)


def test_under_even_light_a_face_has_its_own_colour() -> None:
    drawn = draw(skin())
    assert 0.3 < drawn.covered.mean() < 0.8
    own = np.isclose(drawn.picture[drawn.covered], 0.6, atol=1e-5).all(axis=1)
    assert own.mean() > 0.995  # all but the line between the lips
    assert drawn.picture[~drawn.covered].max() == 0.0


def test_light_from_the_left_lights_the_left() -> None:
    light = WHITE.copy()
    light[3] = -0.8  # brighter where normals point to the left of the picture
    picture = draw(skin(light=light)).picture
    assert picture[100, 60].mean() > 1.3 * picture[100, 140].mean()


def test_normals_point_to_the_camera() -> None:
    normals = vertex_normals(load_face_model().mean[:468], skin_triangles())
    assert (normals[MESH_OF_68[27:36], 2] < 0).all()  # nose
    assert normals[MESH_OF_68[0], 0] < -0.5 < 0.5 < normals[MESH_OF_68[16], 0]  # the ends of the jaw


def test_teeth_lie_behind_the_lips() -> None:
    bright = 0.75
    assert (draw(skin()).picture > bright).sum() == 0
    assert (draw(skin(), jaw=0.3, grin=1.0).picture > bright).any(axis=2).sum() > 50
    mouth = draw(skin(), jaw=0.8).picture
    assert (mouth[90:160, 70:130].max(axis=2) < 0.2).any()  # the dark inside of the mouth


def test_a_window_is_a_part_of_the_picture() -> None:
    mesh, teeth = face(0.3, 0.2)
    whole = draw_face(mesh, teeth, skin(), size=(SIZE, SIZE))
    part = draw_face(mesh, teeth, skin(), size=(80, 50), corner=(60, 70))
    np.testing.assert_array_equal(part.picture, whole.picture[70:120, 60:140])
    np.testing.assert_array_equal(part.covered, whole.covered[70:120, 60:140])


def test_the_regions_of_the_eyes() -> None:
    marked = eye_vertices() > 0
    assert marked[LEFT_EYE_CONTOUR].all()
    assert marked[RIGHT_EYE_CONTOUR].all()
    assert not marked[MESH_OF_68[48:68]].any()
    assert not marked[MESH_OF_68[17:27]].any()  # brows
    eyes = draw(skin()).eyes
    assert 0.02 < (eyes > 0.5).mean() < 0.15


def test_the_map_holds_every_point_once() -> None:
    places = texture_places()
    assert places.min() >= 0
    assert places.max() <= TEXTURE_SIDE - 1
    triangles = places[skin_triangles()]
    (ux, uy), (vx, vy) = (triangles[:, 1] - triangles[:, 0]).T, (triangles[:, 2] - triangles[:, 0]).T
    areas = ux * vy - uy * vx
    assert (areas <= 1e-9).mean() > 0.99  # none folds over another


def test_what_is_drawn_is_unwrapped_again() -> None:
    rows = np.linspace(0.2, 0.9, TEXTURE_SIDE, dtype=np.float32)
    albedo = np.repeat(np.repeat(rows[:, None, None], TEXTURE_SIDE, axis=1), 3, axis=2)
    drawn = draw_face(*face(), Skin(albedo, np.ones(3), WHITE), size=(SIZE, SIZE))
    seen, facing, _ = unwrap(as_picture(drawn), face()[0])
    good = facing > 0.5
    assert good.mean() > 0.3
    assert np.abs(seen - albedo)[good].mean() < 0.01


@pytest.mark.parametrize("turns", [(0.0,), (-0.4, 0.0, 0.4)])
def test_light_and_texture_give_the_picture_again(turns: tuple[float, ...]) -> None:
    light = WHITE.copy()
    light[3], light[1] = -0.6, -0.3
    drawn = [draw(skin(light=light), turn=turn) for turn in turns]
    found = fit_skin([as_picture(one) for one in drawn], [face(turn=turn)[0] for turn in turns])
    for one, turn in zip(drawn, turns, strict=True):
        again = draw(found, turn=turn)
        near = one.covered & again.covered
        assert np.abs(again.picture - one.picture)[near].mean() < 0.012
    front = shade(np.array([[-0.6, 0.0, -0.8], [0.6, 0.0, -0.8]]), found.light)
    assert front[0, 0] > 1.25 * front[1, 0]


def test_a_mesh_for_each_picture() -> None:
    with pytest.raises(ValueError, match="meshes"):
        fit_skin([], [])
