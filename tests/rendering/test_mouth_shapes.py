"""Mouths between two shapes that were drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from talkinghead.face.landmarks import BROWS, JAW, LIPS, MESH_OF_68
from talkinghead.face.rest import closed_mouth, lip_gap
from talkinghead.rendering.mouth_shapes import WithMouthShapes, in_head_frame, with_mouth_shapes
from talkinghead.types import FloatArray, Motion, Portrait

Still = Callable[..., Motion]
Opening = Callable[[Portrait, FloatArray], FloatArray]


@pytest.fixture
def talking(smiling: Portrait, still: Still, opening: Opening) -> Motion:
    """Lips from closed to wider open than speech has it."""
    return still(smiling, 4, landmarks=opening(smiling, np.array([0.0, 0.03, 0.06, 0.4])))


def shapes_of(motion: Motion) -> tuple[FloatArray, FloatArray]:
    """A closed and an open mouth that are not those of the face."""
    closed, opened = closed_mouth(motion.rest), closed_mouth(motion.rest)
    closed[LIPS, 1] += 0.02
    opened[[55, 56, 57, 58, 59, 65, 66, 67], 1] += 0.5
    opened[JAW, 1] += 0.1
    return closed, opened


def test_without_shapes_nothing_changes(talking: Motion) -> None:
    np.testing.assert_allclose(with_mouth_shapes(talking).landmarks, talking.landmarks, atol=1e-12)


def test_closed_lips_take_the_closed_shape_and_open_from_there(talking: Motion) -> None:
    closed, _ = shapes_of(talking)
    found = with_mouth_shapes(talking, closed=closed).landmarks
    np.testing.assert_allclose(found[0, LIPS], closed[LIPS], atol=1e-6)
    np.testing.assert_allclose(np.diff(found, axis=0), np.diff(talking.landmarks, axis=0), atol=1e-6)


def test_the_open_shape_is_reached_and_never_passed(talking: Motion) -> None:
    closed, opened = shapes_of(talking)
    found = with_mouth_shapes(talking, closed=closed, opened=opened).landmarks
    gaps = lip_gap(found)
    assert (np.diff(gaps) > 0).all()
    np.testing.assert_allclose(found[0, LIPS], closed[LIPS], atol=1e-6)
    np.testing.assert_allclose(found[3, LIPS, 1], opened[LIPS, 1], atol=1e-6)
    assert gaps[3] == pytest.approx(lip_gap(opened))
    assert gaps[2] == pytest.approx((lip_gap(opened) + lip_gap(closed)) / 2, rel=0.02)


def test_the_width_of_the_mouth_is_still_the_speech_s(talking: Motion) -> None:
    _, opened = shapes_of(talking)
    landmarks = talking.landmarks.copy()
    landmarks[:, 48, 0] += 0.05
    pursed = with_mouth_shapes(replace(talking, landmarks=landmarks), opened=opened)
    plain = with_mouth_shapes(talking, opened=opened)
    np.testing.assert_allclose((pursed.landmarks - plain.landmarks)[:, 48], [[0.05, 0, 0]] * 4, atol=1e-6)


def test_brows_and_eyes_go_their_own_way(talking: Motion) -> None:
    landmarks = talking.landmarks.copy()
    landmarks[:, BROWS, 1] -= 0.1
    motion = replace(talking, landmarks=landmarks)
    closed, opened = shapes_of(talking)
    found = with_mouth_shapes(motion, closed=closed, opened=opened)
    np.testing.assert_allclose(found.landmarks[:, 17:48], landmarks[:, 17:48], atol=1e-6)


def test_points_in_the_picture_come_to_the_head_frame(smiling: Portrait) -> None:
    own = smiling.track.landmarks[0, MESH_OF_68, :2]
    rest = in_head_frame(own, smiling)
    moved = in_head_frame(own + smiling.track.scale[0] * np.array([0.0, 0.1]), smiling)
    np.testing.assert_allclose(np.linalg.norm(moved - rest, axis=1), 0.1, rtol=0.05)
    assert ((moved - rest)[:, 1] > 0.08).all()


def test_the_renderer_is_shown_the_shapes(smiling: Portrait, talking: Motion) -> None:
    shown: list[Motion] = []
    own = smiling.track.landmarks[0, MESH_OF_68, :2]
    renderer = WithMouthShapes(lambda motion, portrait: iter(shown.append(motion) or ()), own, None)
    assert list(renderer.render(talking, smiling)) == []
    np.testing.assert_allclose(shown[0].landmarks[0, LIPS], talking.rest[LIPS], atol=1e-6)


def test_long_motions_are_shaped_piece_by_piece(talking: Motion) -> None:
    many = replace(
        talking,
        landmarks=np.tile(talking.landmarks, (1100, 1, 1)),
        rotation=np.zeros((4400, 3)),
        translation=np.zeros((4400, 3)),
        blink=np.zeros(4400),
    )
    once, often = with_mouth_shapes(talking), with_mouth_shapes(many)
    np.testing.assert_allclose(often.landmarks, np.tile(once.landmarks, (1100, 1, 1)), atol=1e-6)
