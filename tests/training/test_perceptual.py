"""Distances between pictures."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from talkinghead.errors import InputError
from talkinghead.metrics.ssim import ssim
from talkinghead.rendering.levels import as_colours
from talkinghead.training.perceptual import VggDistance, perceptual_distance, pyramid_loss, structure_loss
from talkinghead.types import ImageArray

_LAYERS = {0: (3, 64), 2: (64, 64), 5: (64, 128), 7: (128, 128), 10: (128, 256), 12: (256, 256), 14: (256, 256)}
_LAYERS |= {16: (256, 256), 19: (256, 512), 21: (512, 512), 23: (512, 512), 25: (512, 512), 28: (512, 512)}


def vgg() -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    weights = {"classifier.0.weight": torch.zeros(2)}
    for number, (before, after) in _LAYERS.items():
        scale = (2 / (9 * before)) ** 0.5
        weights[f"features.{number}.weight"] = scale * torch.randn(after, before, 3, 3, generator=generator)
        weights[f"features.{number}.bias"] = torch.zeros(after)
    return weights


def test_pyramid_of_a_constant_difference_is_that_difference() -> None:
    picture = torch.rand(2, 3, 16, 16)
    assert float(pyramid_loss(picture, picture)) == 0
    assert float(pyramid_loss(picture + 0.25, picture)) == pytest.approx(0.25, abs=1e-6)


def test_pyramid_of_a_checkerboard_is_in_the_finest_band_alone() -> None:
    board = torch.tensor([[1.0, -1.0], [-1.0, 1.0]]).repeat(8, 8)[None, None]
    assert float(pyramid_loss(board, torch.zeros_like(board))) == pytest.approx(1.0, abs=1e-6)


def test_pyramid_minds_lost_detail_more_than_another_light() -> None:
    real = torch.zeros(1, 1, 32, 32)
    real[..., 2::4, 2::4] = 1
    blurred = torch.nn.functional.avg_pool2d(real, 5, 1, 2)
    lighter = real + (blurred - real).abs().mean()
    assert float(pyramid_loss(blurred, real)) > 1.5 * float(pyramid_loss(lighter, real))


def test_pyramid_refuses_other_shapes() -> None:
    with pytest.raises(ValueError, match="one shape"):
        pyramid_loss(torch.zeros(1, 3, 8, 8), torch.zeros(1, 3, 16, 16))


def test_vgg_has_five_activations_of_the_published_sizes() -> None:
    distance = VggDistance(vgg())
    shapes = [tuple(found.shape[1:]) for found in distance.activations(torch.zeros(1, 3, 32, 32))]
    assert shapes == [(64, 32, 32), (128, 16, 16), (256, 8, 8), (512, 4, 4), (512, 2, 2)]
    assert not [p for p in distance.parameters() if p.requires_grad]


def test_vgg_first_activation_is_its_first_convolution_of_normalised_colours() -> None:
    weights, picture = vgg(), torch.rand(1, 3, 16, 16) * 2 - 1
    colours = (picture + 1) / 2
    even = (colours - torch.tensor([0.485, 0.456, 0.406])[:, None, None]) / torch.tensor([0.229, 0.224, 0.225])[
        :, None, None
    ]
    wanted = torch.nn.functional.conv2d(even, weights["features.0.weight"], padding=1).relu()
    torch.testing.assert_close(VggDistance(weights).activations(picture)[0], wanted)


def test_vgg_distance_grows_with_the_difference_and_has_a_gradient() -> None:
    distance, real = VggDistance(vgg()), torch.rand(1, 3, 32, 32) - 0.5
    noise = torch.randn(1, 3, 32, 32)
    values = [float(distance(real + amount * noise, real)) for amount in (0.0, 0.1, 0.4)]
    assert values[0] == 0
    assert values[1] < values[2]
    made = (real + 0.1 * noise).requires_grad_()
    distance(made, real).backward()
    assert made.grad is not None
    assert float(made.grad.abs().max()) > 0


def test_files_of_weights(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "vgg19.pth"
    torch.save(vgg(), path)
    assert isinstance(perceptual_distance(path), VggDistance)
    assert not caplog.records
    with caplog.at_level(logging.WARNING):
        assert perceptual_distance(None) is pyramid_loss
    assert "VGG19" in caplog.text


def test_bad_files_are_named(tmp_path: Path) -> None:
    path = tmp_path / "vgg.pth"
    with pytest.raises(InputError, match=r"vgg\.pth"):
        perceptual_distance(path)
    path.write_bytes(b"no weights")
    with pytest.raises(InputError, match=r"vgg\.pth"):
        perceptual_distance(path)
    torch.save([1, 2], path)
    with pytest.raises(InputError, match="state dict"):
        perceptual_distance(path)
    torch.save({"features.0.weight": torch.zeros(64, 3, 3, 3)}, path)
    with pytest.raises(InputError, match=r"features\.0\.bias"):
        perceptual_distance(path)


def pictures_of(images: ImageArray) -> Tensor:
    """(B, 3, H, W) in [-1, 1]."""
    return as_colours(torch.from_numpy(images))


def test_structure_loss_is_the_measures() -> None:
    rng = np.random.default_rng(0)
    real = rng.integers(0, 256, (2, 40, 48, 3), dtype=np.uint8)
    made = np.clip(real + rng.normal(0, 40, real.shape), 0, 255).astype(np.uint8)
    loss = structure_loss(pictures_of(made), pictures_of(real))
    assert float(loss) == pytest.approx(1 - ssim(made, real).mean(), abs=1e-5)
    assert float(structure_loss(pictures_of(real), pictures_of(real))) == pytest.approx(0.0, abs=1e-6)


def test_structure_loss_keeps_its_precision() -> None:
    picture = pictures_of(np.random.default_rng(0).integers(100, 110, (1, 32, 32, 3), dtype=np.uint8))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert float(structure_loss(picture, picture)) == pytest.approx(0.0, abs=1e-6)
