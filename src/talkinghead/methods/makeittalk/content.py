"""The speech content branch: windows of speech -> displacements of the landmarks."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from talkinghead.methods.makeittalk.config import ContentConfig
from talkinghead.types import NUM_LANDMARKS

NUM_OUTPUTS = NUM_LANDMARKS * 3


class SpeechContentAnimation(nn.Module):
    """LSTM over a window of speech, MLP to landmark displacements.

    Source: Zhou et al. 2020, section 3.1, equations 1-3: three LSTM layers of 256, MLP 512-256-204. The window starts
        ``lead`` frames before its frame; the paper's starts at the frame (``lead`` 0). A mouth's shape depends on the
        sounds before it as well as after it; a short comparison confirms this (README of the folder).
    """

    def __init__(self, config: ContentConfig) -> None:
        super().__init__()
        self.config = config
        width = config.projection or config.num_features
        self.projection = nn.Linear(config.num_features, width) if config.projection else nn.Identity()
        self.lstm = nn.LSTM(width, config.lstm_size, config.lstm_layers, batch_first=True)
        sizes = (config.lstm_size + NUM_OUTPUTS, *config.mlp_sizes)
        layers: list[nn.Module] = []
        for size_in, size_out in pairwise(sizes):
            layers += [nn.Linear(size_in, size_out), nn.LeakyReLU(0.2)]
        self.mlp = nn.Sequential(*layers, nn.Linear(sizes[-1], NUM_OUTPUTS))

    def forward(self, windows: Tensor, static: Tensor) -> Tensor:
        """Landmarks p = q + displacement (equation 3).

        Args:
            windows: (B, window, num_features) speech.
            static: (B, 68, 3) the landmarks q at rest, in the head frame.

        Returns:
            (B, 68, 3) landmarks in the head frame.
        """
        states, _ = self.lstm(self.projection(windows))
        displacement = self.mlp(torch.cat([states[:, -1], static.flatten(1)], dim=1))
        landmarks: Tensor = static + displacement.view(-1, NUM_LANDMARKS, 3)
        return landmarks


def windows_of(features: Tensor, config: ContentConfig) -> Tensor:
    """The window of every frame.

    Args:
        features: (T, num_features); silence (zeros) precedes and follows them.

    Returns:
        (T, window, num_features) view.
    """
    padded = F.pad(features, (0, 0, config.lead, config.window - 1 - config.lead))
    return padded.unfold(0, config.window, 1).transpose(1, 2)
