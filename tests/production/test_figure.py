"""Who is shown before what, for renderers of either sort."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from talkinghead.methods.base import PerKind
from talkinghead.pipeline import TalkingHead
from talkinghead.production.figure import Figure
from talkinghead.rendering.backdrop import OverBackground
from talkinghead.types import Frames, Motion, Portrait, Speech

GREEN = (0, 177, 64)


class Moving:
    """A renderer that moves pixels, as far as it says."""

    def render(self, motion: Motion, portrait: Portrait) -> Iterator[Frames]:
        """The portrait."""
        yield portrait.frames


class Holding(Moving):
    """A renderer that leaves the background alone."""

    holds_background = True


class Silent:
    """A generator that is never asked."""

    def generate(self, speech: Speech, portrait: Portrait, *, seed: int = 0) -> Motion:
        """Nothing."""
        raise AssertionError


@pytest.mark.parametrize("renderer", [Holding(), PerKind(Holding, Holding)])
def test_a_background_that_is_held_still_is_put_into_the_portrait(face: Path, renderer: Holding) -> None:
    head = TalkingHead(Silent(), renderer, method="silent", renderer_names=("photos", "drawings"))
    staged, portrait = Figure(face, background="#00b140").load(head)
    image = portrait.frames.images[0]
    assert isinstance(staged.renderer, Holding)
    assert (staged.method, staged.renderer_names) == ("silent", ("photos", "drawings"))
    assert portrait.person is not None
    far, sure = portrait.person == 0, portrait.person == 1
    assert far[:20, :20].all()
    np.testing.assert_array_equal(image[far], np.broadcast_to(GREEN, image[far].shape))
    own = Figure(face).load(head)[1].frames.images[0]
    assert np.abs(image[sure].astype(int) - own[sure]).max() <= 1


@pytest.mark.parametrize("renderer", [Moving(), PerKind(Moving, Moving)])
def test_a_renderer_that_moves_pixels_is_put_before_the_background(face: Path, renderer: Moving) -> None:
    staged, _ = Figure(face, background="#00b140").load(TalkingHead(Silent(), renderer))
    assert isinstance(staged.renderer, OverBackground)


@pytest.mark.parametrize("drawing", [True, False])
def test_what_the_face_is_can_be_said(face: Path, drawing: bool) -> None:
    portrait = Figure(face, drawing=drawing).load(TalkingHead(Silent(), Moving()))[1]
    assert portrait.drawing is drawing
