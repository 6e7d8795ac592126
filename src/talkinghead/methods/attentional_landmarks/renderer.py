"""Motion -> pictures: the landmarks-to-video network, put back into the portrait."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from talkinghead.face.landmarks import MESH_OF_68
from talkinghead.face.rest import lip_gap
from talkinghead.methods.attentional_landmarks.ltv import EncodedReference, LandmarksToVideo
from talkinghead.precision import autocast
from talkinghead.rendering.crop import Crop
from talkinghead.rendering.levels import as_colours, as_levels
from talkinghead.rendering.lids import LidPainter
from talkinghead.rendering.mouth import MouthFiller
from talkinghead.rendering.mouth_painter import MouthPainter
from talkinghead.rendering.paste_back import PasteBack
from talkinghead.rendering.rig import build_rig
from talkinghead.rendering.side_by_side import side_by_side
from talkinghead.types import FloatArray, Frames, ImageArray, Motion, Portrait

_CHUNK = 8  # frames that go through the network together, always as many, for the same pictures whatever the chunks
_MOMENTS = 6  # on a sheet


class AttentionalRenderer:
    """Renders as Wang et al. 2020 do (section 3.2): landmarks gate what the network has seen of the portrait.

    Args:
        network: landmarks to video.
        filler: makes the inside of the mouth; then lids, too, are closed by the portrait's own skin. None: the
            network's are shown. One that knows a dozen people opens the mouths of others as a soft blot, and hardly
            closes their eyes.
    """

    holds_background = True

    def __init__(self, network: LandmarksToVideo, filler: MouthFiller | None = None) -> None:
        self.network = network.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._filler = filler

    def render(self, motion: Motion, portrait: Portrait) -> Iterator[Frames]:
        """One picture per row of the motion, of the portrait's size, in chunks."""
        (image, crop), rig = _frame_head(portrait, self.network.config.size), build_rig(portrait)
        fine = crop.refine() if self.network.config.copying else crop
        paste = PasteBack(image, fine, portrait.person)
        mouth = None if self._filler is None else MouthPainter(image, rig, self._filler)
        lids = LidPainter(image, rig)
        reference = self._encode(crop.extract(image), crop.points(rig.source[MESH_OF_68]))
        if fine is not crop:
            reference = replace(
                reference, picture=as_colours(torch.from_numpy(fine.extract(image)[None])).to(self._device)
            )

        def draw(rows: Motion) -> Frames:
            shut, open_eyes = rig.place(rows)
            placed = shut if mouth is None else open_eyes
            landmarks = _fill_chunk(crop.points(placed[:, MESH_OF_68, :2]))
            frames = paste(self._draw(landmarks, reference)[: len(rows)])
            if mouth is not None:
                mouth.paint(frames, rows, shut)
                lids.paint(frames, rows, shut, open_eyes)
            return Frames(frames, rows.fps)

        yield from side_by_side(draw, _pieces(motion))

    @property
    def shows(self) -> dict[str, Callable[[Motion, Portrait], ImageArray]]:
        """What it can show of its work besides pictures; nothing where the network has no attention."""
        return {"attention": self.attention_sheet} if self.network.config.attention else {}

    def attention_sheet(self, motion: Motion, portrait: Portrait) -> ImageArray:
        """(S, 7 S, 3) uint8: the portrait's head, and the ``attention`` at six moments, the mouth shut and ever wider.

        Raises:
            ValueError: the network has no attention.
        """
        by_gap = np.argsort(lip_gap(motion.landmarks), kind="stable")
        rows = by_gap[np.linspace(0, len(motion) - 1, _MOMENTS).round().astype(int)]
        maps = np.concatenate([chunk.images for chunk in self.attention(motion[rows], portrait)])
        image, crop = _frame_head(portrait, self.network.config.size)
        return np.concatenate([crop.extract(image), *maps], axis=1)

    def attention(self, motion: Motion, portrait: Portrait) -> Iterator[Frames]:
        """Where landmarks move the gates, per row of the motion: grey squares about the head, bright is far.

        Raises:
            ValueError: the network has no attention.
        """
        (_, crop), rig = _frame_head(portrait, self.network.config.size), build_rig(portrait)
        for rows in _pieces(motion):
            landmarks = _fill_chunk(crop.points(rig.place(rows)[0][:, MESH_OF_68, :2]))
            with torch.inference_mode():
                moved = self.network.attention(landmarks.to(self._device))
            yield Frames(as_levels(2 * moved.expand(-1, 3, -1, -1) - 1)[: len(rows)].cpu().numpy(), motion.fps)

    @property
    def _device(self) -> torch.device:
        device: torch.device = next(self.network.parameters()).device
        return device

    @torch.inference_mode()
    def _encode(self, image: ImageArray, landmarks: FloatArray) -> EncodedReference:
        """What the network keeps of a square (size, size, 3) with landmarks (68, 2) px."""
        with autocast(self._device):
            own = torch.from_numpy(landmarks[None]).float().to(self._device)
            reference: EncodedReference = self.network.encode(
                as_colours(torch.from_numpy(image[None])).to(self._device), own
            )
        return reference

    @torch.inference_mode()
    def _draw(self, landmarks: Tensor, reference: EncodedReference) -> ImageArray:
        """(_CHUNK, n S, n S, 3) uint8 the square, as fine as the reference; landmarks (_CHUNK, 68, 2) px."""
        with autocast(self._device):
            return np.asarray(as_levels(self.network.draw(landmarks.to(self._device), reference)).cpu().numpy())


def _frame_head(portrait: Portrait, size: int) -> tuple[ImageArray, Crop]:
    """The portrait's picture (H, W, 3), and the square of its head."""
    image = np.ascontiguousarray(portrait.frames.images[portrait.best])
    return image, Crop.of(portrait.track.landmarks[portrait.best], portrait.frames.size, size=size)


def _pieces(motion: Motion) -> Iterator[Motion]:
    return (motion[start : start + _CHUNK] for start in range(0, len(motion), _CHUNK))


def _fill_chunk(landmarks: FloatArray) -> Tensor:
    """(_CHUNK, 68, 2) float32 of landmarks (T, 68, 2); the last ones again and again, where there are fewer."""
    return torch.from_numpy(landmarks[np.minimum(np.arange(_CHUNK), len(landmarks) - 1)]).float()
