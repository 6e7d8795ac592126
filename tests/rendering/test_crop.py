"""Crops: a dot lands where it should, and the head is inside."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from talkinghead.face.landmarks import MESH_OF_68, canonical_face
from talkinghead.face.pose import matrix_from_rotation
from talkinghead.rendering.crop import Crop
from talkinghead.types import FloatArray, Portrait


def dot(at: tuple[float, float], size: tuple[int, int], *, width: float = 3.0) -> np.ndarray:
    """A soft white dot on black, (H, W, 3) uint8."""
    rows, columns = np.mgrid[: size[1], : size[0]]
    light = 255 * np.exp(-((columns - at[0]) ** 2 + (rows - at[1]) ** 2) / (2 * width**2))
    return np.repeat(light.round().astype(np.uint8)[..., None], 3, axis=2)


def centre_of(image: np.ndarray) -> FloatArray:
    """(2,) px where the light is."""
    light = image[..., 0].astype(float)
    rows, columns = np.mgrid[: light.shape[0], : light.shape[1]]
    return np.array([(light * columns).sum(), (light * rows).sum()]) / light.sum()


def face_at(rotation: tuple[float, float, float] = (0, 0, 0), eyes: float = 60.0) -> FloatArray:
    """(478, 3) px of the mean face in the middle of a picture 400 px wide, turned."""
    shape, _ = canonical_face()
    return np.asarray(eyes * shape @ matrix_from_rotation(np.array(rotation)).T + (200, 200, 0))


@pytest.mark.parametrize("side", [40.0, 64.0, 93.5, 160.0, 400.0])
def test_a_dot_lands_where_points_says(side: float) -> None:
    crop = Crop(31.25, 12.5, side, 64)
    at = (31.25 + 0.45 * side, 12.5 + 0.55 * side)
    image = dot(at, (440, 440), width=side / 20)
    np.testing.assert_allclose(centre_of(crop.extract(image)), crop.points(np.array(at)), atol=0.05)


@pytest.mark.parametrize("side", [50.0, 170.5])
def test_affine_leads_back(side: float) -> None:
    crop = Crop(20.0, 33.0, side, 64)
    at = (0.4 * 64, 0.6 * 64)
    back = cv2.warpAffine(dot(at, (64, 64)), crop.affine, (250, 250), flags=cv2.INTER_LINEAR)
    np.testing.assert_allclose(crop.points(centre_of(back)), at, atol=0.05)
    corners = np.array([[0.0, 0.0], [63.0, 10.0]])
    np.testing.assert_allclose(crop.points(corners @ crop.affine[:, :2].T + crop.affine[:, 2]), corners)


def test_a_whole_picture_is_itself_and_its_edges_go_on() -> None:
    image = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    np.testing.assert_array_equal(Crop(0, 0, 32, 32).extract(image), image)
    beyond = Crop(-8, -8, 48, 48).extract(image)
    np.testing.assert_array_equal(beyond[8:40, 8:40], image)
    np.testing.assert_array_equal(beyond[:8, 8:40], np.repeat(image[:1], 8, axis=0))
    np.testing.assert_array_equal(Crop(3, 5, 16, 16).extract(image), image[5:21, 3:19])


def test_shrinking_averages() -> None:
    image = np.zeros((64, 64, 3), np.uint8)
    image[::2] = 200
    np.testing.assert_array_equal(Crop(0, 0, 64, 16).extract(image), 100)
    assert np.ptp(Crop(0, 0, 60, 16).extract(image).astype(int)) < 30


def test_depth_takes_the_scale() -> None:
    crop = Crop(10, 20, 128, 64)
    np.testing.assert_allclose(crop.points(np.array([[74.0, 84.0, 30.0]]))[0], [31.75, 31.75, 15.0])
    with pytest.raises(ValueError, match="points"):
        crop.points(np.zeros((3, 4)))


@pytest.mark.parametrize("yaw", [-25.0, 0.0, 25.0])
def test_hair_and_chin_stay_inside_when_the_head_turns(yaw: float) -> None:
    crop = Crop.of(face_at(), (2000, 2000))
    skull = np.array([[0, -1.3, 0.4], [1.05, -0.4, 0.9], [-1.05, -0.4, 0.9], [0, 1.6, -0.1]])
    turned = 60 * skull @ matrix_from_rotation(np.array([0.0, np.radians(yaw), 0.0])).T + (200, 200, 0)
    inside = crop.points(turned)[:, :2]
    assert inside.min() > 0
    assert inside.max() < 255


def test_size_is_hardly_moved_by_mouth_and_pose() -> None:
    still = Crop.of(face_at(), (2000, 2000))
    opened = face_at()
    opened[MESH_OF_68[6:11], 1] += 30
    opened[MESH_OF_68[54:60], 1] += 30
    assert Crop.of(opened, (2000, 2000)) == still
    for turn in ((0.3, 0, 0), (-0.3, 0, 0), (0, 0.5, 0), (0, -0.7, 0), (0, 0, 1.5)):
        assert Crop.of(face_at(turn), (2000, 2000)).side == pytest.approx(still.side, rel=0.12)


def test_goes_with_the_face() -> None:
    small, large = Crop.of(face_at(eyes=50), (2000, 2000)), Crop.of(face_at(eyes=100), (2000, 2000))
    assert large.side == pytest.approx(2 * small.side, abs=1)
    moved = Crop.of(face_at() + np.array((300, 200, 0)), (2000, 2000))
    still = Crop.of(face_at() + np.array((100, 100, 0)), (2000, 2000))
    assert (moved.left - still.left, moved.top - still.top) == (200, 100)


def test_lies_in_the_picture_as_far_as_it_can() -> None:
    face = face_at()
    side = Crop.of(face, (2000, 2000)).side
    assert Crop.of(face - (190, 195, 0), (2000, 2000)).left == 0
    assert Crop.of(face - (190, 195, 0), (2000, 2000)).top == 0
    tight = Crop.of(face, (310, 2000))
    assert tight.left == 310 - side
    wide = Crop.of(face, (400, 150))
    assert 150 - side <= wide.top <= 0


def test_68_landmarks_and_the_mesh_agree(drawn_portrait: Portrait) -> None:
    mesh = drawn_portrait.track.landmarks[0]
    crop = Crop.of(mesh, (256, 256), size=128)
    assert crop.size == 128
    assert Crop.of(mesh[MESH_OF_68], (256, 256), size=128) == crop
    assert Crop.of(mesh[MESH_OF_68, :2], (256, 256), size=128) == crop


def test_what_makes_no_crop_is_refused() -> None:
    with pytest.raises(ValueError, match="landmarks"):
        Crop.of(np.zeros((67, 2)), (100, 100))
    for fields in ((0, 0, 0, 64), (np.nan, 0, 10, 64), (0, 0, 10, 0), (0, 0, np.inf, 64)):
        with pytest.raises(ValueError, match="a crop needs"):
            Crop(*fields)


def test_refined_to_the_pictures_own_pixels() -> None:
    assert Crop(10, 20, 200, 128).refine() == Crop(10, 20, 200, 200)
    assert Crop(10, 20, 100, 128).refine() == Crop(10, 20, 100, 100)
    assert Crop(10, 20, 3000, 128).refine() == Crop(10, 20, 3000, 1024)
