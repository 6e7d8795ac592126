"""Heads that lie or stand on their tops, and mouths that are covered: read right, said, or refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import pytest
from benchmarks.orientation import MASKS, paint_mask, turn
from PIL import Image

from drawn import drawn_face
from talkinghead.errors import InputError
from talkinghead.face.landmarks import MESH_OF_68
from talkinghead.face.pose import fit_pose
from talkinghead.media import VideoReader, read_image
from talkinghead.tracking import portrait_from_image, portrait_from_video, read_portrait
from talkinghead.tracking.find import find_faces, find_readings
from talkinghead.tracking.placed import automatic_landmarks
from talkinghead.tracking.portrait import find_mesh
from talkinghead.tracking.upright import read_upright, roll_of
from talkinghead.tracking.visibility import mouth_is_covered, mouth_visibility
from talkinghead.types import FloatArray, Frames, ImageArray

COVERED = "the mouth is covered.*place the landmarks by hand with talkinghead landmarks --edit"


@pytest.fixture(scope="module")
def photo(astronaut: ImageArray) -> ImageArray:
    """(256, 256, 3) the head."""
    return astronaut[:256, 96:352].copy()


@pytest.fixture(scope="module")
def mesh(photo: ImageArray) -> FloatArray:
    """(478, 3) px of the head as it is."""
    (face,) = find_faces(photo)
    return np.asarray(face)


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """What was announced."""
    return lambda: [record.getMessage() for record in caplog.records if record.name == "talkinghead"]


def distance(face: FloatArray, truth: FloatArray) -> float:
    """Mean distance of the 68 landmarks, in eye distances."""
    away = np.linalg.norm((face - truth)[MESH_OF_68, :2], axis=-1).mean()
    return float(away / fit_pose(truth[None])[2][0])


@pytest.mark.parametrize("degrees", range(30, 360, 30))
def test_a_head_is_found_whichever_way_it_is_turned(photo: ImageArray, mesh: FloatArray, degrees: int) -> None:
    turned, truth = turn(photo, mesh, degrees)
    (reading,) = find_readings(turned)
    assert distance(reading.mesh, truth) < 0.1
    assert (np.degrees(reading.roll) - degrees - np.degrees(roll_of(mesh)) + 180) % 360 - 180 == pytest.approx(0, abs=6)
    assert reading.odds > 1.0


def test_an_upright_face_stays_as_it_was_read(photo: ImageArray, mesh: FloatArray) -> None:
    (reading,) = read_upright(photo, [mesh])
    assert reading.mesh is mesh
    assert reading.odds > 3.0
    assert read_upright(photo, []) == []


def test_a_face_that_was_read_upside_down_is_turned_round(photo: ImageArray, mesh: FloatArray) -> None:
    middle = mesh[:, :2].mean(axis=0)
    wrong = mesh.copy()
    wrong[:, :2] = 2 * middle - mesh[:, :2]
    (reading,) = read_upright(photo, [wrong])
    assert distance(reading.mesh, mesh) < 0.1


@pytest.mark.parametrize(
    ("degrees", "words"),
    [
        (0, []),
        (30, []),
        (90, ["the head lies on its side, turned by 9"]),
        (180, ["the head stands on its top, turned by "]),
        (-90, ["the head lies on its side, turned by -8"]),
    ],
)
def test_how_a_head_lies_is_said(
    photo: ImageArray, mesh: FloatArray, told: Callable[[], list[str]], degrees: int, words: list[str]
) -> None:
    portrait = portrait_from_image(turn(photo, mesh, degrees)[0])
    assert distance(portrait.track.landmarks[0], turn(photo, mesh, degrees)[1]) < 0.1
    assert [said[: len(word)] for said, word in zip(told(), words, strict=True)] == words


@pytest.mark.parametrize("degrees", [90, 180])
def test_a_drawing_that_lies_is_read_as_one_that_stands(degrees: int) -> None:
    picture = drawn_face(256).image
    upright, _ = find_mesh(picture, drawing=True)
    turned, truth = turn(picture, upright, degrees)
    assert distance(find_mesh(turned, drawing=True)[0], truth) < 0.15


@pytest.mark.parametrize("colour", MASKS)
def test_a_mask_is_no_beard_of_a_head_upside_down(photo: ImageArray, mesh: FloatArray, colour: str) -> None:
    masked = paint_mask(photo, mesh, MASKS[colour])
    (face,) = find_faces(masked)
    assert distance(face, mesh) < 0.25
    with pytest.raises(InputError, match=COVERED):
        portrait_from_image(masked)


@pytest.mark.parametrize("degrees", [90, 180])
def test_a_mask_on_a_head_that_lies_is_refused_or_said(
    photo: ImageArray, mesh: FloatArray, told: Callable[[], list[str]], degrees: int
) -> None:
    masked = turn(paint_mask(photo, mesh, MASKS["blue"]), mesh, degrees)[0]
    refused = False
    try:
        portrait_from_image(masked)
    except InputError:
        refused = True
    assert refused or told()


def hold_before(photo: ImageArray, mesh: FloatArray, what: str) -> ImageArray:
    """The photo with something before the face."""
    picture = photo.copy()
    mouth = mesh[MESH_OF_68[48:68], :2].mean(axis=0)
    unit = float(np.linalg.norm(mesh[263, :2] - mesh[33, :2]))
    if what == "cup":
        cv2.ellipse(picture, (mouth.tolist(), (unit, 1.3 * unit), 0.0), (200, 40, 30), -1)
    elif what == "hand":
        skin = tuple(int(value) for value in np.median(photo[85:95, 120:140], axis=(0, 1)))
        for row in range(4):
            left = mouth + np.array([-0.6, 0.24 * (row - 1.5)]) * unit
            right = mouth + np.array([1.0, 0.24 * (row - 1.0)]) * unit
            cv2.line(picture, *(p.round().astype(int).tolist() for p in (left, right)), (90, 60, 50), int(0.26 * unit))
            cv2.line(picture, *(p.round().astype(int).tolist() for p in (left, right)), skin, int(0.2 * unit))
    elif what == "microphone":
        top, foot = mouth + np.array([0.1, 0.55]) * unit, mouth + np.array([0.4, 2.5]) * unit
        cv2.line(picture, *(p.round().astype(int).tolist() for p in (top, foot)), (20, 20, 22), int(0.16 * unit))
        cv2.circle(picture, top.round().astype(int).tolist(), int(0.2 * unit), (40, 40, 44), -1)
    elif what == "glasses":
        for eye in (slice(36, 42), slice(42, 48)):
            middle = mesh[MESH_OF_68[eye], :2].mean(axis=0)
            cv2.circle(picture, middle.round().astype(int).tolist(), int(0.26 * unit), (10, 10, 10), -1)
    return picture


@pytest.mark.parametrize("what", ["cup", "hand"])
def test_a_mouth_behind_a_cup_or_hand_is_covered(photo: ImageArray, mesh: FloatArray, what: str) -> None:
    with pytest.raises(InputError, match=COVERED):
        portrait_from_image(hold_before(photo, mesh, what))


@pytest.mark.parametrize("what", ["microphone", "glasses"])
def test_what_leaves_the_mouth_free_does_not_matter(photo: ImageArray, mesh: FloatArray, what: str) -> None:
    portrait = portrait_from_image(hold_before(photo, mesh, what))
    assert distance(portrait.track.landmarks[0], mesh) < 0.1


def test_a_mouth_is_seen_only_where_it_is(photo: ImageArray, mesh: FloatArray) -> None:
    upside_down = mesh.copy()
    upside_down[:, :2] = 2 * mesh[:, :2].mean(axis=0) - mesh[:, :2]
    there, elsewhere = mouth_visibility([photo, photo], np.stack([mesh, upside_down]))
    assert there > 1.0
    assert elsewhere < -1.0
    assert not mouth_is_covered(photo, mesh)
    assert mouth_visibility([], np.zeros((0, 478, 3))).shape == (0,)


def test_a_drawn_mouth_is_seen() -> None:
    picture = drawn_face(256).image
    assert not mouth_is_covered(picture, find_mesh(picture)[0])


def test_landmarks_of_a_covered_mouth_can_be_moved_by_hand(
    photo: ImageArray, mesh: FloatArray, told: Callable[[], list[str]]
) -> None:
    points = automatic_landmarks(paint_mask(photo, mesh, MASKS["white"]))
    assert np.linalg.norm(points - mesh[MESH_OF_68, :2], axis=-1).mean() < 15
    assert "the mouth is covered or hard to see: look at the landmarks with talkinghead landmarks --edit." in told()


class Reader:
    """A video read from memory."""

    fps = 25.0

    def __init__(self, *images: ImageArray) -> None:
        self.images = np.stack(images)

    def chunks(self) -> Iterator[Frames]:
        """Five frames at a time."""
        for start in range(0, len(self.images), 5):
            yield Frames(self.images[start : start + 5], self.fps)


def test_a_video_shows_a_frame_with_a_mouth(photo: ImageArray, mesh: FloatArray) -> None:
    masked = paint_mask(photo, mesh, MASKS["blue"])
    portrait = portrait_from_video(cast(VideoReader, Reader(*[masked] * 14, *[photo] * 4)))
    np.testing.assert_array_equal(portrait.frames.images[0], photo)
    with pytest.raises(InputError, match=COVERED):
        portrait_from_video(cast(VideoReader, Reader(*[masked] * 9)))


def save_animation(path: Path, *images: ImageArray) -> Path:
    first, *rest = (Image.fromarray(image) for image in images)
    first.save(path, save_all=True, append_images=rest, duration=40, lossless=True)
    return path


@pytest.mark.parametrize("name", ["face.webp", "face.png"])
def test_an_animated_picture_is_looked_through(
    photo: ImageArray, tmp_path: Path, told: Callable[[], list[str]], name: str
) -> None:
    title = np.full_like(photo, 255)
    path = save_animation(tmp_path / name, title, title, photo, photo)
    portrait = read_portrait(path)
    np.testing.assert_array_equal(portrait.frames.images[0], photo)
    (said,) = told()
    assert said.startswith(f"{path} is animated and its first frame shows no mouth to move: frame ")


def test_the_first_frame_of_an_animated_picture_serves_where_it_can(
    photo: ImageArray, tmp_path: Path, told: Callable[[], list[str]]
) -> None:
    path = save_animation(tmp_path / "face.webp", photo, np.full_like(photo, 255))
    np.testing.assert_array_equal(read_portrait(path).frames.images[0], photo)
    assert told() == []


def test_an_animated_picture_without_a_face(tmp_path: Path) -> None:
    title = np.full((64, 64, 3), 255, np.uint8)
    path = save_animation(tmp_path / "title.gif", title, title - 9)
    with pytest.raises(InputError, match=r"title\.gif: no face was found"):
        read_portrait(path)


@pytest.mark.corpus
@pytest.mark.parametrize("name", ["art14", "d5", "girl384", "girl640"])
def test_heads_that_were_read_the_wrong_way_up(corpus: Path, told: Callable[[], list[str]], name: str) -> None:
    portrait = portrait_from_image(read_image(corpus / "cases" / f"upside_down_{name}.jpg"))
    assert abs(np.degrees(portrait.track.rotation[0, 2])) > 170
    assert told()[0].startswith("the head stands on its top")


@pytest.mark.corpus
def test_the_surgical_mask(corpus: Path) -> None:
    image = read_image(corpus / "cases" / "surgical_mask_upright.jpg")
    (face,) = find_faces(image)
    assert abs(np.degrees(roll_of(face))) < 10
    with pytest.raises(InputError, match=COVERED):
        portrait_from_image(image)
