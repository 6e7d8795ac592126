"""The speaker-aware branch: speech and a speaker embedding -> head motion and expression."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from talkinghead.methods.makeittalk.config import ContentConfig, SpeakerConfig
from talkinghead.methods.makeittalk.content import NUM_OUTPUTS
from talkinghead.speech.speaker import EMBEDDING_SIZE
from talkinghead.types import NUM_LANDMARKS

_GENTLE = 0.1  # of the usual initial weights, so that the untrained head hardly moves
_DISPLACED = 20.0  # brings displacements of about a twentieth of an eye distance to order 1 for the discriminator


class SpeakerAwareAnimation(nn.Module):
    """LSTM over speech, self-attention over 4 s of it with the speaker's embedding, MLP to displacements.

    Source: Zhou et al. 2020, section 3.2, equations 4-7, and appendix A. Where we may differ, by ``SpeakerConfig``: the
        LSTM may run once along the speech instead of over each frame's window, and smooth noise may be a second input,
        so that the motion is a sample; the paper's is deterministic.

    Args:
        content: the features, and the LSTM's window.
        config: sizes.
    """

    mean_speaker: Tensor

    def __init__(self, content: ContentConfig, config: SpeakerConfig) -> None:
        super().__init__()
        self.content, self.config = content, config
        self.num_features = config.num_features or content.num_features
        self.lstm = nn.LSTM(self.num_features, config.lstm_size, config.lstm_layers, batch_first=True)
        self.attention = _Attention(config.lstm_size + config.noise_size, config)
        self.mlp = _mlp(config.model_size + NUM_OUTPUTS + config.noise_size, *config.mlp_sizes, NUM_OUTPUTS)
        with torch.no_grad():
            for value in self.mlp[-1].parameters():
                value.mul_(_GENTLE)
        # The mean voice of the training data, used when the speaker is unknown.
        self.register_buffer("mean_speaker", torch.full((EMBEDDING_SIZE,), EMBEDDING_SIZE**-0.5))

    def listen(self, features: Tensor, valid: Tensor) -> Tensor:
        """(B, T, lstm_size) states of the LSTM for speech frames (B, T, F) with valid frames (B, T).

        Only the first ``num_features`` numbers of a frame are read.

        Source: equation 4. The state of a frame depends on the speech ahead of it up to the end of its window.
        """
        window, lead = self.content.window, self.content.lead
        features = features[..., : self.num_features] * valid[..., None]
        if not self.config.restart:
            ahead = window - 1 - lead
            states, _ = self.lstm(F.pad(features, (0, 0, 0, ahead)))
            return torch.as_tensor(states[:, ahead:])
        windows = F.pad(features, (0, 0, lead, window - 1 - lead)).unfold(1, window, 1).mT
        states, _ = self.lstm(windows.flatten(0, 1))
        return torch.as_tensor(states[:, -1].unflatten(0, features.shape[:2]))

    def animate(self, states: Tensor, speaker: Tensor, static: Tensor, noise: Tensor, valid: Tensor) -> Tensor:
        """(B, T, 68, 3) displacements.

        Args:
            states: (B, T, lstm_size) of ``listen``, T at most the window of the attention.
            speaker: (B, 256) embeddings of voices.
            static: (B, 68, 3) landmarks q at rest, in the head frame.
            noise: (B, T, noise_size).
            valid: (B, T) bool, False where a shorter sequence is padded.

        Source: equations 5 and 6.
        """
        hidden = self.attention(torch.cat([states, noise], dim=2), speaker, valid)
        rest = static.flatten(1)[:, None].expand(-1, states.shape[1], -1)
        displacement: Tensor = self.mlp(torch.cat([hidden, rest, noise], dim=2))
        return displacement.view(*states.shape[:2], NUM_LANDMARKS, 3)

    def forward(self, features: Tensor, speaker: Tensor, static: Tensor, noise: Tensor, valid: Tensor) -> Tensor:
        """(B, T, 68, 3) displacements for speech frames (B, T, F); the rest as in ``animate``."""
        return self.animate(self.listen(features, valid), speaker, static, noise, valid)


class AttentionDiscriminator(nn.Module):
    """How real a sequence of landmarks looks, frame by frame.

    Source: Zhou et al. 2020, section 4.2, equation 10, and appendix A: the attention network of the generator, then an
        MLP of 512, 256 and 1. Its input is the displacement from the face at rest instead of the landmarks: the same
        information at a scale that is easy to learn from.

    Args:
        config: sizes.
    """

    def __init__(self, config: SpeakerConfig) -> None:
        super().__init__()
        self.attention = _Attention(NUM_OUTPUTS + config.lstm_size, config)
        self.mlp = _mlp(config.model_size, *config.discriminator_sizes, 1)

    def forward(self, displacement: Tensor, states: Tensor, speaker: Tensor, valid: Tensor) -> Tensor:
        """(B, T) scores of displacements (B, T, 68, 3), given the LSTM's states, speakers and valid frames."""
        shown = _DISPLACED * displacement.flatten(2)
        realism: Tensor = self.mlp(self.attention(torch.cat([shown, states], dim=2), speaker, valid))
        return realism[..., 0]


class _Attention(nn.Module):
    """Frames and the speaker's embedding through an embedding layer and self-attention (equation 5, appendix A)."""

    positions: Tensor

    def __init__(self, size: int, config: SpeakerConfig) -> None:
        super().__init__()
        self.speaker = nn.Sequential(nn.Linear(EMBEDDING_SIZE, config.embedding_size), nn.LeakyReLU(0.2))
        self.embedding = nn.Linear(size + config.embedding_size, config.model_size)
        layers = [
            nn.TransformerEncoderLayer(config.model_size, config.heads, config.model_size, 0.0, batch_first=True)
            for _ in range(config.layers)
        ]
        self.layers = nn.ModuleList(layers)
        self.register_buffer("positions", _positions(config.window, config.model_size), persistent=False)

    def forward(self, frames: Tensor, speaker: Tensor, valid: Tensor) -> Tensor:
        """(B, T, model_size) for frames (B, T, size), speakers (B, 256) and which frames are valid (B, T)."""
        count = frames.shape[1]
        person = self.speaker(speaker)[:, None].expand(-1, count, -1)
        hidden: Tensor = self.embedding(torch.cat([frames, person], dim=2)) + self.positions[:count]
        for layer in self.layers:
            hidden = layer(hidden, src_key_padding_mask=~valid)
        return hidden


def _positions(count: int, size: int) -> Tensor:
    """(count, size) sinusoidal position encodings (Vaswani et al. 2017, section 3.5)."""
    angle = torch.arange(count)[:, None] / 10_000 ** (torch.arange(0, size, 2) / size)
    return torch.stack([angle.sin(), angle.cos()], dim=2).flatten(1)[:, :size]


def _mlp(*sizes: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for size_in, size_out in pairwise(sizes):
        layers += [nn.Linear(size_in, size_out), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers[:-1])
