"""The photo-realistic video generator: its branches, its losses, and what is laid over the picture."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from plans import plan
from talkinghead.data.corpus import Corpus
from talkinghead.data.recording import OWN, Recording
from talkinghead.methods.write_a_speaker import train_video
from talkinghead.methods.write_a_speaker.config import CONFIGS, VARIANTS, SpaceTimeConfig
from talkinghead.methods.write_a_speaker.renderer import SpaceTimeRenderer
from talkinghead.methods.write_a_speaker.stages import STAGES
from talkinghead.methods.write_a_speaker.train_video import Volumes
from talkinghead.methods.write_a_speaker.video import SpaceTimeGenerator, video_adversaries
from talkinghead.methods.write_a_speaker.video_losses import (
    as_volume,
    face_mask,
    generate,
    video_example,
    video_losses,
)
from talkinghead.methods.write_a_speaker.volume import draw_images, trace
from talkinghead.motion.expressions import landmarks_from_expression
from talkinghead.rendering.crop import Crop
from talkinghead.rendering.head_renderer import HeadScene
from talkinghead.rendering.interior import InteriorFiller, MouthInterior
from talkinghead.rendering.mouth import FlatFiller
from talkinghead.rendering.warp import WarpRenderer
from talkinghead.types import Motion, Portrait
from talkinghead.weights import load_network

TINY = CONFIGS["tiny"]


def network(**changes: object) -> SpaceTimeGenerator:
    torch.manual_seed(0)
    return SpaceTimeGenerator(replace(TINY.video, **changes)).eval()  # type: ignore[arg-type]


def opening(portrait: Portrait, count: int) -> Motion:
    own = portrait.landmarks
    weights = np.zeros((count, 51))
    weights[:, 17] = np.linspace(0.0, 0.5, count)
    still = np.zeros((count, 3))
    return Motion(25.0, landmarks_from_expression(weights, own), still, still, np.zeros(count), own)


def pictures(renderer: SpaceTimeRenderer | WarpRenderer, motion: Motion, portrait: Portrait) -> np.ndarray:
    return np.concatenate([chunk.images for chunk in renderer.render(motion, portrait)])


@pytest.fixture(scope="module")
def warp() -> WarpRenderer:
    return WarpRenderer(InteriorFiller(MouthInterior()), FlatFiller())


def test_the_weights_and_the_window_of_the_paper() -> None:
    config = CONFIGS["paper"].video
    assert (config.window, config.size, config.shared) == (15, 512, 3)
    assert (config.perceptual, config.pixel, config.face) == (10.0, 100.0, 100.0)
    assert not config.residual
    assert len(video_adversaries(TINY.video).discriminator.scales) == 3


@pytest.mark.parametrize("shrink", [1, 2, 4])
def test_a_mask_lies_between_face_and_colours(shrink: int) -> None:
    made = network(shrink=shrink, residual=False)
    volume, own = torch.rand(2, 3, 32 // shrink, 32 // shrink), torch.rand(2, 3, 32, 32) * 2 - 1
    frame, face, mask = made(volume, own)
    assert frame.shape == face.shape == (2, 3, 32, 32)
    assert mask.shape == (2, 1, 32, 32)
    torch.nn.init.zeros_(made.mask[0].weight)
    torch.nn.init.constant_(made.mask[0].bias, 100.0)
    frame, face, _ = made(volume, own)
    torch.testing.assert_close(frame, face)
    assert made(volume, -own)[0].equal(frame)


def test_at_first_it_shows_the_persons_own_picture() -> None:
    volume, own = torch.rand(2, 3, 16, 16), torch.rand(2, 3, 32, 32) * 2 - 1
    assert (network()(volume, own)[0] - own).abs().mean() < 0.1


def test_without_a_mask_there_are_colours_alone() -> None:
    frame, face, mask = network(mask=False)(torch.rand(1, 3, 16, 16), torch.zeros(1, 3, 32, 32))
    assert frame is face
    assert (mask == 0).all()


def test_the_terms_of_equation_11() -> None:
    pair, batch = video_adversaries(TINY.video), video_example(TINY, 0)
    losses = video_losses(pair, batch, TINY)
    names = {"adversarial_loss", "discriminator_loss", "perceptual_loss", "pixel_loss", "face_loss"}
    assert set(losses) == names
    target = 2 * batch["target"].permute(0, 3, 1, 2).float() / 255 - 1
    away = (generate(pair, batch) - target).abs()
    assert losses["pixel_loss"].item() == pytest.approx(100 * away.mean().item(), rel=1e-4)


def test_the_face_is_the_box_of_its_landmarks() -> None:
    landmarks = torch.tensor([[2.0, 3.0], [5.0, 3.5]]).repeat(1, 34, 1)
    mask = face_mask(landmarks, 8)
    assert mask.shape == (1, 1, 8, 8)
    assert mask[0, 0].nonzero().tolist() == [[3, x] for x in (2, 3, 4, 5)]


def test_landmark_images_are_where_the_landmarks_are() -> None:
    landmarks = np.full((1, 68, 2), 20.0)
    landmarks[0, :17, 0] = np.linspace(3.5, 27.5, 17)
    image = draw_images(landmarks, TINY.video)[0]
    assert image.shape == (16, 16)
    assert image[10, 2:13].min() > 100
    assert image[:8].max() == 0
    assert as_volume(torch.from_numpy(image)).max() <= 1


def test_what_the_volume_shows_in_ablations(calm: Portrait) -> None:
    config = replace(TINY.video, size=256)
    head, motion = HeadScene(calm, size=256), opening(calm, 3)
    sparse, dense = (draw_images(trace(head, motion, own), own) for own in (config, replace(config, dense=True)))
    assert sparse.shape == dense.shape == (3, 128, 128)
    assert (dense[0] > 100).sum() > 2 * (sparse[0] > 100).sum()
    assert (dense[0] != dense[2]).any()
    config = replace(config, geometry=False)
    parameters = trace(head, motion, config)
    assert parameters.shape == (3, 57)
    assert np.argmax(np.ptp(parameters, axis=0)) == 17  # the jaw's weight
    tiles = draw_images(parameters, config)
    assert tiles.shape == (3, 128, 128)
    np.testing.assert_allclose(tiles[2, 32:48, 16:32], 255 * parameters[2, 17], atol=0.5)  # row 2, column 1 of 8


def test_what_the_paper_compares_with_has_one_image_and_matches_features() -> None:
    for name, scales, matched in (("small-pix2pix", 1, False), ("small-pix2pixhd", 3, True)):
        config = VARIANTS[name].video
        assert (config.window, config.mask, config.residual) == (1, False, True)
        tiny = replace(TINY, video=replace(TINY.video, scales=scales, feature_matching=config.feature_matching))
        pair = video_adversaries(tiny.video)
        assert len(pair.discriminator.scales) == scales
        assert ("feature_loss" in video_losses(pair, video_example(tiny, 0), tiny)) == matched


def test_only_the_square_of_the_head_changes(calm: Portrait, warp: WarpRenderer) -> None:
    motion = opening(calm, 11)
    plain, made = pictures(warp, motion, calm), pictures(SpaceTimeRenderer(network(), warp), motion, calm)
    assert made.shape == plain.shape
    crop = Crop.of(calm.mesh, calm.size, size=32)
    beyond = np.ones(plain.shape[1:3], bool)
    low, high = int(crop.top) - 8, int(crop.top + crop.side) + 8
    beyond[max(0, low) : high, max(0, int(crop.left) - 8) : int(crop.left + crop.side) + 8] = False
    np.testing.assert_array_equal(made[:, beyond], plain[:, beyond])
    assert (made != plain).any()


def test_nobody_learned_is_announced(calm: Portrait, warp: WarpRenderer, caplog: pytest.LogCaptureFixture) -> None:
    motion = opening(calm, 3)
    with caplog.at_level(logging.WARNING, "talkinghead"):
        made = pictures(SpaceTimeRenderer(None, warp), motion, calm)
    np.testing.assert_array_equal(made, pictures(warp, motion, calm))
    assert "has not learned this face" in caplog.text


def volumes(count: int, seed: int) -> Volumes:
    """A recording whose every second frame is learned from, as noise."""
    rng = np.random.default_rng(seed)
    own, target = rng.integers(0, 256, (2, count // 2, 32, 32, 3), np.uint8)
    path = rng.uniform(0, 32, (count, 68, 2))
    rows = np.arange(0, count, 2)
    frames: Any = SimpleNamespace(rows=rows, own=own, target=target, landmarks=path[rows].astype(np.float32))
    return Volumes(frames, path)


def test_a_volume_has_the_frame_in_its_middle() -> None:
    made = volumes(12, 0)
    images = draw_images(made.path, TINY.video)
    np.testing.assert_array_equal(made.volume(3, TINY.video), images[5:8])
    np.testing.assert_array_equal(made.volume(0, TINY.video), images[[0, 0, 1]])  # at an end the last one is held


def test_training_in_miniature(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fake(recordings: Sequence[Recording], config: SpaceTimeConfig, store: object) -> list[Volumes]:
        return [volumes(12, k) for k, _ in enumerate(recordings)]

    monkeypatch.setattr(train_video, "read_volumes", fake)
    table = tuple(
        Recording(split, "person", tmp_path / f"{split}.mp4", "own", OWN, split=split) for split in ("train", "val")
    )
    STAGES["video"].train(plan("write_a_speaker", "video", tmp_path, corpus=Corpus(table), steps=2))
    card = json.loads((tmp_path / "video.json").read_text(encoding="utf-8"))
    assert {"val PSNR_dB", "val SSIM", "train PSNR_dB"} <= set(card["scores"])
    assert load_network(SpaceTimeGenerator, SpaceTimeConfig, tmp_path / "video.safetensors").config == TINY.video
    assert (tmp_path / "sheet.png").is_file()
