"""What both learners make of the sound of a frame: 0.04 s of samples, or two rows of features."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from talkinghead.methods.rhythmic_head.features import SIZES, STRIDE, num_features, parts_of

_SAMPLES = STRIDE * SIZES["sound"]
_SOUND_CHANNELS = (48, 64, 96)
_SOUND_KERNELS, _SOUND_STRIDES = (64, 8, 5), (16, 4, 5)  # 640 samples -> 40 -> 10 -> 2
_LOUDNESS = 0.1  # the effective value of samples at the usual loudness, which become about 1
_LEFT = _SAMPLES // 16 // 4 // 5


class FrameEncoder(nn.Module):
    """The sound of each frame, by itself -> numbers.

    Args:
        features: their names; of samples ("sound"), convolutions make them, of all others a full connection.
        size: numbers per frame.
    """

    def __init__(self, features: str, size: int) -> None:
        super().__init__()
        self.row_size = num_features(features)
        self.size = size
        if "sound" in parts_of(features):
            channels = (1, *_SOUND_CHANNELS)
            self.layers = nn.ModuleList(
                nn.Conv1d(a, b, kernel, stride, (kernel - stride) // 2)
                for (a, b), kernel, stride in zip(pairwise(channels), _SOUND_KERNELS, _SOUND_STRIDES, strict=True)
            )
            self.out = nn.Linear(_LEFT * channels[-1], size)
        else:
            self.layers = nn.ModuleList()
            self.out = nn.Linear(STRIDE * self.row_size, size)

    def forward(self, rows: Tensor) -> Tensor:
        """(B, T, size) of rows (B, 2 T, row_size)."""
        batch, count = rows.shape[0], rows.shape[1] // STRIDE
        frames = rows[:, : STRIDE * count].reshape(batch * count, -1)
        if len(self.layers):
            hidden = frames[:, None] / _LOUDNESS
            for layer in self.layers:
                hidden = F.gelu(layer(hidden))
            frames = hidden.flatten(1)
        encoded: Tensor = self.out(frames).view(batch, count, self.size)
        return encoded


def drop_parts(rows: Tensor, features: str, dropped: str, share: float, generator: torch.Generator) -> Tensor:
    """Rows (B, S, F) of joined features, in a share of which some parts are zero.

    Args:
        rows: features.
        features: their names.
        dropped: names of those that are left out together, as far as they are there.
        share: of the batch.
        generator: of all random choices.
    """
    kept = torch.rand(len(rows), 1, 1, generator=generator) >= share
    parts = torch.split(rows, [SIZES[part] for part in parts_of(features)], dim=2)
    names = parts_of(dropped)
    return torch.cat(
        [part * kept if name in names else part for name, part in zip(parts_of(features), parts, strict=True)], dim=2
    )
