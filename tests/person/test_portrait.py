"""A person's picture on disk."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from talkinghead.errors import InputError
from talkinghead.person.portrait import DETAILS, PICTURE, load_portrait, save_portrait
from talkinghead.types import Portrait


def test_a_portrait_comes_back_as_it_was(calm: Portrait, tmp_path: Path) -> None:
    person = np.linspace(0, 1, calm.size[0] * calm.size[1], dtype=np.float32).reshape(calm.size[::-1])
    gaze = np.array([[0.1, -0.2]])
    portrait = dataclasses.replace(calm, person=person, track=dataclasses.replace(calm.track, gaze=gaze))
    save_portrait(portrait, tmp_path)
    found = load_portrait(tmp_path)
    np.testing.assert_array_equal(found.picture, portrait.picture)
    np.testing.assert_array_equal(found.landmarks, portrait.landmarks)
    assert found.person is not None
    np.testing.assert_allclose(found.person, person, atol=1 / 255)
    assert found.track.gaze is not None
    np.testing.assert_array_equal(found.track.gaze, gaze)
    assert found.track.expression is None
    assert found.drawing == portrait.drawing
    assert sorted(path.name for path in tmp_path.iterdir()) == [DETAILS, PICTURE]


@pytest.mark.parametrize("cut_to", [0, 100])
def test_what_was_cut_off_is_said(calm: Portrait, tmp_path: Path, cut_to: int) -> None:
    save_portrait(calm, tmp_path)
    path = tmp_path / DETAILS
    path.write_bytes(path.read_bytes()[:cut_to])
    with pytest.raises(InputError, match="prepare the person again"):
        load_portrait(tmp_path)
    path.unlink()
    with pytest.raises(InputError, match="prepare the person again"):
        load_portrait(tmp_path)
