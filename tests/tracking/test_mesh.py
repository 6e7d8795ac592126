"""Faces and people in pictures, as MediaPipe 0.10.21, whose networks these are, read them: ``mediapipe.npz``."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from talkinghead.media import read_image
from talkinghead.tracking.mesh import detect_faces, read_faces, read_squares, segment_people
from talkinghead.tracking.regions import squares_of_landmarks
from talkinghead.types import FloatArray, ImageArray

VIEWS = ("head", "turned", "wide")
_LARGEST = 1280  # px of the portraits that MediaPipe saw


@pytest.fixture(scope="module")
def theirs() -> Mapping[str, Any]:
    """What MediaPipe read."""
    with np.load(Path(__file__).with_name("mediapipe.npz")) as file:
        return {name: file[name] for name in file.files}


@pytest.fixture(scope="module")
def views(astronaut: ImageArray) -> list[ImageArray]:
    """Three pictures of one face: upright, lying, and in a wide one."""
    head = astronaut[:256, 96:352]
    return [head, np.ascontiguousarray(np.rot90(head)), astronaut[20:232, 40:470]]


def distances(found: FloatArray, wanted: FloatArray) -> FloatArray:
    """(478,) between landmarks (478, 2 or 3), in px at a face 100 px wide."""
    return np.asarray(np.linalg.norm(found[:, :2] - wanted[:, :2], axis=1) / np.ptp(wanted[:, 0]) * 100)


def test_landmarks_are_theirs(views: list[ImageArray], theirs: Mapping[str, Any]) -> None:
    for name, faces in zip(VIEWS, read_faces(views)):
        wanted = theirs[f"{name}/landmarks"]
        assert faces.shape == wanted.shape == (1, 478, 3)
        away = distances(faces[0], wanted[0])
        assert np.median(away) < 0.05
        assert away.max() < 0.3
        assert np.abs(faces[0, :, 2] - wanted[0, :, 2]).max() < 0.01 * np.ptp(wanted[0, :, 0])


@pytest.mark.parametrize("far", [False, True])
def test_detections_are_theirs(views: list[ImageArray], theirs: Mapping[str, Any], far: bool) -> None:
    for name, seen in zip(VIEWS, detect_faces(views, far=far)):
        wanted = theirs[f"{name}/{'far' if far else 'near'}"]
        assert len(seen) == len(wanted)
        np.testing.assert_allclose(seen.scores, wanted[:, 0], atol=0.01)
        np.testing.assert_allclose(seen.boxes, wanted[:, 1:5], atol=0.5)
        np.testing.assert_allclose(seen.points.reshape(-1, 12), wanted[:, 5:], atol=0.5)


def test_people_are_theirs(views: list[ImageArray], theirs: Mapping[str, Any]) -> None:
    for name, image, mask in zip(VIEWS, views, segment_people(views)):
        assert mask.shape == image.shape[:2]
        small = cv2.resize(mask, (64, 64), interpolation=cv2.INTER_NEAREST)
        away = np.abs(small - theirs[f"{name}/person"] / 255)
        assert np.percentile(away, 95) < 0.01  # in the wide picture, places that lie between two are rounded otherwise
        assert away.mean() < 0.002


@pytest.mark.corpus
def test_portraits_are_read_as_they_read_them(corpus: Path, theirs: Mapping[str, Any]) -> None:
    names = sorted(
        name.split("/")[1] for name in theirs if name.startswith("portraits/") and name.endswith("landmarks")
    )
    away: list[FloatArray] = []
    for name in names:
        image = read_image(corpus / "portraits" / name)
        shrink = min(1.0, _LARGEST / max(image.shape[:2]))
        if shrink < 1.0:
            image = cv2.resize(image, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
        wanted = theirs[f"portraits/{name}/landmarks"] / 32
        faces = read_faces([image])[0]
        assert len(faces) == len(wanted), name
        away += [distances(found, face) for found, face in zip(faces, wanted)]
        small = cv2.resize(segment_people([image])[0], (32, 32), interpolation=cv2.INTER_NEAREST)
        assert np.abs(small - theirs[f"portraits/{name}/person"] / 255).mean() < 0.01, name
    assert len(away) >= 20
    assert np.median(away) < 0.15
    assert np.percentile(away, 99) < 0.5


def test_many_pictures_at_once_are_read_as_one_by_one(views: list[ImageArray]) -> None:
    many = [views[number % 3] for number in range(20)]
    for image, faces in zip(many, read_faces(many)):
        np.testing.assert_allclose(faces, read_faces([image])[0], atol=0.01)
    assert read_faces([]) == []
    assert detect_faces([]) == []
    assert segment_people([]) == []


def test_no_face_is_no_error(views: list[ImageArray]) -> None:
    empty, face = read_faces([np.full((90, 120, 3), 128, np.uint8), views[0]], most=8)
    assert empty.shape == (0, 478, 3)
    assert face.shape == (1, 478, 3)
    square = np.array([[60.0, 45.0, 80.0, 0.0]])
    assert not read_squares([np.full((90, 120, 3), 128, np.uint8)], square)[1].any()


def test_threads_do_not_disturb_each_other(views: list[ImageArray]) -> None:
    alone = read_faces([views[0]])[0]
    square = squares_of_landmarks(alone)

    def read(number: int) -> list[FloatArray]:
        return [
            read_faces([views[0]])[0],
            detect_faces([views[number % 3]])[0].boxes,
            read_squares([views[0]], square)[0],
        ]

    with ThreadPoolExecutor(3) as pool:
        for faces, _, _ in pool.map(read, range(12)):
            np.testing.assert_allclose(faces, alone, atol=0.01)
