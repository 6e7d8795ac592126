"""How turned and masked faces are counted: what each outcome is, which pictures count, and what the page says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from benchmarks.orientation import CHOSEN_ON, MASKS, TURNS, Seen, Variant, judge, measure, summarise, table, turn

from benchmarks import orientation
from talkinghead.errors import InputError, announce
from talkinghead.face.landmarks import canonical_face
from talkinghead.types import FloatArray, ImageArray

KINDS = (*map(str, TURNS), *MASKS)
FITTED = CHOSEN_ON[0]


@pytest.fixture
def mesh() -> FloatArray:
    """(478, 3) px of a face whose eyes are 80 px apart."""
    return np.asarray(canonical_face()[0] * 80.0 + 150.0)


@pytest.mark.parametrize(
    ("away", "said", "outcome"),
    [
        (0.2, (), "right"),
        (0.2, ("the head lies on its side",), "right, and said"),
        (0.3, (), "wrong without a word"),
        (0.3, ("the face is hard to read",), "wrong, and said"),
    ],
)
def test_landmarks_are_misplaced_from_a_quarter_of_an_eye_distance(
    mesh: FloatArray, away: float, said: tuple[str, ...], outcome: str
) -> None:
    assert judge(Seen(mesh + np.array([80 * away, 0, 0]), said, ""), mesh) == outcome


def test_a_refusal_is_told_from_a_face_that_is_not_found(mesh: FloatArray) -> None:
    assert judge(Seen(None, (), "no face was found: give a picture"), mesh) == "not found"
    assert judge(Seen(None, (), "the mouth is covered, so that nobody could see it speak"), mesh) == "refused"


@pytest.mark.parametrize("degrees", [30, 90, 180, 300])
def test_landmarks_turn_with_the_picture(degrees: int) -> None:
    image = np.zeros((120, 200, 3), np.uint8)
    image[30:33, 150:153] = 255
    turned, (point,) = turn(image, np.array([[151.0, 31.0, 5.0]]), degrees)
    rows, columns = np.nonzero(turned[..., 0] > 200)
    np.testing.assert_allclose(point, [columns.mean(), rows.mean(), 5.0], atol=0.6)
    assert turned[point[1].astype(int), point[0].astype(int)].min() > 128


def test_a_quarter_turns_clockwise_and_cuts_nothing_off() -> None:
    turned, (point,) = turn(np.zeros((120, 200, 3), np.uint8), np.array([[150.0, 20.0, 0.0]]), 90)
    assert turned.shape == (200, 120, 3)
    np.testing.assert_allclose(point[:2], (99.0, 150.0))


def test_each_picture_is_turned_and_masked(monkeypatch: pytest.MonkeyPatch, mesh: FloatArray) -> None:
    def find_mesh(image: ImageArray) -> tuple[FloatArray, bool]:
        if image[0, 0, 0] == 1:
            raise InputError("no face was found: give a picture in which one is clearly visible.")
        if image[0, 0, 0] == 2:
            announce("the head stands on its top.")
        if image[0, 0, 0] == 3:
            raise InputError("the mouth is covered.")
        return mesh, False

    def vary(image: ImageArray, mesh: FloatArray) -> list[Variant]:
        return [Variant(kind, image + np.uint8(k % 4), mesh) for k, kind in enumerate(KINDS)]

    pictures = {"seen": np.zeros((2, 2, 3), np.uint8), "unseen": np.ones((2, 2, 3), np.uint8)}
    monkeypatch.setattr(orientation, "find_mesh", find_mesh)
    monkeypatch.setattr(orientation, "vary", vary)
    monkeypatch.setattr(orientation, "read_pictures", lambda corpus: pictures)
    result = measure(Path())
    assert result["unseen"] == {}
    assert list(result["seen"]) == list(KINDS)
    assert list(result["seen"].values())[:5] == ["right", "not found", "right, and said", "refused", "right"]


def test_counts_are_kept_apart_by_what_was_fitted_on() -> None:
    right, wrong = dict.fromkeys(KINDS, "right"), dict.fromkeys(KINDS, "wrong without a word")
    result = {"a": right, "b": {**right, "180": "wrong, and said", "blue": "refused"}, FITTED: wrong, "c": {}}
    summary = summarise(result)
    assert summary["refused upright"] == ["c"]
    others, fitted = summary["counts"]["others"], summary["counts"]["fitted on"]
    assert others["180"] == {"right": 1, "wrong, and said": 1}
    assert others["blue"] == {"right": 1, "refused": 1}
    assert others["0"] == {"right": 2}
    assert all(fitted[kind] == {"wrong without a word": 1} for kind in KINDS)


def test_the_page_gives_numbers_and_shares() -> None:
    right = dict.fromkeys(KINDS, "right")
    result = {"a": right, "b": {**right, "180": "wrong, and said", "blue": "refused", "black": "refused"}, "c": {}}
    page = table(summarise(result))
    assert "| turned by 180° | 1 | 0 | 1 | 0 | 0 | 0 |" in page
    assert "| mask, blue | 1 | 0 | 0 | 1 | 0 | 0 |" in page
    assert "| all turned (24) | 95.8 % | 0.0 % | 4.2 % | 0.0 % | 0.0 % | 0.0 % |" in page
    assert "| all mask (8) | 75.0 % | 0.0 % | 0.0 % | 25.0 % | 0.0 % | 0.0 % |" in page
    assert "| all turned (0) | 0.0 % |" in page  # of those that were fitted on
    assert page.rstrip().endswith("Not read although upright, and left out: c.")
