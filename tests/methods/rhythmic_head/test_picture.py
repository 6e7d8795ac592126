"""The composition renderer: what its network is given, the network's parts, and what is laid over the picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from talkinghead.methods.rhythmic_head.composition import CompositionNetwork, picture_adversaries
from talkinghead.methods.rhythmic_head.config import CONFIGS, CompositionConfig
from talkinghead.methods.rhythmic_head.embedding import HybridEmbedding, attend
from talkinghead.methods.rhythmic_head.flow import move_picture
from talkinghead.methods.rhythmic_head.picture_losses import compose, flow_loss, picture_example, picture_losses
from talkinghead.methods.rhythmic_head.references import ReferenceFrames, blend_weights
from talkinghead.methods.rhythmic_head.renderer import CompositionRenderer
from talkinghead.methods.rhythmic_head.scenes import CompositionScene
from talkinghead.methods.rhythmic_head.spade import FixedSpade, apply_dynamic_spade, convolve_each, normalise
from talkinghead.rendering.head_renderer import HeadScene
from talkinghead.rendering.interior import InteriorFiller, MouthInterior
from talkinghead.rendering.levels import as_colours
from talkinghead.rendering.mouth import FlatFiller
from talkinghead.rendering.warp import WarpRenderer
from talkinghead.types import Frames, Motion, Portrait

TINY = CONFIGS["tiny"]


def network(**changes: object) -> CompositionNetwork:
    torch.manual_seed(0)
    return CompositionNetwork(replace(TINY.composition, **changes)).eval()  # type: ignore[arg-type]


def motion_of(portrait: Portrait, yaws: list[float]) -> Motion:
    count = len(yaws)
    still, own = np.zeros((count, 3)), portrait.landmarks
    turn = np.stack([np.zeros(count), np.array(yaws), np.zeros(count)], axis=1)
    return Motion(25.0, np.repeat(own[None], count, axis=0), turn, still, np.zeros(count), own)


def several(portrait: Portrait, yaws: list[float]) -> Portrait:
    """A portrait of its own picture, tinted, beside copies that say they are turned."""
    count = 1 + len(yaws)
    images = np.repeat(portrait.frames.images, count, axis=0).copy()
    for number in range(1, count):
        images[number, ..., 2] = 20 * number
    track = portrait.track[np.zeros(count, int)]
    rotation = track.rotation.copy()
    rotation[1:, 1] += yaws
    return replace(portrait, frames=Frames(images, 25.0), track=replace(track, rotation=rotation), person=None)


def test_the_training_of_the_paper() -> None:
    paper = CONFIGS["paper"].composition
    assert (paper.matching, paper.perceptual, paper.flow) == (10.0, 10.0, 10.0)
    assert not paper.residual
    with torch.device("meta"):
        pair = picture_adversaries(paper)
    assert len(pair.discriminator.scales) == 2
    layers = len(paper.channels)
    assert len(pair.generator.projected_spade) == len(pair.generator.matched_spade) == layers
    assert len(pair.generator.fusion.rows) == layers


def test_attention_is_shared_by_the_references() -> None:
    keys, query = torch.randn(2, 16, 5, 3), torch.randn(2, 3, 4, 4)
    maps = attend(keys, query)
    torch.testing.assert_close(maps.sum(dim=2), torch.ones(2, 16, 1))
    torch.testing.assert_close(attend(keys[:, :, :1], query), torch.ones(2, 16, 1, 1))
    same = query.flatten(2).mT[:, :, None]
    alike = attend(torch.cat([10 * same, -10 * same], dim=2), query)
    assert alike[:, :, 0].mean() > 0.8


def test_references_of_one_portrait_serve_all_targets() -> None:
    torch.manual_seed(0)
    embedding = HybridEmbedding(TINY.composition)
    memory = embedding.encode(torch.randn(1, 3, 3, 16, 16), torch.rand(1, 3, 1, 16, 16))
    targets = torch.rand(4, 1, 16, 16)
    together = embedding(memory, targets)
    for one, other in zip(together, embedding(memory, targets[2:3]), strict=True):
        torch.testing.assert_close(one[2:3], other, rtol=1e-4, atol=1e-5)


def test_the_order_of_references_does_not_count_and_their_number_is_free() -> None:
    torch.manual_seed(0)
    embedding = HybridEmbedding(TINY.composition)
    pictures, lines, target = torch.randn(1, 8, 3, 16, 16), torch.rand(1, 8, 1, 16, 16), torch.rand(1, 1, 16, 16)
    order = torch.randperm(8)
    first = embedding(embedding.encode(pictures, lines), target)
    second = embedding(embedding.encode(pictures[:, order], lines[:, order]), target)
    for one, other in zip(first, second, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)
    for count in (1, 32):
        some = embedding.encode(torch.randn(1, count, 3, 16, 16), torch.rand(1, count, 1, 16, 16))
        assert embedding(some, target)[0].shape == first[0].shape


def test_spade_scales_and_shifts_what_was_normalised() -> None:
    normal = normalise(torch.randn(2, 3, 8, 8) * 5 + 2)
    torch.testing.assert_close(normal.mean(dim=(2, 3)), torch.zeros(2, 3), atol=1e-5, rtol=0)
    spade = FixedSpade(3, 2, kernel=1)
    with torch.no_grad():
        spade.maps.weight.zero_()
        spade.maps.bias.copy_(torch.tensor([1.0, 1.0, 1.0, 5.0, 5.0, 5.0]))
    torch.testing.assert_close(spade(normal, torch.randn(2, 2, 8, 8)), 2 * normal + 5)
    none = apply_dynamic_spade(normal, torch.randn(2, 2, 8, 8), torch.zeros(2, 6, 2))
    torch.testing.assert_close(none, normal)
    shown, weights = torch.randn(2, 4, 5, 5), torch.randn(2, 3, 4)
    torch.testing.assert_close(convolve_each(shown, weights)[1, :, 2, 3], weights[1] @ shown[1, :, 2, 3])


def test_a_flow_moves_a_picture() -> None:
    picture = torch.rand(1, 3, 16, 16)
    torch.testing.assert_close(move_picture(picture, torch.zeros(1, 2, 4, 4)), picture, atol=1e-5, rtol=0)
    right = torch.zeros(1, 2, 4, 4)
    right[:, 0] = 1.0
    torch.testing.assert_close(move_picture(picture, right)[..., :-1], picture[..., 1:], atol=1e-4, rtol=0)


def test_at_first_it_blends_the_pictures_that_it_is_given() -> None:
    batch = picture_example(TINY, 0)
    for name in ("matched", "spoken", "still"):
        batch[name] = batch["own"]
    batch["projected"][..., 3] = 0  # holes everywhere
    with torch.inference_mode():
        made = compose(network(warped=False), batch)
    assert made.masks is not None
    torch.testing.assert_close(made.masks.sum(dim=1), torch.ones(2, 32, 32))
    assert made.masks[:, 4].max() < 1e-3
    assert (made.picture - as_colours(batch["own"])).abs().mean() < 0.05


def test_the_losses_of_equation_8() -> None:
    torch.manual_seed(0)
    pair = picture_adversaries(TINY.composition)
    batch = picture_example(TINY, 0)
    losses = picture_losses(pair, batch, TINY)
    assert set(losses) == {
        "adversarial_loss", "feature_loss", "discriminator_loss", "perceptual_loss", "flow_loss", "structure_loss"
    }  # fmt: skip
    made = compose(pair, batch)
    target = as_colours(batch["target"])
    torch.testing.assert_close(losses["flow_loss"], TINY.composition.flow * flow_loss(made, target))
    exact = made._replace(matched=target, projected=torch.cat([target, made.projected[:, 3:]], dim=1))
    assert flow_loss(exact, target) == 0


def test_blends_change_without_jumps() -> None:
    costs = np.repeat(np.linspace(0.1, 0.9, 9)[None], 200, axis=0)
    costs[:, 7] = np.linspace(0.9, 0.0, 200)  # one comes from far and passes all others
    weights = blend_weights(costs, 0.2)
    np.testing.assert_allclose(weights.sum(axis=1), 1.0)
    assert ((weights > 0).sum(axis=1) <= 4).all()
    assert weights[0, 7] == 0
    assert weights[-1].argmax() == 7
    assert np.abs(np.diff(weights, axis=0)).max() < 0.05
    np.testing.assert_array_equal(blend_weights(np.array([[0.3]]), 1.0), [[1.0]])


def test_the_reference_nearest_in_pose_is_matched(calm: Portrait) -> None:
    portrait = several(calm, [0.3, -0.3])
    crop = HeadScene(portrait, size=32).crop
    references = ReferenceFrames(portrait, crop)
    matches = references.match(motion_of(portrait, [0.0, 0.3, -0.3]))
    assert matches.pose.argmax(axis=1).tolist() == [0, 1, 2]
    np.testing.assert_allclose(matches.costs[:, 0], 0.0, atol=1e-3)
    assert references.frontal == 0


def test_a_portrait_at_rest_is_shown_by_all_sources(calm: Portrait) -> None:
    scene = CompositionScene(calm, replace(TINY.composition, size=64))
    own = scene.head.head.picture[None]
    sources = scene.sources(motion_of(calm, [0.0]), own)
    for name in ("own", "matched", "spoken", "still"):
        assert np.abs(getattr(sources, name).astype(int) - own).mean() < 2, name
    known = sources.projected[0, ..., 3] > 127
    assert 0.1 < known.mean() < 0.6
    assert np.abs(sources.projected[0, ..., :3].astype(int) - own[0])[known].mean() < 12


def test_of_one_picture_nothing_changes_beyond_the_heads_reach(calm: Portrait) -> None:
    warp = WarpRenderer(InteriorFiller(MouthInterior()), FlatFiller())
    motion = motion_of(calm, [0.0, 0.2])
    plain, made = (
        np.concatenate([chunk.images for chunk in renderer.render(motion, calm)])
        for renderer in (warp, CompositionRenderer(network(), warp))
    )
    assert (made != plain).any()
    np.testing.assert_array_equal(made[:, :, :8], plain[:, :, :8])
    np.testing.assert_array_equal(made[:, :8], plain[:, :8])


def test_sizes_that_do_not_divide_are_refused() -> None:
    with pytest.raises(ValueError, match="divide"):
        CompositionNetwork(CompositionConfig(size=100))
