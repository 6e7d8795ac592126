"""Seams: faces pasted with hard and soft edges."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from talkinghead.face.landmarks import FACE_OVAL
from talkinghead.metrics.seam import seam_visibility
from talkinghead.types import FloatArray, ImageArray, Portrait


def pasted(portrait: Portrait, shift: float, *, scale: float = 1.1, feather: float = 0.0) -> ImageArray:
    """The portrait's picture with a lighter or darker face."""
    image, outline = portrait.frames.images[0], portrait.track.landmarks[0, FACE_OVAL, :2]
    middle = outline.mean(axis=0)
    mask = np.zeros(image.shape[:2], np.float32)
    cv2.fillPoly(mask, [(middle + scale * (outline - middle)).round().astype(np.int32)], 1.0)
    mask = cv2.GaussianBlur(mask, (0, 0), feather) if feather else mask
    return np.clip(image + shift * mask[..., None], 0, 255).round().astype(np.uint8)


def visibility(portrait: Portrait, *images: ImageArray) -> FloatArray:
    """The measure of several pictures of one portrait."""
    return seam_visibility(np.stack(images), np.repeat(portrait.track.landmarks, len(images), axis=0))


@pytest.fixture(params=["drawn_portrait", "calm", "smiling"])
def portrait(request: pytest.FixtureRequest) -> Portrait:
    """Drawn, drawn with grain, photo."""
    found: Portrait = request.getfixturevalue(request.param)
    return found


def test_an_untouched_picture_has_none(portrait: Portrait) -> None:
    assert visibility(portrait, portrait.frames.images[0])[0] < 1.0


def test_grows_with_the_step(portrait: Portrait) -> None:
    series = visibility(portrait, *[pasted(portrait, shift) for shift in (0, 10, 20, 40)])
    assert (np.diff(series) > 0).all()
    assert series[2] > 7
    darker = visibility(portrait, pasted(portrait, -20))[0]
    assert darker > 7


def test_a_feathered_edge_is_less_visible(portrait: Portrait) -> None:
    hard, soft, softer = visibility(portrait, *[pasted(portrait, 20, feather=width) for width in (0, 1.5, 6)])
    assert hard > 2 * soft
    assert soft >= softer
    assert softer < 1.0


@pytest.mark.parametrize("scale", [0.95, 1.0, 1.2, 1.28])
def test_wherever_around_the_face(portrait: Portrait, scale: float) -> None:
    assert visibility(portrait, pasted(portrait, 25, scale=scale))[0] > 7


def test_a_brighter_picture_is_not_a_seam(drawn_portrait: Portrait) -> None:
    brighter = np.clip(drawn_portrait.frames.images[0].astype(int) + 20, 0, 255).astype(np.uint8)
    assert visibility(drawn_portrait, brighter)[0] < 1.0


def test_a_face_that_hangs_over_the_edge(drawn_portrait: Portrait) -> None:
    image, landmarks = pasted(drawn_portrait, 20), drawn_portrait.track.landmarks
    cut = np.ascontiguousarray(image[:, 128:])
    half = seam_visibility(cut[None], landmarks - [128, 0, 0])
    assert half[0] > 7
    gone = seam_visibility(cut[None], landmarks - [600, 0, 0])
    assert np.isnan(gone[0])


def test_other_shapes_are_refused(drawn_portrait: Portrait) -> None:
    images, landmarks = drawn_portrait.frames.images, drawn_portrait.track.landmarks
    with pytest.raises(ValueError, match="need images"):
        seam_visibility(images[0], landmarks)
    with pytest.raises(ValueError, match="need images"):
        seam_visibility(images, landmarks[:, :68])
