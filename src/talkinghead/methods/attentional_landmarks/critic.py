"""The discriminator: are lips in step with the speech, is the head as it should be, is the picture a real one."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from talkinghead.face.landmarks import LIPS
from talkinghead.methods.attentional_landmarks.config import AttentionalConfig
from talkinghead.methods.attentional_landmarks.ltv import NUM_MAPS, heat_maps

_MOUTH = 0.32  # side of the mouth's square, in sides of the picture
_MOUTH_PX = 64
_HEAD_SHRINK = 4
_CODE = 64


class VideoDiscriminator(nn.Module):
    """Logits of three judges; above 0 is real.

    Source: Wang et al. 2020, section 3.2: the discriminator shall "jointly consider the factors of lip synchronization
        with speech, head motion naturalness, and video quality". Its layers are not stated. We read it as three judges:
        one sees the mouth and hears the speech about it, one sees the whole picture, small, and where the landmarks
        should be, one sees the picture, patch by patch, and nothing else.

    Args:
        config: sizes.
    """

    def __init__(self, config: AttentionalConfig) -> None:
        super().__init__()
        channels, heard = config.video.discriminator_channels, config.landmarks.num_features
        self.quality = nn.Sequential(*_trunk(3, channels), nn.Conv2d(channels[-1], 1, 3, padding=1))
        self.head = nn.Sequential(*_trunk(3 + NUM_MAPS, channels), nn.Conv2d(channels[-1], 1, 3, padding=1))
        self.mouth = nn.Sequential(
            *_trunk(3, channels), nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(16 * channels[-1], _CODE)
        )
        self.speech = nn.Sequential(
            nn.Conv1d(heard, 2 * channels[0], 5, stride=2),
            nn.LeakyReLU(0.2),
            nn.Conv1d(2 * channels[0], 2 * channels[0], 5, stride=2),
            nn.LeakyReLU(0.2),
            nn.AdaptiveAvgPool1d(4),
            nn.Flatten(),
            nn.Linear(8 * channels[0], _CODE),
        )
        self.together = nn.Sequential(
            nn.LeakyReLU(0.2), nn.Linear(3 * _CODE, _CODE), nn.LeakyReLU(0.2), nn.Linear(_CODE, 1)
        )

    def quality_logits(self, pictures: Tensor) -> Tensor:
        """(B, 1, h, w) logits, a patch each, of pictures (B, 3, S, S) in [-1, 1]."""
        logits: Tensor = self.quality(pictures)
        return logits

    def head_logits(self, pictures: Tensor, landmarks: Tensor) -> Tensor:
        """(B, 1, h, w) logits of pictures whose head should be at landmarks (B, 68, 2) px."""
        small = F.avg_pool2d(pictures, _HEAD_SHRINK)
        maps = heat_maps(landmarks, pictures.shape[2], shrink=_HEAD_SHRINK)
        logits: Tensor = self.head(torch.cat([small, maps.to(small.dtype)], dim=1))
        return logits

    def lip_logits(self, pictures: Tensor, landmarks: Tensor, speech: Tensor) -> Tensor:
        """(B, 1) logits of pictures whose mouth, at landmarks (B, 68, 2) px, should say (B, 30, F) speech frames."""
        seen = self.mouth(mouths(pictures, landmarks))
        heard = self.speech(speech.mT)
        logits: Tensor = self.together(torch.cat([seen, heard, seen * heard], dim=1))
        return logits


def mouths(pictures: Tensor, landmarks: Tensor) -> Tensor:
    """(B, 3, 64, 64) the squares about the lips of landmarks (B, 68, 2) px in pictures (B, 3, S, S)."""
    size = pictures.shape[2]
    middle = (landmarks[:, LIPS].mean(dim=1) + 0.5) * (2 / size) - 1
    affine = torch.zeros(len(pictures), 2, 3, device=pictures.device)
    affine[:, 0, 0] = affine[:, 1, 1] = _MOUTH
    affine[:, :, 2] = middle
    grid = F.affine_grid(affine, [len(pictures), 3, _MOUTH_PX, _MOUTH_PX], align_corners=False)
    return F.grid_sample(pictures, grid.to(pictures.dtype), padding_mode="border", align_corners=False)


def _trunk(size_in: int, channels: tuple[int, ...]) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for before, after in pairwise((size_in, *channels)):
        layers += [nn.Conv2d(before, after, 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
    return layers
