"""Faces made of others."""

from __future__ import annotations

import torch

from talkinghead.face.landmarks import BROWS, JAW, LIPS, NOSE
from talkinghead.training.augmentation.faces import augment_faces


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_faces_keep_shape_and_are_seeded() -> None:
    rest = torch.randn(64, 68, 3, generator=rng(1))
    first, again, other = (augment_faces(rest, rng(seed)) for seed in (4, 4, 5))
    assert [value.shape for value in first] == [(64, 68, 3), (64, 1, 3)]
    for value, same, different in zip(first, again, other, strict=True):
        assert torch.equal(value, same)
        assert not torch.equal(value, different)
    unchanged = (first[0] - rest).abs().amax(dim=(1, 2)) == 0
    assert 15 < int(unchanged.sum()) < 50  # half of them
    assert (first[1][unchanged] == 1).all()


def test_proportions_change_within_limits() -> None:
    _, scale = augment_faces(torch.randn(64, 68, 3, generator=rng(1)), rng(3))
    for axis, reach in enumerate((0.15, 0.2, 0.3)):
        assert 0.5 * reach < float((scale[..., axis] - 1).abs().max()) < reach + 1e-6


def test_parts_move_as_wholes() -> None:
    faces, _ = augment_faces(torch.zeros(400, 68, 3), rng(6))
    means = {name: faces[:, part].mean(dim=1) for name, part in (("jaw", JAW), ("lips", LIPS), ("brows", BROWS))}
    together = means["brows"].std(), (means["jaw"] - means["brows"]).std(), (means["lips"] - means["brows"]).std()
    assert all(0.01 < float(value) < 0.08 for value in together)
    assert float(faces[:, NOSE].std()) > float(faces[:, BROWS].std())


def test_strength_and_unit_scale_what_moves() -> None:
    rest = torch.zeros(16, 68, 2)
    plain, scale = augment_faces(rest, rng(2))
    weak, weak_scale = augment_faces(rest, rng(2), strength=0.5, unit=80.0)
    torch.testing.assert_close(weak, 40 * plain)
    torch.testing.assert_close(weak_scale - 1, (scale - 1) / 2)
    assert scale.shape == (16, 1, 2)
