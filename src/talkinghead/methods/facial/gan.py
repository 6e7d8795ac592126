"""FACIAL-GAN: speech -> expression, head pose and blink, learned together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from talkinghead.methods.facial.blinks import USUAL, habit_of
from talkinghead.methods.facial.config import POSE_SIZE, AttributesConfig
from talkinghead.methods.facial.heads import NUM_BANDS, head_levels
from talkinghead.training.adversarial import Adversaries, Verdict
from talkinghead.training.discriminators import TemporalPatchDiscriminator
from talkinghead.types import FloatArray

BEFORE, AFTER = 8, 7
"""Speech frames about a frame of which its local feature is made: a[t - 8 : t + 8]."""

_KERNELS = (4, 5, 5, 5)  # of the local generator: 16 frames in all
_LEAST_SPREAD = 1e-3


class TemporalGenerator(nn.Module):
    """A whole window of speech and an initial state -> a feature of each frame (z).

    Source: Zhang et al. 2021, section 3.2, "Temporal correlation generator" and figure 3. Its layers are in a
        supplement that we do not have; here they are an encoder and decoder over time with skip connections, and the
        state stands beside the speech of every frame.

    Args:
        config: sizes.
    """

    def __init__(self, config: AttributesConfig) -> None:
        super().__init__()
        widths = config.temporal_channels
        self.enter = nn.Conv1d(config.num_features + config.num_attributes, widths[0], 5, padding=2)
        self.down = nn.ModuleList(nn.Conv1d(a, b, 4, stride=2, padding=1) for a, b in pairwise((widths[0], *widths)))
        ups = (*reversed(widths), widths[0])
        self.up = nn.ModuleList(nn.Conv1d(a + b, b, 3, padding=1) for a, b in pairwise(ups))
        self.leave = nn.Conv1d(widths[0], config.temporal_size, 3, padding=1)
        self.halvings = len(widths)

    def forward(self, speech: Tensor, state: Tensor) -> Tensor:
        """(B, T, temporal_size) of speech (B, T, F) and a state (B, num_attributes)."""
        count = speech.shape[1]
        beside = state[:, None].expand(-1, count, -1)
        x = torch.cat([speech, beside], dim=2).mT
        x = F.pad(x, (0, -count % 2**self.halvings), mode="replicate")
        x = F.leaky_relu(self.enter(x), 0.2)
        skipped = []
        for layer in self.down:
            skipped.append(x)
            x = F.leaky_relu(layer(x), 0.2)
        for layer, beside in zip(self.up, reversed(skipped), strict=True):
            x = F.interpolate(x, scale_factor=2.0, mode="linear", align_corners=False)
            x = F.leaky_relu(layer(torch.cat([x, beside], dim=1)), 0.2)
        made: Tensor = self.leave(x)
        return made.mT[:, :count]


class LocalGenerator(nn.Module):
    """The 16 speech frames about a frame -> its own feature (c), by convolutions over time.

    Source: Zhang et al. 2021, section 3.2, "Local phonetic generator".

    Args:
        config: sizes.
    """

    def __init__(self, config: AttributesConfig) -> None:
        super().__init__()
        sizes = (config.num_features, *config.local_channels)
        self.layers = nn.ModuleList(
            nn.Conv1d(a, b, kernel) for (a, b), kernel in zip(pairwise(sizes), _KERNELS, strict=True)
        )
        self.leave = nn.Conv1d(sizes[-1], config.local_size, 1)

    def forward(self, speech: Tensor) -> Tensor:
        """(B, T, local_size) of speech (B, BEFORE + T + AFTER, F)."""
        x = speech.mT
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.2)
        made: Tensor = self.leave(x)
        return made.mT


class Attributes(nn.Module):
    """Both generators, and one full connection to attributes; or one of them, the ablation.

    Args:
        config: sizes.
        count: how many attributes it makes.
    """

    def __init__(self, config: AttributesConfig, count: int) -> None:
        super().__init__()
        self.temporal = TemporalGenerator(config) if config.temporal else None
        self.local = LocalGenerator(config) if config.local else None
        size = config.temporal_size * config.temporal + config.local_size * config.local
        self.out = nn.Linear(size, count)

    def forward(self, speech: Tensor, state: Tensor) -> Tensor:
        """(B, T, count); see ``FacialGenerator.forward``."""
        parts = []
        if self.temporal is not None:
            parts.append(self.temporal(speech[:, BEFORE : speech.shape[1] - AFTER], state))
        if self.local is not None:
            parts.append(self.local(speech))
        made: Tensor = self.out(torch.cat(parts, dim=2))
        return made


class FacialGenerator(nn.Module):
    """Speech and an initial state -> expression, head pose and blink.

    Source: Zhang et al. 2021, section 3.2, equation 3. Attributes are in units of their spread in the training data
        (``mean``, ``spread``), so that the printed weights of their losses mean the same for any units.

    It bears how often and how long those blink from whom it learned (``blinks``, of ``blinks.habit_of``); of a person,
    also how far their head moves (``head``, of ``heads.head_levels``), their mean expression (``usual``) and how far
    their lids are down in the mean (``lids``).

    Args:
        config: sizes.
    """

    mean: Tensor
    spread: Tensor
    blinks: Tensor
    head: Tensor | None
    usual: Tensor | None
    lids: Tensor | None

    def __init__(self, config: AttributesConfig) -> None:
        super().__init__()
        self.config = config
        size = config.expression_size
        counts = (config.num_attributes,) if config.joint else (size, config.num_attributes - size)
        self.parts = nn.ModuleList(Attributes(config, count) for count in counts)
        self.register_buffer("mean", torch.zeros(config.num_attributes))
        self.register_buffer("spread", torch.ones(config.num_attributes))
        self.register_buffer("blinks", torch.tensor(USUAL))
        self.register_buffer("head", torch.zeros(NUM_BANDS, POSE_SIZE) if config.heads else None)
        self.register_buffer("usual", torch.zeros(size) if config.usual else None)
        self.register_buffer("lids", torch.zeros(()) if config.lids else None)

    def forward(self, speech: Tensor, state: Tensor) -> Tensor:
        """Standardised attributes (B, T, num_attributes).

        Args:
            speech: (B, BEFORE + T + AFTER, num_features).
            state: (B, num_attributes) standardised attributes of the first frame.
        """
        size = self.config.expression_size
        states: tuple[Tensor, ...] = (state,)
        if not self.config.joint:  # neither network knows of the other's attributes
            of_expression = torch.arange(state.shape[1], device=state.device) < size
            states = (state * of_expression, state * ~of_expression)
        return torch.cat([part(speech, own) for part, own in zip(self.parts, states, strict=True)], dim=2)

    def standardise(self, attributes: Tensor) -> Tensor:
        """Attributes (..., num_attributes) in units of their spread."""
        return (attributes - self.mean) / self.spread

    def restore(self, standardised: Tensor) -> Tensor:
        """The inverse of ``standardise``."""
        return standardised * self.spread + self.mean

    @property
    def habit(self) -> tuple[float, float]:
        """How often (1/s) and how long (s) those blink from whom it learned."""
        rate, length = self.blinks.tolist()
        return rate, length

    @property
    def level(self) -> float:
        """How far lids are down in the mean over time; those who blink seldom have a lower level."""
        return float(self.mean[-1] if self.lids is None else self.lids)

    def adopt_habit(self, curves: Iterable[FloatArray], fps: float) -> None:
        """Take how often and how long people blink from their curves (T,)."""
        self.blinks.copy_(torch.tensor(habit_of(curves, fps)))

    def adopt_head(self, poses: Iterable[FloatArray], fps: float) -> None:
        """Take how far a person's head moves from their poses (T, POSE_SIZE)."""
        self.config = replace(self.config, heads=True)
        self.head = torch.from_numpy(head_levels(poses, fps)).float()

    def adopt_usual(self, expressions: Iterable[FloatArray]) -> None:
        """Take a person's mean expression from their expressions (T, expression_size)."""
        self.config = replace(self.config, usual=True)
        self.usual = torch.from_numpy(np.concatenate(list(expressions)).mean(axis=0)).float()

    def adopt_lids(self, curves: Iterable[FloatArray]) -> None:
        """Take how far a person's lids are down from their curves (T,)."""
        self.config = replace(self.config, lids=True)
        self.lids = torch.tensor(float(np.concatenate(list(curves)).mean()))

    def adopt_scale(self, attributes: Tensor) -> None:
        """Take mean and spread from the attributes (N, num_attributes) of the training data.

        Of the six numbers of the pose, as of all those of the expression, the units are alike: each group has one
        spread, so that an attribute that hardly moves is not magnified.
        """
        spread = attributes.std(dim=0)
        size = self.config.expression_size
        ends = (0, size, size + 3, size + 6, len(spread))
        groups = [spread[a:b].square().mean().sqrt().expand(b - a) for a, b in pairwise(ends)]
        self.mean.copy_(attributes.mean(dim=0))
        self.spread.copy_(torch.cat(groups).clamp_min(_LEAST_SPREAD))


class AttributesDiscriminator(TemporalPatchDiscriminator):
    """Whether a sequence of attributes is real.

    Source: Zhang et al. 2021, section 3.2, equation 7: it sees expression, pose and blink and not the speech. Its
        layers are not stated; here it judges stretches of the sequence.
    """

    def __init__(self, config: AttributesConfig) -> None:
        super().__init__(config.num_attributes, config.discriminator_channels)

    def judge(self, attributes: Tensor, valid: Tensor) -> Verdict:
        """The verdict on attributes (B, T, num_attributes), of which the frames (B, T) are valid."""
        verdict: Verdict = self(attributes, valid)
        return verdict


def attributes_adversaries(
    config: AttributesConfig,
) -> Adversaries[FacialGenerator, AttributesDiscriminator | None]:
    """Generator and discriminator with random weights; without an adversarial term there is no discriminator."""
    return Adversaries(FacialGenerator(config), AttributesDiscriminator(config) if config.adversarial else None)
