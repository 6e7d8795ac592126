"""Losses of the voice conversion."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from talkinghead.methods.makeittalk.config import MakeItTalkConfig
from talkinghead.training.augmentation.mels import augment_voices

_EXAMPLES, _STRETCHES = 4, 3


def voice_losses(network: nn.Module, batch: Mapping[str, Tensor], config: MakeItTalkConfig) -> dict[str, Tensor]:
    """Self-reconstruction before and after the postnet, and of the content code.

    Args:
        network: a ``VoiceConversion``.
        batch: ``mels`` (B, T, num_mels) to reconstruct; ``input_mels``, the same or augmented, for the encoder;
            ``speaker`` and ``target`` (B, embedding_size): of ``mels``, and of another utterance of the same voice.
        config: sizes.

    Source: Qian et al. 2019, section 3.3 and 4: squared norms between mels and the L1 norm between codes, all of weight
        1; here all are divided by the number of mel values, which keeps their proportions. Zhou et al. 2020, section 4,
        for the other utterance. Augmentation of the encoder's input (``augment_voices``) is our addition: the original
        voice can then be recovered only from the embedding.
    """
    mels = batch["mels"]
    codes, initial, converted, codes_again = (
        value.float() for value in network(batch["input_mels"], batch["speaker"], batch["target"])
    )
    return {
        "reconstruction_loss": F.mse_loss(converted, mels),
        "initial_reconstruction_loss": F.mse_loss(initial, mels),
        "content_loss": (codes_again - codes).abs().sum() / mels.numel(),
    }


def voice_example(config: MakeItTalkConfig, seed: int) -> dict[str, Tensor]:
    """Four synthetic crops of three codes each."""
    generator = torch.Generator().manual_seed(seed)
    voice = config.voice
    mels = torch.rand(_EXAMPLES, _STRETCHES * voice.downsampling, voice.num_mels, generator=generator)
    return {
        "mels": mels,
        "input_mels": augment_voices(mels, generator, strength=voice.augmentation),
        "speaker": F.normalize(torch.rand(_EXAMPLES, voice.embedding_size, generator=generator)),
        "target": F.normalize(torch.rand(_EXAMPLES, voice.embedding_size, generator=generator)),
    }
