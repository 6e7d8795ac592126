"""Rendering-to-video: the network, its losses, what it is given, and what is laid over the picture."""

from __future__ import annotations

import logging
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from talkinghead.data.warped_frames import WarpedFrames
from talkinghead.methods.facial.config import CONFIGS
from talkinghead.methods.facial.renderer import RenderToVideoRenderer
from talkinghead.methods.facial.scenes import eye_maps
from talkinghead.methods.facial.train_video import ShotBatches, Shots, _choose_share
from talkinghead.methods.facial.video import RenderToVideo, video_adversaries
from talkinghead.methods.facial.video_losses import as_window, generate, video_example, video_losses
from talkinghead.motion.expressions import landmarks_from_expression
from talkinghead.rendering.face_scene import FaceScene
from talkinghead.rendering.head_renderer import HeadScene
from talkinghead.rendering.interior import InteriorFiller, MouthInterior
from talkinghead.rendering.mesh_render import TEXTURE_SIDE, Skin
from talkinghead.rendering.mouth import FlatFiller
from talkinghead.rendering.warp import WarpRenderer
from talkinghead.training.validation import PictureValidation
from talkinghead.types import Motion, Portrait

TINY = CONFIGS["tiny"]


def network(**changes: object) -> RenderToVideo:
    torch.manual_seed(0)
    return RenderToVideo(replace(TINY.video, **changes)).eval()  # type: ignore[arg-type]


def skin() -> Skin:
    light = np.zeros((9, 3))
    light[0] = 1 / 0.282095
    return Skin(np.full((TEXTURE_SIDE, TEXTURE_SIDE, 3), 0.5, np.float32), np.ones(3), light)


def motion_of(portrait: Portrait, count: int, *, jaw: float = 0.0, blink: float = 0.0) -> Motion:
    own = portrait.landmarks
    weights = np.zeros((count, 51))
    weights[:, 17] = jaw
    still = np.zeros((count, 3))
    landmarks = landmarks_from_expression(weights, own) if jaw else np.repeat(own[None], count, axis=0)
    return Motion(25.0, landmarks, still, still, np.full(count, blink), own)


def renderer(of: RenderToVideo) -> RenderToVideoRenderer:
    return RenderToVideoRenderer(of, WarpRenderer(InteriorFiller(MouthInterior()), FlatFiller()))


def test_the_window_of_the_paper() -> None:
    config = CONFIGS["paper"].video
    assert config.window % 2 == 0  # 2 N_w frames of four channels
    assert (config.matching, config.perceptual, config.pixel) == (2.0, 10.0, 50.0)
    assert not config.residual


def test_at_first_it_shows_the_persons_own_picture() -> None:
    maps, own = torch.rand(2, 8, 32, 32), torch.rand(2, 3, 32, 32) * 2 - 1
    made = network()(maps, own)
    assert (made - own).abs().mean() < 0.2 * (made.mean() - own).abs().mean()
    assert (made - own).abs().max() < 1 / 255  # half a level: what is not improved shows the warped picture
    assert network(residual=False)(maps, own).equal(network(residual=False)(maps, -own))


def test_changes_as_small_as_grain_are_left_out_in_use_alone() -> None:
    """Large ones stay, and all of them while it learns, as nothing would be learned from what is left out."""
    maps, own = torch.rand(1, 8, 32, 32), torch.zeros(1, 3, 32, 32)
    of = network()
    with torch.no_grad():
        of.out.weight.zero_()
        for levels, kept in ((1.0, 0.1), (40.0, 0.99)):
            of.out.bias.fill_(math.atanh(levels / 255))
            assert of.train()(maps, own).numpy() == pytest.approx(levels / 127.5, rel=1e-4)
            seen = of.eval()(maps, own)
            assert seen.min() > 0
            share = seen * 127.5 / levels
            assert share.max() < kept if levels < 2 else share.min() > kept


def test_without_the_attention_map_blinks_are_not_seen() -> None:
    maps, own = torch.rand(1, 8, 32, 32), torch.zeros(1, 3, 32, 32)
    other = maps.clone()
    other[:, [3, 7]] = 0.0
    assert not network()(maps, own).equal(network()(other, own))
    assert network(attention=False)(maps, own).equal(network(attention=False)(other, own))


def test_it_bears_the_persons_skin() -> None:
    bearing = network()
    assert bearing.skin is None
    bearing.wear(skin())
    assert bearing.skin is not None
    np.testing.assert_array_equal(bearing.skin.albedo, skin().albedo)
    np.testing.assert_allclose(bearing.skin.light, skin().light, rtol=1e-6)


def test_maps_become_channels_frame_by_frame() -> None:
    maps = torch.zeros(1, 2, 4, 4, 4, dtype=torch.uint8)
    maps[0, 0, ..., 0], maps[0, 1, ..., 3] = 255, 51
    window = as_window(maps)
    assert window.shape == (1, 8, 4, 4)
    assert window[0, :, 0, 0].tolist() == pytest.approx([1.0, -1.0, -1.0, 0.0, -1.0, -1.0, -1.0, 0.2])


def test_the_terms_of_equation_10() -> None:
    pair, batch = video_adversaries(TINY.video), video_example(TINY, 0)
    losses = video_losses(pair, batch, TINY)
    assert set(losses) == {
        "adversarial_loss", "feature_loss", "discriminator_loss", "perceptual_loss", "pixel_loss",
    }  # fmt: skip
    target = 2 * batch["target"].permute(0, 3, 1, 2).float() / 255 - 1
    distance = (generate(pair, batch) - target).abs().mean()
    assert losses["pixel_loss"].item() == pytest.approx(50 * distance.item(), rel=1e-4)
    assert len(pair.discriminator.scales) == 3


