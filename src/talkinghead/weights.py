"""Trained weights and their cards: safetensors beside a JSON file with their origin and the network's configuration."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import warnings
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from talkinghead.errors import InputError
from talkinghead.foreign import parse_json, refuse_damage
from talkinghead.parts import replace_whole

SUFFIX = ".safetensors"

Config = TypeVar("Config")
Network = TypeVar("Network", bound=nn.Module)


@dataclass(frozen=True)
class Weights:
    """The folders of trained weights.

    Attributes:
        folders: in the order of search: a person's own before the shipped ones.
    """

    folders: tuple[Path, ...]

    def find(self, stem: str) -> Path | None:
        """The file ``STEM.safetensors`` of the first folder that has it, or None."""
        files = (folder / f"{stem}{SUFFIX}" for folder in self.folders)
        return next((path for path in files if path.is_file()), None)

    def file(self, stem: str, *, remedy: str = "train them, or install the complete package") -> Path:
        """The file ``STEM.safetensors`` of the first folder that has it.

        Raises:
            InputError: no folder has it; the message ends with the remedy.
        """
        if (path := self.find(stem)) is not None:
            return path
        places = " or ".join(str(folder) for folder in self.folders) or "any folder"
        raise InputError(f"there are no weights {stem!r} in {places}: {remedy}.")


def save_weights(network: nn.Module, path: Path, *, card: Mapping[str, Any]) -> None:
    """Write a network's weights in half precision to ``path``, and its card beside it.

    Args:
        network: the network.
        path: ``NAME.safetensors``; the card becomes ``NAME.json``.
        card: ``config``, all that ``load_network`` needs to build the network again; data and its licence, command,
            scores. The commit is added.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    tensors = {name: value.detach().cpu().half().contiguous() for name, value in network.state_dict().items()}
    with replace_whole(path) as part:
        save_file(tensors, part)
    full = {"parameters": sum(p.numel() for p in network.parameters()), **card, "commit": _commit()}
    with replace_whole(path.with_suffix(".json")) as part:
        part.write_text(json.dumps(full, indent=2, default=_plain) + "\n", encoding="utf-8")


def load_weights(network: nn.Module, path: Path) -> None:
    """Read weights into a network, strictly.

    Raises:
        InputError: the file is missing or is not a safetensors file, or its keys or shapes are not the network's.
    """
    _check_there(path)
    with refuse_damage(path, kind="a safetensors file", remedy="install the package again, or train them again."):
        tensors = load_file(path)
    wanted = network.state_dict()
    wrong = sorted(set(wanted) ^ set(tensors)) or sorted(k for k in wanted if wanted[k].shape != tensors[k].shape)
    if wrong:
        raise InputError(
            f"{path}: made for another network, it differs in {', '.join(wrong[:5])}; use the matching configuration."
        )
    network.load_state_dict({name: value.to(wanted[name].dtype) for name, value in tensors.items()}, strict=True)


def read_state(path: Path, *, kind: str, remedy: str) -> Any:
    """What ``torch.save`` wrote: tensors, numbers, texts, and lists and tables of these; no code is run.

    Args:
        path: the file.
        kind: what it should be, for the error.
        remedy: what to do, for the error.

    Raises:
        InputError: the file cannot be read, is damaged, or holds other objects.
    """
    with refuse_damage(path, kind=kind, remedy=remedy):
        if zipfile.is_zipfile(path):  # torch itself does not look at the checksums
            with zipfile.ZipFile(path) as archive:
                damaged = archive.testzip()
            if damaged is not None:
                raise ValueError(f"{damaged} in it is corrupt")
        try:
            with warnings.catch_warnings():  # about what damage has made of the pickle
                warnings.simplefilter("ignore")
                return torch.load(path, map_location="cpu", weights_only=True)
        except Exception as error:  # its text is a long one about unpickling
            raise ValueError(type(error).__name__) from error


def load_network(build: Callable[[Config], Network], config_type: type[Config], path: Path) -> Network:
    """The network of a file of weights, built from the card beside it, whatever the current default sizes.

    Args:
        build: config -> network.
        config_type: a dataclass; the card's ``config`` holds its fields.
        path: ``NAME.safetensors`` with its card, ``NAME.json``, beside it.

    Raises:
        InputError: a file is missing or damaged, or the card describes another network than the weights or ``build``.
    """
    _check_there(path)
    network = build(read_config(path.with_suffix(".json"), config_type))
    load_weights(network, path)
    return network


def read_config(card: Path, config_type: type[Config]) -> Config:
    """The configuration in a card of weights.

    Args:
        card: the JSON file.
        config_type: its dataclass; fields that the card lacks have their defaults.

    Raises:
        InputError: the card is missing, or its ``config`` has other fields or types.
    """
    try:
        found = parse_json(card.read_text(encoding="utf-8"))
        config: Config = _as_type(found["config"], config_type, "config")
    except OSError:
        raise InputError(
            f"{card}: no such card; keep it beside the weights, which are not loaded without it."
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        why = "it has no config" if isinstance(error, KeyError) else " ".join(str(error).split())
        raise InputError(
            f"{card}: no network can be built from this card ({why}); use weights made by this version."
        ) from None
    return config


def _as_type(value: Any, wanted: Any, name: str) -> Any:
    """A value read from JSON, converted to a field's declared type: a dataclass, a tuple, a number, a text."""
    if isinstance(wanted, type) and dataclasses.is_dataclass(wanted) and isinstance(value, dict):
        hints = get_type_hints(wanted)
        strange = sorted(set(value) - {field.name for field in dataclasses.fields(wanted)})
        if strange:
            raise ValueError(f"{name} has {', '.join(strange)}, which {wanted.__name__} does not know")
        return wanted(**{key: _as_type(part, hints[key], f"{name}.{key}") for key, part in value.items()})
    if get_origin(wanted) is tuple and isinstance(value, list):
        kinds = get_args(wanted)
        kinds = kinds[:1] * len(value) if kinds[-1:] == (Ellipsis,) else kinds
        return tuple(_as_type(part, kind, name) for part, kind in zip(value, kinds, strict=True))
    if wanted is float and type(value) is int:
        return float(value)
    if type(value) is not wanted:
        raise ValueError(f"{name} is {value!r}")
    return value


def _check_there(path: Path) -> None:
    if not path.is_file():
        raise InputError(f"{path}: no such weights; train them or install the complete package.")


def _commit() -> str | None:
    try:
        found = subprocess.run(
            ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return found.stdout.strip()


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, torch.Tensor):
        return value.tolist()
    return str(value)
