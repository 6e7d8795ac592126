"""The image-to-image translation renderer."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from talkinghead.face.landmarks import INNER_LIP_CONTOUR
from talkinghead.methods.makeittalk import METHOD
from talkinghead.methods.makeittalk.config import CONFIGS
from talkinghead.methods.makeittalk.translation import TranslationNetwork
from talkinghead.methods.makeittalk.translation_renderer import TranslationRenderer
from talkinghead.rendering.mouth import FlatFiller
from talkinghead.rendering.rig import build_rig
from talkinghead.types import ImageArray, Motion, Portrait

TINY = CONFIGS["tiny"].translation


def renderer(seed: int = 0, *, copies: bool = True) -> TranslationRenderer:
    torch.manual_seed(seed)
    network = TranslationNetwork(TINY)
    if copies:  # everything, and as the landmarks alone say
        with torch.no_grad():
            network.out.convolution.weight.zero_()
            network.out.convolution.bias[12:] = 20.0
            network.field.weight.zero_()
    return TranslationRenderer(network)


def still(portrait: Portrait, count: int) -> Motion:
    rest = build_rig(portrait).landmarks
    nothing = np.zeros((count, 3))
    return Motion(25.0, np.repeat(rest[None], count, axis=0), nothing, nothing, np.zeros(count), rest)


def speaking(portrait: Portrait, count: int) -> Motion:
    motion = still(portrait, count)
    landmarks = motion.landmarks.copy()
    landmarks[:, [57, 66], 1] += 0.1 * np.sin(np.arange(count))[:, None] ** 2
    turn = np.stack([np.zeros(count), 0.1 * np.sin(0.5 * np.arange(count)), np.zeros(count)], axis=1)
    return replace(motion, landmarks=landmarks, rotation=turn, blink=np.abs(np.sin(0.3 * np.arange(count))))


def rendered(renderer: TranslationRenderer, motion: Motion, portrait: Portrait) -> ImageArray:
    chunks = list(renderer.render(motion, portrait))
    assert {chunk.fps for chunk in chunks} == {motion.fps}
    return np.concatenate([chunk.images for chunk in chunks])


def test_frames_are_of_the_portraits_size_in_small_chunks(calm: Portrait) -> None:
    sizes = [(len(chunk), chunk.size) for chunk in renderer(copies=False).render(speaking(calm, 40), calm)]
    assert sum(count for count, _ in sizes) == 40
    assert max(count for count, _ in sizes) <= 24
    assert {size for _, size in sizes} == {calm.frames.size}


def test_chunks_make_no_difference(calm: Portrait) -> None:
    motion, made = speaking(calm, 22), renderer(copies=False)
    parts = np.concatenate([rendered(made, motion[:5], calm), rendered(made, motion[5:], calm)])
    np.testing.assert_array_equal(parts, rendered(made, motion, calm))


def test_without_motion_the_copying_gives_the_portrait(calm: Portrait) -> None:
    frames = rendered(renderer(), still(calm, 2), calm)
    np.testing.assert_array_equal(frames[0], frames[1])
    # The tiny network sees 64 px, of which twice as many are copied: what is lost is fine detail.
    assert np.abs(frames[0].astype(int) - calm.frames.images[0]).mean() < 6


def test_the_background_stays(calm: Portrait) -> None:
    frames = rendered(renderer(), speaking(calm, 6), calm)
    corner = frames[:, :12, :12].astype(int) - calm.frames.images[:1, :12, :12]
    assert np.abs(corner).max() <= 2
    assert np.abs(frames[3].astype(int) - frames[0]).max() > 30


def test_a_filler_paints_the_mouth(calm: Portrait) -> None:
    landmarks = still(calm, 1).landmarks.copy()
    landmarks[:, [56, 57, 58, 65, 66, 67], 1] += 0.25
    motion = replace(still(calm, 1), landmarks=landmarks)
    frame = rendered(TranslationRenderer(renderer().network, FlatFiller()), motion, calm)[0]
    lips = build_rig(calm).place(motion)[0][0, INNER_LIP_CONTOUR, :2]
    x, y = lips.mean(axis=0).astype(int)
    assert frame[y, x].max() < 100 < calm.picture[y, x].max()


def test_the_shipped_network_leaves_mouths_to_the_filler() -> None:
    file = METHOD.find_weights().file("translation")
    assert json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))["config"]["filled"] is True


@pytest.mark.parametrize(("part", "change"), [("eyes", {"blink": 1.0}), ("mouth", {"lips": 0.25})])
def test_what_moves_is_what_the_motion_moves(calm: Portrait, part: str, change: dict[str, float]) -> None:
    motion = still(calm, 1)
    landmarks = motion.landmarks.copy()
    landmarks[:, 55:60, 1] += change.get("lips", 0.0)
    landmarks[:, 65:68, 1] += change.get("lips", 0.0)
    moved = replace(motion, landmarks=landmarks, blink=np.full(1, change.get("blink", 0.0)))
    made = renderer()
    difference = np.abs(rendered(made, moved, calm).astype(int) - rendered(made, motion, calm))[0].mean(axis=-1)
    points = build_rig(calm).source
    eyes, lips = (points[[33, 263, 159, 386]].mean(axis=0), points[[13, 14]].mean(axis=0))
    rows, columns = np.mgrid[: difference.shape[0], : difference.shape[1]]
    middle = np.array([(difference * columns).sum(), (difference * rows).sum()]) / difference.sum()
    near = {"eyes": eyes, "mouth": lips}
    distances = {name: float(np.linalg.norm(middle - place)) for name, place in near.items()}
    assert min(distances, key=lambda name: distances[name]) == part
