"""The landmarks-to-video network against section 3.2 of Wang et al. 2020."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from talkinghead.methods.attentional_landmarks.config import CONFIGS, VARIANTS, VideoConfig
from talkinghead.methods.attentional_landmarks.ltv import NUM_MAPS, LandmarksToVideo, _block, _join, heat_maps

TINY = CONFIGS["tiny"].video


def faces(count: int, size: int) -> Tensor:
    return size * (0.2 + 0.6 * torch.rand(count, 68, 2, generator=torch.Generator().manual_seed(1)))


def pictures(count: int, size: int) -> Tensor:
    return 2 * torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(2)) - 1


def test_a_landmark_is_a_blob_where_it_is() -> None:
    landmarks = torch.full((1, 68, 2), -1e4)
    landmarks[0, 30] = torch.tensor([20.5, 40.5])  # between pixels 20 and 21, 40 and 41: the middle of a halved one
    maps = heat_maps(landmarks, 64)
    assert maps.shape == (1, NUM_MAPS, 32, 32)
    assert float(maps[0, 3, 20, 10]) == 1.0  # the nose's map, row of y, column of x
    spread = 3.0 / 256 * 64
    assert float(maps[0, 3, 20, 11]) == pytest.approx(
        torch.exp(torch.tensor(-0.5 * (2 / spread) ** 2)).item(), rel=1e-4
    )
    assert float(maps.sum()) == pytest.approx(float(maps[0, 3].sum()))


def test_every_landmark_is_in_one_map() -> None:
    for point in range(68):
        landmarks = torch.full((1, 68, 2), -1e4)
        landmarks[0, point] = 32.0
        assert int((heat_maps(landmarks, 64).amax(dim=(0, 2, 3)) > 0.5).sum()) == 1


@pytest.mark.parametrize("name", ["small", "small-plain", "tiny"])
def test_shapes(name: str) -> None:
    config = (CONFIGS | VARIANTS)[name].video
    network = LandmarksToVideo(config).eval()
    with torch.inference_mode():
        made = network(faces(2, config.size), pictures(2, config.size), faces(2, config.size))
    assert made.shape == (2, 3, config.size, config.size)
    assert made.abs().max() <= 1


def test_the_papers_layers() -> None:
    # Section 4.1: crops of 300 px; the least multiple of the stride of five halvings that holds them is 320.
    config = CONFIGS["paper"].video
    assert config.size == 320
    assert config.size % 2 ** len(config.channels) == 0
    assert config.size - 300 < 2 ** len(config.channels)
    assert not config.copying
    network = LandmarksToVideo(dataclasses.replace(config, size=64))
    with torch.inference_mode():
        reference = network.encode(pictures(1, 64))
    sizes = [(64, 32), (128, 16), (256, 8), (512, 4), (512, 2)]
    assert [part.shape for part in reference.features] == [(1, c, s, s) for c, s in sizes]


def test_what_ships_is_small() -> None:
    config = CONFIGS["small"].video
    network = LandmarksToVideo(config).eval()
    assert sum(value.numel() for value in network.parameters()) < 2_500_000
    with torch.inference_mode():
        reference = network.encode(pictures(1, 256), faces(1, 256))
        with FlopCounterMode(display=False) as counter:
            network.draw(faces(1, 256), reference)
    assert counter.get_total_flops() < 3.0e9


def test_gates_are_the_landmarks_and_multiply_the_picture() -> None:
    # Equation 9: with gates shut, nothing of the picture's features is left, but the background's branch.
    torch.manual_seed(0)
    network = LandmarksToVideo(dataclasses.replace(TINY, copying=False, guided=False)).eval()
    own, landmarks = faces(1, 64), faces(1, 64).flip(1)
    first, second = pictures(1, 64), pictures(1, 64).flip(2)

    def drawn(picture: Tensor) -> Tensor:
        reference = network.encode(picture, own)
        blank = dataclasses.replace(reference, background=torch.zeros_like(reference.background))
        return network.draw(landmarks, blank)[0]

    with torch.inference_mode():
        assert not torch.allclose(drawn(first), drawn(second), atol=1e-4)
        for gate in network.gates:
            gate.weight.zero_()  # type: ignore[union-attr, operator]
            gate.bias.fill_(-1e4)  # type: ignore[union-attr, operator]
        torch.testing.assert_close(drawn(first), drawn(second))


def test_attention_is_where_the_landmarks_are() -> None:
    torch.manual_seed(0)
    network = LandmarksToVideo(TINY).eval()
    with torch.inference_mode():
        shown = network.attention(faces(2, 64))
        nowhere = network.attention(torch.full((1, 68, 2), -1e4))
    assert shown.shape == (2, 1, 64, 64)
    assert 0 <= shown.min() < shown.max() <= 1
    assert float(nowhere[..., 8:-8, 8:-8].std()) < 1e-6  # no landmark, no difference between places
    assert float(shown[..., 8:-8, 8:-8].std()) > 1e-4
    with pytest.raises(ValueError, match="without attention"):
        LandmarksToVideo(dataclasses.replace(TINY, attention=False)).attention(faces(1, 64))


def test_one_reference_serves_many_frames() -> None:
    torch.manual_seed(0)
    network = LandmarksToVideo(TINY).eval()
    own, landmarks, picture = faces(1, 64), faces(3, 64), pictures(1, 64)
    with torch.inference_mode():
        many, _ = network.draw(landmarks, network.encode(picture, own))
        each = network(landmarks, picture.expand(3, -1, -1, -1), own.expand(3, -1, -1))
    torch.testing.assert_close(many, each, atol=1e-5, rtol=1e-5)


def test_with_copying_it_begins_with_the_portrait() -> None:
    torch.manual_seed(0)
    network = LandmarksToVideo(TINY).eval()
    smooth = torch.nn.functional.interpolate(pictures(1, 4), size=(64, 64), mode="bilinear")
    with torch.inference_mode():
        made = network(faces(1, 64), smooth, faces(1, 64))
    assert torch.corrcoef(torch.stack([made.flatten(), smooth.flatten()]))[0, 1] > 0.9


def copying(config: VideoConfig, right: float) -> LandmarksToVideo:
    """A network that shows nothing but the portrait's own pixels, and moves them by so many px by itself."""
    network = LandmarksToVideo(config).eval()
    with torch.no_grad():
        network.flow.weight.zero_()
        assert network.flow.bias is not None
        network.flow.bias.copy_(torch.tensor([2 * right / config.size, 0.0]))  # in half sides
        network.out.weight.zero_()
        assert network.out.bias is not None
        network.out.bias[12:] = 50.0
    return network


