"""What the landmarks-to-video network learns by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from talkinghead.methods.attentional_landmarks.config import AttentionalConfig
from talkinghead.methods.attentional_landmarks.critic import VideoDiscriminator
from talkinghead.methods.attentional_landmarks.ltv import LandmarksToVideo, heat_maps
from talkinghead.methods.attentional_landmarks.stl import AFTER, BEFORE
from talkinghead.precision import autocast

_FOCUS_SPREAD = 0.04  # of the picture's side, about each landmark of eyes and lips
_FOCUS_MAPS = slice(4, 10)
_WINDOW, _SIGMA = 11, 1.5  # px, of the structural similarity (metrics.ssim)
_C1, _C2 = (0.01 * 2) ** 2, (0.03 * 2) ** 2  # its constants, for colours in [0, 2]


class VideoTraining(nn.Module):
    """The network with its discriminator.

    Args:
        config: sizes.
    """

    def __init__(self, config: AttentionalConfig) -> None:
        super().__init__()
        self.generator, self.critic = LandmarksToVideo(config.video), VideoDiscriminator(config)


def video_losses(network: nn.Module, batch: Mapping[str, Tensor], config: AttentionalConfig) -> dict[str, Tensor]:
    """Equation 10: squared error of the colours, and binary cross entropies of both sides of the three judges.

    "structure" adds a structural dissimilarity (``structure_loss``).

    Besides what is made, real pictures with the speech or the landmarks of another are false: or a judge would not look
    at them.

    Args:
        network: a ``VideoTraining``, or what a training loop has wrapped around one.
        batch: ``source`` and ``target`` (B, 3, S, S) in [-1, 1], ``own`` and ``landmarks`` (B, 68, 2) px of them,
            ``speech`` (B, 30, F) about the target, ``in_step`` (B,) whether its lips go with the speech.
        config: sizes.
    """
    network = cast(VideoTraining, network)
    target, landmarks = batch["target"], batch["landmarks"]
    # Calls of parts of a wrapped network do not take its precision.
    with autocast(target.device):
        made = network.generator(landmarks, batch["source"], batch["own"])
        named = {"image_loss": image_loss(made, target, landmarks, focus=config.video.focus)}
        if config.video.structure:
            named["structure_loss"] = config.video.structure * structure_loss(made, target)
        if not config.video.adversarial:
            return named
        critic = network.critic
        # One optimiser for both sides: the critic is held while the network is judged by it, and sees only values of
        # its pictures.
        critic.requires_grad_(False)
        fooled = _verdict(critic, made, batch, landmarks, batch["speech"], true=True)
        critic.requires_grad_(True)
        on_real = _verdict(critic, target, batch, landmarks, batch["speech"], true=True)
        on_made = _verdict(critic, made.detach(), batch, landmarks, batch["speech"], true=False)
        on_wrong = _mismatch(critic, batch)
    named["adversarial_loss"] = config.video.adversarial * fooled
    named["critic_loss"] = on_real + (on_made + on_wrong) / 2
    return named


def image_loss(made: Tensor, target: Tensor, landmarks: Tensor, *, focus: float = 0.0) -> Tensor:
    """Mean squared error of pictures (B, 3, S, S), where each px counts 1 and up to ``focus`` more by eyes and lips.

    Args:
        made: what the network makes.
        target: what it should.
        landmarks: (B, 68, 2) px of the target.
        focus: the paper's loss has none; eyes and lips are 4 % of the picture.
    """
    error = (made - target).square()
    if not focus:
        return error.mean()
    near = heat_maps(landmarks, target.shape[2], shrink=4, spread=_FOCUS_SPREAD)[:, _FOCUS_MAPS].amax(
        dim=1, keepdim=True
    )
    weight = 1 + focus * F.interpolate(near.float(), size=target.shape[2:], mode="bilinear", align_corners=False)
    return (error * weight).mean() / weight.mean()


def structure_loss(made: Tensor, target: Tensor) -> Tensor:
    """1 - the structural similarity of pictures (B, C, S, S) in [-1, 1], mean over places and colours; 0 where equal.

    Source: Zhao, Gallo, Frosio and Kautz 2017, equation 7; the similarity is that of ``metrics.ssim``. Wang et al.
        2020 have no such term: they train networks so wide that the squared error leaves nothing blurred.
    """
    made, target = made.float() + 1, target.float() + 1  # black is 0: how bright a place is counts by ratio
    seen = torch.cat([made, target, made * made + target * target, made * target], dim=1)
    channels = seen.shape[1]
    place = torch.arange(_WINDOW, device=seen.device) - _WINDOW // 2
    bell = torch.exp(-0.5 * (place / _SIGMA) ** 2)
    bell = (bell / bell.sum()).expand(channels, 1, 1, -1)
    with torch.autocast(seen.device.type, enabled=False):  # variances are small differences
        seen = F.conv2d(F.conv2d(seen, bell, groups=channels), bell.mT.contiguous(), groups=channels)
    mean_made, mean_target, squares, product = seen.chunk(4, dim=1)
    means = mean_made.square() + mean_target.square()
    between = mean_made * mean_target
    likeness = (2 * between + _C1) * (2 * (product - between) + _C2) / ((means + _C1) * (squares - means + _C2))
    return 1 - likeness.mean()


def _verdict(
    critic: VideoDiscriminator,
    pictures: Tensor,
    batch: Mapping[str, Tensor],
    landmarks: Tensor,
    speech: Tensor,
    *,
    true: bool,
) -> Tensor:
    """Mean over the judges of how far they are from calling pictures real, or made."""
    logits = critic.lip_logits(pictures, landmarks, speech)[:, 0]
    lips = (_cross_entropy(logits, true) * batch["in_step"]).sum() / batch["in_step"].sum().clamp_min(1)
    head = _cross_entropy(critic.head_logits(pictures, landmarks), true).mean()
    return (lips + head + _cross_entropy(critic.quality_logits(pictures), true).mean()) / 3


def _mismatch(critic: VideoDiscriminator, batch: Mapping[str, Tensor]) -> Tensor:
    """The same for real pictures with another's speech, and another's landmarks, which are to be called false."""
    target, landmarks = batch["target"], batch["landmarks"]
    lips = _cross_entropy(critic.lip_logits(target, landmarks, batch["speech"].roll(1, dims=0))[:, 0], False)
    head = _cross_entropy(critic.head_logits(target, landmarks.roll(1, dims=0)), False)
    return ((lips * batch["in_step"]).sum() / batch["in_step"].sum().clamp_min(1) + head.mean()) / 3


def _cross_entropy(logits: Tensor, true: bool) -> Tensor:
    """Binary cross entropy of logits, one by one, where all are ``true`` or none is."""
    return F.softplus(-logits.float() if true else logits.float())


def video_example(config: AttentionalConfig, seed: int) -> dict[str, Tensor]:
    """Two made-up pairs."""
    generator = torch.Generator().manual_seed(seed)
    size = config.video.size
    return {
        "source": 2 * torch.rand(2, 3, size, size, generator=generator) - 1,
        "target": 2 * torch.rand(2, 3, size, size, generator=generator) - 1,
        "own": size * (0.25 + 0.5 * torch.rand(2, 68, 2, generator=generator)),
        "landmarks": size * (0.25 + 0.5 * torch.rand(2, 68, 2, generator=generator)),
        "speech": torch.rand(2, BEFORE + 1 + AFTER, config.landmarks.num_features, generator=generator),
        "in_step": torch.ones(2),
    }
