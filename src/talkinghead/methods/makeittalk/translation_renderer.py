"""The image-to-image translation renderer: landmarks are drawn, and translated to pictures of the portrait's face.

Source: Zhou et al. 2020, section 3.3 (natural images). The head is put back into the whole picture before a background
    that stands still, which the paper names as missing (section 6).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from talkinghead.face.landmarks import MESH_OF_68
from talkinghead.methods.makeittalk.translation import TranslationNetwork, as_inputs
from talkinghead.precision import autocast
from talkinghead.rendering.crop import Crop
from talkinghead.rendering.levels import as_colours, as_levels
from talkinghead.rendering.lids import LidPainter
from talkinghead.rendering.paste_back import PasteBack
from talkinghead.rendering.rig import build_rig
from talkinghead.rendering.side_by_side import side_by_side
from talkinghead.rendering.sketch import sketches
from talkinghead.types import FloatArray, Frames, ImageArray, Motion, Portrait

_CHUNK = 8
_AT_ONCE = 4  # frames that go through the network together


class TranslationRenderer:
    """Renders by image-to-image translation.

    Args:
        network: with its weights.
    """

    holds_background = True

    def __init__(self, network: TranslationNetwork) -> None:
        self._network = network.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def render(self, motion: Motion, portrait: Portrait) -> Iterator[Frames]:
        """One picture per row of the motion, of the portrait's size, in chunks."""
        size = self._network.config.size
        image = np.ascontiguousarray(portrait.frames.images[portrait.best])
        crop = Crop.of(portrait.track.landmarks[portrait.best], portrait.frames.size, size=size)
        fine = crop.refine() if self._network.config.copying else crop
        rig = build_rig(portrait)
        scene = _Scene(self._network, crop.extract(image), fine.extract(image), crop.points(rig.source[MESH_OF_68]))
        paste = PasteBack(image, fine, portrait.person)
        lids = LidPainter(image, rig)

        def draw(rows: Motion) -> Frames:
            shut, open_eyes = rig.place(rows)
            frames = paste(scene.draw(crop.points(open_eyes[:, MESH_OF_68, :2])))
            lids.paint(frames, rows, shut, open_eyes)  # those of people that it has not met it hardly closes
            return Frames(frames, rows.fps)

        yield from side_by_side(draw, (motion[start : start + _CHUNK] for start in range(0, len(motion), _CHUNK)))


class _Scene:
    """One portrait, ready to be translated again and again.

    Args:
        network: the network.
        portrait: (S, S, 3) uint8, what it sees.
        finer: (n S, n S, 3) uint8 the same, from which pixels are copied.
        landmarks: (68, 2) px of it.
    """

    def __init__(
        self, network: TranslationNetwork, portrait: ImageArray, finer: ImageArray, landmarks: FloatArray
    ) -> None:
        self._network = network
        self._device = next(network.parameters()).device
        self._fixed = {
            "source": self._tensor(portrait[None]),
            "source_sketch": self._tensor(sketches(landmarks[None], size=network.config.size)),
            "source_landmarks": self._tensor(landmarks[None].astype(np.float32)),
        }
        self._finer = None if finer.shape == portrait.shape else as_colours(self._tensor(finer[None])).contiguous()

    def draw(self, landmarks: FloatArray) -> ImageArray:
        """Pictures (T, n S, n S, 3) of landmarks (T, 68, 2) px."""
        return np.concatenate([self._piece(landmarks[k : k + _AT_ONCE]) for k in range(0, len(landmarks), _AT_ONCE)])

    @torch.inference_mode()
    def _piece(self, landmarks: FloatArray) -> ImageArray:
        # Always as many: what a picture becomes must not depend on how many are made with it.
        padded = landmarks[np.minimum(np.arange(_AT_ONCE), len(landmarks) - 1)]
        config = self._network.config
        batch = {name: value.expand(_AT_ONCE, *value.shape[1:]) for name, value in self._fixed.items()}
        batch["sketch"] = self._tensor(sketches(padded, size=config.size))
        batch["target_landmarks"] = self._tensor(padded.astype(np.float32))
        inputs = as_inputs(batch, config)
        with autocast(self._device):
            made = self._network(*inputs)
        colours = made.picture if self._finer is None else made.finer(self._finer)
        return np.asarray(as_levels(colours[: len(landmarks)]).cpu().numpy())

    def _tensor(self, array: FloatArray | ImageArray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self._device)
