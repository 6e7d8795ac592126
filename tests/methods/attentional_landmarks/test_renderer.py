"""Motion to pictures."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from talkinghead.face.landmarks import INNER_LIP_CONTOUR, LEFT_EYE_CONTOUR
from talkinghead.face.pose import head_landmarks
from talkinghead.methods.attentional_landmarks.config import CONFIGS
from talkinghead.methods.attentional_landmarks.ltv import LandmarksToVideo
from talkinghead.methods.attentional_landmarks.renderer import AttentionalRenderer
from talkinghead.rendering.mouth import Fill, MouthFrame
from talkinghead.rendering.rig import Rig, build_rig
from talkinghead.rendering.warp import WarpRenderer
from talkinghead.types import Frames, ImageArray, Motion, Portrait


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


def sharp(portrait: Portrait, factor: float) -> Portrait:
    """The same portrait in a picture so many times as large, with stripes of 2 px on it."""
    size = (np.array(portrait.frames.size) * factor).round().astype(int)
    image = cv2.resize(portrait.frames.images[0], size, interpolation=cv2.INTER_CUBIC)
    striped = image.astype(int) + np.where(np.arange(size[1]) % 4 < 2, 20, -20)[:, None, None]
    track = portrait.track
    track = replace(track, landmarks=track.landmarks * factor, scale=track.scale * factor)
    return Portrait(Frames(striped.clip(0, 255).astype(np.uint8)[None], 25.0), track)


def test_what_is_copied_is_as_fine_as_the_portrait(calm: Portrait) -> None:
    large = sharp(calm, 0.5)
    torch.manual_seed(0)
    network = LandmarksToVideo(CONFIGS["tiny"].video)
    with torch.no_grad():
        network.flow.weight.zero_()
        network.flow.bias.zero_()
        network.out.weight.zero_()
        network.out.bias.zero_()
        network.out.bias[12:] = 20.0  # all is copied
    frame = next(iter(AttentionalRenderer(network).render(still(large, 1), large))).images[0]
    mesh = large.track.landmarks[0, :468, :2]
    (left, top), (right, bottom) = mesh.min(axis=0).astype(int), mesh.max(axis=0).astype(int)
    face = np.s_[top:bottom, left:right]
    assert np.abs(frame[face].astype(int) - large.frames.images[0][face]).mean() < 10


class Green:
    """Fills mouths with a colour, green if no other is given."""

    def __init__(self, *colour: int) -> None:
        self.colour = colour or (0, 255, 0)

    def prepare(self, image: ImageArray, rig: Rig, frame: MouthFrame) -> Fill:
        return Fill(lambda outlines: np.full((len(outlines), 48, 64, 3), self.colour, np.uint8))


def test_the_filler_fills_what_the_lips_leave_open(renderer: AttentionalRenderer, calm: Portrait) -> None:
    motion = still(calm, 10)
    landmarks = motion.landmarks.copy()
    landmarks[3:, [56, 57, 58, 65, 66, 67], 1] += 0.2
    motion = replace(motion, landmarks=landmarks)
    other, painted = (
        np.concatenate([chunk.images for chunk in AttentionalRenderer(renderer.network, filler).render(motion, calm)])
        for filler in (Green(255, 0, 255), Green())
    )
    changed = (other != painted).any(axis=-1)
    assert not changed[:3].any()
    lips = build_rig(calm).place(motion)[0][3:, INNER_LIP_CONTOUR, :2]
    for image, where, contour in zip(painted[3:], changed[3:], lips, strict=True):
        x, y = contour.mean(axis=0).round().astype(int)
        assert tuple(image[y, x]) == (0, 255, 0)
        rows, columns = np.nonzero(where)
        low, high = contour.min(axis=0) - 3, contour.max(axis=0) + 3
        assert low[0] < columns.min() <= columns.max() < high[0]
        assert low[1] < rows.min() <= rows.max() < high[1]


def test_lids_close_where_the_mouth_is_filled(renderer: AttentionalRenderer, calm: Portrait) -> None:
    motion = replace(still(calm, 2), blink=np.array([0.0, 1.0]))
    filled = AttentionalRenderer(renderer.network, Green())
    opened, shut = next(iter(filled.render(motion, calm))).images.astype(int)
    warp = WarpRenderer(Green(), Green())
    _, wanted = next(iter(warp.render(motion, calm))).images.astype(int)
    x, y = build_rig(calm).source[LEFT_EYE_CONTOUR].mean(axis=0).round().astype(int)
    eye = np.s_[y - 3 : y + 4, x - 6 : x + 7]
    assert np.abs(shut - wanted)[eye].mean() < 3
    assert np.abs(opened - wanted)[eye].mean() > 10
    mouth = build_rig(calm).source[INNER_LIP_CONTOUR].mean(axis=0).round().astype(int)
    np.testing.assert_array_equal(opened[mouth[1] :], shut[mouth[1] :])


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
