"""The voice conversion front end: content passes its bottleneck, the speaker's identity does not."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from talkinghead.methods.makeittalk.config import VoiceConfig

VOICE_RATE = 62.5
"""Mel frames per second."""

_KERNEL = 5
_CONVOLUTIONS = 3  # of the encoder, and of the decoder
_CODE_LAYERS = 2
_POSTNET_LAYERS = 5


class Conversion(NamedTuple):
    """The result of a conversion.

    Attributes:
        codes: (B, T / downsampling, 2 * code_size) of the input.
        initial: (B, T, num_mels) before the postnet.
        converted: (B, T, num_mels) with what the postnet adds.
        codes_again: as ``codes``, of ``converted``.
    """

    codes: Tensor
    initial: Tensor
    converted: Tensor
    codes_again: Tensor


class VoiceConversion(nn.Module):
    """AutoVC: an autoencoder of speech whose decoder gets the speaker embedding, and whose code is too narrow for it.

    Source: Zhou et al. 2020, section 3.1, after Qian et al. 2019 (AutoVC), section 4 and figure 3. The convolutions
        before a batch normalisation have no bias, which it would cancel. A code holds the forward states at the end of
        its stretch of frames and the backward states at its start, so that both depend on the whole stretch; the
        paper's text names the other ends, its figure and release these. The paper's configuration has the published
        sizes. Our additions: the encoder may not read the speaker embedding (``told`` is False), and may read each band
        relative to its mean over the speech (``centred``), the classic way to remove a recording's channel and a
        voice's average spectrum (Atal 1974, Journal of the Acoustical Society of America 55(6), cepstral means).
    """

    def __init__(self, config: VoiceConfig) -> None:
        super().__init__()
        self.config = config
        told = config.embedding_size
        size = config.num_mels + (told if config.told else 0)
        self.encoder_convolutions = _convolutions(size, config.encoder_channels)
        self.encoder_lstm = nn.LSTM(
            config.encoder_channels, config.code_size, _CODE_LAYERS, batch_first=True, bidirectional=True
        )
        self.decoder_convolutions = _convolutions(self.code_width + told, config.decoder_channels)
        self.decoder_lstm = nn.LSTM(
            config.decoder_channels, config.decoder_size, config.decoder_layers, batch_first=True
        )
        self.to_mels = nn.Linear(config.decoder_size, config.num_mels)
        self.postnet = _postnet(config)

    @property
    def code_width(self) -> int:
        """Numbers per code, both directions."""
        return 2 * self.config.code_size

    def codes(self, mels: Tensor, speaker: Tensor, *, mean: Tensor | None = None) -> Tensor:
        """The content of speech, one code for each stretch of ``downsampling`` frames.

        Args:
            mels: (B, T, num_mels) of ``log_mel``; T is a multiple of the downsampling.
            speaker: (B, embedding_size) of the input; zeros if unknown. Ignored without ``told``.
            mean: (B, num_mels) ``mean_of_speech`` of the whole speech; None: of these frames. Ignored without
                ``centred``.

        Returns:
            (B, T / downsampling, 2 * code_size): forward, then backward.

        Raises:
            ValueError: T is not such a multiple.
        """
        step, size = self.config.downsampling, self.config.code_size
        if mels.shape[1] % step:
            raise ValueError(f"the number of frames must be a multiple of {step}, got {mels.shape[1]}")
        inputs = mels
        if self.config.centred:
            inputs = mels - (mean_of_speech(mels) if mean is None else mean)[:, None]
        if self.config.told:
            inputs = torch.cat([inputs, speaker[:, None].expand(-1, mels.shape[1], -1)], dim=2)
        states, _ = self.encoder_lstm(self.encoder_convolutions(inputs.mT).mT)
        return torch.cat([states[:, step - 1 :: step, :size], states[:, ::step, size:]], dim=2)

    def encode(self, mels: Tensor, speaker: Tensor, *, mean: Tensor | None = None) -> Tensor:
        """The content A of speech at the rate of its frames: (B, T, 2 * code_size) for any T; arguments as ``codes``.

        The last stretch is padded with silence (zeros).
        """
        step, count = self.config.downsampling, mels.shape[1]
        if count == 0:
            return mels.new_zeros(len(mels), 0, self.code_width)
        if mean is None:
            mean = mean_of_speech(mels)
        codes = self.codes(F.pad(mels, (0, 0, 0, -count % step)), speaker, mean=mean)
        return codes.repeat_interleave(step, dim=1)[:, :count]

    def decode(self, codes: Tensor, speaker: Tensor) -> tuple[Tensor, Tensor]:
        """Mel spectrograms before and after the postnet, each (B, T, num_mels).

        Args:
            codes: (B, T / downsampling, 2 * code_size).
            speaker: (B, embedding_size) of the output.
        """
        copied = codes.repeat_interleave(self.config.downsampling, dim=1)
        told = torch.cat([copied, speaker[:, None].expand(-1, copied.shape[1], -1)], dim=2)
        states, _ = self.decoder_lstm(self.decoder_convolutions(told.mT).mT)
        initial = self.to_mels(states)
        return initial, initial + self.postnet(initial.mT).mT

    def forward(self, mels: Tensor, speaker: Tensor, target: Tensor) -> Conversion:
        """The same words in another voice.

        Args:
            mels: (B, T, num_mels) of the input; T is a multiple of the downsampling.
            speaker: (B, embedding_size) of the input.
            target: (B, embedding_size) of the output.
        """
        codes = self.codes(mels, speaker)
        initial, converted = self.decode(codes, target)
        return Conversion(codes, initial, converted, self.codes(converted, speaker))


def mean_of_speech(mels: Tensor) -> Tensor:
    """The mean (B, num_mels) of the frames of (B, T, num_mels) that are at least as loud as average; zeros if none is.

    The result thus hardly depends on how much silence surrounds the words.
    """
    levels = mels.mean(dim=2, keepdim=True)
    loud = (levels >= levels.mean(dim=1, keepdim=True) - 1e-6).to(mels.dtype)
    return (mels * loud).sum(dim=1) / loud.sum(dim=1).clamp_min(1)


def _convolutions(size_in: int, channels: int) -> nn.Sequential:
    """Three 5x1 convolutions, each with batch normalisation and ReLU."""
    layers: list[nn.Module] = []
    for k in range(_CONVOLUTIONS):
        convolution = nn.Conv1d(channels if k else size_in, channels, _KERNEL, padding=_KERNEL // 2, bias=False)
        layers += [convolution, nn.BatchNorm1d(channels), nn.ReLU()]
    return nn.Sequential(*layers)


def _postnet(config: VoiceConfig) -> nn.Sequential:
    """Five 5x1 convolutions, all but the last with batch normalisation and tanh."""
    layers: list[nn.Module] = []
    channels = config.num_mels
    for _ in range(_POSTNET_LAYERS - 1):
        convolution = nn.Conv1d(channels, config.postnet_channels, _KERNEL, padding=_KERNEL // 2, bias=False)
        channels = config.postnet_channels
        layers += [convolution, nn.BatchNorm1d(channels), nn.Tanh()]
    return nn.Sequential(*layers, nn.Conv1d(channels, config.num_mels, _KERNEL, padding=_KERNEL // 2))
