"""The discriminator: whether lips are in sync with speech, the head is at its landmarks, and the picture is real."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from talkinghead.face.landmarks import LIPS
from talkinghead.methods.attentional_landmarks.config import LIP_SPEECH, AttentionalConfig
from talkinghead.methods.attentional_landmarks.ltv import NUM_MAPS, heat_maps
from talkinghead.training.adversarial import Verdict
from talkinghead.training.discriminators import PatchDiscriminator, patch_layers

_MOUTH = 0.32  # side of the mouth's square, in sides of the picture
_MOUTH_PX = 64
_HEAD_SHRINK = 4
_CODE = 64


class VideoDiscriminator(nn.Module):
    """Verdicts on lips, head and picture.

    Source: Wang et al. 2020, section 3.2: the discriminator shall "jointly consider the factors of lip synchronization
        with speech, head motion naturalness, and video quality". Its layers are not stated. We read it as three
        networks: one gets the mouth and the speech around it, one the whole picture, reduced, and the wanted landmarks,
        and one only the picture, patch by patch.

    Args:
        config: sizes.
    """

    def __init__(self, config: AttentionalConfig) -> None:
        super().__init__()
        channels, size = config.video.discriminator_channels, LIP_SPEECH.num_features
        self.quality = PatchDiscriminator(3, channels)
        self.head = PatchDiscriminator(3 + NUM_MAPS, channels)
        self.mouth = nn.Sequential(
            *patch_layers(3, channels), nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(16 * channels[-1], _CODE)
        )
        self.speech = nn.Sequential(
            nn.Conv1d(size, 2 * channels[0], 5, stride=2),
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

    def forward(self, pictures: Tensor, landmarks: Tensor, speech: Tensor, in_sync: Tensor) -> list[Verdict]:
        """The verdicts on lips, head and picture.

        Args:
            pictures: (B, 3, S, S) in [-1, 1].
            landmarks: (B, 68, 2) px, wanted.
            speech: (B, 30, F) frames around the moment.
            in_sync: (B,) whether a recording's lips are in sync with its speech; other recordings' lips do not count.
        """
        lips = self.lip_verdict(pictures, landmarks, speech, in_sync)
        return [lips, self.head_verdict(pictures, landmarks), self.quality(pictures)]

    def head_verdict(self, pictures: Tensor, landmarks: Tensor) -> Verdict:
        """Logits (B, 1, h, w) of whether the head in pictures is at landmarks."""
        small = F.avg_pool2d(pictures, _HEAD_SHRINK)
        maps = heat_maps(landmarks, pictures.shape[2], shrink=_HEAD_SHRINK)
        verdict: Verdict = self.head(torch.cat([small, maps.to(small.dtype)], dim=1))
        return verdict

    def lip_verdict(self, pictures: Tensor, landmarks: Tensor, speech: Tensor, in_sync: Tensor) -> Verdict:
        """Logits (B, 1) of whether the mouth in pictures, at landmarks, says the speech."""
        seen = self.mouth(mouths(pictures, landmarks))
        spoken = self.speech(speech.mT)
        return Verdict(self.together(torch.cat([seen, spoken, seen * spoken], dim=1)), weight=in_sync[:, None])


def mouths(pictures: Tensor, landmarks: Tensor) -> Tensor:
    """(B, 3, 64, 64) crops of pictures (B, 3, S, S) around the lips of landmarks (B, 68, 2) px."""
    size = pictures.shape[2]
    middle = (landmarks[:, LIPS].mean(dim=1) + 0.5) * (2 / size) - 1
    affine = torch.zeros(len(pictures), 2, 3, device=pictures.device)
    affine[:, 0, 0] = affine[:, 1, 1] = _MOUTH
    affine[:, :, 2] = middle
    grid = F.affine_grid(affine, [len(pictures), 3, _MOUTH_PX, _MOUTH_PX], align_corners=False)
    return F.grid_sample(pictures, grid.to(pictures.dtype), padding_mode="border", align_corners=False)
