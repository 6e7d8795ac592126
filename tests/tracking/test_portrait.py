"""Who is to be animated: from a picture, from the best frame of a video."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import pytest
from PIL import Image

from drawn import drawn_face
from talkinghead.errors import InputError
from talkinghead.face.landmarks import MESH_OF_68, canonical_face
from talkinghead.media.video import VideoReader
from talkinghead.tracking import portrait_from_image, portrait_from_video, read_portrait
from talkinghead.tracking.person import person_mask
from talkinghead.tracking.portrait import best_frame
from talkinghead.tracking.track import make_track
from talkinghead.types import FloatArray, Frames, ImageArray, Portrait


class Reader:
    """A video that is read from memory, in chunks of five frames; counts how often it is opened."""

    def __init__(self, images: ImageArray, fps: float = 25.0) -> None:
        self.images, self.fps, self.opened = images, fps, 0

    def chunks(self) -> Iterator[Frames]:
        self.opened += 1
        for start in range(0, len(self.images), 5):
            yield Frames(self.images[start : start + 5], self.fps)


def from_video(images: ImageArray, **options: Any) -> Portrait:
    return portrait_from_video(cast(VideoReader, Reader(images)), **options)


def faces(**changes: FloatArray) -> FloatArray:
    """(5, 478, 3) px of the mean face, changed in some frames."""
    shape = np.repeat(canonical_face()[0][None], 5, axis=0)
    return (shape + changes.get("shape", 0.0)) * 80.0 + 100.0


def test_a_portrait_from_a_picture(astronaut: ImageArray, smiling: Portrait) -> None:
    assert len(smiling.frames) == len(smiling.track) == 1
    np.testing.assert_array_equal(smiling.frames.images[0], astronaut)
    assert smiling.track.found.all()
    assert smiling.best == 0
    assert smiling.drawing is False


def test_the_person_is_told_from_the_background(smiling: Portrait) -> None:
    person = smiling.person
    assert person is not None
    assert person.shape == (512, 512)
    assert person.dtype == np.float32
    assert 0.0 <= person.min() <= person.max() <= 1.0
    assert person[115, 224] > 0.9  # the face
    assert person[40, 220] > 0.9  # hair
    assert person[60, 100] < 0.1  # the flag
    assert person[60, 350] < 0.1  # the shuttle


def test_a_segmentation_that_misses_the_face_is_not_believed(smiling: Portrait) -> None:
    image, landmarks = smiling.frames.images[0], smiling.track.landmarks[0]
    assert person_mask(image, landmarks) is not None
    assert person_mask(image, landmarks + np.array([180.0, -20.0, 0.0])) is None
    assert person_mask(np.full_like(image, 200), landmarks) is None


def test_what_is_said_of_the_picture_holds(astronaut: ImageArray) -> None:
    assert portrait_from_image(astronaut, drawing=True).drawing is True
    assert portrait_from_image(drawn_face(192).image, drawing=False).drawing is False


def test_one_of_several_faces(astronaut: ImageArray) -> None:
    picture = np.full((230, 430, 3), 120, np.uint8)
    photo = astronaut[:230, 90:350]
    small = cv2.resize(photo, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
    picture[:, 170:] = photo
    picture[40 : 40 + small.shape[0], : small.shape[1]] = small
    scales = [portrait_from_image(picture, face=face).track.scale[0] for face in (None, 1, 2)]
    assert scales[0] == pytest.approx(58, abs=3)
    assert scales[1] == pytest.approx(0.6 * 58, abs=3)
    assert scales[2] == scales[0]
    with pytest.raises(InputError, match=r"--face 3: the picture shows 2 face\(s\)"):
        portrait_from_image(picture, face=3)


def test_a_picture_without_a_face() -> None:
    with pytest.raises(InputError, match="no face was found: give a picture"):
        portrait_from_image(np.full((60, 80, 3), 200, np.uint8))


class TestBestFrame:
    """Found, eyes open, lips together, facing the camera."""

    def test_lips_together(self) -> None:
        shape = np.zeros((5, 478, 3))
        for t in (0, 1, 2, 4):
            shape[t, MESH_OF_68[[65, 66, 67]], 1] = 0.1
        assert best_frame(make_track(faces(shape=shape), np.ones(5, bool), 25.0, smooth=False)) == 3

    def test_eyes_open(self) -> None:
        track = make_track(faces(), np.ones(5, bool), 25.0, smooth=False)
        track.blink[:] = (1.0, 0.4, 0.9, 0.1, 0.5)
        assert best_frame(track) == 3

    @pytest.mark.parametrize("axis", [0, 1])
    def test_facing_the_camera(self, axis: int) -> None:
        track = make_track(faces(), np.ones(5, bool), 25.0, smooth=False)
        track.rotation[:, axis] = (0.3, -0.3, 0.2, 0.1, -0.02)
        assert best_frame(track) == 4

    def test_a_habitual_tilt_does_not_count(self) -> None:
        track = make_track(faces(), np.ones(5, bool), 25.0, smooth=False)
        track.rotation[:, 2] = (0.2, 0.2, 0.2, 0.0, 0.3)
        track.rotation[0, 0] = 0.1
        assert best_frame(track) == 1

    def test_found_before_all_else(self) -> None:
        track = make_track(faces(), np.array([False, False, False, False, True]), 25.0, smooth=False)
        track.rotation[4] = (0.3, 0.4, 0.0)
        assert best_frame(track) == 4


def test_a_portrait_from_a_video_is_its_best_frame(astronaut: ImageArray) -> None:
    photo = astronaut[16:208, 128:320]
    tilted = cv2.warpAffine(photo, cv2.getRotationMatrix2D((96, 100), 25, 1.0), (192, 192))
    images = np.stack([tilted] * 2 + [np.zeros_like(photo)] + [photo] * 9)
    reader = Reader(images)
    portrait = portrait_from_video(cast(VideoReader, reader))
    assert reader.opened == 2
    assert len(portrait.frames) == len(portrait.track) == 1
    assert (portrait.frames.images[0] == photo).all()
    assert portrait.person is not None


def test_a_video_without_a_face() -> None:
    with pytest.raises(InputError, match="no face was found in any frame"):
        from_video(np.zeros((2, 60, 80, 3), np.uint8))


def test_errors_name_the_file(tmp_path: Path) -> None:
    path = tmp_path / "wall.png"
    Image.fromarray(np.full((60, 80, 3), 200, np.uint8)).save(path)
    with pytest.raises(InputError) as caught:
        read_portrait(path)
    assert str(caught.value).startswith(f"{path}: no face was found")
    with pytest.raises(InputError, match=r"nowhere\.png"):
        read_portrait(tmp_path / "nowhere.png")


def test_a_picture_file_is_read(tmp_path: Path) -> None:
    face = drawn_face(192, grain=4)
    path = tmp_path / "face.png"
    Image.fromarray(face.image).save(path)
    portrait = read_portrait(path)
    np.testing.assert_array_equal(portrait.frames.images[0], face.image)
    np.testing.assert_allclose(portrait.track.translation[0, :2], face.eyes.mean(axis=0), atol=4)
