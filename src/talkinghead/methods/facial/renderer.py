"""Motion -> pictures of a person: rendered faces, and what the network makes of them, over their own warped pixels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import cv2
import numpy as np
import torch

from talkinghead.errors import announce
from talkinghead.methods.facial.scenes import FaceScene
from talkinghead.methods.facial.video import RenderToVideo
from talkinghead.methods.facial.video_losses import as_window
from talkinghead.precision import autocast
from talkinghead.rendering.levels import as_colours
from talkinghead.rendering.side_by_side import side_by_side
from talkinghead.rendering.warp import WarpRenderer
from talkinghead.types import FloatArray, Frames, ImageArray, Motion, Portrait

_BATCH = 4
_PIECE = 8  # frames made together
_EDGE = 0.05  # of the picture's side over which a rendered face fades into the warped picture

Piece: TypeAlias = "tuple[int, ImageArray]"
"""The first row of a motion, and the warped pictures (n, H, W, 3) from there on."""


class RenderToVideoRenderer:
    """Renders after Zhang et al. 2021 (sections 3.3 and 3.4).

    For a person whom the network has learned, it draws what differs from their warped picture. For anybody else there
    is no network: the rendered face itself, with its teeth, is laid over the warped picture, which is announced.

    Args:
        network: rendering-to-video; it may have learned a person.
        warp: makes the warped pictures.
    """

    holds_background = True

    def __init__(self, network: RenderToVideo, warp: WarpRenderer) -> None:
        self.network = network.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._warp = warp

    def render(self, motion: Motion, portrait: Portrait) -> Iterator[Frames]:
        """One picture per row of the motion, of the portrait's size, in chunks."""
        skin = self.network.skin
        scene = FaceScene(portrait, size=self.network.config.size, skin=skin)
        if skin is None:
            announce(
                "render-to-video has not learned this face: it is rendered from the picture alone; talkinghead adapt "
                "makes a person's own from a video."
            )

        def make(piece: Piece) -> Frames:
            first, warped = piece
            own = np.stack([scene.head.crop.extract(picture) for picture in warped])
            change = (
                self._render_changes(scene, motion, first, own)
                if skin is None
                else self._draw_changes(scene, motion, first, own)
            )
            return Frames(_lay_over(warped, change, scene), motion.fps)

        yield from side_by_side(make, self._pieces(motion, portrait))

    def _pieces(self, motion: Motion, portrait: Portrait) -> Iterator[Piece]:
        first = 0
        for chunk in self._warp.render(motion, portrait):
            for start in range(0, len(chunk), _PIECE):
                yield first + start, chunk.images[start : start + _PIECE]
            first += len(chunk)

    @torch.inference_mode()
    def _draw_changes(self, scene: FaceScene, motion: Motion, first: int, own: ImageArray) -> FloatArray:
        """(n, S, S, 3) levels by which the network's pictures differ from the person's own."""
        config, device = self.network.config, next(self.network.parameters()).device
        rows = np.arange(first - config.before, first + len(own) + config.after).clip(0, len(motion) - 1)
        maps = scene.maps(motion[rows])
        places = np.arange(len(own))[:, None] + np.arange(config.window)
        made = []
        # Of one size, so that pictures do not depend on how many are made together.
        for start in range(0, len(own), _BATCH):
            chosen = np.minimum(np.arange(start, start + _BATCH), len(own) - 1)
            window = as_window(torch.from_numpy(maps[places[chosen]])).to(device)
            with autocast(device):
                pictures = self.network(window, as_colours(torch.from_numpy(own[chosen])).to(device))
            made.append(pictures.float().permute(0, 2, 3, 1).cpu().numpy())
        levels = 127.5 * (np.concatenate(made)[: len(own)] + 1)
        return np.asarray(levels - own)

    def _render_changes(self, scene: FaceScene, motion: Motion, first: int, own: ImageArray) -> FloatArray:
        """(n, S, S, 3) levels by which the rendered face differs from the picture, none at its edge."""
        width = max(1.0, _EDGE * scene.size)
        changes = []
        for face, picture in zip(scene.draw(motion[first : first + len(own)]), own, strict=True):
            inside = cv2.distanceTransform(face.covered.astype(np.uint8), cv2.DIST_L2, 3)
            share = np.clip(inside / width - 0.2, 0.0, 1.0)[..., None]
            changes.append(share * (255 * face.picture - picture))
        return np.stack(changes)


def _lay_over(pictures: ImageArray, changes: FloatArray, scene: FaceScene) -> ImageArray:
    """Pictures (n, H, W, 3) with changes (n, S, S, 3) in levels added in the square of the head."""
    height, width = pictures.shape[1:3]
    affine = scene.head.crop.affine
    laid = [
        cv2.add(picture, cv2.warpAffine(change.astype(np.float32), affine, (width, height)), dtype=cv2.CV_8U)
        for picture, change in zip(pictures, changes, strict=True)
    ]
    return np.stack(laid)
