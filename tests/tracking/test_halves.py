"""Faces of which half is hidden."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from talkinghead.media.joined import ArrayVideo
from talkinghead.tracking.halves import half_is_hidden
from talkinghead.tracking.portrait import portrait_from_reference
from talkinghead.types import FloatArray, Frames, ImageArray, Portrait, Reference


def hide(image: ImageArray, mesh: FloatArray, side: int) -> ImageArray:
    """The picture with a hand's plain skin over the left or the right half of a face."""
    hidden, middle = image.copy(), int(mesh[168, 0])
    columns = slice(None, middle) if side < 0 else slice(middle, None)
    hidden[:, columns] = np.random.default_rng(0).normal((170, 130, 110), 3, hidden[:, columns].shape).clip(0, 255)
    return hidden


def test_a_whole_face_is_no_half(calm: Portrait) -> None:
    assert not half_is_hidden(calm.picture, calm.mesh)
    assert not half_is_hidden(calm.picture // 3, calm.mesh)
    assert not half_is_hidden(np.full_like(calm.picture, 90), calm.mesh)  # nothing is known


@pytest.mark.parametrize("side", [-1, 1])
def test_a_hidden_half_is_found(calm: Portrait, side: int) -> None:
    assert half_is_hidden(hide(calm.picture, calm.mesh, side), calm.mesh)


@pytest.mark.parametrize("hidden", [False, True])
def test_a_reference_that_shows_half_of_the_face_is_announced(
    calm: Portrait, caplog: pytest.LogCaptureFixture, hidden: bool
) -> None:
    picture = hide(calm.picture, calm.mesh, 1) if hidden else calm.picture
    track = replace(calm.track[calm.best : calm.best + 1][np.zeros(30, int)], expression=None, gaze=None)
    video = ArrayVideo(Frames(np.repeat(picture[None], len(track), axis=0), track.fps))
    portrait_from_reference(Reference(video, track), drawing=False)
    assert ("half of the face is hidden" in caplog.text) == hidden
