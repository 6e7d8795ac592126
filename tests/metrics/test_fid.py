"""Inception features: what is missing is named, and pictures get to the network and back."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from talkinghead.errors import InputError
from talkinghead.metrics.fid import FILE_NAME, URL, inception_features, inception_weights, load_inception
from talkinghead.metrics.frechet import frechet_distance


class Means(torch.nn.Module):
    """A stand-in for Inception: the mean colour, in 2048 numbers; keeps what it was made with and given."""

    def __init__(self, **options: object) -> None:
        super().__init__()
        self.options, self.batches = options, list[torch.Size]()

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        assert images.dtype == torch.uint8
        self.batches.append(images.shape)
        colours: torch.Tensor = images.double().mean(dim=(2, 3)).repeat(1, 683)[:, :2048]
        return colours


def test_the_files_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.delenv("TALKINGHEAD_INCEPTION", raising=False)
    usual = tmp_path / "hub" / "checkpoints" / FILE_NAME
    with pytest.raises(InputError) as missing:
        inception_weights()
    assert URL in str(missing.value)
    assert str(usual) in str(missing.value)
    usual.parent.mkdir(parents=True)
    usual.touch()
    assert inception_weights() == usual
    named = tmp_path / "mine.pth"
    monkeypatch.setenv("TALKINGHEAD_INCEPTION", str(named))
    with pytest.raises(InputError, match=r"mine\.pth: no such weights"):
        inception_weights()
    named.touch()
    assert inception_weights() == named
    with pytest.raises(InputError, match=r"other\.pth: no such weights"):
        inception_weights(tmp_path / "other.pth")


def test_packages_that_cannot_be_used_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = tmp_path / FILE_NAME
    weights.touch()
    monkeypatch.setitem(sys.modules, "torchmetrics.image.fid", None)
    with pytest.raises(InputError, match="pip install torchmetrics torch-fidelity"):
        inception_features(np.zeros((1, 8, 8, 3), np.uint8), weights=weights)


def test_the_network_is_that_of_torch_fidelity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = tmp_path / FILE_NAME
    weights.touch()
    fid = ModuleType("torchmetrics.image.fid")
    fid.NoTrainInceptionV3 = Means  # type: ignore[attr-defined]
    for name, module in (("torchmetrics.image.fid", fid), ("torch_fidelity", ModuleType("torch_fidelity"))):
        monkeypatch.setitem(sys.modules, name, module)
    network = load_inception(weights)
    assert isinstance(network, Means)
    assert not network.training
    assert network.options == {
        "name": "inception-v3-compat",
        "features_list": ["2048"],
        "feature_extractor_weights_path": str(weights),
    }


def test_pictures_reach_the_network_in_batches() -> None:
    images = np.random.default_rng(0).integers(0, 256, (5, 9, 7, 3), dtype=np.uint8)
    network = Means()
    features = inception_features(images, network=network, batch_size=2)
    assert [tuple(shape) for shape in network.batches] == [(2, 3, 9, 7), (2, 3, 9, 7), (1, 3, 9, 7)]
    assert features.shape == (5, 2048)
    assert features.dtype == np.float32
    assert features[:, :3] == pytest.approx(images.mean(axis=(1, 2)), abs=1e-3)
    assert frechet_distance(features, features) == pytest.approx(0.0, abs=1e-6)
    assert inception_features(images[:0], network=network).shape == (0, 2048)


@pytest.mark.parametrize("images", [np.zeros((1, 8, 8, 3)), np.zeros((8, 8, 3), np.uint8)])
def test_other_shapes_and_types_are_refused(images: np.ndarray) -> None:
    with pytest.raises(ValueError, match="need images"):
        inception_features(images, network=Means())
