"""Weights and their cards on disk."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from talkinghead.errors import InputError
from talkinghead.weights import Weights, load_network, load_weights, save_weights


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
    with pytest.raises(InputError, match=r"net\.safetensors is damaged or not a safetensors file"):
        load_weights(network(), path)


def test_half_a_file_is_damaged(tmp_path: Path) -> None:
    path = saved(tmp_path)
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(InputError, match="not a safetensors file"):
        load_weights(network(), path)


@dataclass(frozen=True)
class Sizes:
    """Of a network, with something that its shapes do not tell."""

    width: int = 4
    gain: float = 1.0
    layers: tuple[int, ...] = (3, 2)
    deep: Config = field(default_factory=Config)


class Scaled(nn.Module):
    """A network whose gain is in its configuration."""

    def __init__(self, config: Sizes) -> None:
        super().__init__()
        self.config = config
        self.linear = nn.Linear(3, config.width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, width)."""
        return self.config.gain * torch.as_tensor(self.linear(x))


def scaled(folder: Path, config: Sizes) -> Path:
    torch.manual_seed(0)
    network, path = Scaled(config), folder / "scaled.safetensors"
    save_weights(network, path, card={"config": config})
    return path


def rewrite(path: Path, **config: object) -> None:
    card = json.loads(path.with_suffix(".json").read_text())
    path.with_suffix(".json").write_text(json.dumps({**card, "config": {**card["config"], **config}}))


def test_a_network_is_built_from_its_card(tmp_path: Path) -> None:
    config = Sizes(width=5, gain=2.0, layers=(1,), deep=Config(layers=(7, 8, 9)))
    network = load_network(Scaled, Sizes, scaled(tmp_path, config))
    assert network.config == config
    assert network.linear.out_features == 5


def test_sizes_that_change_later_do_not_change_old_weights(tmp_path: Path) -> None:
    usual = {"small": Sizes(gain=2.0)}
    path, x = scaled(tmp_path, usual["small"]), torch.ones(1, 3)
    before = load_network(Scaled, Sizes, path)(x)
    usual["small"] = Sizes(gain=3.0)  # of the same shapes: nothing else would tell
    torch.testing.assert_close(load_network(Scaled, Sizes, path)(x), before, rtol=0, atol=0)


def test_a_whole_number_may_stand_for_any(tmp_path: Path) -> None:
    path = scaled(tmp_path, Sizes())
    rewrite(path, gain=3)
    assert load_network(Scaled, Sizes, path).config.gain == 3.0


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"height": 3}, "config has height, which Sizes does not know"),
        ({"width": "wide"}, "config.width is 'wide'"),
        ({"width": True}, "config.width is True"),
        ({"layers": 3}, "config.layers is 3"),
        ({"deep": {"depth": 1}}, "config.deep has depth, which Config does not know"),
    ],
)
def test_a_card_of_another_version_is_named(tmp_path: Path, config: dict[str, object], says: str) -> None:
    path = scaled(tmp_path, Sizes())
    rewrite(path, **config)
    with pytest.raises(InputError, match=rf"scaled\.json: no network can be built from this card \({says}\)"):
        load_network(Scaled, Sizes, path)


def test_a_card_that_is_damaged_or_missing_is_named(tmp_path: Path) -> None:
    path = scaled(tmp_path, Sizes())
    for text in ("{", "[]", "{}", '{"config": 3}'):
        path.with_suffix(".json").write_text(text)
        with pytest.raises(InputError, match=r"scaled\.json: no network can be built from this card"):
            load_network(Scaled, Sizes, path)
    path.with_suffix(".json").unlink()
    with pytest.raises(InputError, match=r"scaled\.json: no such card; keep it beside the weights"):
        load_network(Scaled, Sizes, path)
    path.unlink()
    with pytest.raises(InputError, match=r"scaled\.safetensors: no such weights"):
        load_network(Scaled, Sizes, path)


def test_a_card_of_another_network_than_its_weights_is_named(tmp_path: Path) -> None:
    path = scaled(tmp_path, Sizes())
    rewrite(path, width=6)
    with pytest.raises(InputError, match=r"scaled\.safetensors: made for another network"):
        load_network(Scaled, Sizes, path)


def test_the_first_folder_that_has_weights_provides_them(tmp_path: Path) -> None:
    person, shipped = tmp_path / "person", tmp_path / "shipped"
    saved(shipped)
    weights = Weights((person, shipped))
    assert weights.file("net") == shipped / "net.safetensors"
    own = saved(person)
    assert weights.file("net") == own
    with pytest.raises(InputError, match=r"no weights 'other' in .*person or .*shipped: train them"):
        weights.file("other")
    with pytest.raises(InputError, match="no weights 'net' in any folder: ask for them"):
        Weights(()).file("net", remedy="ask for them")
