"""Faces in one picture: known faces at known places."""

from __future__ import annotations

import subprocess
import sys

import cv2
import numpy as np
import pytest

from talkinghead.face.pose import fit_pose
from talkinghead.tracking.crops import box_of, crop_around, through_affine
from talkinghead.tracking.find import find_faces
from talkinghead.types import FloatArray, ImageArray


@pytest.fixture(scope="module")
def upright(astronaut: ImageArray) -> FloatArray:
    """(478, 3) landmarks of the photo as it is."""
    faces = find_faces(astronaut)
    assert len(faces) == 1
    return np.asarray(faces[0])


def turned_by_quarters(landmarks: FloatArray, quarters: int, side: int) -> FloatArray:
    """(478, 2) where points go when ``np.rot90`` turns their square picture."""
    points = landmarks[:, :2]
    for _ in range(quarters):
        points = np.stack([points[:, 1], side - 1 - points[:, 0]], axis=1)
    return points


def placed(
    astronaut: ImageArray, *, size: tuple[int, int], at: tuple[float, float], zoom: float, degrees: float = 0.0
) -> tuple[ImageArray, FloatArray]:
    """The face, shrunk and turned, at a place of a grey picture; with picture_from_photo (2, 3)."""
    affine = cv2.getRotationMatrix2D((220, 120), degrees, zoom)
    affine[:, 2] += np.array(at) - (220, 120)
    picture = np.full((size[1], size[0], 3), 128, np.uint8)
    crop = affine @ np.array([[1, 0, 90], [0, 1, 0], [0, 0, 1]])
    cv2.warpAffine(astronaut[:230, 90:350], crop, size, dst=picture, borderMode=cv2.BORDER_TRANSPARENT)
    return picture, affine


def test_the_photo_is_found_where_its_face_is(upright: FloatArray) -> None:
    assert upright.shape == (478, 3)
    left, top, right, bottom = box_of(upright)
    assert (left, top, right, bottom) == pytest.approx((178, 70, 270, 177), abs=5)
    # The pupils, read off the photo by eye.
    np.testing.assert_allclose(upright[[468, 473], :2], [(203.4, 101.3), (246.6, 103.4)], atol=1.5)
    rotation, _, scale = fit_pose(upright[None])
    assert np.degrees(np.abs(rotation)).max() < 15
    assert scale[0] == pytest.approx(np.linalg.norm(upright[263] - upright[33]), rel=0.08)


def test_a_small_face_in_a_large_frame(astronaut: ImageArray, upright: FloatArray) -> None:
    # It is lost in the whole and found in a part. At a sixth the face is 15 px wide.
    picture = np.full((720, 1280, 3), 120, np.uint8)
    small = cv2.resize(astronaut, None, fx=1 / 6, fy=1 / 6, interpolation=cv2.INTER_AREA)
    picture[300 : 300 + len(small), 900 : 900 + len(small)] = small
    assert len(find_faces(picture, thorough=False)) == 0
    faces = find_faces(picture)
    assert len(faces) == 1
    assert np.abs(faces[0, :, :2] - ((upright[:, :2] + 0.5) / 6 - 0.5 + (900, 300))).mean() < 0.5


def test_a_tiny_picture_of_a_face(astronaut: ImageArray, upright: FloatArray) -> None:
    small = cv2.resize(astronaut[:256, 96:352], (64, 64), interpolation=cv2.INTER_AREA)
    faces = find_faces(small)
    assert len(faces) == 1
    assert np.abs(faces[0, :, :2] - (upright[:, :2] - (96, 0)) / 4).mean() < 1.0


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_the_photo_on_its_side_and_on_its_head(astronaut: ImageArray, upright: FloatArray, quarters: int) -> None:
    faces = find_faces(np.rot90(astronaut, quarters))
    assert len(faces) == 1
    error = np.abs(faces[0, :, :2] - turned_by_quarters(upright, quarters, 512)).mean()
    assert error < 1.0
    roll = np.degrees(fit_pose(faces)[0][0, 2] - fit_pose(upright[None])[0][0, 2])
    assert (roll + 90 * quarters + 180) % 360 - 180 == pytest.approx(0, abs=3)


