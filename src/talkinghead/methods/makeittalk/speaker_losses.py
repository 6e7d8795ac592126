"""Losses of the speaker-aware branch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn

from talkinghead.face.landmarks import BROWS
from talkinghead.methods.makeittalk.config import MakeItTalkConfig
from talkinghead.methods.makeittalk.head_style import RIGID
from talkinghead.methods.makeittalk.losses import laplacian_matrix
from talkinghead.methods.makeittalk.speaker_aware import AttentionDiscriminator, SpeakerAwareAnimation
from talkinghead.speech.speaker import EMBEDDING_SIZE
from talkinghead.training.adversarial import Verdict, discriminator_loss

# Weight of equation 12 as a whole against the terms of motions with noise. At 1, the variety that noise should bring
# comes from the speech instead; the expected motion is then as lively as any, and further from the real one than a
# still head.
_EXPECTED = 8.0
_REALISM = 0.001  # mu_s of equation 12
_NOISY_REALISM = 0.05  # the same for motions with noise, which have no other term for how likely they are
_STATISTICS = 0.05
_FLOOR = 0.002  # rad and eye distances: the tracker's noise in a still picture
_LAGS_S = (0.05, 0.16, 0.5)  # nods within a word, with a word, with a phrase


class SpeakerTraining(nn.Module):
    """The speaker-aware branch and its discriminator.

    Args:
        config: of the method.
    """

    def __init__(self, config: MakeItTalkConfig) -> None:
        super().__init__()
        self.branch = SpeakerAwareAnimation(config.content, config.speaker)
        self.discriminator = AttentionDiscriminator(config.speaker)

    def forward(self, batch: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """The LSTM's states (M, T, lstm_size) and displacements (M + K, T, 68, 3): the last K twice, noise negated.

        Args:
            batch: as for ``speaker_losses``.
        """
        states = self.branch.listen(batch["features"], batch["valid"])
        noise = batch["noise"]
        still = noise.new_zeros(len(states) - len(noise), *noise.shape[1:])
        rows = twice(len(states), len(noise))
        made = self.branch.animate(
            states[rows],
            batch["speaker"][rows],
            batch["static"][rows],
            torch.cat([still, noise, -noise]),
            batch["valid"][rows],
        )
        return states, made


def twice(count: int, noisy: int) -> Tensor:
    """Indices of ``count`` rows, with the last ``noisy`` of them repeated at the end."""
    return torch.cat([torch.arange(count), torch.arange(count - noisy, count)])


def speaker_losses(network: nn.Module, batch: Mapping[str, Tensor], config: MakeItTalkConfig) -> dict[str, Tensor]:
    """Equation 12 for the expected motion, equation 11 for the discriminator, statistics for motions with noise.

    Rows with noise come in pairs with opposite noise. The mean of a pair is compared with the recording like rows
    without noise, so that noise does not change the expected motion. Each of the two is compared with the statistics of
    how much and how fast the head really moved, and goes through the discriminator.

    Args:
        network: a ``SpeakerTraining``.
        batch: ``features`` (M, T, F), ``valid`` (M, T) frames that are not padding, ``speaker`` (M, 256), ``static``
            (M, 68, 3) the face at rest, ``content`` (M, T, 68, 3) landmarks of the content branch, ``target``
            (M, T, 68, 3) the recording in the frame of the face at rest, ``counted`` (M, 68) landmarks to learn from
            it, ``noise`` (K, T, noise_size) for the last K rows.
        config: sizes.
    """
    network = cast(SpeakerTraining, network)  # possibly wrapped by a training loop
    states, made = network(batch)
    made, states = made.float(), states.float().detach()
    valid, static, noisy = batch["valid"], batch["static"], len(batch["noise"])
    count = len(valid)
    first, second = made[:count], made[count:]
    expected = torch.cat([first[: count - noisy], (first[count - noisy :] + second) / 2])
    mask = batch["counted"][:, None, :, None] * valid[:, :, None, None]
    difference = (batch["content"] + expected - batch["target"]) * mask
    laplacian = laplacian_matrix().to(difference)
    frames, weight = valid.sum(), _EXPECTED if noisy else 1.0
    named = {
        "landmark_loss": weight * difference.square().sum() / frames,
        "laplacian_loss": weight * (laplacian @ difference).square().sum() / frames,
    }
    rows = twice(count, noisy).to(valid.device)
    fake = (batch["content"][rows] + made - static[rows][:, None]) * mask[rows]
    real = (batch["target"] - static[:, None]) * mask
    named |= _adversarial_losses(network.discriminator, fake, real, states, batch, rows)
    if noisy:
        varied = torch.cat([first[count - noisy :], second])
        behind, rate = rows[count - noisy :], config.content.rate
        wanted = motion_statistics(batch["target"] - static[:, None], static, valid, rate=rate)[behind]
        found = motion_statistics(varied, static[behind], valid[behind], rate=rate)
        named["statistics_loss"] = _STATISTICS * (found - wanted).abs().mean()
    return named


def _adversarial_losses(
    discriminator: nn.Module, made: Tensor, real: Tensor, states: Tensor, batch: Mapping[str, Tensor], rows: Tensor
) -> dict[str, Tensor]:
    """Equations 11 and the last term of 12, per frame; rows with noise count more."""
    valid, speaker, noisy = batch["valid"], batch["speaker"], len(batch["noise"])
    logits, shown = discriminator(made, states[rows], speaker[rows], valid[rows]), valid[rows]
    on_made, on_real = (
        [Verdict(logits, weight=shown)],
        [Verdict(discriminator(real, states, speaker, valid), weight=valid)],
    )
    weight = torch.full_like(logits[:, :1], _NOISY_REALISM)
    weight[: len(valid) - noisy] = _REALISM * (_EXPECTED if noisy else 1.0)
    return {
        "adversarial_loss": ((logits.float() - 1).square() * weight * shown).sum() / shown.sum(),
        "discriminator_loss": discriminator_loss(on_made, on_real),
    }


def rigid_readout(displacement: Tensor, static: Tensor) -> Tensor:
    """(B, T, 6) rotation in rad and translation in displacements, to the first order.

    Args:
        displacement: (B, T, 68, 3).
        static: (B, 68, 3) the displaced landmarks.

    Returns:
        The least squares solution over the points of ``RIGID`` of ``displacement = rotation x static + translation``.
    """
    rigid = torch.from_numpy(RIGID).to(static.device)
    points, moved = static[:, rigid], displacement[:, :, rigid].flatten(2)
    axes = torch.eye(3, device=points.device).expand(len(points), len(rigid), 3, 3)
    turned = torch.linalg.cross(axes, points[:, :, None].expand_as(axes), dim=3)  # the row: about which axis
    design = torch.cat([turned.mT, axes], dim=3).flatten(1, 2)
    solution: Tensor = torch.linalg.solve(design.mT @ design, design.mT)
    return moved @ solution.mT


def brow_readout(displacement: Tensor, static: Tensor, rigid: Tensor) -> Tensor:
    """(B, T, 2) how far the left and the right brow move down, without the head's motion (``rigid_readout``)."""
    rotation, translation = rigid[..., :3], rigid[..., 3:]
    rows = []
    for part in (slice(BROWS.start, 22), slice(22, BROWS.stop)):
        centre = static[:, None, part].mean(dim=2).expand_as(rotation)
        with_head = torch.linalg.cross(rotation, centre, dim=2) + translation
        rows.append((displacement[:, :, part].mean(dim=2) - with_head)[..., 1])
    return torch.stack(rows, dim=2)