def test_a_displacement_reads_the_portrait_elsewhere() -> None:
    picture = pictures(1, 64)
    with torch.inference_mode():
        made = copying(TINY, 5.0)(faces(1, 64), picture, faces(1, 64))
    torch.testing.assert_close(made[..., :-5], picture[..., 5:], atol=1e-4, rtol=0)


@pytest.mark.parametrize("guided", [False, True])
def test_a_guided_one_moves_the_portrait_as_its_landmarks_move(guided: bool) -> None:
    network = copying(dataclasses.replace(TINY, guided=guided), 0.0)
    grid = torch.cartesian_prod(torch.arange(8.0), torch.arange(8.0)) * 9
    own = torch.cat([grid, torch.full((4, 2), 31.5)])[None]
    picture = torch.nn.functional.interpolate(pictures(1, 8), size=(64, 64), mode="bilinear")
    with torch.inference_mode():
        made = network(own + torch.tensor([4.0, 0.0]), picture, own)
    wanted = picture[..., 12:-12, 8:-12] if guided else picture[..., 12:-12, 12:-8]
    torch.testing.assert_close(made[..., 12:-12, 12:-8], wanted, atol=0.05, rtol=0)


def test_the_ablations_are_not_guided() -> None:
    assert not any(
        (CONFIGS | VARIANTS)[name].video.guided for name in ("paper", "small-full", "small-plain", "small-joint")
    )


def test_what_cannot_be_is_an_error() -> None:
    with pytest.raises(ValueError, match="halve"):
        LandmarksToVideo(dataclasses.replace(TINY, size=72))
    with pytest.raises(ValueError, match="needs copying and source"):
        LandmarksToVideo(dataclasses.replace(TINY, copying=False))
    with pytest.raises(ValueError, match="own landmarks"):
        LandmarksToVideo(TINY).encode(pictures(1, 64))
    assert not VideoConfig().source


@pytest.mark.parametrize("name", ["small", "paper"])
def test_gates_begin_open_and_shut(name: str) -> None:
    """Close to landmarks; far from them all are half open."""
    torch.manual_seed(0)
    config = (CONFIGS | VARIANTS)[name].video
    network = LandmarksToVideo(config)
    with torch.no_grad():
        codes = network._codes(faces(1, config.size))
        for gate, code in zip(network.gates, codes):
            away = (torch.sigmoid(gate(code)) - 0.5).square().mean(dim=1).sqrt()
            assert away.max() > 0.1


@pytest.mark.parametrize("parts", [(True, True), (True, False), (False, True), (False, False)])
def test_a_block_of_parts_is_the_block_of_all_side_by_side(parts: tuple[bool, bool]) -> None:
    torch.manual_seed(0)
    below = torch.rand(3, 6, 4, 4) if parts[0] else None
    background = torch.rand(1, 2, 8, 8) if parts[1] else None
    face, code = torch.rand(1, 5, 8, 8), torch.rand(3, 4, 8, 8)
    all_parts = [face.expand(3, -1, -1, -1), code]
    all_parts += [] if below is None else [nn.functional.interpolate(below, scale_factor=2, mode="nearest")]
    all_parts += [] if background is None else [background.expand(3, -1, -1, -1)]
    side_by_side = torch.cat(all_parts, dim=1)
    block = _block(side_by_side.shape[1], 7)
    torch.testing.assert_close(_join(block, face, code, below, background), block(side_by_side))
