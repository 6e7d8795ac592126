"""The image-to-image translation network."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from talkinghead.methods.makeittalk.config import CONFIGS, TranslationConfig
from talkinghead.methods.makeittalk.translation import TranslationNetwork
from talkinghead.rendering.displacement import landmark_field

PAPER, SMALL, TINY = (CONFIGS[name].translation for name in ("paper", "small", "tiny"))

# Table 4: channels and side after each line.
DOWN = [(64, 128), (128, 64), (256, 32), (512, 16), (512, 8), (512, 4)]
UP = [(512, 8), (512, 16), (256, 32), (128, 64), (64, 128), (3, 256)]
UP_FROM = [512, 1024, 1024, 512, 256, 128]


def parameters(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


def inputs(config: TranslationConfig, batch: int = 1, seed: int = 0) -> tuple[Tensor, ...]:
    generator = torch.Generator().manual_seed(seed)
    size = config.size
    pictures = 2 * torch.rand(3, batch, 3, size, size, generator=generator) - 1
    source = size * (0.25 + 0.5 * torch.rand(batch, 68, 2, generator=generator))
    target = source + torch.randn(batch, 68, 2, generator=generator)
    given = [pictures[0], pictures[1]]
    if config.source_sketch:
        given.append(pictures[2])
    if config.copying:
        given.append(landmark_field(source, target, size))
    return tuple(given)


def test_layers_have_the_sizes_of_table_4() -> None:
    network = TranslationNetwork(PAPER).eval()
    seen: dict[nn.Module, tuple[int, ...]] = {}
    layers = [*network.down, *network.up, network.out]
    for layer in layers:
        layer.register_forward_hook(lambda module, given, made: seen.update({module: tuple(made.shape[1:])}))
    with torch.inference_mode():
        made = network(*inputs(PAPER))
    assert made.picture.shape == (1, 3, 256, 256)
    assert [seen[layer][:2] for layer in layers] == DOWN + UP
    assert network.down[0].convolution.in_channels == 3 + 3
    ups = [*network.up, network.out]
    assert [layer.convolution.in_channels for layer in ups] == UP_FROM


def test_every_layer_is_a_convolution_and_two_residual_blocks() -> None:
    for layer in TranslationNetwork(PAPER).modules():
        if hasattr(layer, "convolution"):
            assert layer.convolution.kernel_size == (3, 3)
            assert len(layer.blocks) == 2


def test_paper_has_the_parameters_it_states() -> None:
    assert round(parameters(TranslationNetwork(PAPER)) / 1e6, 1) == 30.7


def test_small_is_small() -> None:
    assert parameters(TranslationNetwork(SMALL)) < 2.5e6
    assert SMALL.size == PAPER.size
    assert len(SMALL.channels) == len(PAPER.channels)


@pytest.mark.parametrize("config", [SMALL, TINY], ids=["small", "tiny"])
def test_what_copying_makes(config: TranslationConfig) -> None:
    made = TranslationNetwork(config).eval()(*inputs(config, 2))
    size = config.size
    assert made.picture.shape == made.painted.shape == made.copied.shape == (2, 3, size, size)
    assert made.share.shape == (2, 1, size, size)
    assert made.field.shape == (2, 2, size // 4, size // 4)
    torch.testing.assert_close(made.picture, made.share * made.copied + (1 - made.share) * made.painted)
    assert made.picture.abs().max() <= 1 + 1e-6


def test_pictures_do_not_depend_on_their_neighbours_in_a_batch() -> None:
    network, given = TranslationNetwork(TINY).eval(), inputs(TINY, 3)
    with torch.inference_mode():
        together = network(*given).picture
        alone = network(*(one[1:2] for one in given)).picture
    torch.testing.assert_close(alone[0], together[1], atol=1e-5, rtol=1e-4)


def test_inputs_that_the_configuration_does_not_have_are_refused() -> None:
    network, given = TranslationNetwork(TINY), inputs(TINY)
    with pytest.raises(ValueError, match="source_sketch"):
        network(*given[:2])
    with pytest.raises(ValueError, match="source_sketch"):
        network(*given[:3])
    with pytest.raises(ValueError, match="portrait"):
        network(torch.zeros(1, 3, 32, 32), *given[1:])
