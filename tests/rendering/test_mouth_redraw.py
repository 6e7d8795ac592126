"""Another mouth in a frame: what moves, what stays, and what is seen between the lips."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from talkinghead.face.rest import closed_mouth
from talkinghead.rendering.interior import SKIN, load_filler
from talkinghead.rendering.mouth import FlatFiller
from talkinghead.rendering.mouth_redraw import MouthRedraw, NewMouth, PosedFace
from talkinghead.rendering.mouth_rig import build_mouth_rig
from talkinghead.types import FloatArray, Frames, ImageArray, Portrait, Pose

Opening = Callable[[Portrait, FloatArray], FloatArray]


def face_of(portrait: Portrait) -> PosedFace:
    """The face in a portrait, in the head frame of ``Portrait.landmarks``."""
    left, right = portrait.mesh[[33, 263]]
    pose = Pose(portrait.pose.rotation, (left + right) / 2, float(np.linalg.norm(right - left)))
    return PosedFace(portrait.picture, portrait.mesh, pose)


def redraw(face: PosedFace, landmarks: FloatArray, share: float = 1.0, shut: PosedFace | None = None) -> ImageArray:
    rest = closed_mouth(face.build_rig().landmarks)
    draw = MouthRedraw(shut or face, load_filler())
    return draw([face], [NewMouth(landmarks, rest, share)], np.ones((1, 3)))[0]


def test_the_rig_of_a_frame_moves_only_what_it_is_told(smiling: Portrait) -> None:
    face = face_of(smiling)
    rig = face.build_rig()
    np.testing.assert_allclose(rig.landmarks, smiling.landmarks, atol=1e-6)
    back = rig.scale * (rig.shape @ rig.matrix.T) + rig.origin
    np.testing.assert_allclose(back[:, :2], rig.source, atol=1e-6)
    assert rig.triangles.max() == len(rig.source) - 1
    assert not rig.deform[-36:].any()  # the outermost ring
    other = build_mouth_rig(face.mesh + 5.0, face.pose)
    assert other.triangles is rig.triangles


def test_the_same_mouth_gives_the_same_frame(smiling: Portrait) -> None:
    face = face_of(smiling)
    shut = closed_mouth(smiling.landmarks)
    assert redraw(face, shut, share=0.0).tobytes() == face.image.tobytes()


def test_an_opened_mouth_shows_its_inside_and_all_else_stays(calm: Portrait, opening: Opening) -> None:
    face = face_of(calm)
    frame = redraw(face, opening(calm, np.array([0.2]))[0])
    changed = np.abs(frame.astype(int) - face.image).max(axis=2)
    mesh = calm.mesh
    x, y = mesh[14, :2].round().astype(int)
    assert changed[y - 1 : y + 6, x].max() > 40
    # Nothing changes at the eyes and above, nor further from the face than the skin follows the jaw.
    width = np.ptp(mesh[:, 0])
    assert not changed[: int(mesh[[145, 374], 1].max())].any()
    outside = np.ones(changed.shape, bool)
    hull = cv2.convexHull(mesh[:468, :2].astype(np.float32)).round().astype(np.int32)
    inner = cv2.fillConvexPoly(np.zeros(changed.shape, np.uint8), hull, 1)
    reach = int(0.27 * width)
    outside = cv2.dilate(inner, np.ones((2 * reach + 1,) * 2, np.uint8)) == 0
    assert outside.any()
    assert not changed[outside].any()


def test_an_open_mouth_is_shut_with_the_persons_own_lips(smiling: Portrait, opening: Opening) -> None:
    """The astronaut smiles with parted lips: shut by the lips of a frame in which we have shut them."""
    face = face_of(smiling)
    closed = closed_mouth(smiling.landmarks)
    plain = redraw(face, closed)
    green = PosedFace(np.full_like(face.image, (20, 200, 20)), face.mesh, face.pose)
    draw = MouthRedraw(green, FlatFiller())
    painted = draw([face], [NewMouth(closed, closed)], np.ones((1, 3)))[0]
    lips = face.build_rig().source[[0, 17]].mean(axis=0).round().astype(int)
    gap = np.abs(painted.astype(int) - plain).max(axis=2)
    assert gap[lips[1] - 3 : lips[1] + 4, lips[0]].max() > 60  # the other frame's lips are laid over
    eyes = face.mesh[[33, 263], 1].max().astype(int)
    assert not gap[:eyes].any()


def test_a_chin_that_the_frame_cuts_off_moves_like_a_whole_one(calm: Portrait, opening: Opening) -> None:
    face = face_of(calm)
    wide = opening(calm, np.array([0.2]))[0]
    cut = int(calm.mesh[[17, 152], 1].mean())  # between lower lip and chin
    part = PosedFace(face.image[:cut], face.mesh, face.pose)
    whole, seen = redraw(face, wide)[:cut], redraw(part, wide)
    reach = int(0.25 * face.pose.scale)  # as far as skin comes in from outside
    assert np.abs(whole[: cut - reach].astype(int) - seen[: cut - reach]).max() < 8
    assert np.abs(whole.astype(int) - seen).mean() < 1


@pytest.mark.parametrize("share", [0.25, 0.5])
def test_a_new_mouth_fades_in(calm: Portrait, opening: Opening, share: float) -> None:
    face = face_of(calm)
    wide = opening(calm, np.array([0.2]))[0]
    change = [float(np.abs(redraw(face, wide, part).astype(int) - face.image).mean()) for part in (share, 1.0)]
    assert 0 < change[0] < change[1]


def test_a_beard_is_not_taken_for_darkness(calm: Portrait) -> None:
    """Whether half of the points around the mouth, or one less, lie on hair makes no difference to the light."""
    face, points = face_of(calm), calm.mesh[SKIN, :2].round().astype(int)
    bearded = face.image.copy()
    for x, y in points[: len(points) // 2 + 1]:
        bearded[y - 1 : y + 2, x - 1 : x + 2] = (30, 25, 40)
    x, y = points[0]
    parted = bearded.copy()
    parted[y - 1 : y + 2, x - 1 : x + 2] = face.image[y, x]
    draw = MouthRedraw(PosedFace(bearded, face.mesh, face.pose), FlatFiller())
    np.testing.assert_allclose(draw.measure_light(Frames(parted[None], 25.0), 0, face.mesh), 1.0, atol=0.01)


def test_the_inside_follows_the_light(calm: Portrait, opening: Opening) -> None:
    face = face_of(calm)
    dim = PosedFace((face.image * 0.5).astype(np.uint8), face.mesh, face.pose)
    draw = MouthRedraw(face, load_filler())
    both = Frames(np.stack([face.image, dim.image]), 25.0)
    np.testing.assert_allclose(draw.measure_light(both, 1, dim.mesh), 0.5, atol=0.02)
    mouth = NewMouth(opening(calm, np.array([0.2]))[0], closed_mouth(calm.landmarks))
    bright, dark = draw([face, dim], [mouth, mouth], np.array([[1.0] * 3, [0.5] * 3]))
    x, y = face.mesh[14, :2].round().astype(int)
    inside = np.s_[y : y + 4, x - 6 : x + 6]
    assert dark[inside].mean() == pytest.approx(0.5 * bright[inside].mean(), rel=0.1)
