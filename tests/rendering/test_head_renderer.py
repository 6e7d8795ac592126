"""The shell of renderers whose network draws a head, around a network that is made up."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from talkinghead.face.landmarks import INNER_LIP_CONTOUR, LEFT_EYE_CONTOUR, RIGHT_EYE_CONTOUR
from talkinghead.rendering.head_renderer import Head, draw_batches, render_heads, split_motion
from talkinghead.rendering.levels import as_colours
from talkinghead.rendering.mouth import FlatFiller
from talkinghead.rendering.moved_head import Drawing
from talkinghead.rendering.rig import build_rig
from talkinghead.types import FloatArray, Frames, ImageArray, Motion, Portrait

Still = Callable[..., Motion]


class Copying:
    """Draws the head as it is; notes what it is given."""

    def __init__(self, size: int = 64, *, batch: int = 3) -> None:
        self.size, self.batch = size, batch
        self.heads: list[Head] = []
        self.drawn: list[FloatArray] = []
        self.modes: set[bool] = set()
        self._lock = threading.Lock()

    def encode(self, head: Head) -> Tensor:
        """The picture."""
        self.heads.append(head)
        self.modes.add(torch.is_inference_mode_enabled())
        return as_colours(torch.from_numpy(head.picture[None]))

    def draw(self, encoded: Tensor, landmarks: FloatArray) -> Drawing:
        """The picture again and again, moved nowhere."""
        with self._lock:
            self.drawn.append(landmarks)
        self.modes.add(torch.is_inference_mode_enabled())
        field = torch.zeros(len(landmarks), 2, self.size // 4, self.size // 4)
        return Drawing(encoded.expand(len(landmarks), -1, -1, -1), field)


def joined(chunks: list[Frames]) -> ImageArray:
    return np.concatenate([chunk.images for chunk in chunks])


def test_the_head_is_encoded_once_and_drawn_in_batches_of_one_size(calm: Portrait, still: Still) -> None:
    drawer = Copying()
    chunks = list(render_heads(drawer, still(calm, 21), calm))
    assert [len(chunk) for chunk in chunks] == [8, 8, 5]
    assert {chunk.size for chunk in chunks} == {calm.size}
    assert len(drawer.heads) == 1
    assert {len(landmarks) for landmarks in drawer.drawn} == {3}
    assert len(drawer.drawn) == 1 + 3 + 3 + 2  # first the portrait as it is
    assert drawer.modes == {True}
    head = drawer.heads[0]
    assert head.picture.shape == (64, 64, 3)
    np.testing.assert_allclose(drawer.drawn[0][0], head.landmarks, atol=1e-6)
    assert (head.landmarks > 0).all()
    assert (head.landmarks < 64).all()


def test_without_motion_the_head_is_the_portraits_own(calm: Portrait, still: Still) -> None:
    frames = joined(list(render_heads(Copying(), still(calm, 2), calm)))
    x, y = calm.mesh[:468, :2].round().astype(int).T
    np.testing.assert_array_equal(frames[:, y, x], np.repeat(calm.picture[None, y, x], 2, axis=0))


@pytest.mark.parametrize("closing", [True, False])
def test_who_closes_the_eyes(calm: Portrait, still: Still, closing: bool) -> None:
    drawer, blinking = Copying(), still(calm, 1, blink=np.ones(1))
    plain, shut = (
        joined(list(render_heads(drawer, motion, calm, closing=closing))) for motion in (still(calm, 1), blinking)
    )
    x, y = build_rig(calm).source[LEFT_EYE_CONTOUR].mean(axis=0).round().astype(int)
    assert (plain[0, y, x] != shut[0, y, x]).any() == closing
    shown = [landmarks[0] for landmarks in drawer.drawn[1::2]]
    assert np.allclose(shown[0], shown[1]) == closing


@pytest.mark.parametrize("closing", [False, True])
def test_eyes_turn_where_the_lids_are_the_portraits(calm: Portrait, still: Still, closing: bool) -> None:
    straight, ahead, aside = (
        joined(list(render_heads(Copying(), still(calm, 1, gaze=gaze), calm, closing=closing)))[0].astype(int)
        for gaze in (None, np.zeros((1, 2)), np.array([[0.4, 0.0]]))
    )
    np.testing.assert_array_equal(straight, ahead)
    changed = np.argwhere((straight != aside).any(axis=-1))[:, ::-1]
    assert bool(len(changed)) == closing
    eyes = build_rig(calm).source[np.concatenate([LEFT_EYE_CONTOUR, RIGHT_EYE_CONTOUR]), :2]
    assert (changed >= eyes.min(axis=0) - 3).all()
    assert (changed <= eyes.max(axis=0) + 3).all()


def test_a_filler_paints_the_mouth(calm: Portrait, still: Still, opening: Callable[..., FloatArray]) -> None:
    motion = still(calm, 1, landmarks=opening(calm, np.array([0.25])))
    plain, filled = (
        joined(list(render_heads(Copying(), motion, calm, filler=filler))) for filler in (None, FlatFiller())
    )
    lips = build_rig(calm).place(motion)[0][0, INNER_LIP_CONTOUR, :2]
    x, y = lips.mean(axis=0).round().astype(int)
    assert np.abs(plain[0, y, x].astype(int) - filled[0, y, x]).max() > 30
    changed = np.argwhere((plain != filled).any(axis=-1)[0])[:, ::-1]
    assert (changed >= lips.min(axis=0) - 4).all()
    assert (changed <= lips.max(axis=0) + 4).all()


def test_the_background_is_the_portraits(calm: Portrait, still: Still) -> None:
    turned = still(calm, 1, rotation=np.array([[0.0, 0.2, 0.0]]))
    portrait = replace(calm, person=None) if calm.person is None else calm
    frames = joined(list(render_heads(Copying(), turned, portrait)))
    np.testing.assert_array_equal(frames[0, :8, :8], calm.picture[:8, :8])


def test_batches_are_filled_up_with_the_last_row() -> None:
    seen: list[FloatArray] = []

    def draw(landmarks: FloatArray) -> Tensor:
        seen.append(landmarks)
        return torch.from_numpy(landmarks[:, :1, :1, None] / 127.5 - 1).expand(-1, 3, 4, 4)

    landmarks = np.arange(5.0)[:, None, None] * np.ones((5, 68, 2))
    pictures = draw_batches(draw, landmarks, size=3)
    assert pictures.shape == (5, 4, 4, 3)
    assert pictures[:, 0, 0, 0].tolist() == [0, 1, 2, 3, 4]
    assert [rows[:, 0, 0].tolist() for rows in seen] == [[0, 1, 2], [3, 4, 4]]


def test_pieces_of_a_motion(calm: Portrait, still: Still) -> None:
    assert [len(rows) for rows in split_motion(still(calm, 17))] == [8, 8, 1]
    assert list(split_motion(still(calm, 0))) == []
