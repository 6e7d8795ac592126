"""Losses of FACIAL-GAN."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, cast

import torch
from torch import Tensor, nn

from talkinghead.face.landmarks import LIPS as LIP_LANDMARKS
from talkinghead.methods.facial.config import POSE_SIZE, AttributesConfig, FacialConfig
from talkinghead.methods.facial.gan import AFTER, BEFORE, AttributesDiscriminator, FacialGenerator
from talkinghead.motion.expressions import landmark_basis
from talkinghead.training.adversarial import Adversaries, adversarial_losses

EXPRESSION, POSE, EYE, STATE, MOTION = 2.0, 1.0, 5.0, 10.0, 10.0
"""Omega 1 to 5 of equations 4 and 6, as printed in section 5.1."""

LIPS = 20_000.0
"""Ours, for a person: of what equation 6 says of the lips' landmarks in eye distances. Expressions may be wrong in ways
that hardly move lips, or move them much. Of GRID's s4, lips held back come 6 % nearer with it, of s1 2 %."""

_NOISE = 0.15  # of the state, in units of spread


def position_and_motion_loss(made: Tensor, real: Tensor, valid: Tensor) -> Tensor:
    """How far attributes, and their changes from frame to frame, are from the real ones, ().

    Source: Zhang et al. 2021, equation 6. Where we differ: means over frames and numbers in place of sums, because
        windows may end with their clip.

    Args:
        made: (B, T, F).
        real: (B, T, F).
        valid: (B, T) frames that are there.
    """
    far = (made - real).square()
    steps = (made.diff(dim=1) - real.diff(dim=1)).square()
    both = valid[:, 1:] * valid[:, :-1]
    return _mean(far, valid) + MOTION * _mean(steps, both)


def _mean(values: Tensor, valid: Tensor) -> Tensor:
    weight = valid[..., None].to(values.dtype)
    return (values * weight).sum() / (weight.sum() * values.shape[2]).clamp_min(1.0)


def lips_loss(made: Tensor, real: Tensor, valid: Tensor) -> Tensor:
    """How far lips, and their changes from frame to frame, are from the real ones, (), as equation 6 has attributes.

    Args:
        made: (B, T, 51) weights of our expressions.
        real: (B, T, 51).
        valid: (B, T) frames that are there.
    """
    moved = (made - real) @ _lips_basis().to(made)
    return position_and_motion_loss(moved, torch.zeros_like(moved), valid)


@lru_cache(maxsize=1)
def _lips_basis() -> Tensor:
    """(51, 60) displacement of the lips' landmarks by each expression at weight 1."""
    return torch.from_numpy(landmark_basis()[:, LIP_LANDMARKS]).float().flatten(1)


def attributes_losses(
    network: nn.Module, batch: Mapping[str, Tensor], config: FacialConfig, *, lips: float = 0.0
) -> dict[str, Tensor]:
    """Equations 4 to 8.

    Where we differ: the state has a little noise, so that a window can continue from what the window before it made.

    Args:
        network: ``gan.attributes_adversaries``.
        batch: ``speech`` (B, BEFORE + T + AFTER, num_features), ``attributes`` (B, T, num_attributes), ``valid``
            (B, T), ``noise`` (B, num_attributes).
        config: sizes.
        lips: weight of ``lips_loss``, for which the expression must be our 51 weights.
    """
    pair = cast("Adversaries[FacialGenerator, AttributesDiscriminator | None]", network)
    generator, sizes = pair.generator, config.attributes
    real, valid = generator.standardise(batch["attributes"]), batch["valid"]
    state = real[:, 0]
    made = pair(batch["speech"], state + _NOISE * batch["noise"]).float()
    size = sizes.expression_size
    parts = {"expression": slice(0, size), "pose": slice(size, size + POSE_SIZE), "eye": slice(size + POSE_SIZE, None)}
    weights = {"expression": EXPRESSION, "pose": POSE, "eye": EYE}
    losses = {
        f"{name}_loss": weights[name] * position_and_motion_loss(made[..., rows], real[..., rows], valid)
        for name, rows in parts.items()
    }
    if lips:
        shown, wanted = (generator.restore(each)[..., :size] for each in (made, real))
        losses["lips_loss"] = lips * lips_loss(shown, wanted, valid)
    losses["state_loss"] = STATE * (made[:, 0] - state).abs().mean()
    if pair.discriminator is not None:
        losses |= adversarial_losses(
            [pair.discriminator.judge(made, valid)],
            [pair.discriminator.judge(real, valid)],
            kind="cross entropy",
            weight=sizes.adversarial,
        )
    return losses


def attributes_example(config: FacialConfig, seed: int) -> dict[str, Tensor]:
    """Two synthetic windows, of which one ends early."""
    sizes: AttributesConfig = config.attributes
    generator, frames = torch.Generator().manual_seed(seed), sizes.window

    def draw(*shape: int) -> Any:
        return torch.rand(*shape, generator=generator)

    valid = torch.ones(2, frames)
    valid[1, frames // 2 :] = 0.0
    return {
        "speech": draw(2, BEFORE + frames + AFTER, sizes.num_features),
        "attributes": draw(2, frames, sizes.num_attributes),
        "valid": valid,
        "noise": draw(2, sizes.num_attributes),
    }
