"""What renderers keep of portraits, measured on pictures of which it is known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from benchmarks.likeness import MEASURES, MOMENTS, Ruler, moments, render_moments, summarise, table

from talkinghead.face.rest import lip_gap
from talkinghead.methods import get_renderer
from talkinghead.types import ImageArray, Portrait


@pytest.fixture(scope="module")
def warped(drawn_portrait: Portrait) -> ImageArray:
    return render_moments(get_renderer("warp"), drawn_portrait)


def test_the_moments_are_what_they_are_called(drawn_portrait: Portrait) -> None:
    motion = moments(drawn_portrait)
    shut, wide, blink, turned = range(len(MOMENTS))
    gaps = lip_gap(motion.landmarks)
    assert gaps[shut] == gaps[blink] < 0.02
    assert gaps[wide] == pytest.approx(gaps[shut] + 0.24, abs=0.02)
    assert motion.blink.tolist() == [0, 0, 1, 0]
    assert np.flatnonzero(np.abs(motion.rotation).max(axis=1)).tolist() == [turned]


def test_who_draws_as_the_reference_does_is_as_sharp(drawn_portrait: Portrait, warped: ImageArray) -> None:
    scores = Ruler(drawn_portrait, warped).scores(warped)
    assert set(scores) == set(MEASURES)
    assert scores["sharpness of the face"] == scores["sharpness around the face"] == 1.0
    assert scores["colour of the lips, shut"] < 3


def test_a_blur_and_a_tint_are_seen(drawn_portrait: Portrait, warped: ImageArray) -> None:
    ruler = Ruler(drawn_portrait, warped)
    before = ruler.scores(warped)
    blurred = ruler.scores(np.stack([cv2.GaussianBlur(image, (0, 0), 3) for image in warped]))
    assert blurred["sharpness of the face"] < 0.5
    purple = np.clip(warped + np.array([40.0, -20.0, 40.0]), 0, 255).astype(np.uint8)
    tinted = ruler.scores(purple)
    for name in MEASURES[:3]:
        assert tinted[name] > before[name] + 10


def test_medians_and_the_worst_tenth() -> None:
    rows = {f"{k}": {name: float(k) for name in MEASURES} for k in range(11)}
    found = summarise({"warp": rows})["warp"]
    assert found["pictures"] == 11
    assert found["seam"] == [5.0, 9.0]
    assert found["sharpness of the face"] == [5.0, 1.0]
    assert "| warp (11) | 5.00 (9.00) |" in table({"warp": found})
