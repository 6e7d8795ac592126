"""Weights and their cards on disk."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from talkinghead.errors import InputError
from talkinghead.weights import load_weights, save_weights


@dataclass(frozen=True)
class Config:
    """Some sizes."""

    width: int = 4
    layers: tuple[int, ...] = (1, 2)


def network(seed: int = 0, *, size: int = 3) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(size, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))


def saved(folder: Path) -> Path:
    path = folder / "net.safetensors"
    save_weights(network(), path, card={"data": "none"})
    return path


def test_round_trip_in_half_precision(tmp_path: Path) -> None:
    path = saved(tmp_path / "new folder")
    other = network(1)
    load_weights(other, path)
    for name, value in network().state_dict().items():
        assert torch.equal(other.state_dict()[name], value.half().to(value.dtype)), name
        assert other.state_dict()[name].dtype == value.dtype
    assert {tensor.dtype for tensor in load_file(path).values()} == {torch.float16}


def test_the_card_lies_beside_and_tells_what_was_given(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    card = {
        "config": Config(),
        "data": "GRID",
        "data_licence": "CC BY 4.0",
        "command": "train it",
        "scores": {"D-LL": 0.02, "tensor": torch.tensor([1.0, 2.0])},
        "folder": Path("a") / "b",
    }
    save_weights(network(), path, card=card)
    written = json.loads((tmp_path / "net.json").read_text(encoding="utf-8"))
    assert written["parameters"] == 3 * 4 + 4 + 4 + 4 + 4 + 1
    assert written["config"] == {"width": 4, "layers": [1, 2]}
    assert written["data"] == "GRID"
    assert written["scores"] == {"D-LL": 0.02, "tensor": [1.0, 2.0]}
    assert written["folder"] == "a/b"
    assert "commit" in written
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["net.json", "net.safetensors"]


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    path = saved(tmp_path)
    tensors = load_file(path)
    del tensors["2.bias"]
    save_file(tensors, path)
    with pytest.raises(InputError, match=r"net\.safetensors: .*differs in 2\.bias;"):
        load_weights(network(), path)


def test_an_unexpected_key_is_named(tmp_path: Path) -> None:
    path = saved(tmp_path)
    save_file({**load_file(path), "3.extra": torch.zeros(1)}, path)
    with pytest.raises(InputError, match=r"differs in 3\.extra;"):
        load_weights(network(), path)


def test_a_wrong_shape_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"differs in 0\.weight;"):
        load_weights(network(size=5), saved(tmp_path))


def test_nothing_is_loaded_where_something_is_wrong(tmp_path: Path) -> None:
    path = saved(tmp_path)
    tensors = load_file(path)
    del tensors["2.bias"]
    save_file(tensors, path)
    other, before = network(1), network(1).state_dict()
    with pytest.raises(InputError):
        load_weights(other, path)
    for name, value in before.items():
        assert torch.equal(other.state_dict()[name], value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.safetensors: no such weights"):
        load_weights(network(), tmp_path / "nowhere.safetensors")


@pytest.mark.parametrize("content", [b"", b"not tensors", b"\xff" * 100])
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "net.safetensors"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"net\.safetensors: not a readable safetensors file"):
        load_weights(network(), path)


def test_half_a_file_is_damaged(tmp_path: Path) -> None:
    path = saved(tmp_path)
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(InputError, match="not a readable safetensors file"):
        load_weights(network(), path)
