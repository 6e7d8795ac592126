"""The network that paints the inside of mouths, and the light it is put under."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
import torch

from talkinghead.rendering.interior import (
    REFERENCE_SKIN,
    InteriorFiller,
    MouthInterior,
    load_filler,
    opening_mask,
    skin_colour,
)
from talkinghead.rendering.mouth import PATCH_SIZE, MouthFrame, mouth_openings
from talkinghead.rendering.rig import build_rig
from talkinghead.types import FloatArray, Frames, ImageArray, Motion, Portrait

Still = Callable[..., Motion]
Opening = Callable[[Portrait, FloatArray], FloatArray]
WIDTH, HEIGHT = PATCH_SIZE


def outlines(*heights: float) -> FloatArray:
    """(T, 20, 2) patch px: lenses in the middle of the patch, 40 px wide."""
    x = np.linspace(-1, 1, 11)
    upper = np.stack([x, -(1 - x**2)], axis=1)
    lower = np.stack([x[9:0:-1], 1 - x[9:0:-1] ** 2], axis=1)
    lens = np.concatenate([upper, lower])
    return np.stack([lens * (20.0, height / 2) + (WIDTH / 2, HEIGHT / 2) for height in heights])


def recoloured(portrait: Portrait, gain: tuple[float, float, float]) -> Portrait:
    images = (portrait.frames.images * np.array(gain)).clip(0, 255).astype(np.uint8)
    return Portrait(Frames(images, 25.0), portrait.track, drawing=portrait.drawing, person=portrait.person)


def painted(
    filler: InteriorFiller, portrait: Portrait, still: Still, opening: Opening, amounts: FloatArray
) -> tuple[ImageArray, FloatArray]:
    """Patches of a portrait with its mouth open, and where they show (T, h, w)."""
    rig, image = build_rig(portrait), portrait.frames.images[0]
    frame = MouthFrame.of(rig)
    motion = still(portrait, len(amounts), landmarks=opening(portrait, amounts))
    shapes = frame.outlines(motion, rig, mouth_openings(rig.place(motion)[0], rig))
    patches = filler.prepare(image, rig, frame)(shapes)
    masks = opening_mask(shapes)[:, 0]
    return patches, np.stack([cv2.resize(mask, patches.shape[2:0:-1]) for mask in masks])


@pytest.mark.parametrize(("width", "people"), [(4, 1), (8, 3)])
def test_network_shapes(width: int, people: int) -> None:
    network = MouthInterior(width, people=people)
    colours = network(torch.zeros(3, 1, HEIGHT, WIDTH), torch.tensor([0, people - 1, 0])).detach()
    assert colours.shape == (3, 3, HEIGHT, WIDTH)
    assert 0.0 <= float(colours.min()) <= float(colours.max()) <= 1.0
    assert network(torch.zeros(1, 1, 24, 40), torch.zeros(1, dtype=torch.long)).shape == (1, 3, 24, 40)


def test_network_heeds_opening_and_person() -> None:
    torch.manual_seed(0)
    network = MouthInterior(4, people=2)
    shut, wide = (torch.from_numpy(opening_mask(outlines(height))) for height in (4.0, 30.0))
    first, second = torch.tensor([0]), torch.tensor([1])
    assert not torch.allclose(network(shut, first), network(wide, first), atol=1e-4)
    assert not torch.allclose(network(shut, first), network(shut, second), atol=1e-4)


def test_opening_mask_covers_the_opening() -> None:
    masks = opening_mask(outlines(10.0, 24.0))
    assert masks.shape == (2, 1, HEIGHT, WIDTH)
    assert masks.dtype == np.float32
    # Two parabolas 40 px wide: two thirds of the box.
    np.testing.assert_allclose(masks.sum(axis=(1, 2, 3)), [2 / 3 * 40 * 10, 2 / 3 * 40 * 24], rtol=0.04)
    assert masks[0, 0, HEIGHT // 2, WIDTH // 2] == 1.0
    assert masks[0, 0, 0].max() == 0.0


def test_skin_colour_is_that_of_cheeks_and_chin(drawn_portrait: Portrait) -> None:
    colour = skin_colour(drawn_portrait.frames.images[0], build_rig(drawn_portrait))
    np.testing.assert_allclose(colour, (224, 176, 148), atol=25)  # as it was painted, with its shades


def test_filler_paints_patches_that_fit_the_picture(
    smiling: Portrait, calm: Portrait, still: Still, opening: Opening
) -> None:
    filler = load_filler()
    for portrait in (calm, smiling):
        patches, _ = painted(filler, portrait, still, opening, np.array([0.1, 0.2]))
        assert patches.dtype == np.uint8
        assert patches.shape[2] * HEIGHT == patches.shape[1] * WIDTH
        scale = build_rig(portrait).scale
        assert patches.shape[2] >= min(0.8 * scale, WIDTH)


def test_shipped_weights_paint_a_mouth(calm: Portrait, still: Still, opening: Opening) -> None:
    filler = load_filler()
    patches, masks = painted(filler, calm, still, opening, np.array([0.1, 0.25]))
    skin = skin_colour(calm.frames.images[0], build_rig(calm))
    for patch, mask in zip(patches, masks, strict=True):
        inside = patch[mask > 0.9].astype(float)
        assert inside.mean() < 0.8 * skin.mean()
        assert inside[:, 0].mean() > inside[:, 2].mean()  # reddish
    assert patches[1][masks[1] > 0.9].std() > 8  # teeth, tongue and dark: not one colour


def test_a_darker_picture_gets_a_darker_mouth(calm: Portrait, still: Still, opening: Opening) -> None:
    filler = load_filler()
    amounts = np.array([0.2])
    bright, masks = painted(filler, calm, still, opening, amounts)
    dark, _ = painted(filler, recoloured(calm, (0.5, 0.5, 0.5)), still, opening, amounts)
    inside = masks > 0.9
    assert 0.5 <= dark[inside].mean() / bright[inside].mean() < 0.75


def test_a_picture_without_colour_gets_a_mouth_without(calm: Portrait, still: Still, opening: Opening) -> None:
    filler = load_filler()
    grey = np.repeat(calm.frames.images.mean(axis=-1, keepdims=True), 3, axis=-1).astype(np.uint8)
    portrait = Portrait(Frames(grey, 25.0), calm.track, person=calm.person)
    patches, masks = painted(filler, portrait, still, opening, np.array([0.2]))
    assert np.ptp(patches[masks > 0.9].astype(int), axis=-1).max() <= 3


def test_the_reference_light_leaves_colours_as_they_are(calm: Portrait, still: Still, opening: Opening) -> None:
    class Constant(MouthInterior):
        def forward(self, opening: torch.Tensor, person: torch.Tensor) -> torch.Tensor:
            colour = torch.tensor([0.5, 0.25, 0.125])[None, :, None, None]
            return colour.expand(len(opening), 3, *opening.shape[2:])

    rig = build_rig(calm)
    skin = skin_colour(calm.frames.images[0], rig)
    lit = recoloured(calm, tuple(REFERENCE_SKIN / skin))
    patches, _ = painted(InteriorFiller(Constant(4)), lit, still, opening, np.array([0.2]))
    np.testing.assert_allclose(patches[0, 20, 30], (127, 64, 32), atol=3)


def test_closed_lips_take_no_time(calm: Portrait, still: Still, opening: Opening) -> None:
    asked: list[int] = []

    class Counting(MouthInterior):
        def forward(self, opening: torch.Tensor, person: torch.Tensor) -> torch.Tensor:
            asked.append(len(opening))
            return super().forward(opening, person)

    torch.manual_seed(0)
    filler = InteriorFiller(Counting(4))
    patches, _ = painted(filler, calm, still, opening, np.array([0.0, 0.2, 0.0, 0.1]))
    assert asked == [2]
    alone, _ = painted(filler, calm, still, opening, np.array([0.1]))
    np.testing.assert_allclose(patches[3].astype(int), alone[0].astype(int), atol=1)
    painted(filler, calm, still, opening, np.array([0.0]))
    assert asked == [2, 1]
