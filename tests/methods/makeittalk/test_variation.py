"""Voices and faces made of others."""

from __future__ import annotations

import pytest
import torch

from talkinghead.face.landmarks import BROWS, JAW, LIPS, NOSE
from talkinghead.methods.makeittalk.variation import (
    WIDER,
    augment_bands,
    augment_faces,
    augment_phones,
    augment_samples,
    augment_tempo,
)


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_vary_voices_keeps_shape_and_range_and_is_seeded() -> None:
    windows = torch.rand(200, 18, 80, generator=rng(9))
    varied = augment_samples(windows, rng(1))
    assert varied.shape == windows.shape
    assert torch.equal(varied, augment_samples(windows, rng(1)))
    assert not torch.equal(varied, augment_samples(windows, rng(2)))
    assert 0.0 <= float(varied.min()) <= float(varied.max()) <= 1.1 + 1e-6
    unchanged = (varied - windows).abs().amax(dim=(1, 2)) < 2e-3
    assert 0 < int(unchanged.sum()) < 60  # some voices stay: 0.3 x 0.5 x 0.5 of them


def test_vary_voices_moves_formants_by_at_most_fifteen_percent() -> None:
    windows = torch.zeros(300, 18, 80)
    windows[:, :, 40] = 1.0
    peaks = augment_samples(windows, rng(3)).mean(dim=1).argmax(dim=1).float()
    assert float(peaks.min()) >= 40 / 1.16
    assert float(peaks.max()) <= 40 / 0.84
    assert 0.3 < float((peaks == 40).float().mean()) < 0.8


def test_vary_bands_leaves_them_out_in_some_windows_and_tilts_the_others() -> None:
    windows = torch.full((1000, 18, 8), 0.6)
    varied = augment_bands(windows, rng(1))
    assert torch.equal(varied, augment_bands(windows, rng(1)))
    assert 0.0 <= float(varied.min()) <= float(varied.max()) <= 1.1 + 1e-6
    missing = varied.amax(dim=(1, 2)) == 0
    assert 0.35 < float(missing.float().mean()) < 0.45
    tilt = (varied[~missing, :, -1] - varied[~missing, :, 0]).abs().mean()
    assert 0.05 < float(tilt) < 0.25
    assert not (augment_bands(windows, rng(1), variation=0.0).amax(dim=(1, 2)) == 0).any()


def test_vary_faces_keeps_shape_and_is_seeded() -> None:
    static, target = torch.randn(64, 68, 3, generator=rng(1)), torch.randn(64, 68, 3, generator=rng(2))
    first, again, other = (augment_faces(static, target, rng(seed)) for seed in (4, 4, 5))
    for value, same, different in zip(first, again, other, strict=True):
        assert value.shape == (64, 68, 3)
        assert torch.equal(value, same)
        assert not torch.equal(value, different)
    unchanged = (first[0] - static).abs().amax(dim=(1, 2)) == 0
    assert 15 < int(unchanged.sum()) < 50  # half of them
    torch.testing.assert_close(first[1][unchanged], target[unchanged])


def test_vary_faces_scales_the_motion_with_the_face() -> None:
    static = torch.randn(64, 68, 3, generator=rng(1))
    motion = torch.randn(64, 68, 3, generator=rng(2))
    varied_static, varied_target = augment_faces(static, static + motion, rng(3))
    ratio = (varied_target - varied_static) / motion
    # One factor per face and axis, within the limits.
    torch.testing.assert_close(ratio, ratio[:, :1].expand_as(ratio), atol=2e-3, rtol=2e-3)
    for axis, reach in enumerate((0.15, 0.2, 0.3)):
        assert 0.5 * reach < float((ratio[..., axis] - 1).abs().max()) < reach + 0.01


def test_vary_faces_moves_parts_as_wholes() -> None:
    static = torch.zeros(400, 68, 3)
    varied, _ = augment_faces(static, static, rng(6))
    means = {name: varied[:, part].mean(dim=1) for name, part in (("jaw", JAW), ("lips", LIPS), ("brows", BROWS))}
    together = means["brows"].std(), (means["jaw"] - means["brows"]).std(), (means["lips"] - means["brows"]).std()
    assert all(0.01 < float(value) < 0.08 for value in together)
    assert float(varied[:, NOSE].std()) > float(varied[:, BROWS].std())


def posteriors(count: int) -> torch.Tensor:
    return torch.softmax(3 * torch.randn(count, 18, 40, generator=rng(7)), dim=2)[:, :, 1:]


def test_vary_phones_keeps_probabilities_and_is_seeded() -> None:
    windows = posteriors(200)
    varied = augment_phones(windows, ((1, 2),), rng(1))
    assert varied.shape == windows.shape
    assert float(varied.min()) >= 0.0
    assert float(varied.sum(dim=2).max()) <= 1.0 + 1e-4
    assert torch.equal(varied, augment_phones(windows, ((1, 2),), rng(1)))
    assert not torch.equal(varied, augment_phones(windows, ((1, 2),), rng(2)))


def test_vary_phones_without_variation_changes_nothing() -> None:
    windows = posteriors(20)
    torch.testing.assert_close(augment_phones(windows, ((1, 2),), rng(1), variation=0.0), windows, atol=1e-4, rtol=0)


def test_vary_phones_keeps_silence_silent_and_sure_phones_likeliest() -> None:
    windows = torch.zeros(400, 18, 39)
    windows[:200, :, 5] = 1.0
    varied = augment_phones(windows, (), rng(4))
    assert float(varied[200:].sum(dim=2).mean()) < 0.2
    assert (varied[:200].argmax(dim=2) == 5).all()


def test_vary_phones_takes_a_phone_for_a_strange_one_in_whole_windows() -> None:
    windows = torch.zeros(400, 18, 39)
    windows[:, :, 5] = 1.0
    heard = augment_phones(windows, ((9, 5),), rng(4)).argmax(dim=2)
    assert set(heard.unique().tolist()) == {5, 9}
    assert (heard == heard[:, :1]).all()
    assert 0.25 < float((heard[:, 0] == 9).float().mean()) < 0.55


@pytest.mark.parametrize("lead", [0, 9])
def test_vary_tempo_stretches_about_the_moment(lead: int) -> None:
    time = torch.arange(18.0 + 2 * WIDER) - lead - WIDER
    windows = time.view(1, -1, 1).expand(300, -1, 1)
    varied = augment_tempo(windows, lead, rng(2))[..., 0]
    assert varied.shape == (300, 18)
    torch.testing.assert_close(varied[:, lead], torch.zeros(300), atol=1e-4, rtol=0)
    factors = varied[:, lead + 1] - varied[:, lead]
    torch.testing.assert_close(varied, factors[:, None] * (torch.arange(18.0) - lead), atol=1e-3, rtol=0)
    assert 0.75 <= float(factors.min()) < 0.8
    assert 1.7 < float(factors.max()) <= 1.8
    assert 0.4 < float((factors == 1.0).float().mean()) < 0.6


def test_vary_tempo_without_variation_gives_the_window() -> None:
    windows = torch.rand(5, 18 + 2 * WIDER, 3, generator=rng(1))
    assert torch.equal(augment_tempo(windows, 9, rng(2), variation=0.0), windows[:, WIDER:-WIDER])
