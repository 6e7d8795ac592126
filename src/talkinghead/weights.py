"""Trained weights and their cards: safetensors beside a JSON that says where they come from."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from talkinghead.errors import InputError


def save_weights(network: nn.Module, path: Path, *, card: Mapping[str, Any]) -> None:
    """Write a network's weights in half precision as ``path`` and its card as ``card.json``-like file beside it.

    Args:
        network: whose weights.
        path: ``NAME.safetensors``; the card becomes ``NAME.json``.
        card: config, data and its licence, command, scores. The commit is added.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    tensors = {name: value.detach().cpu().half().contiguous() for name, value in network.state_dict().items()}
    beside = path.with_suffix(".new")
    save_file(tensors, beside)
    os.replace(beside, path)
    full = {"parameters": sum(p.numel() for p in network.parameters()), **card, "commit": _commit()}
    path.with_suffix(".json").write_text(json.dumps(full, indent=2, default=_plain) + "\n", encoding="utf-8")


def load_weights(network: nn.Module, path: Path) -> None:
    """Read weights into a network, strictly.

    Raises:
        InputError: the file is missing or is not a safetensors file, or its keys or shapes are not the network's.
    """
    if not path.exists():
        raise InputError(f"{path}: no such weights; train them or install the complete package.")
    try:
        tensors = load_file(path)
    except SafetensorError as error:
        raise InputError(f"{path}: not a readable safetensors file ({error}); install the package again.") from None
    wanted = network.state_dict()
    wrong = sorted(set(wanted) ^ set(tensors)) or sorted(k for k in wanted if wanted[k].shape != tensors[k].shape)
    if wrong:
        raise InputError(
            f"{path}: made for another network, it differs in {', '.join(wrong[:5])}; use the matching configuration."
        )
    network.load_state_dict({name: value.to(wanted[name].dtype) for name, value in tensors.items()}, strict=True)


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