def test_the_face_lies_where_the_portraits_is(calm: Portrait) -> None:
    scene = FaceScene(calm, size=128)
    [drawn] = scene.draw(motion_of(calm, 1))
    own = scene.head.head.picture / 255
    inside = drawn.covered & (drawn.eyes < 0.5)
    assert inside.mean() > 0.1
    assert np.abs(drawn.picture - own)[inside].mean() < 0.06


def test_the_eye_map_is_as_bright_as_the_eyes_are_shut(calm: Portrait) -> None:
    scene = FaceScene(calm, size=64)
    for blink in (0.0, 0.4, 1.0):
        maps = eye_maps(scene, motion_of(calm, 1, blink=blink))
        assert maps.shape == (1, 64, 64, 4)
        assert maps[..., 3].max() == pytest.approx(255 * blink, abs=1)


def test_a_part_of_the_map_is_that_part(calm: Portrait) -> None:
    scene, motion = FaceScene(calm, size=64, skin=skin()), motion_of(calm, 2, jaw=0.4, blink=0.8)
    part = eye_maps(scene, motion, corner=(20, 24), side=32).astype(int)
    assert np.abs(part - eye_maps(scene, motion)[:, 24:56, 20:52]).max() <= 1


def test_windows_of_frames_lie_within_them_and_mostly_about_the_face(calm: Portrait) -> None:
    config = replace(CONFIGS["tiny"].video, size=64)
    landmarks = np.full((1, 68, 2), 40.0, np.float32)
    own = np.broadcast_to(np.mgrid[:64, :64].transpose(1, 2, 0)[None, ..., [0, 1, 1]], (1, 64, 64, 3)).astype(np.uint8)
    motion = motion_of(calm, 3)
    frames = WarpedFrames(calm, HeadScene(calm, size=64), motion, np.array([1]), own, own, landmarks)
    batches = ShotBatches([Shots(FaceScene(calm, size=64, skin=skin()), frames)], size=40, config=config)
    batch = batches(0)
    assert batch["maps"].shape == (40, 2, 32, 32, 4)
    assert torch.equal(batch["own"], batch["target"])
    corners = batch["own"][:, 0, 0, :2].float()  # each pixel holds its own place
    assert corners.min() >= 0
    assert corners.max() <= 32
    assert (corners - 24).abs().max(dim=1).values.le(8).float().mean() > 0.6


def test_an_open_jaw_shows_the_inside_of_the_mouth(calm: Portrait) -> None:
    scene = FaceScene(calm, size=128, skin=skin())
    shut, wide = (next(scene.draw(motion_of(calm, 1, jaw=jaw))) for jaw in (0.01, 0.7))
    dark = [(face.covered & (face.picture.max(axis=2) < 0.15)).sum() for face in (shut, wide)]
    assert dark[1] > dark[0] + 30


def test_what_was_learned_changes_only_the_square_of_the_head(calm: Portrait) -> None:
    learned = network()
    learned.wear(skin())
    motion = motion_of(calm, 5, jaw=0.3)
    plain = np.concatenate([chunk.images for chunk in renderer(learned)._warp.render(motion, calm)])
    made = np.concatenate([chunk.images for chunk in renderer(learned).render(motion, calm)])
    assert made.shape == plain.shape
    crop = FaceScene(calm, size=32, skin=skin()).head.crop
    beyond = np.ones(plain.shape[1:3], bool)
    low, high = int(crop.top) - 8, int(crop.top + crop.side) + 8
    beyond[max(0, low) : high, max(0, int(crop.left) - 8) : int(crop.left + crop.side) + 8] = False
    np.testing.assert_array_equal(made[:, beyond], plain[:, beyond])
    assert (made != plain).any()


def test_nobody_learned_is_announced(calm: Portrait, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "talkinghead"):
        frames = list(renderer(network()).render(motion_of(calm, 3, jaw=0.3), calm))
    assert sum(map(len, frames)) == 3
    assert "has not learned this face" in caplog.text


def test_a_rendered_face_leaves_blinks_to_the_warp(calm: Portrait) -> None:
    motion, drawn = motion_of(calm, 1, blink=1.0), renderer(network())
    [made], [warped] = (list(one.render(motion, calm)) for one in (drawn, drawn._warp))
    x, y = calm.mesh[[159, 145], :2].mean(axis=0).round().astype(int)  # between the lids
    eye = np.s_[0, y - 1 : y + 2, x - 2 : x + 3]
    assert np.abs(made.images[eye].astype(int) - warped.images[eye]).max() <= 2


@pytest.mark.parametrize(("wanted", "share"), [(0.0, 0.2), (0.3, 0.35), (5.0, 1.0)])
def test_as_much_is_kept_of_what_was_learned_as_helps_frames_held_back(
    tmp_path: Path, wanted: float, share: float
) -> None:
    """A network whose every pixel is lighter by 20 levels than the person's picture; targets by a share of that."""
    pair = video_adversaries(TINY.video)
    out = pair.generator.out
    out.weight.data.zero_()
    out.bias.data.fill_(np.arctanh(20 / 255))
    own = torch.full((1, 32, 32, 3), 100, dtype=torch.uint8)
    batch = {
        "maps": torch.zeros(1, TINY.video.window, 32, 32, 4, dtype=torch.uint8),
        "own": own,
        "source": own,
        "target": own + round(20 * wanted),
        "target_landmarks": torch.full((1, 68, 2), 16.0),
    }
    scores = _choose_share(PictureValidation({"val": batch}, generate, tmp_path), pair)
    assert scores["share"] == share
    assert (out.bias == np.float32(np.arctanh(20 / 255))).all()  # training goes on with all of it
    pair.generator.temper(scores["share"])
    assert out.bias.detach().numpy() == pytest.approx(share * np.arctanh(20 / 255), rel=1e-5)
