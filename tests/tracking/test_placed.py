"""Landmarks by hand: their file, and the portrait that they make."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drawn import drawn_face
from talkinghead.errors import InputError
from talkinghead.face.landmarks import MESH_OF_68
from talkinghead.face.placed import mean_face_in
from talkinghead.media import read_image
from talkinghead.tracking.placed import (
    Placed,
    automatic_landmarks,
    portrait_from_placed,
    read_placed,
    save_placed,
)
from talkinghead.types import ImageArray, Portrait

SIZE = (256, 256)


@pytest.fixture
def placed() -> Placed:
    """The mean face in the middle, with both shapes of the mouth."""
    points = mean_face_in(SIZE)
    return Placed(SIZE, points, points + 1.0, points - 1.0)


def test_saved_and_read_again(placed: Placed, tmp_path: Path) -> None:
    path = save_placed(placed, tmp_path / "face.json")
    content = json.loads(path.read_text())
    assert content["format"] == 1
    assert content["picture"] == [256, 256]
    again = read_placed(path, SIZE)
    for name in ("points", "closed", "open"):
        np.testing.assert_allclose(getattr(again, name), getattr(placed, name), atol=0.006)
    alone = read_placed(save_placed(replace(placed, closed=None, open=None), path, overwrite=True), SIZE)
    assert alone.closed is None
    assert alone.open is None


def test_an_older_file_is_not_replaced_unasked(placed: Placed, tmp_path: Path) -> None:
    path = tmp_path / "face.json"
    path.write_text("old")
    with pytest.raises(InputError, match="appeared"):
        save_placed(placed, path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def changed(placed: Placed, **changes: Any) -> str:
    return json.dumps({**placed.as_json(), **changes})


POINTS = mean_face_in(SIZE).tolist()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 2}, 'no file of landmarks with "format": 1'),
        ({"picture": [300, 200]}, "a picture of 300 x 200 px and FACE has 256 x 256 px"),
        ({"picture": "large"}, "a picture of unknown size"),
        ({"points": POINTS[:67]}, 'has 67 points in "points": a face has 68'),
        ({"points": None}, 'has 0 points in "points"'),
        ({"closed": POINTS + POINTS[:1]}, 'has 69 points in "closed"'),
        ({"points": [*POINTS[:67], [1, "two"]]}, "not two numbers"),
        ({"points": [*POINTS[:67], [1, 2, 3]]}, "not two numbers"),
        ({"points": [*POINTS[:67], [1, float("nan")]]}, "NaN is not a number"),
        ({"points": [*POINTS[:67], [1, 10**400]]}, "a number of 401 digits is too large"),
        ({"points": [*POINTS[:67], [1, 10**19]]}, "outside the picture"),
        ({"points": [*POINTS[:66], [1, 256], [-1, 3]]}, 'has 2 points in "points" outside .* number 67'),
        ({"open": [[5, 5]] * 68}, 'eye corners on each other in "open"'),
    ],
)
def test_what_no_face_can_be_is_refused(placed: Placed, tmp_path: Path, changes: Any, message: str) -> None:
    path = tmp_path / "face.json"
    path.write_text(changed(placed, **changes))
    with pytest.raises(InputError, match=message) as caught:
        read_placed(path, SIZE)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe\x00", b"[" * 100_000, b" " * 1_000_001])
def test_what_is_no_file_of_landmarks(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "face.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match="is damaged or not a file of landmarks"):
        read_placed(path, SIZE)


def test_the_tracker_s_own_landmarks_make_the_tracker_s_portrait(drawn_portrait: Portrait) -> None:
    image = drawn_portrait.frames.images[0]
    points = automatic_landmarks(image)
    np.testing.assert_allclose(points, drawn_portrait.track.landmarks[0, MESH_OF_68, :2], atol=1e-9)
    portrait = portrait_from_placed(image, Placed(SIZE, points))
    np.testing.assert_allclose(portrait.track.rotation, drawn_portrait.track.rotation, atol=0.12)
    np.testing.assert_allclose(portrait.track.landmarks[0, MESH_OF_68, :2], points, atol=1e-6)
    assert portrait.drawing is drawn_portrait.drawing
    assert portrait.person is not None


def test_points_placed_elsewhere_win_over_the_face_that_is_seen(drawn_portrait: Portrait) -> None:
    points = automatic_landmarks(drawn_portrait.frames.images[0]) + np.array([3, -8])
    portrait = portrait_from_placed(drawn_portrait.frames.images[0], Placed(SIZE, points))
    np.testing.assert_allclose(portrait.track.landmarks[0, MESH_OF_68, :2], points, atol=1e-6)


def blob() -> ImageArray:
    """(256, 256, 3) a disc in which nobody sees a face."""
    rows, columns = np.mgrid[:256, :256]
    image = np.full((256, 256, 3), (30, 60, 200), np.uint8)
    image[np.hypot(rows - 128, columns - 128) < 90] = (240, 200, 30)
    return image


def test_where_no_face_is_seen_the_mean_face_is_bent_and_it_is_a_drawing(placed: Placed) -> None:
    with pytest.raises(InputError, match="no face was found"):
        automatic_landmarks(blob())
    portrait = portrait_from_placed(blob(), placed)
    assert portrait.drawing is True
    np.testing.assert_allclose(portrait.track.landmarks[0, MESH_OF_68, :2], placed.points, atol=1e-6)
    np.testing.assert_allclose(portrait.track.rotation, 0, atol=0.02)
    assert portrait_from_placed(blob(), placed, drawing=False).drawing is False


def test_landmarks_of_another_picture(placed: Placed) -> None:
    with pytest.raises(ValueError, match="a picture of"):
        portrait_from_placed(drawn_face(128).image, placed)


@pytest.mark.corpus
def test_a_drawing_in_which_no_face_is_found(corpus: Path) -> None:
    image = read_image(corpus / "portraits" / "MakeItTalk__bluehead.jpg")
    size = (image.shape[1], image.shape[0])
    with pytest.raises(InputError, match="no face was found"):
        automatic_landmarks(image)
    assert portrait_from_placed(image, Placed(size, mean_face_in(size))).drawing
