"""Variations of mouths: seeded, in range, and still while nobody speaks."""

from __future__ import annotations

import torch

from talkinghead.metrics.syncnet import HEIGHT, WIDTH
from talkinghead.training.augmentation.crops import augment_crops


def rng(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_pictures_vary_from_stretch_to_stretch_and_not_within() -> None:
    crops = torch.rand(12, 1, HEIGHT, WIDTH, generator=rng(0)).expand(-1, 6, -1, -1).contiguous()
    varied = augment_crops(crops, rng(1))
    assert varied.shape == crops.shape
    assert torch.equal(varied, augment_crops(crops, rng(1)))
    assert not torch.equal(varied, augment_crops(crops, rng(2)))
    within = (varied - varied.mean(dim=1, keepdim=True)).abs().mean(dim=(1, 2, 3))
    changed = (varied - crops).abs().mean(dim=(1, 2, 3))
    assert within.max() < 0.06  # grain and tremor
    assert changed.min() > 0.02


def test_values_stay_in_range_and_shifts_in_time_stay() -> None:
    crops = torch.zeros(16, 5, HEIGHT, WIDTH)
    crops[:, 2] = 1.0
    varied = augment_crops(crops, rng(3))
    assert 0.0 <= float(varied.min()) <= float(varied.max()) <= 1.0
    brightness = varied.mean(dim=(2, 3))
    assert (brightness.argmax(dim=1) == 2).all()
