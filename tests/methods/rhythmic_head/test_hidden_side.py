"""What is filled in of a head that turns, of which one picture is known."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from talkinghead.face.landmarks import FACE_OVAL
from talkinghead.methods.rhythmic_head.hidden_side import HiddenSide, complete_skin
from talkinghead.rendering.head_renderer import HeadScene
from talkinghead.rendering.mesh_render import unwrap
from talkinghead.rendering.mouth import FlatFiller
from talkinghead.rendering.warp import WarpRenderer
from talkinghead.types import Frames, ImageArray, Motion, Portrait

GREEN = (0, 255, 0)


@pytest.fixture(scope="module")
def rimmed(calm: Portrait) -> Portrait:
    """A portrait of plain skin; all beside it is green, also what the mesh's rim takes for skin."""
    image = np.full_like(calm.picture, 160)
    middle = calm.mesh[FACE_OVAL, :2].mean(axis=0)
    inner = middle + 0.97 * (calm.mesh[FACE_OVAL, :2] - middle)
    low, high = inner[:, 0].min(), inner[:, 0].max()
    columns = np.arange(image.shape[1])
    image[:, (columns < low) | (columns > high)] = GREEN
    return replace(calm, frames=Frames(image[None], 25.0), track=calm.track[calm.best : calm.best + 1], best=0)


def turned(portrait: Portrait, yaw: float) -> tuple[HiddenSide, Motion, ImageArray]:
    scene = HeadScene(portrait, size=128)
    still, own = np.zeros((1, 3)), portrait.landmarks
    motion = Motion(25.0, own[None], np.array([[0.0, yaw, 0.0]]), still, np.zeros(1), own)
    frames = next(iter(WarpRenderer(FlatFiller(), FlatFiller()).render(motion, portrait))).images
    return HiddenSide(portrait, scene.rig, scene.crop), motion, np.stack([scene.crop.extract(frames[0])])


def test_at_rest_nothing_is_filled_in(calm: Portrait) -> None:
    hidden, motion, own = turned(calm, 0.0)
    np.testing.assert_array_equal(hidden.complete(motion, own), own)


def test_background_is_not_drawn_out_over_a_cheek_that_turns_into_view(rimmed: Portrait) -> None:
    hidden, motion, own = turned(rimmed, -0.5)
    made = hidden.complete(motion, own)

    def green(picture: ImageArray) -> int:
        mask = np.zeros(picture.shape[:2], np.uint8)
        places = hidden._crop.points(hidden._rig.place(motion)[1][0, FACE_OVAL, :2])
        cv2.fillPoly(mask, [places.round().astype(np.int32)], 1)
        return int(((picture.astype(int) @ (-1, 2, -1) > 150) & (mask > 0)).sum())

    print(green(made[0]), green(own[0]))
    assert green(made[0]) < 0.5 * green(own[0])


def test_skin_seen_from_the_front_stays_as_it_is(calm: Portrait) -> None:
    seen, facing, _ = unwrap(calm.picture, calm.mesh)
    square = facing > 0.6
    assert np.abs(complete_skin(calm)[square] - 255 * seen[square]).max() < 1


def test_the_picture_as_it_is_shows_the_background_alone(calm: Portrait) -> None:
    hidden, motion, own = turned(calm, 0.3)
    still = np.zeros_like(own)
    shown = hidden.background(motion, own, still, np.array([0.1]))
    x, y = hidden._crop.points(calm.mesh[4][None, :2])[0].round().astype(int)
    np.testing.assert_array_equal(shown[0, y, x], own[0, y, x])
    np.testing.assert_array_equal(hidden.background(motion, own, still, np.zeros(1)), still)


def test_a_mesh_in_another_light_is_not_believed(calm: Portrait) -> None:
    hidden, _, own = turned(calm, 0.0)
    mesh = np.concatenate([own, np.full_like(own[..., :1], 255)], axis=3)
    np.testing.assert_array_equal(hidden.trust(own, mesh), mesh)
    mesh[..., :3] = 255 - mesh[..., :3] // 4
    assert hidden.trust(own // 2, mesh)[..., 3].mean() < 20
