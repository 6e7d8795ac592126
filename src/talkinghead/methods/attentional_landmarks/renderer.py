"""Motion -> pictures: the landmarks-to-video network, pasted back into the portrait."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor

from talkinghead.face.rest import lip_gap
from talkinghead.methods.attentional_landmarks.ltv import EncodedReference, LandmarksToVideo
from talkinghead.precision import autocast
from talkinghead.rendering.head_renderer import Head, HeadScene, draw_batches, render_heads, split_motion
from talkinghead.rendering.levels import as_colours
from talkinghead.rendering.mouth import MouthFiller
from talkinghead.rendering.moved_head import Drawing
from talkinghead.types import FloatArray, Frames, ImageArray, Motion, Portrait

_MOMENTS = 6  # on a sheet


class AttentionalRenderer:
    """Renders after Wang et al. 2020 (section 3.2): landmarks gate the features of the portrait.

    Args:
        network: landmarks to video.
        filler: makes the inside of the mouth; the portrait's own skin then closes the lids. None: mouth and lids are
            the network's. For unseen people, a network trained on a dozen draws blurry mouths and barely closes the
            eyes.
    """

    holds_background = True
    batch = 8

    def __init__(self, network: LandmarksToVideo, filler: MouthFiller | None = None) -> None:
        self.network = network.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.size = network.config.size
        self._filler = filler

    def render(self, motion: Motion, portrait: Portrait) -> Iterator[Frames]:
        """One picture per row of the motion, of the portrait's size, in chunks."""
        return render_heads(self, motion, portrait, filler=self._filler, closing=self._filler is not None)

    def encode(self, head: Head) -> EncodedReference:
        """What the network keeps of a portrait."""
        picture = as_colours(torch.from_numpy(head.picture[None])).to(self._device)
        with autocast(self._device):
            reference: EncodedReference = self.network.encode(picture, self._tensor(head.landmarks[None]))
        return reference

    def draw(self, encoded: EncodedReference, landmarks: FloatArray) -> Drawing:
        """Pictures for landmarks (T, 68, 2) px."""
        with autocast(self._device):
            return Drawing(*self.network.draw(self._tensor(landmarks), encoded))

    @property
    def shows(self) -> dict[str, Callable[[Motion, Portrait], ImageArray]]:
        """What it can show of its work besides pictures; nothing if the network has no attention."""
        return {"attention": self.attention_sheet} if self.network.config.attention else {}

    def attention_sheet(self, motion: Motion, portrait: Portrait) -> ImageArray:
        """(S, 7 S, 3) uint8: the portrait's head, and its ``attention`` at six moments with the mouth ever wider.

        Raises:
            ValueError: the network has no attention.
        """
        by_gap = np.argsort(lip_gap(motion.landmarks), kind="stable")
        rows = by_gap[np.linspace(0, len(motion) - 1, _MOMENTS).round().astype(int)]
        maps = np.concatenate([chunk.images for chunk in self.attention(motion[rows], portrait)])
        return np.concatenate([HeadScene(portrait, size=self.size).head.picture, *maps], axis=1)

    def attention(self, motion: Motion, portrait: Portrait) -> Iterator[Frames]:
        """How far landmarks move the gates, per row of the motion: grey squares around the head, bright is far.

        Raises:
            ValueError: the network has no attention.
        """
        scene = HeadScene(portrait, size=self.size)
        for rows in split_motion(motion):
            landmarks = scene.landmarks(scene.rig.place(rows)[0])
            yield Frames(draw_batches(self._draw_attention, landmarks, size=self.batch), motion.fps)

    def _draw_attention(self, landmarks: FloatArray) -> Tensor:
        return torch.as_tensor(2 * self.network.attention(self._tensor(landmarks)).expand(-1, 3, -1, -1) - 1)

    @property
    def _device(self) -> torch.device:
        device: torch.device = next(self.network.parameters()).device
        return device

    def _tensor(self, landmarks: FloatArray) -> Tensor:
        return torch.from_numpy(landmarks).float().to(self._device)
