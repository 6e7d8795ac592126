"""Who is shown before what, for renderers of either sort."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from talkinghead.errors import InputError
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


def save_animation(path: Path, first: Image.Image, second: Image.Image) -> Path:
    first.save(path, save_all=True, append_images=[second], duration=40, lossless=True)
    return path


@pytest.fixture
def layered(face: Path) -> Image.Image:
    """The face, transparent in its upper fifth."""
    picture = Image.open(face).convert("RGBA")
    opacity = np.full((picture.height, picture.width), 255, np.uint8)
    opacity[: picture.height // 5] = 0
    picture.putalpha(Image.fromarray(opacity))
    return picture


@pytest.mark.parametrize("name", ["face.webp", "face.png"])
def test_the_opacity_of_the_first_frame_is_not_that_of_another(
    face: Path, layered: Image.Image, tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    nothing = Image.new("RGBA", layered.size, (0, 0, 0, 0))
    path = save_animation(tmp_path / name, nothing, Image.open(face).convert("RGBA"))
    _, portrait = Figure(path, background="#00b140").load(TalkingHead(Silent(), Holding()))
    image = portrait.frames.images[0]
    assert (image[:20, :20] == GREEN).all()
    height, width = image.shape[:2]
    assert not (image[height // 3 : height // 2, width // 2] == GREEN).all(axis=-1).any()
    assert "the transparency is not read: the person was cut out by segmentation" in caplog.text
    assert "has no transparency" not in caplog.text


def test_the_opacity_of_the_first_frame_holds_where_its_face_is_shown(
    layered: Image.Image, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = save_animation(tmp_path / "face.webp", layered, Image.new("RGBA", layered.size, "white"))
    _, portrait = Figure(path, background="#00b140").load(TalkingHead(Silent(), Holding()))
    image = portrait.frames.images[0]
    edge = layered.height // 5
    assert (image[: edge - 2] == GREEN).all()
    assert not (image[edge + 2 :] == GREEN).all(axis=-1).any()
    assert "segmentation" not in caplog.text


def test_no_frames_to_draw_from_are_refused(face: Path) -> None:
    with pytest.raises(InputError, match="--references 0 is out of range"):
        Figure(face, references=0)


def test_a_picture_does_not_ask_how_many_frames_are_drawn_from(face: Path, caplog: pytest.LogCaptureFixture) -> None:
    def never() -> Moving:
        raise AssertionError

    head = TalkingHead(Silent(), PerKind(never, Moving))
    assert len(head.read_portrait(face, references=8).frames) == 1
    assert f"{face} is one picture: --references is left out." in caplog.text
