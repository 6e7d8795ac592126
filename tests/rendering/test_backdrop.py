"""Puppets before backgrounds, measured in pixels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from drawn import drawn_face
from talkinghead.rendering.backdrop import OverBackground, figure_of, opacity_of_person, place_over, spread_colours
from talkinghead.rendering.mouth import FlatFiller
from talkinghead.rendering.warp import WarpRenderer
from talkinghead.types import FloatArray, Frames, ImageArray, Motion, Portrait

Still = Callable[..., Motion]


@pytest.fixture(scope="module")
def alpha() -> FloatArray:
    """(256, 256) the drawn figure's opacity, exact: drawn over black and over white."""
    black, white = (drawn_face(256, background=(level,) * 3).image.astype(float) for level in (0, 255))
    return np.asarray(1 - (white - black).max(axis=-1) / 255, np.float32)


@pytest.fixture(scope="module")
def stage() -> ImageArray:
    """(256, 256, 3) a background full of detail, blue and green."""
    image = np.random.default_rng(0).integers(0, 255, (256, 256, 3), np.uint8)
    image[..., 0] = 0
    return image


@pytest.fixture
def warp() -> WarpRenderer:
    """The warping renderer with flat mouths."""
    return WarpRenderer(FlatFiller(), FlatFiller())


def nod(portrait: Portrait, still: Still) -> Motion:
    """Three frames: as pictured, turned, tilted."""
    rotation = np.array([[0, 0, 0], [0.05, 0.2, 0], [0, -0.1, 0.15]], float)
    return still(portrait, 3, rotation=rotation)


def frames_of(chunks: Iterator[Frames]) -> ImageArray:
    return np.concatenate([chunk.images for chunk in chunks])


def puppet(portrait: Portrait, alpha: FloatArray, hidden: tuple[int, int, int]) -> tuple[Portrait, FloatArray]:
    """The drawn face as a transparent picture with some colour where nothing shows."""
    colours = drawn_face(256, background=(0, 0, 0)).image / np.maximum(alpha, 1e-3)[..., None]
    colours = np.where(alpha[..., None] > 0, colours.clip(0, 255), hidden).astype(np.uint8)
    found = figure_of(portrait, colours, alpha)
    assert found is not None
    return found


def test_nothing_moved_is_the_figure_laid_over_the_background(
    drawn_portrait: Portrait, alpha: FloatArray, stage: ImageArray, still: Still, warp: WarpRenderer
) -> None:
    portrait, opacity = puppet(drawn_portrait, alpha, (255, 0, 255))
    frame = frames_of(OverBackground(warp.render, opacity, stage).render(still(portrait), portrait))[0]
    black = drawn_face(256, background=(0, 0, 0)).image
    expected = black + (1 - alpha[..., None]) * stage
    assert np.abs(frame - expected).max() < 4


def test_the_background_stands_still_and_the_figure_brings_no_rim(
    drawn_portrait: Portrait, alpha: FloatArray, stage: ImageArray, still: Still, warp: WarpRenderer
) -> None:
    red = np.zeros_like(stage)
    results = []
    for hidden in ((255, 0, 255), (0, 255, 0)):
        portrait, opacity = puppet(drawn_portrait, alpha, hidden)
        results.append(frames_of(OverBackground(warp.render, opacity, stage).render(nod(portrait, still), portrait)))
        # The drawn figure has no colour that is more green than red, nor more blue, but its blue coat at the bottom.
        over_black = frames_of(OverBackground(warp.render, opacity, red).render(nod(portrait, still), portrait))
        head = over_black[:, :150].astype(int)
        assert (head[..., 1] - head[..., 0]).max() < 8
        assert (head[..., 2] - head[..., 0]).max() < 8
    np.testing.assert_array_equal(results[0], results[1])
    frames = results[0]
    moved = (frames[1:] != frames[0]).any(axis=-1)
    assert moved.mean() > 0.05
    away = np.zeros((256, 256), bool)
    away[:20] = away[:150, :40] = away[:150, -40:] = True
    np.testing.assert_array_equal(frames[:, away], np.repeat(stage[None], 3, axis=0)[:, away])


