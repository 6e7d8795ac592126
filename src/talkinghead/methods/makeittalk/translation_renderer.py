"""The image-to-image translation renderer: landmarks are drawn, and translated to pictures of the portrait's face.

Source: Zhou et al. 2020, section 3.3 (natural images). The head is pasted back into the whole picture over a still
    background, whose lack the paper names as a limit (section 6).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from talkinghead.methods.makeittalk.translation import TranslationNetwork, as_inputs
from talkinghead.precision import autocast
from talkinghead.rendering.head_renderer import Head, render_heads
from talkinghead.rendering.levels import as_colours
from talkinghead.rendering.sketch import sketches
from talkinghead.types import FloatArray, Frames, ImageArray, Motion, Portrait


@dataclass(frozen=True)
class EncodedHead:
    """A portrait, encoded once for all frames.

    Attributes:
        inputs: the inputs that do not change between frames, one row each.
        finer: (1, 3, n S, n S) from which pixels are copied; None: the picture itself.
    """

    inputs: dict[str, Tensor]
    finer: Tensor | None


class TranslationRenderer:
    """Renders by image-to-image translation.

    Args:
        network: with its weights.
    """

    holds_background = True
    batch = 4

    def __init__(self, network: TranslationNetwork) -> None:
        self._network = network.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.size, self.copying = network.config.size, network.config.copying

    def render(self, motion: Motion, portrait: Portrait) -> Iterator[Frames]:
        """One picture per row of the motion, of the portrait's size, in chunks."""
        return render_heads(self, motion, portrait)  # for unseen people the network barely closes the eyes

    def encode(self, head: Head) -> EncodedHead:
        """The inputs that do not change between frames."""
        inputs = {
            "source": self._tensor(head.picture[None]),
            "source_sketch": self._tensor(sketches(head.landmarks[None], size=self.size)),
            "source_landmarks": self._tensor(head.landmarks[None].astype(np.float32)),
        }
        finer = None if head.finer is head.picture else as_colours(self._tensor(head.finer[None])).contiguous()
        return EncodedHead(inputs, finer)

    def draw(self, encoded: EncodedHead, landmarks: FloatArray) -> Tensor:
        """Pictures (T, 3, n S, n S) in [-1, 1] of landmarks (T, 68, 2) px."""
        batch = {name: value.expand(len(landmarks), *value.shape[1:]) for name, value in encoded.inputs.items()}
        batch["sketch"] = self._tensor(sketches(landmarks, size=self.size))
        batch["target_landmarks"] = self._tensor(landmarks.astype(np.float32))
        inputs = as_inputs(batch, self._network.config)
        with autocast(self._device):
            made = self._network(*inputs)
        return torch.as_tensor(made.picture if encoded.finer is None else made.finer(encoded.finer))

    @property
    def _device(self) -> torch.device:
        device: torch.device = next(self._network.parameters()).device
        return device

    def _tensor(self, array: FloatArray | ImageArray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self._device)
