"""The portrait made movable: what moves, what stays, and that nothing tears."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from talkinghead.face.landmarks import FACE_OVAL, MESH_OF_68
from talkinghead.face.pose import matrix_from_rotation
from talkinghead.rendering.rasteriser import backward_map
from talkinghead.rendering.rig import Rig, build_rig
from talkinghead.types import FloatArray, Motion, Portrait

Still = Callable[..., Motion]
FAR = 10_000.0
TURN = np.radians(15.0)
TURNS = TURN * np.array(
    [[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1], [1, 1, 1], [-1, -1, -1], [1, -1, 1]], float
)


def with_person(portrait: Portrait, kind: str) -> Portrait:
    """The portrait as if the person had been told from the background so."""
    shape = portrait.frames.images.shape[1:3]
    if kind == "none":
        return replace(portrait, person=None)
    if kind == "everywhere":
        return replace(portrait, person=np.ones(shape, np.float32))
    return portrait


def window_of(rig: Rig, size: tuple[int, int]) -> tuple[npt.NDArray[np.int_], npt.NDArray[np.int_]]:
    """First and last pixel of what the rig covers."""
    low = np.ceil(rig.source.min(axis=0)).astype(int).clip(0)
    high = np.minimum(np.floor(rig.source.max(axis=0)).astype(int), np.array(size) - 1)
    return low, high


def rim(rig: Rig) -> npt.NDArray[np.bool_]:
    """(V,) which vertices lie on the rim of what the rig covers."""
    low, high = rig.source.min(axis=0), rig.source.max(axis=0)
    return np.asarray(((rig.source <= low + 1e-6) | (rig.source >= high - 1e-6)).any(axis=1))


def test_the_face_is_the_mesh_of_the_portrait(smiling: Portrait) -> None:
    rig = build_rig(smiling)
    np.testing.assert_array_equal(rig.source[:468], smiling.track.landmarks[0, :468, :2])
    np.testing.assert_array_equal(rig.landmarks, rig.shape[MESH_OF_68])
    assert np.linalg.norm(rig.shape[263] - rig.shape[33]) == pytest.approx(1.0)
    assert (rig.follow[:468] == 1.0).all()


def test_the_head_frame_and_the_picture_agree(smiling: Portrait) -> None:
    rig = build_rig(smiling)
    np.testing.assert_allclose((rig.scale * rig.shape @ rig.matrix.T + rig.origin)[:, :2], rig.source, atol=1e-6)
    np.testing.assert_allclose(rig.matrix, matrix_from_rotation(smiling.track.rotation[0]))


def test_without_motion_nothing_moves(smiling: Portrait, still: Still) -> None:
    rig = build_rig(smiling)
    placed, open_eyes = rig.place(still(smiling, 2))
    np.testing.assert_allclose(placed[..., :2], np.repeat(rig.source[None], 2, axis=0), atol=1e-6)
    np.testing.assert_allclose(open_eyes, placed)


def test_landmarks_go_where_they_are_sent(calm: Portrait, still: Still) -> None:
    rig = build_rig(calm)
    motion = still(calm)
    motion.landmarks[0, 8] += (0.1, 0.2, 0.0)
    placed, _ = rig.place(motion)
    expected = rig.source[MESH_OF_68[8]] + (rig.scale * rig.matrix @ (0.1, 0.2, 0.0))[:2]
    np.testing.assert_allclose(placed[0, MESH_OF_68[8], :2], expected, atol=1e-6)
    others = np.delete(MESH_OF_68, 8)
    np.testing.assert_allclose(placed[0, others, :2], rig.source[others], atol=1e-6)


def test_the_head_turns_about_its_own_pose(calm: Portrait, still: Still) -> None:
    rig = build_rig(calm)
    rotation, translation = np.array([[0.1, -0.2, 0.3]]), np.array([[0.05, -0.1, 0.0]])
    placed, _ = rig.place(still(calm, rotation=rotation, translation=translation))
    turned = rig.shape[:468] @ (matrix_from_rotation(rotation[0]) @ rig.matrix).T + translation[0]
    np.testing.assert_allclose(placed[0, :468], rig.scale * turned + rig.origin, atol=1e-6)


def test_a_head_that_comes_nearer_grows_about_its_eyes(calm: Portrait, still: Still) -> None:
    rig, motion = build_rig(calm), still(calm)
    grown = rig.place(replace(motion, scale=np.full(len(motion), 1.1)))[0][:, :468]
    np.testing.assert_allclose(grown - rig.origin, 1.1 * (rig.place(motion)[0][:, :468] - rig.origin), atol=1e-6)


def test_fixed_points_follow_the_pose_alone(calm: Portrait, still: Still) -> None:
    rig = build_rig(calm)
    points = np.array([[0.1, 0.2, -0.3], [0.0, 0.0, 0.0]])
    motion = still(calm, 2, translation=np.array([[0.0, 0.0, 0.0], [0.5, 0.25, 0.0]]))
    placed = rig.pose(points, motion)
    assert placed.shape == (2, 2, 3)
    np.testing.assert_allclose(placed[0], rig.scale * points @ rig.matrix.T + rig.origin)
    np.testing.assert_allclose(placed[1] - placed[0], np.tile(rig.scale * np.array([0.5, 0.25, 0.0]), (2, 1)))


def test_background_and_shoulders_stay_hair_goes_along(smiling: Portrait) -> None:
    rig = build_rig(smiling)

    def follow_at(x: float, y: float) -> float:
        return float(rig.follow[np.linalg.norm(rig.source - (x, y), axis=1).argmin()])

    assert follow_at(220, 30) > 0.8  # hair
    assert follow_at(110, 60) < 0.05  # the flag behind
    assert follow_at(340, 60) < 0.05  # the shuttle behind
    assert follow_at(220, 185) > 0.5  # below the chin
    assert follow_at(220, 262) < 0.05  # where the neck ends
    assert follow_at(220, 300) < 0.05  # the chest
    assert follow_at(130, 280) < 0.05  # a shoulder
    assert ((rig.follow >= 0) & (rig.follow <= 1)).all()


def test_the_skin_under_the_chin_follows_the_jaw(smiling: Portrait, still: Still) -> None:
    rig = build_rig(smiling)
    motion = still(smiling)
    motion.landmarks[0, :17, 1] += 0.2
    down = rig.place(motion)[0][0, 468:, 1] - rig.source[468:, 1]
    chin = rig.source[152]
    below = rig.source[468:] - chin
    width = np.ptp(rig.source[FACE_OVAL, 0])
    near = (np.abs(below[:, 0]) < 0.1 * width) & (below[:, 1] > 0) & (below[:, 1] < 0.11 * width)
    far = (np.abs(below[:, 0]) < 0.1 * width) & (below[:, 1] > 0.3 * width)
    assert near.any()
    assert down[near].min() > 0.25 * 0.2 * rig.scale
    assert np.abs(down[far]).max() < 1e-6


@pytest.mark.parametrize("person", ["own", "none", "everywhere"])
@pytest.mark.parametrize("name", ["smiling", "calm"])
def test_the_rim_stays_where_it_is(name: str, person: str, still: Still, request: pytest.FixtureRequest) -> None:
    portrait = with_person(request.getfixturevalue(name), person)
    rig = build_rig(portrait)
    motion = still(portrait, 9, rotation=TURNS, translation=np.full((9, 3), 0.1), blink=np.ones(9))
    motion.landmarks[:, :17] += (0.1, 0.2, 0.0)
    placed, _ = rig.place(motion)
    assert rim(rig).sum() > 40
    # The rim joins the part of the picture that is left as it is: it may not move by more than is seen.
    assert np.abs(placed[:, rim(rig), :2] - rig.source[rim(rig)]).max() < 0.5


@pytest.mark.parametrize("person", ["own", "none", "everywhere"])
@pytest.mark.parametrize("name", ["smiling", "calm", "drawn_portrait"])
def test_no_turn_up_to_fifteen_degrees_tears_a_hole(
    name: str, person: str, still: Still, request: pytest.FixtureRequest
) -> None:
    portrait = with_person(request.getfixturevalue(name), person)
    rig = build_rig(portrait)
    placed, _ = rig.place(still(portrait, 9, rotation=TURNS, translation=np.full((9, 3), 0.05)))
    # Half a pixel of room, as the rim may not end on a whole one.
    low, high = window_of(rig, portrait.frames.size)
    low, high = low + 1, high - 1
    size = (int(high[0] - low[0] + 1), int(high[1] - low[1] + 1))
    for vertices in placed:
        map_x, _ = backward_map(
            vertices[:, :2],
            vertices[:, 2],
            rig.source + FAR,
            rig.triangles,
            size=size,
            corner=(int(low[0]), int(low[1])),
        )
        assert (map_x >= FAR - 1).all()


def test_the_cells_cover_the_window_once(smiling: Portrait) -> None:
    rig = build_rig(smiling)
    assert rig.triangles.dtype == np.int32
    assert set(np.unique(rig.triangles)) == set(range(len(rig.source)))
    a, b, c = (rig.source[rig.triangles[:, k]] for k in range(3))
    areas = np.abs((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]) / 2
    assert areas.sum() == pytest.approx(np.prod(np.ptp(rig.source, axis=0)), rel=0.01)
    uses = Counter(tuple(sorted((t[k], t[k - 1]))) for t in rig.triangles.tolist() for k in range(3))
    # The holes of eyes and mouth are filled: an edge with one cell lies on the rim.
    alone = np.array([edge for edge, count in uses.items() if count == 1])
    assert rim(rig)[alone].mean() > 0.9
    assert not np.isin(alone, np.setdiff1d(np.arange(468), FACE_OVAL)).any()


def test_blinks_move_lids_and_nothing_beyond_the_face(calm: Portrait, still: Still) -> None:
    rig = build_rig(calm)
    placed, open_eyes = rig.place(still(calm, 3, blink=np.array([0.0, 0.5, 1.0])))
    np.testing.assert_allclose(open_eyes[..., :2], np.repeat(rig.source[None], 3, axis=0), atol=1e-6)
    moved = placed - open_eyes
    np.testing.assert_allclose(moved[1], moved[2] / 2, atol=1e-9)
    assert not moved[:, 468:].any()
    gap = (placed[2, [145, 374]] - placed[2, [159, 386]])[:, 1]
    assert ((gap > -0.03 * rig.scale) & (gap < 1e-6)).all()  # lids meet, or overlap a little
    assert np.abs(moved[2, FACE_OVAL]).max() < 0.01 * rig.scale


def border_faces() -> list[tuple[float, float]]:
    return [(0.0, 0.0), (-40.0, 0.0), (40.0, 10.0), (0.0, -45.0), (0.0, 60.0)]


@pytest.mark.parametrize("shift", border_faces())
def test_faces_at_the_edge_of_the_picture(calm: Portrait, still: Still, shift: tuple[float, float]) -> None:
    """The picture cropped so that its border cuts through head or face."""
    left, top = (int(max(0, s)) for s in shift)
    right, bottom = 256 + int(min(0, shift[0])), 256 + int(min(0, shift[1]))
    offset: FloatArray = np.array([left, top, 0.0])
    track = replace(calm.track, landmarks=calm.track.landmarks - offset, translation=calm.track.translation - offset)
    frames = replace(calm.frames, images=np.ascontiguousarray(calm.frames.images[:, top:bottom, left:right]))
    person = None if calm.person is None else np.ascontiguousarray(calm.person[top:bottom, left:right])
    portrait = replace(calm, frames=frames, track=track, person=person)
    rig = build_rig(portrait)
    assert np.isfinite(rig.source).all()
    assert np.isfinite(rig.shape).all()
    placed, _ = rig.place(still(portrait))
    np.testing.assert_allclose(placed[0, :, :2], rig.source, atol=1e-6)
