"""The loop that fits a network, resumable at any step."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from talkinghead.errors import InputError
from talkinghead.precision import has_bfloat16


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to learn.

    Attributes:
        steps: optimiser steps.
        learning_rate: peak of the one-cycle schedule (Smith and Topin 2019).
        weight_decay: of Adam.
        clip: largest norm of the gradient.
        validate_every: steps between validations and checkpoints.
    """

    steps: int
    learning_rate: float = 1e-3
    weight_decay: float = 1e-6
    clip: float = 1.0
    validate_every: int = 500


def _fabric() -> Any:
    try:
        from lightning_fabric import Fabric
    except ImportError:
        raise InputError("training needs Lightning Fabric: install it with pip install 'talkinghead[train]'.") from None
    fabric = Fabric(accelerator="auto", devices=1, precision="32-true")
    if has_bfloat16(fabric.device):
        return Fabric(accelerator="auto", devices=1, precision="bf16-mixed")
    return fabric


def fit(
    network: nn.Module,
    losses: Callable[[nn.Module, Mapping[str, Tensor]], Mapping[str, Tensor]],
    batch: Callable[[int], Mapping[str, Tensor]],
    *,
    out: Path,
    schedule: Schedule,
    validate: Callable[[nn.Module], Mapping[str, float]],
) -> Mapping[str, float]:
    """Train a network in place; what a run needs to go on is kept in ``out``.

    Args:
        network: what to train.
        losses: (network, batch) -> named losses, which are summed.
        batch: step -> batch; the same step gives the same batch, so that a resumed run sees what it has not seen.
        out: folder of ``checkpoint.pt`` and ``log.jsonl``; a checkpoint in it is taken up.
        schedule: how long and how fast.
        validate: network -> named scores.

    Returns:
        The last validation's scores.

    Raises:
        InputError: Lightning Fabric is not installed, or the checkpoint is of a run of another length.
    """
    out.mkdir(parents=True, exist_ok=True)
    fabric = _fabric()
    optimizer = torch.optim.Adam(network.parameters(), lr=schedule.learning_rate, weight_decay=schedule.weight_decay)
    cycle = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, schedule.learning_rate, total_steps=schedule.steps, pct_start=min(0.3, 2 / schedule.steps + 0.05)
    )
    model, optimizer = fabric.setup(network, optimizer)
    checkpoint = out / "checkpoint.pt"
    state = {"network": network, "optimizer": optimizer, "cycle": cycle, "step": 0}
    if checkpoint.exists():
        state.update(fabric.load(checkpoint, state))
        if cycle.total_steps != schedule.steps:
            raise InputError(
                f"{checkpoint}: this run was begun for {cycle.total_steps} steps, not {schedule.steps}; "
                "ask for as many, or choose another folder."
            )
    scores: Mapping[str, float] = {}
    started = time.monotonic()
    with (out / "log.jsonl").open("a", encoding="utf-8") as log:
        for step in range(int(state["step"]), schedule.steps):
            named = losses(model, {key: fabric.to_device(value) for key, value in batch(step).items()})
            optimizer.zero_grad()
            fabric.backward(torch.stack(list(named.values())).sum())
            fabric.clip_gradients(model, optimizer, max_norm=schedule.clip, error_if_nonfinite=True)
            optimizer.step()
            cycle.step()
            if (step + 1) % schedule.validate_every and step + 1 != schedule.steps:
                continue
            network.eval()
            scores = validate(network)
            network.train()
            line = {"step": step + 1, "seconds": round(time.monotonic() - started, 1), **scores}
            line |= {name: round(float(value.detach()), 6) for name, value in named.items()}
            log.write(json.dumps(line) + "\n")
            log.flush()
            print(json.dumps(line), flush=True)
            state["step"] = step + 1
            fabric.save(checkpoint.with_suffix(".new"), state)
            os.replace(checkpoint.with_suffix(".new"), checkpoint)
    network.eval()
    return scores or validate(network)
