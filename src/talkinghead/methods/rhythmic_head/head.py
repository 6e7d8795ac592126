"""The head motion learner: how somebody has moved for three seconds -> how they go on."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from talkinghead.methods.rhythmic_head.chance import OCTAVES_HZ
from talkinghead.methods.rhythmic_head.features import FPS
from talkinghead.methods.rhythmic_head.listening import FrameEncoder
from talkinghead.methods.rhythmic_head.motion_config import POSE_SIZE, HeadConfig

_KERNEL = 3
_RETURN_S = 0.4  # in which the head leaves the course that it had at the reference's end
_SPREAD_FLOOR = (0.004, 0.004, 0.004, 0.006, 0.006, 0.003)  # rad and eye distances: about the tracker's noise
_FIRST_SCALE = 0.1  # of what the reference changes in a new network's perceptron


class HeadStyle(NamedTuple):
    """How a person moves, as the reference tells.

    Attributes:
        feature: (B, reference_size) the reference feature vector.
        centre: (B, 6) mean pose.
        spread: (B, 6) standard deviations of the pose.
    """

    feature: Tensor
    centre: Tensor
    spread: Tensor


class ReferenceEncoder(nn.Module):
    """Reference motion and sound -> the reference feature vector: f of section 3.3.

    Args:
        config: sizes.
    """

    def __init__(self, config: HeadConfig) -> None:
        super().__init__()
        self.frames = FrameEncoder(config.features, config.frame_size)
        sizes = (2 * POSE_SIZE + config.frame_size, *config.reference_channels)
        self.layers = nn.ModuleList(nn.Conv1d(a, b, 4, stride=2, padding=1) for a, b in pairwise(sizes))
        self.out = nn.Linear(2 * sizes[-1] + POSE_SIZE, config.reference_size)

    def forward(self, pose: Tensor, speech: Tensor) -> HeadStyle:
        """The style in reference motion (B, T, 6), whose sound is ``speech`` (B, 2 T, F)."""
        centre = pose.mean(dim=1)
        spread = spread_of(pose)
        moved = (pose - centre[:, None]) / spread[:, None]
        velocity = F.pad(moved.diff(dim=1), (0, 0, 1, 0)) * FPS / 4
        hidden = torch.cat([moved, velocity, self.frames(speech)], dim=2).mT
        for layer in self.layers:
            hidden = F.gelu(layer(hidden))
        pooled = torch.cat(
            [hidden.mean(dim=2), hidden.amax(dim=2), (spread / pose.new_tensor(_SPREAD_FLOOR)).log()], dim=1
        )
        return HeadStyle(torch.tanh(self.out(pooled)), centre, spread)


class HeadMotionLearner(nn.Module):
    """Reference motion and sound give the weights of a perceptron, which makes the head's motion of driving sound.

    Source: Chen et al. 2020, section 3.3: h[tau + 1 : T] = Phi(f(h[1 : tau], x[1 : tau]), x[tau + 1 : T]); a
        multi-layer perceptron turns the reference feature into weights w; several temporal convolutions encode the
        driving sound, and a perceptron with the weights w makes the motion of it. No layer is stated. Where we
        differ: poses are in units of the reference's own spread about its mean, so that a head stays in the range
        of its person; beside the sound the network reads noise in four bands, because sound does not tell where a
        head goes and a network that is to hit the recorded path learns to stand still; the motion sets out from the
        reference's last pose and velocity.

    Attributes:
        mean_feature: (reference_size,) the mean of the training data's people, for a picture alone.
        mean_spread: (6,) the same of the spread.

    Args:
        config: sizes.
    """

    mean_feature: Tensor
    mean_spread: Tensor

    def __init__(self, config: HeadConfig) -> None:
        super().__init__()
        self.config = config
        self.num_noises = len(OCTAVES_HZ) * config.noise
        self.reference = ReferenceEncoder(config)
        self.frames = FrameEncoder(config.features, config.frame_size)
        self.enter = nn.Conv1d(config.frame_size + self.num_noises, config.channels, 1)
        self.temporal = nn.ModuleList(
            nn.Conv1d(config.channels, config.channels, _KERNEL, dilation=dilation) for dilation in config.dilations
        )
        self.encoded_size = config.channels + self.num_noises
        sizes = (self.encoded_size * config.hidden, config.hidden, config.hidden * POSE_SIZE, POSE_SIZE)
        self.sizes = sizes
        self.weights_of = nn.Sequential(
            nn.Linear(config.reference_size, config.reference_size),
            nn.GELU(),
            nn.Linear(config.reference_size, sum(sizes)),
        )
        self._begin()
        self.register_buffer("mean_feature", torch.zeros(config.reference_size))
        self.register_buffer("mean_spread", torch.tensor(_SPREAD_FLOOR))

    def _begin(self) -> None:
        """Let the perceptron of a new network be an ordinary one that hardly depends on the reference."""
        last = self.weights_of[-1]
        assert isinstance(last, nn.Linear)
        last.weight.data *= _FIRST_SCALE
        first, _, second, _ = torch.split(last.bias.data, list(self.sizes))
        nn.init.normal_(first, std=self.encoded_size**-0.5)
        nn.init.normal_(second, std=self.config.hidden**-0.5)

    @property
    def reach(self) -> int:
        """Frames of sound before a frame, and behind it, on which it depends."""
        return sum(self.config.dilations) * (_KERNEL // 2)

    def style(self, pose: Tensor, speech: Tensor) -> HeadStyle:
        """The style in reference motion (B, T, 6) rad and eye distances, with its sound (B, 2 T, F)."""
        style: HeadStyle = self.reference(pose, speech)
        return style

    def mean_style(self) -> HeadStyle:
        """The style of an average person, for one picture: a batch of one."""
        return HeadStyle(self.mean_feature[None], torch.zeros_like(self.mean_spread)[None], self.mean_spread[None])

    def adopt_mean(self, feature: Tensor, spread: Tensor) -> None:
        """Take the mean style: feature (reference_size,) and spread (6,)."""
        self.mean_feature.copy_(feature)
        self.mean_spread.copy_(spread)

    def encode(self, speech: Tensor, noise: Tensor) -> Tensor:
        """Encoded sound (B, T, encoded_size) of rows (B, 2 (reach + T + reach), F) and noise, a row per frame."""
        hidden = self.enter(torch.cat([self.frames(speech), noise], dim=2).mT)
        for layer, dilation in zip(self.temporal, self.config.dilations, strict=True):
            hidden = hidden[:, :, dilation:-dilation] + F.gelu(layer(hidden))
        inner = noise[:, self.reach : noise.shape[1] - self.reach]
        return torch.cat([hidden.mT, inner], dim=2)

    def perceive(self, encoded: Tensor, style: HeadStyle) -> Tensor:
        """Poses (B, T, 6) about the style's centre that its perceptron makes of encoded sound (B, T, encoded_size)."""
        first, first_bias, second, second_bias = torch.split(self.weights_of(style.feature), list(self.sizes), dim=1)
        hidden = self.config.hidden
        inner = torch.tanh(encoded @ first.view(-1, self.encoded_size, hidden) + first_bias[:, None])
        made = inner @ second.view(-1, hidden, POSE_SIZE) + second_bias[:, None]
        path: Tensor = style.centre[:, None] + style.spread[:, None] * made
        return path

    def forward(
        self,
        reference: Tensor,
        reference_speech: Tensor,
        speech: Tensor,
        noise: Tensor,
        start: Tensor,
        velocity: Tensor,
    ) -> Tensor:
        """Motions (B, S, T, 6) that set out from a pose, one for each draw of noise; their first rows are that pose.

        Args:
            reference: (B, tau, 6) reference motion.
            reference_speech: (B, 2 tau, F) its sound.
            speech: (B, 2 (reach + T + reach), F) rows of features.
            noise: (B, S, reach + T + reach, num_noises) of ``chance.draw_paths``.
            start: (B, 6) pose.
            velocity: (B, 6) its change per frame.
        """
        draws = noise.shape[1]
        style = self.style(reference, reference_speech)
        rows = (*style, speech, start, velocity)
        feature, centre, spread, heard, begin, pace = (values.repeat_interleave(draws, dim=0) for values in rows)
        path = self.perceive(self.encode(heard, noise.flatten(0, 1)), HeadStyle(feature, centre, spread))
        return set_out(path, begin, pace).view(-1, draws, path.shape[1], POSE_SIZE)


def spread_of(pose: Tensor) -> Tensor:
    """(B, 6) standard deviations of poses (B, T, 6), not below the tracker's noise."""
    return (pose.var(dim=1, correction=0) + pose.new_tensor(_SPREAD_FLOOR) ** 2).sqrt()


def set_out(path: Tensor, start: Tensor, velocity: Tensor) -> Tensor:
    """The same path (B, T, 6), joined from a pose (B, 6) with its velocity (B, 6) per frame; T is at least 2.

    What separates both decays as a critically damped spring would let it.
    """
    apart = start - path[:, 0]
    drift = velocity - (path[:, 1] - path[:, 0])
    times = torch.arange(path.shape[1], device=path.device, dtype=path.dtype)[None, :, None]
    constant = _RETURN_S * FPS
    joined: Tensor = path + (apart[:, None] + (drift + apart / constant)[:, None] * times) * torch.exp(
        -times / constant
    )
    return joined