def motion_statistics(displacement: Tensor, static: Tensor, valid: Tensor, *, rate: float) -> Tensor:
    """(B, 5, 8) logarithms of distances of rotation, translation and both brows, in rad and eye distances.

    They are root mean squares of the distances from rest, from the mean, and from the pose 0.05, 0.16 and 0.5 s
    earlier.

    Args:
        displacement: (B, T, 68, 3).
        static: (B, 68, 3).
        valid: (B, T) which frames count.
        rate: frames per second.
    """
    rigid = rigid_readout(displacement, static)
    motion = torch.cat([rigid, brow_readout(displacement, static, rigid)], dim=2)
    weight = valid[..., None].float()
    mean = (motion * weight).sum(dim=1, keepdim=True) / weight.sum(dim=1, keepdim=True)
    rows = [_mean_square(motion, weight), _mean_square(motion - mean, weight)]
    for lag in (max(1, round(rate * seconds)) for seconds in _LAGS_S):
        rows.append(_mean_square(motion[:, lag:] - motion[:, :-lag], weight[:, lag:] * weight[:, :-lag]))
    return (torch.stack(rows, dim=1) + _FLOOR**2).log() / 2


def _mean_square(values: Tensor, weight: Tensor) -> Tensor:
    return (values.square() * weight).sum(dim=1) / weight.sum(dim=1).clamp_min(1)


def speaker_example(config: MakeItTalkConfig, seed: int) -> dict[str, Tensor]:
    """Four synthetic windows, one of them shorter, and two with noise if the configuration has some."""
    generator = torch.Generator().manual_seed(seed)
    count, window, size = 4, config.speaker.window, config.speaker.noise_size

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator)

    static = normal(count, 68, 3)
    valid = torch.ones(count, window, dtype=torch.bool)
    valid[1, window // 2 :] = False
    counted = torch.ones(count, 68)
    counted[2, 48:] = 0
    path = normal(count, 1, 68, 3) * torch.linspace(0, 0.2, window)[:, None, None]
    return {
        "features": torch.rand(count, window, config.content.num_features, generator=generator),
        "valid": valid,
        "speaker": nn.functional.normalize(torch.rand(count, EMBEDDING_SIZE, generator=generator), dim=1),
        "static": static,
        "content": static[:, None].expand(-1, window, -1, -1),
        "target": static[:, None] + path,
        "counted": counted,
        "noise": normal(2 if size else 0, window, size),
    }
