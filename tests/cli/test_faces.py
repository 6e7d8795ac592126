"""Faces as people photograph them, through the real command: masked, and upside down."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from benchmarks.orientation import MASKS, paint_mask
from PIL import Image

from cli.command import Run
from talkinghead.face.pose import head_landmarks
from talkinghead.face.rest import lip_gap
from talkinghead.media import VideoReader
from talkinghead.tracking.find import find_faces
from talkinghead.tracking.track import track_faces
from talkinghead.types import ImageArray


@pytest.fixture
def photo(astronaut: ImageArray) -> ImageArray:
    """(256, 256, 3) a head."""
    return astronaut[:256, 96:352].copy()


def save(image: ImageArray, path: Path) -> Path:
    Image.fromarray(image).save(path)
    return path


def test_a_masked_face_is_refused(photo: ImageArray, tmp_path: Path, speech: Path, refused: Callable[..., str]) -> None:
    masked = save(paint_mask(photo, find_faces(photo)[0], MASKS["blue"]), tmp_path / "masked.png")
    sentence = refused(
        *("animate", masked, speech, "-o", tmp_path / "out" / "out.mp4"),
        names=masked,
        remedy="give a picture that shows it, or place the landmarks by hand with talkinghead landmarks --edit",
    )
    assert "the mouth is covered" in sentence


def test_a_face_upside_down_speaks_upside_down_and_it_is_said(
    photo: ImageArray, tmp_path: Path, speech: Path, out: Path, run: Run
) -> None:
    turned = save(np.ascontiguousarray(photo[::-1, ::-1]), tmp_path / "turned.png")
    outcome = run("animate", turned, speech, "-o", out)
    assert outcome.code == 0, outcome
    assert "the head stands on its top, turned by " in outcome.stderr
    track = track_faces(VideoReader(out).chunks())
    assert track.found.all()
    assert (np.abs(np.degrees(track.rotation[:, 2])) > 150).all()
    assert np.ptp(lip_gap(head_landmarks(track))) > 0.03
