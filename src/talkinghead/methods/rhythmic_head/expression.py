"""The facial expression learner: sound about a frame, and a face at rest -> the face in that frame."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from talkinghead.methods.rhythmic_head.listening import FrameEncoder
from talkinghead.methods.rhythmic_head.motion_config import ExpressionConfig
from talkinghead.types import NUM_LANDMARKS, FloatArray

NUMBERS = NUM_LANDMARKS * 3

_KERNEL = 3
_LEAST_SPREAD = 1e-4  # eye distances


class ExpressionLearner(nn.Module):
    """Seven frames of sound and the landmark identity -> principal components of the expression, identity added back.

    Source: Chen et al. 2020, section 3.2: the sound x[t - 3 : t + 4] "(0.04 x 7 Sec)" becomes an audio feature,
        which is joined with the encoded landmarks of the reference and decoded into PCA components; "we add the
        identity feature back". No layer is stated: each frame's sound is encoded by itself, convolutions without
        padding join the seven, a perceptron decodes. Where we differ: "small" reads features of a recogniser in place
        of raw sound.

    Attributes:
        mean: (204,) of the expression in the training data, in eye distances.
        basis: (components, 204) principal directions, orthonormal.
        spread: (components,) standard deviations along them.

    Args:
        config: sizes.

    Raises:
        ValueError: the window is not an odd number of frames.
    """

    mean: Tensor
    basis: Tensor
    spread: Tensor

    def __init__(self, config: ExpressionConfig) -> None:
        super().__init__()
        if config.window % (_KERNEL - 1) != 1:
            raise ValueError(f"the window must be an odd number of frames, not {config.window}")
        self.config = config
        self.frames = FrameEncoder(config.features, config.frame_size)
        sizes = (config.frame_size, *[config.channels] * (config.window // (_KERNEL - 1)))
        self.audio = nn.ModuleList(nn.Conv1d(a, b, _KERNEL) for a, b in pairwise(sizes))
        self.identity = nn.Linear(NUMBERS, config.identity_size)
        widths = (config.channels + config.identity_size, *config.decoder_sizes)
        self.decoder = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))
        self.out = nn.Linear(widths[-1], config.components)
        self.dropout = nn.Dropout(config.dropout)
        self.register_buffer("mean", torch.zeros(NUMBERS))
        self.register_buffer("basis", torch.eye(config.components, NUMBERS))
        self.register_buffer("spread", torch.ones(config.components))

    @property
    def reach(self) -> int:
        """Frames of sound before a frame, and behind it, on which it depends."""
        return self.config.window // 2

    def components(self, speech: Tensor, identity: Tensor) -> Tensor:
        """Principal components (B, T, components), each in units of its spread; arguments as for ``forward``."""
        hidden = self.dropout(F.gelu(self.frames(speech))).mT
        for layer in self.audio:
            hidden = F.gelu(layer(hidden))
        face = F.gelu(self.identity(identity.flatten(1)))[:, None].expand(-1, hidden.shape[2], -1)
        hidden = torch.cat([self.dropout(hidden.mT), face], dim=2)
        for layer in self.decoder:
            hidden = F.gelu(layer(hidden))
        made: Tensor = self.out(hidden)
        return made

    def forward(self, speech: Tensor, identity: Tensor) -> Tensor:
        """Landmarks (B, T, 68, 3) in the head frame.

        Args:
            speech: (B, 2 (reach + T + reach), F) rows of features.
            identity: (B, 68, 3) the face at rest.
        """
        return identity[:, None] + self.restore(self.components(speech, identity))

    def restore(self, components: Tensor) -> Tensor:
        """Displacements (..., 68, 3) in eye distances of components (..., components)."""
        flat = self.mean + (components * self.spread) @ self.basis
        displaced: Tensor = flat.view(*flat.shape[:-1], NUM_LANDMARKS, 3)
        return displaced

    def project(self, displacements: Tensor) -> Tensor:
        """Components (..., components) of displacements (..., 68, 3)."""
        return (displacements.flatten(-2) - self.mean) @ self.basis.T / self.spread

    def adopt_basis(self, displacements: FloatArray) -> float:
        """Take the principal components of displacements (N, 68, 3).

        Returns:
            The share of their variance that the components hold.

        Raises:
            ValueError: there are fewer displacements than components.
        """
        count = self.config.components
        flat = displacements.reshape(len(displacements), NUMBERS).astype(np.float64)
        if len(flat) < count:
            raise ValueError(f"{count} principal components need as many frames, there are {len(flat)}")
        mean = flat.mean(axis=0)
        values, vectors = np.linalg.eigh(np.cov(flat - mean, rowvar=False))
        spread = np.sqrt(values[::-1][:count].clip(_LEAST_SPREAD**2))
        for buffer, array in ((self.mean, mean), (self.basis, vectors[:, ::-1][:, :count].T), (self.spread, spread)):
            buffer.copy_(torch.from_numpy(np.ascontiguousarray(array)))
        return float(values[::-1][:count].sum() / values.sum())
