"""The loop that fits a network, with or without a discriminator, resumable at any step."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR, LRScheduler, OneCycleLR

from talkinghead.errors import InputError, announce
from talkinghead.parts import replace_whole
from talkinghead.precision import has_bfloat16
from talkinghead.training.adversarial import DISCRIMINATOR, backward, sides_of
from talkinghead.types import Progress
from talkinghead.weights import read_state

_REMEDY = "delete it to begin again, or choose another folder."
_KIND = "talkinghead training 2"
_ENTRIES = {"kind", "steps", "step", "network", "sides"}


@dataclass(frozen=True)
class Schedule:
    """Optimisation settings of one side.

    Attributes:
        learning_rate: the largest one.
        weight_decay: of Adam.
        betas: of Adam; with "cycle" the first one is cycled as well.
        clip: largest norm of the gradient.
        shape: of the learning rate over the steps: "cycle" is one cycle (Smith and Topin 2019), "decay" is constant
            over the first half and then falls linearly to 0 (pix2pixHD), "constant" is constant.
    """

    learning_rate: float = 1e-3
    weight_decay: float = 1e-6
    betas: tuple[float, float] = (0.9, 0.999)
    clip: float = 1.0
    shape: Literal["cycle", "decay", "constant"] = "cycle"


class _Side:
    """Optimiser, schedule and clip of the generator or of the discriminator."""

    def __init__(self, parameters: list[nn.Parameter], schedule: Schedule, steps: int) -> None:
        self._parameters, self._clip = parameters, schedule.clip
        self.optimizer = torch.optim.Adam(
            parameters, schedule.learning_rate, betas=schedule.betas, weight_decay=schedule.weight_decay
        )
        self.rates = _rates(self.optimizer, schedule, steps)

    def step(self) -> float:
        """Take a step and return the norm of the gradient."""
        norm = nn.utils.clip_grad_norm_(self._parameters, self._clip, error_if_nonfinite=True)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.rates.step()
        return float(norm)

    def state(self) -> dict[str, Any]:
        """The state to keep in a checkpoint."""
        return {"optimizer": self.optimizer.state_dict(), "rates": self.rates.state_dict()}

    def resume(self, state: Mapping[str, Any]) -> None:
        """Resume from a state."""
        self.optimizer.load_state_dict(state["optimizer"])
        self.rates.load_state_dict(state["rates"])


def _rates(optimizer: torch.optim.Optimizer, schedule: Schedule, steps: int) -> LRScheduler:
    if schedule.shape == "cycle":
        start = min(0.3, 2 / steps + 0.05)
        return OneCycleLR(optimizer, schedule.learning_rate, total_steps=steps, pct_start=start)
    falls = schedule.shape == "decay"
    return LambdaLR(optimizer, lambda step: min(1.0, 2 * (1 - step / steps)) if falls else 1.0)


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
    steps: int,
    validate: Callable[[nn.Module], Mapping[str, float]],
    schedule: Schedule | None = None,
    discriminator_schedule: Schedule | None = None,
    validate_every: int = 500,
    merit: Callable[[Mapping[str, float]], float] | None = None,
    progress: Progress | None = None,
) -> Mapping[str, float]:
    """Train a network in place, keeping in ``out`` what is needed to resume.

    A network with a ``discriminator`` is trained adversarially (``training.adversarial``): both sides take each step on
    the same batch and the same forward pass, each with its own optimiser, schedule and gradient clip.

    Args:
        network: the network to train.
        losses: (network, batch) -> named losses, which are summed; those whose name begins with "discriminator" are
            the discriminator's.
        batch: step -> batch; the same step gives the same batch, so that a resumed run continues with unseen ones.
        out: folder of ``checkpoint.pt`` and ``log.jsonl``; a checkpoint in it is resumed.
        steps: number of steps.
        validate: network -> named scores.
        schedule: of the network; None: the defaults.
        discriminator_schedule: of its discriminator; None: the same.
        validate_every: steps between validations and checkpoints.
        merit: scores -> a number; the weights of the validation with the largest one are restored, which may be the one
            before the first step. None: the last weights are kept.
        progress: hook, called at every step; None: each line of the log is printed.

    Returns:
        The scores of the validation that counts.

    Raises:
        InputError: Lightning Fabric is not installed, or the checkpoint is from another training.
    """
    out.mkdir(parents=True, exist_ok=True)
    fabric = _fabric()
    model = fabric.setup_module(network)
    parameters = sides_of(network)
    schedule = schedule or Schedule()
    sides = {
        name: _Side(own, (name == DISCRIMINATOR and discriminator_schedule) or schedule, steps)
        for name, own in parameters.items()
    }
    checkpoint = out / "checkpoint.pt"
    first = _resume(checkpoint, network, sides, steps) if checkpoint.exists() else 0
    best = None if merit is None else _Best(out / "best.pt", merit)
    if best is not None and not (first and (out / "best.pt").exists()):
        best.begin(network, validate(network.eval()))
        network.train()
    scores: Mapping[str, float] = {}
    started = time.monotonic()
    with (out / "log.jsonl").open("a", encoding="utf-8") as log:
        for step in range(first, steps):
            named = losses(model, {key: fabric.to_device(value) for key, value in batch(step).items()})
            backward(named, parameters, run=fabric.backward)
            norms = {f"{name}_gradient": side.step() for name, side in sides.items()}
            if progress is not None:
                progress("train", step + 1, steps)
            if (step + 1) % validate_every and step + 1 != steps:
                continue
            network.eval()
            scores = validate(network)
            network.train()
            line = {"step": step + 1, "seconds": round(time.monotonic() - started, 1), **scores}
            line |= _rounded({**{name: float(value.detach()) for name, value in named.items()}, **norms}.items())
            log.write(json.dumps(line) + "\n")
            log.flush()
            if progress is None:
                print(json.dumps(line), flush=True)
            if best is not None:
                best.offer(network, scores, step + 1)
            _save(checkpoint, network, sides, steps=steps, step=step + 1)
    network.eval()
    return best.restore(network) if best is not None else scores or validate(network)


class _Best:
    """The network at its best validation, kept in a file.

    Args:
        path: of the file.
        merit: scores -> a number; larger is better.
    """

    def __init__(self, path: Path, merit: Callable[[Mapping[str, float]], float]) -> None:
        self._path, self._merit = path, merit

    def begin(self, network: nn.Module, scores: Mapping[str, float]) -> None:
        """Keep the initial network."""
        self._keep(network, scores, 0)

    def offer(self, network: nn.Module, scores: Mapping[str, float], step: int) -> None:
        """Keep the network if it is better than the kept one."""
        if self._merit(scores) > self._merit(self._read()["scores"]):
            self._keep(network, scores, step)

    def restore(self, network: nn.Module) -> Mapping[str, float]:
        """Restore the best weights of a network and return their scores."""
        state = self._read()
        try:
            network.load_state_dict(state["network"])
        except (RuntimeError, TypeError, AttributeError):
            raise InputError(f"{self._path}: a checkpoint of another network; {_REMEDY}") from None
        if not state["step"]:
            announce("training has not improved the scores: the initial weights are kept.")
        scores: Mapping[str, float] = state["scores"]
        return scores

    def _keep(self, network: nn.Module, scores: Mapping[str, float], step: int) -> None:
        _write(self._path, {"step": step, "scores": dict(scores), "network": network.state_dict()})

    def _read(self) -> dict[str, Any]:
        state = read_state(self._path, kind="a checkpoint", remedy=_REMEDY)
        if not isinstance(state, dict) or set(state) != {"step", "scores", "network"}:
            raise InputError(f"{self._path}: a checkpoint of another kind or version; {_REMEDY}")
        return state


def _write(path: Path, state: Mapping[str, Any]) -> None:
    with replace_whole(path) as part:
        torch.save(state, part)


def _rounded(values: Iterable[tuple[str, float]]) -> dict[str, float]:
    return {name: float(f"{value:.6g}") for name, value in values}


def _save(path: Path, network: nn.Module, sides: Mapping[str, _Side], *, steps: int, step: int) -> None:
    held = {name: side.state() for name, side in sides.items()}
    state = {"kind": _KIND, "steps": steps, "step": step, "network": network.state_dict(), "sides": held}
    _write(path, state)


def _resume(path: Path, network: nn.Module, sides: Mapping[str, _Side], steps: int) -> int:
    """Read a checkpoint into a network and its sides, and return its number of steps.

    Raises:
        InputError: it is not a checkpoint of this training.
    """
    state = read_state(path, kind="a checkpoint", remedy=_REMEDY)
    if not isinstance(state, dict) or set(state) != _ENTRIES or state["kind"] != _KIND:
        raise InputError(f"{path}: a checkpoint of another kind or version; {_REMEDY}")
    if state["steps"] != steps:
        raise InputError(
            f"{path}: this run was begun for {state['steps']} steps, not {steps}; ask for as many, or choose another "
            "folder."
        )
    try:
        if set(state["sides"]) != set(sides):
            raise ValueError
        network.load_state_dict(state["network"])
        for name, side in sides.items():
            side.resume(state["sides"][name])
    except (RuntimeError, ValueError, KeyError, TypeError, AttributeError):
        raise InputError(f"{path}: a checkpoint of another network; {_REMEDY}") from None
    return int(state["step"])
