"""The three generators: stacked residual convolutions for the mouth, encoder-decoders for upper face and head."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from talkinghead.face.expressions import MOUTH_EXPRESSIONS
from talkinghead.methods.write_a_speaker.config import MouthConfig, WordsConfig
from talkinghead.methods.write_a_speaker.vocabulary import VECTOR_SIZE
from talkinghead.speech.arpabet import PHONES
from talkinghead.speech.emotions import EMOTIONS

NUM_BEATS = 3
"""Numbers per frame that tell the rhythm; see ``features.SpokenWords``."""

_SLOPE = 0.2
_CALM = 0.1  # of the usual weights
_SOFT = 20.0  # weights of the upper face bend towards zero below about a twentieth


class Res1D(nn.Module):
    """Two convolutions over time, added to their input.

    Args:
        channels: of input and output.
        dropout: share of the channels between the two that are left out in training, all frames of a channel at once.
        dilation: frames from one to the next of the three that the first sees.
    """

    def __init__(self, channels: int, dropout: float = 0.0, dilation: int = 1) -> None:
        super().__init__()
        self.dropout = nn.Dropout1d(dropout)
        self.first = nn.Conv1d(channels, channels, 3, padding=dilation, dilation=dilation)
        self.second = nn.Conv1d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, T) -> the same shape."""
        inside = self.second(self.dropout(F.leaky_relu(self.first(x), _SLOPE)))
        return F.leaky_relu(x + inside, _SLOPE)


class MouthGenerator(nn.Module):
    """Phones -> the 28 weights of jaw, mouth and cheek puff.

    Source: Li et al. 2021, "Mouth Animation Generator" and figure 4: a trainable lookup table, then stacked Res1D. A
        frame is a mixture of phones, of those that share its span or of those that a recogniser thinks possible; its
        embedding is the mixture of theirs, which for a single phone is its row of the table.

    Args:
        config: sizes.
    """

    def __init__(self, config: MouthConfig) -> None:
        super().__init__()
        self.config = config
        self.dropout = nn.Dropout1d(config.dropout)
        self.lookup = nn.Linear(1 + len(PHONES), config.embedding_size, bias=False)
        width = config.channels
        if config.recurrent:
            self.lstm: nn.LSTM | None = nn.LSTM(config.embedding_size, width, 2, batch_first=True, bidirectional=True)
            width = 2 * width
        else:
            self.lstm = None
            self.stem = nn.Conv1d(config.embedding_size, width, 3, padding=1)
            self.layers = nn.Sequential(*[Res1D(width, config.dropout, dilation) for dilation in self._dilations])
        self.out = nn.Conv1d(width, len(MOUTH_EXPRESSIONS), 1)
        nn.init.normal_(self.lookup.weight)

    @property
    def reach(self) -> int:
        """Frames before and after a frame on which its weights depend."""
        return sum(self._dilations) + self.config.layers + 1

    @property
    def _dilations(self) -> list[int]:
        found = self.config.dilations
        return [found[number % len(found)] for number in range(self.config.layers)]

    def forward(self, phones: Tensor) -> Tensor:
        """Weights (B, T, 28), about in [0, 1], of shares (B, T, 39) of the phones; what is left is silence."""
        silence = 1.0 - phones.sum(dim=2, keepdim=True)
        embedded = self.lookup(torch.cat([silence, phones], dim=2))
        if self.lstm is not None:
            hidden = self.dropout(self.lstm(embedded)[0].mT)
        else:
            hidden = self.dropout(self.layers(F.leaky_relu(self.stem(embedded.mT), _SLOPE)))
        weights: Tensor = self.out(hidden).mT.float()
        return weights


class WordsGenerator(nn.Module):
    """Words, rhythm and emotion -> the 23 weights of the upper face; or words and rhythm -> the head's pose.

    Source: Li et al. 2021, "Upper Face/Head Pose Generators" and figure 5: lookup tables of words and of emotions, then
        an encoder-decoder with a large receptive field. Every word also has a vector that knows its meaning
        (``vocabulary``), so that the network knows what to make of words that the recordings lack, and the rhythm is
        told beside the words, which alone do not tell where a syllable is.

    Args:
        config: sizes.
    """

    def __init__(self, config: WordsConfig) -> None:
        super().__init__()
        self.config = config
        self.dropout = nn.Dropout1d(config.dropout)
        size = config.embedding_size
        self.words = nn.Embedding(config.words, size)
        self.meaning = nn.Linear(VECTOR_SIZE, size, bias=False)
        self.emotions = nn.Linear(len(EMOTIONS), size, bias=False) if config.emotions else None
        widths = config.channels
        read = (2 if config.emotions else 1) * size + NUM_BEATS + config.noise
        self.stem = nn.Conv1d(read, widths[0], 3, padding=1)
        self.down = nn.ModuleList(nn.Conv1d(a, b, 4, stride=2, padding=1) for a, b in pairwise(widths))
        self.middle = nn.Sequential(*[Res1D(widths[-1], config.dropout) for _ in range(config.layers)])
        self.up = nn.ModuleList(nn.Conv1d(a + b, b, 3, padding=1) for a, b in pairwise(widths[::-1]))
        self.out = nn.Conv1d(widths[0], config.outputs, 3, padding=1)
        with torch.no_grad():  # words that have taught nothing yet, or never will, should not move anything
            for table in (self.words, self.meaning):
                table.weight.mul_(_CALM)

    @property
    def stride(self) -> int:
        """Frames that the innermost layers see as one."""
        return 1 << len(self.down)

    @property
    def reach(self) -> int:
        """At least the frames before and after a frame on which its parameters depend, a multiple of ``stride``."""
        return self.stride * (2 * self.config.layers + 6)

    def forward(
        self,
        words: Tensor,
        vectors: Tensor,
        beats: Tensor,
        emotions: Tensor | None = None,
        noise: Tensor | None = None,
    ) -> Tensor:
        """The parameters of each frame.

        Args:
            words: (B, T) rows of the lookup table.
            vectors: (B, T, VECTOR_SIZE) of the words, zeros where there is none.
            beats: (B, T, NUM_BEATS).
            emotions: (B, T, len(EMOTIONS)) shares that sum to 1, if the network reads them.
            noise: (B, T, noise) from a normal distribution, if the network reads it; None: zeros.

        Returns:
            (B, T, outputs).
        """
        read = [self.words(words) + self.meaning(vectors), beats]
        if self.emotions is not None:
            assert emotions is not None
            read.append(self.emotions(emotions))
        if self.config.noise:
            read.append(beats.new_zeros((*words.shape, self.config.noise)) if noise is None else noise)
        count = words.shape[1]
        x = torch.cat(read, dim=2).mT
        x = self.dropout(F.leaky_relu(self.stem(F.pad(x, (0, -count % self.stride))), _SLOPE))
        beside = []
        for layer in self.down:
            beside.append(x)
            x = F.leaky_relu(layer(x), _SLOPE)
        x = self.middle(x)
        for layer in self.up:
            x = F.leaky_relu(layer(torch.cat([x.repeat_interleave(2, dim=2), beside.pop()], dim=1)), _SLOPE)
        parameters: Tensor = self.out(x)[..., :count].mT.float()
        # Equation 4 is a product: a weight that is below zero and falls where it should rise would be just as good.
        return F.softplus(parameters, beta=_SOFT) if self.emotions is not None else parameters
