"""Phones of other voices, at other tempi."""

from __future__ import annotations

import pytest
import torch

from talkinghead.training.augmentation.phones import TEMPO_MARGIN, augment_phones, augment_tempo


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def posteriors(count: int) -> torch.Tensor:
    return torch.softmax(3 * torch.randn(count, 18, 40, generator=rng(7)), dim=2)[:, :, 1:]


def test_augmentation_of_phones_keeps_probabilities_and_is_seeded() -> None:
    windows = posteriors(200)
    varied = augment_phones(windows, ((1, 2),), rng(1))
    assert varied.shape == windows.shape
    assert float(varied.min()) >= 0.0
    assert float(varied.sum(dim=2).max()) <= 1.0 + 1e-4
    assert torch.equal(varied, augment_phones(windows, ((1, 2),), rng(1)))
    assert not torch.equal(varied, augment_phones(windows, ((1, 2),), rng(2)))


def test_augmentation_of_phones_without_variation_changes_nothing() -> None:
    windows = posteriors(20)
    torch.testing.assert_close(augment_phones(windows, ((1, 2),), rng(1), variation=0.0), windows, atol=1e-4, rtol=0)


def test_augmentation_of_phones_keeps_silence_silent_and_sure_phones_likeliest() -> None:
    windows = torch.zeros(400, 18, 39)
    windows[:200, :, 5] = 1.0
    varied = augment_phones(windows, (), rng(4))
    assert float(varied[200:].sum(dim=2).mean()) < 0.2
    assert (varied[:200].argmax(dim=2) == 5).all()


def test_augmentation_of_phones_takes_a_phone_for_an_unseen_one_in_whole_windows() -> None:
    windows = torch.zeros(400, 18, 39)
    windows[:, :, 5] = 1.0
    augmented = augment_phones(windows, ((9, 5),), rng(4)).argmax(dim=2)
    assert set(augmented.unique().tolist()) == {5, 9}
    assert (augmented == augmented[:, :1]).all()
    assert 0.25 < float((augmented[:, 0] == 9).float().mean()) < 0.55


@pytest.mark.parametrize("lead", [0, 9])
def test_augmentation_of_tempo_stretches_about_the_moment(lead: int) -> None:
    time = torch.arange(18.0 + 2 * TEMPO_MARGIN) - lead - TEMPO_MARGIN
    windows = time.view(1, -1, 1).expand(300, -1, 1)
    varied = augment_tempo(windows, lead, rng(2))[..., 0]
    assert varied.shape == (300, 18)
    torch.testing.assert_close(varied[:, lead], torch.zeros(300), atol=1e-4, rtol=0)
    factors = varied[:, lead + 1] - varied[:, lead]
    torch.testing.assert_close(varied, factors[:, None] * (torch.arange(18.0) - lead), atol=1e-3, rtol=0)
    assert 0.75 <= float(factors.min()) < 0.8
    assert 1.7 < float(factors.max()) <= 1.8
    assert 0.4 < float((factors == 1.0).float().mean()) < 0.6


def test_augmentation_of_tempo_without_variation_gives_the_window() -> None:
    windows = torch.rand(5, 18 + 2 * TEMPO_MARGIN, 3, generator=rng(1))
    assert torch.equal(augment_tempo(windows, 9, rng(2), variation=0.0), windows[:, TEMPO_MARGIN:-TEMPO_MARGIN])
