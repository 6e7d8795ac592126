"""Losses of the image-to-image translation network.

Source: Zhou et al. 2020, section 4.3: L1 between pictures plus, with weight 1, L1 between another network's features of
    them. We add weights for small parts that matter and, for the slim network, terms on its displacement and from a
    discriminator of mouth and eyes (least squares, Mao et al. 2017; feature matching, Wang et al. 2018).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from talkinghead.data.pairs import pair_example
from talkinghead.face.landmarks import LIPS
from talkinghead.methods.makeittalk.config import MakeItTalkConfig, TranslationConfig
from talkinghead.methods.makeittalk.translation import Translation, TranslationNetwork, as_inputs
from talkinghead.precision import autocast
from talkinghead.rendering.displacement import FIELD_STEP, landmark_distances
from talkinghead.rendering.levels import as_colours
from talkinghead.training.adversarial import Adversaries, adversarial_losses
from talkinghead.training.discriminators import PatchDiscriminator
from talkinghead.training.perceptual import Distance, pyramid_loss

_PERCEPTUAL = 1.0  # lambda of the paper
_COPIED = 0.3  # weight of the displaced portrait by itself, so that the displacement is learned where it is hidden
_FEATURES = 10.0  # weight of feature matching, in weights of the adversarial term (Wang et al. 2018)
_BACKGROUND, _PARTS = 0.25, 3.0  # weight far from the face, and additional weight of eyes and lips
_FACE_PX, _PARTS_PX = 40.0, 8.0  # standard deviations of the Gaussians around landmarks, in a picture of 256 px
_EYES_AND_LIPS, _EYES = slice(36, 68), slice(36, 48)
_WINDOW = 3 / 8  # of the picture's side: window of the discriminator


def translation_adversaries(
    config: TranslationConfig,
) -> Adversaries[TranslationNetwork, PatchDiscriminator | None]:
    """The network and, if the configuration gives it a weight, a discriminator of pictures with sketches."""
    width = config.discriminator_width
    discriminator = (
        PatchDiscriminator(6, (width, 2 * width, 4 * width), strided=2) if config.discriminator_weight else None
    )
    return Adversaries(TranslationNetwork(config), discriminator)


def importance(landmarks: Tensor, size: int) -> Tensor:
    """(B, 1, size, size) weights of pixels, for landmarks (B, 68, 2) px: 1 on skin, 4 on eyes and lips."""
    squares = landmark_distances(landmarks, size)
    scale = size / 256
    face = torch.exp(-squares.amin(dim=2) / (2 * (_FACE_PX * scale) ** 2))
    parts = torch.exp(-squares[:, :, _EYES_AND_LIPS].amin(dim=2) / (2 * (_PARTS_PX * scale) ** 2))
    weight = _BACKGROUND + (1 - _BACKGROUND) * face + _PARTS * parts
    side = size // FIELD_STEP
    return F.interpolate(weight.view(-1, 1, side, side), size=(size, size), mode="bilinear", align_corners=False)


def translation_losses(
    network: nn.Module, batch: Mapping[str, Tensor], config: MakeItTalkConfig, *, distance: Distance = pyramid_loss
) -> dict[str, Tensor]:
    """The paper's two terms, and those of ``copying`` and of the discriminator if the configuration has them.

    Args:
        network: of ``translation_adversaries``.
        batch: as for ``as_inputs``, and ``target`` (B, S, S, 3) uint8, the picture to be made.
        config: sizes.
        distance: perceptual distance between pictures.
    """
    sizes = config.translation
    wanted, landmarks = as_colours(batch["target"]), batch["target_landmarks"].float()
    inputs = as_inputs(batch, sizes)
    made: Translation = network(*inputs)
    weight = importance(landmarks, sizes.size)

    def difference(picture: Tensor) -> Tensor:
        return ((picture - wanted).abs() * weight).sum() / (3 * weight.sum())

    picture = made.picture.float()
    # Pictures are weighted first, so that bands across the edge of the face count by their share inside it.
    named = {
        "pixel_loss": difference(picture),
        "perceptual_loss": _PERCEPTUAL * _distance_by_weight(distance, picture, wanted, weight),
    }
    if made.copied is not None:
        named["copied_loss"] = _COPIED * difference(made.copied.float())
    discriminator = cast("Adversaries[TranslationNetwork, PatchDiscriminator | None]", network).discriminator
    if discriminator is not None:
        # The loop's own autocast covers only calls of the whole network.
        with autocast(picture.device):
            on_made, on_real = (
                [discriminator(_windows(shown, inputs.sketch, landmarks))] for shown in (picture, wanted)
            )
        weight_of_both = sizes.discriminator_weight
        named |= adversarial_losses(on_made, on_real, weight=weight_of_both, features=_FEATURES * weight_of_both)
    return named


def _distance_by_weight(distance: Distance, picture: Tensor, wanted: Tensor, weight: Tensor) -> Tensor:
    """The distance of pictures; the bands of a pyramid are compared after weighting."""
    if distance is pyramid_loss:
        share = weight / weight.mean()
        return distance(picture * share, wanted * share)
    return distance(picture, wanted)


def _windows(picture: Tensor, sketch: Tensor, landmarks: Tensor) -> Tensor:
    """(2 B, 6, s, s) crops of pictures and sketches around the lips and around the eyes."""
    size = picture.shape[-1]
    side = max(16, 4 * round(_WINDOW * size / 4))
    shown = torch.cat([picture, sketch], dim=1)
    cut = []
    for part in (LIPS, _EYES):
        corners = (landmarks[:, part].mean(dim=1) - side / 2).round().long().clamp(0, size - side).tolist()
        cut += [one[:, y : y + side, x : x + side] for one, (x, y) in zip(shown, corners)]
    return torch.stack(cut)


def translation_example(config: MakeItTalkConfig, seed: int) -> dict[str, Tensor]:
    """Two synthetic pairs."""
    generator = torch.Generator().manual_seed(seed)
    pairs, others = (pair_example(config.translation.size, generator) for _ in range(2))
    return {**pairs, "sketch": others["target"], "source_sketch": others["source"]}
