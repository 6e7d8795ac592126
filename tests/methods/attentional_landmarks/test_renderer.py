"""Motion to pictures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from talkinghead.face.pose import head_landmarks
from talkinghead.methods.attentional_landmarks.config import CONFIGS
from talkinghead.methods.attentional_landmarks.ltv import LandmarksToVideo
from talkinghead.methods.attentional_landmarks.renderer import AttentionalRenderer
from talkinghead.types import Motion, Portrait


@pytest.fixture
def renderer() -> AttentionalRenderer:
    """With random weights."""
    torch.manual_seed(0)
    return AttentionalRenderer(LandmarksToVideo(CONFIGS["tiny"].video))


def still(portrait: Portrait, count: int) -> Motion:
    rest = head_landmarks(portrait.track[:1])[0]
    zeros = np.zeros((count, 3))
    return Motion(25.0, np.repeat(rest[None], count, axis=0), zeros, zeros, np.zeros(count), rest)


def test_as_many_frames_as_rows(renderer: AttentionalRenderer, calm: Portrait) -> None:
    chunks = list(renderer.render(still(calm, 19), calm))
    assert sum(len(chunk) for chunk in chunks) == 19
    assert max(len(chunk) for chunk in chunks) <= 8
    assert {chunk.size for chunk in chunks} == {calm.frames.size}
    first = chunks[0].images[0]
    assert all(np.array_equal(first, image) for chunk in chunks for image in chunk.images)


def test_what_moves_is_seen(renderer: AttentionalRenderer, calm: Portrait) -> None:
    motion = still(calm, 2)
    landmarks = motion.landmarks.copy()
    landmarks[1, 55:60, 1] += 0.2
    landmarks[1, 65:68, 1] += 0.2
    opened = next(iter(renderer.render(replace(motion, landmarks=landmarks), calm))).images
    assert not np.array_equal(opened[0], opened[1])
    turned = replace(motion, rotation=np.array([[0.0, 0, 0], [0.0, 0.2, 0]]))
    frames = next(iter(renderer.render(turned, calm))).images
    assert not np.array_equal(frames[0], frames[1])


def test_attention_can_be_shown(renderer: AttentionalRenderer, calm: Portrait) -> None:
    chunks = list(renderer.attention(still(calm, 10), calm))
    assert sum(len(chunk) for chunk in chunks) == 10
    image = chunks[0].images[0]
    assert image.shape == (64, 64, 3)
    np.testing.assert_array_equal(image[..., 0], image[..., 1])
    assert image.min() < image.max()


def test_a_sheet_shows_the_head_and_the_attention_at_six_moments(renderer: AttentionalRenderer, calm: Portrait) -> None:
    motion = still(calm, 10)
    sheet = renderer.shows["attention"](motion, calm)
    assert sheet.shape == (64, 7 * 64, 3)
    assert sheet.dtype == np.uint8
    maps = next(renderer.attention(motion[:1], calm)).images[0]
    np.testing.assert_array_equal(sheet[:, -64:], maps)
    assert not np.array_equal(sheet[:, :64], maps)


def test_without_attention_there_is_none_to_show() -> None:
    config = replace(CONFIGS["tiny"].video, attention=False)
    assert AttentionalRenderer(LandmarksToVideo(config)).shows == {}
