"""The speech-to-landmarks network (STL): a branch for the lips, a branch for the head."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from talkinghead.methods.attentional_landmarks.config import LandmarksConfig
from talkinghead.methods.attentional_landmarks.geometry import EYE_DISTANCE_PX, HEAD_POINTS, MOUTH_POINTS
from talkinghead.types import NUM_LANDMARKS

_KERNELS, _STRIDES, _ENDING = (5, 5, 4, 4), (1, 1, 2, 2), 4

BEFORE, AFTER = 14, 15
"""Speech frames that the network reads before and after the one at a video frame: 0.3 s in all."""

States = tuple[Tensor, ...]


class LandmarkBranch(nn.Module):
    """Speech and a template's points -> moving points.

    Source: Wang et al. 2020, section 3.1: convolution, batch normalisation and ReLU, a full connection to 512; the
        template by a full connection to 256; both through a GRU, and a full connection to 42 (lips) or 100 (head). The
        convolutions run over time, and the full connection over their output for 0.3 s, so that a speech is encoded in
        one pass. The output is a displacement of the template's points, so that the face itself need not be learned.

    Args:
        config: sizes.
        points: how many points.
    """

    def __init__(self, config: LandmarksConfig, points: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.BatchNorm1d(config.num_features, affine=False)]
        size_in = config.num_features
        for size, kernel, stride in zip(config.channels, _KERNELS, _STRIDES, strict=True):
            layers += [nn.Conv1d(size_in, size, kernel, stride, bias=False), nn.BatchNorm1d(size), nn.ReLU()]
            size_in = size
        self.speech = nn.Sequential(*layers, nn.Conv1d(size_in, config.speech_size, _ENDING))
        self.template = nn.Linear(2 * points, config.template_size)
        self.gru = nn.GRU(config.speech_size + config.template_size, config.gru_size, batch_first=True)
        self.out = nn.Linear(config.gru_size, 2 * points)

    def forward(self, speech: Tensor, template: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Points in px for every fourth speech frame, and the state from which to continue.

        Args:
            speech: (B, BEFORE + 4 (T - 1) + 1 + AFTER, num_features).
            template: (B, points, 2) px.
            state: (1, B, gru_size) from an earlier call; None: the initial state.

        Returns:
            (B, T, points, 2) px; (1, B, gru_size).
        """
        code = self.speech(speech.mT).mT
        face = torch.relu(self.template(template.flatten(1) / EYE_DISTANCE_PX))
        moments, state = self.gru(torch.cat([code, face[:, None].expand(-1, code.shape[1], -1)], dim=2), state)
        moved = EYE_DISTANCE_PX * self.out(moments).float().unflatten(2, (-1, 2))
        return template[:, None] + moved, state


class SpeechToLandmarks(nn.Module):
    """Calibrated lips and the moving head, from two branches; or all landmarks from one, the ablation without split.

    Source: Wang et al. 2020, section 3.1, equations 4 and 5, and "w/o Splitnet" of table 2. 42 outputs are read as the
        20 mouth points and the nose tip; 100 as the other 48 points and the mouth corners: with the nose tip among the
        48, both hold the three points by which they are merged.

    Args:
        config: sizes.
    """

    def __init__(self, config: LandmarksConfig) -> None:
        super().__init__()
        self.config = config
        counts = (len(MOUTH_POINTS), len(HEAD_POINTS)) if config.split else (NUM_LANDMARKS,)
        self.branches = nn.ModuleList(LandmarkBranch(config, count) for count in counts)

    def forward(
        self, speech: Tensor, template: Tensor, states: States | None = None
    ) -> tuple[tuple[Tensor, ...], States]:
        """The output of each branch for a speech, and the states from which to continue.

        Args:
            speech: (B, BEFORE + 4 (T - 1) + 1 + AFTER, num_features) at 100 Hz.
            template: (B, 68, 2) px.
            states: from an earlier call; None: initial states.

        Returns:
            lips (B, T, 21, 2) and head (B, T, 50, 2) px, or all landmarks (B, T, 68, 2) px alone; a state per branch.
        """
        made, kept = [], []
        for number, branch in enumerate(self.branches):
            points, state = branch(speech, self.part(template, number), None if states is None else states[number])
            made.append(points)
            kept.append(state)
        return tuple(made), tuple(kept)

    def part(self, landmarks: Tensor, branch: int) -> Tensor:
        """The part of landmarks (..., 68, 2) that a branch predicts."""
        if not self.config.split:
            return landmarks
        return landmarks[..., torch.from_numpy((MOUTH_POINTS, HEAD_POINTS)[branch]), :]