def test_where_the_head_was_the_background_shows(
    drawn_portrait: Portrait, alpha: FloatArray, stage: ImageArray, still: Still, warp: WarpRenderer
) -> None:
    portrait, opacity = puppet(drawn_portrait, alpha, (9, 9, 9))
    motion = nod(portrait, still)
    frames = frames_of(OverBackground(warp.render, opacity, stage).render(motion, portrait))
    alone = frames_of(OverBackground(warp.render, opacity, np.zeros_like(stage)).render(motion, portrait))
    uncovered = (alpha > 0.99) & (alone[2] == 0).all(axis=-1)
    assert uncovered.sum() > 50
    np.testing.assert_array_equal(frames[2][uncovered], stage[uncovered])


def test_chunks_of_any_size(drawn_portrait: Portrait, alpha: FloatArray, stage: ImageArray, still: Still) -> None:
    def one_by_one(motion: Motion, portrait: Portrait) -> Iterator[Frames]:
        for _ in range(len(motion)):
            yield Frames(np.full((1, 256, 256, 3), 255, np.uint8), motion.fps)

    chunks = list(OverBackground(one_by_one, alpha, stage).render(nod(drawn_portrait, still), drawn_portrait))
    assert [len(chunk) for chunk in chunks] == [1, 1, 1]
    assert (chunks[0].images != chunks[1].images).any()


def test_a_person_is_cut_out_inside_the_outline() -> None:
    person = np.linspace(0, 1, 11, dtype=np.float32)[None]
    opacity = opacity_of_person(person)[0]
    assert (opacity[:6] == 0).all()
    assert opacity[-1] == 1
    assert (np.diff(opacity[5:]) > 0).all()


def test_a_photo_s_person_stands_before_the_background(smiling: Portrait) -> None:
    found = figure_of(smiling, smiling.frames.images[0], None)
    assert found is not None
    portrait, opacity = found
    assert opacity[115, 224] > 0.9
    assert opacity[60, 100] == 0
    assert portrait.person is smiling.person
    sure = opacity >= 0.95
    np.testing.assert_array_equal(portrait.frames.images[0][sure], smiling.frames.images[0][sure])
    assert figure_of(replace(smiling, person=None), smiling.frames.images[0], None) is None


def test_colours_go_on_from_the_nearest_that_shows() -> None:
    image = np.array([[[10, 0, 0], [99, 99, 99], [98, 98, 98], [0, 0, 20]]], np.uint8)
    alpha = np.array([[1.0, 0.0, 0.0, 0.5]])
    found = spread_colours(image, alpha, known=0.05)
    np.testing.assert_array_equal(found[0], [[10, 0, 0], [10, 0, 0], [0, 0, 20], [0, 0, 20]])
    with pytest.raises(ValueError, match="no pixel"):
        spread_colours(image, 0 * alpha, known=0.05)


def test_sizes_must_agree(drawn_portrait: Portrait, alpha: FloatArray, stage: ImageArray, still: Still) -> None:
    with pytest.raises(ValueError, match="background"):
        OverBackground(WarpRenderer(FlatFiller(), FlatFiller()).render, alpha, stage[:100])
    renderer = OverBackground(lambda *_: iter(()), alpha[:100], stage[:100])
    with pytest.raises(ValueError, match="256 x 256 px"):
        next(renderer.render(still(drawn_portrait), drawn_portrait))


def test_a_figure_placed_over_a_background(drawn_portrait: Portrait, alpha: FloatArray, stage: ImageArray) -> None:
    portrait, opacity = puppet(drawn_portrait, alpha, (255, 0, 255))
    placed = place_over(portrait, opacity, stage)
    image = placed.frames.images[0]
    np.testing.assert_array_equal(image[opacity == 0], stage[opacity == 0])
    solid = opacity == 1
    assert np.abs(image[solid].astype(int) - portrait.frames.images[0][solid]).max() <= 1
    np.testing.assert_array_equal(placed.track.landmarks, portrait.track.landmarks)
    np.testing.assert_array_equal(placed.person, opacity)