@pytest.mark.parametrize("degrees", [90, 135, 180, -90])
def test_the_second_pass_finds_small_turned_faces(astronaut: ImageArray, upright: FloatArray, degrees: float) -> None:
    picture, affine = placed(astronaut, size=(640, 480), at=(320, 240), zoom=0.58, degrees=degrees)
    assert len(find_faces(picture, thorough=False)) == 0
    faces = find_faces(picture)
    assert len(faces) == 1
    assert np.abs(faces[0] - through_affine(upright, affine))[:, :2].mean() < 1.0


def test_no_face_in_noise_and_in_nothing() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (120, 160, 3), dtype=np.uint8)
    assert find_faces(noise).shape == (0, 478, 3)
    assert find_faces(np.zeros((90, 120, 3), np.uint8)).shape == (0, 478, 3)


def test_several_faces_come_from_left_to_right(astronaut: ImageArray, upright: FloatArray) -> None:
    picture = np.full((300, 700, 3), 120, np.uint8)
    photo = astronaut[:230, 90:350]
    small = cv2.resize(photo, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
    picture[40:270, 420:680] = photo
    picture[40 : 40 + small.shape[0], 60 : 60 + small.shape[1]] = small
    faces = find_faces(picture)
    assert len(faces) == 2
    expected = (upright[:, :2] - (90, 0)) * 0.6 + (60, 40), upright[:, :2] - (90, 0) + (420, 40)
    for face, points in zip(faces, expected, strict=True):
        assert np.abs(face[:, :2] - points).mean() < 1.5


def test_a_crop_shows_twice_the_face() -> None:
    image = np.zeros((100, 200, 3), np.uint8)
    crop, image_from_crop = crop_around(image, np.array([80.0, 30.0, 120.0, 50.0]), 64)
    assert crop.shape == (64, 64, 3)
    corners = through_affine(np.array([[0.0, 0.0, 1.0], [64.0, 64.0, 1.0], [32.0, 32.0, 1.0]]), image_from_crop)
    # A box 40 px wide about (100, 40): the crop is 80 px of it, and depth scales alike.
    np.testing.assert_allclose(corners, [[60, 0, 1.25], [140, 80, 1.25], [100, 40, 1.25]])


def test_a_turned_crop_sets_a_tilted_head_upright() -> None:
    box = np.array([80.0, 30.0, 120.0, 50.0])
    _, image_from_crop = crop_around(np.zeros((100, 200, 3), np.uint8), box, 64, turn=np.pi / 2)
    # Up in the crop is where a head with that roll has its top: to the right of the picture.
    points = through_affine(np.array([[32.0, 32.0, 0.0], [32.0, 0.0, 0.0]]), image_from_crop)
    np.testing.assert_allclose(points, [[100, 40, 0], [140, 40, 0]], atol=1e-9)


def test_crops_repeat_the_edge() -> None:
    image = np.full((50, 50, 3), 7, np.uint8)
    crop, _ = crop_around(image, np.array([-20.0, -20.0, 20.0, 20.0]), 32)
    assert (crop == 7).all()


def test_box_of() -> None:
    landmarks = np.zeros((478, 3))
    landmarks[5] = (-3, 40, 100)
    landmarks[9] = (200, -8, -100)
    assert box_of(landmarks).tolist() == [-3, -8, 200, 40]


QUIET = """
import skimage.data
from talkinghead.tracking import portrait_from_image, track_faces
from talkinghead.types import Frames
import numpy as np
image = skimage.data.astronaut()
portrait_from_image(image)
track_faces([Frames(np.stack([image[:256, 96:352]] * 3), 25.0)])
"""


def test_the_tracker_says_nothing() -> None:
    done = subprocess.run([sys.executable, "-c", QUIET], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
