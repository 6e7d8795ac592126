"""The image-to-image translation renderer: landmarks are drawn, and translated to pictures of the portrait's face.

Source: Zhou et al. 2020, section 3.3 (natural images). The head is pasted back into the whole picture over a still
    background, whose lack the paper names as a limit (section 6).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from talkinghead.methods.makeittalk.translation import TranslationNetwork, as_inputs
from talkinghead.precision import autocast
from talkinghead.rendering.head_renderer import Head, render_heads
from talkinghead.rendering.mouth import MouthFiller
from talkinghead.rendering.moved_head import Drawing
from talkinghead.rendering.sketch import sketches
from talkinghead.types import FloatArray, Frames, ImageArray, Motion, Portrait


class TranslationRenderer:
    """Renders by image-to-image translation.

    Args:
        network: with its weights.
        filler: makes the inside of the mouth; None: it is the network's, whose mouths of unseen people are a grey blur.
    """

    holds_background = True
    batch = 4

    def __init__(self, network: TranslationNetwork, filler: MouthFiller | None = None) -> None:
        self.network = network.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.size = network.config.size
        self._filler = filler

    def render(self, motion: Motion, portrait: Portrait) -> Iterator[Frames]:
        """One picture per row of the motion, of the portrait's size, in chunks."""
        # The portrait's own skin closes the lids: for unseen people the network barely closes the eyes.
        return render_heads(self, motion, portrait, filler=self._filler)

    def encode(self, head: Head) -> dict[str, Tensor]:
        """The inputs that do not change between frames, one row each."""
        return {
            "source": self._tensor(head.picture[None]),
            "source_sketch": self._tensor(sketches(head.landmarks[None], size=self.size)),
            "source_landmarks": self._tensor(head.landmarks[None].astype(np.float32)),
        }

    def draw(self, encoded: dict[str, Tensor], landmarks: FloatArray) -> Drawing:
        """Pictures of landmarks (T, 68, 2) px."""
        batch = {name: value.expand(len(landmarks), *value.shape[1:]) for name, value in encoded.items()}
        batch["sketch"] = self._tensor(sketches(landmarks, size=self.size))
        batch["target_landmarks"] = self._tensor(landmarks.astype(np.float32))
        inputs = as_inputs(batch, self.network.config)
        with autocast(self._device):
            made = self.network(*inputs)
        return Drawing(made.picture, made.field)

    @property
    def _device(self) -> torch.device:
        device: torch.device = next(self.network.parameters()).device
        return device

    def _tensor(self, array: FloatArray | ImageArray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self._device)
