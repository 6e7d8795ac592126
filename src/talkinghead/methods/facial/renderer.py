"""Motion -> pictures of a person: rendered faces, and what the network makes of them, over their own warped pixels."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import cv2
import numpy as np
import torch

from talkinghead.errors import announce
from talkinghead.methods.facial.scenes import eye_maps
from talkinghead.methods.facial.video import RenderToVideo
from talkinghead.methods.facial.video_losses import as_window
from talkinghead.precision import autocast
from talkinghead.rendering.face_scene import FaceScene
from talkinghead.rendering.levels import as_colours
from talkinghead.rendering.over_warp import render_over_warp
from talkinghead.rendering.warp import WarpRenderer
from talkinghead.types import FloatArray, Frames, ImageArray, Motion, Portrait

_BATCH = 4
_EDGE = 0.05  # of the picture's side over which a rendered face fades into the warped picture


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

        change = partial(self._render_changes if skin is None else self._draw_changes, scene, motion)
        yield from render_over_warp(self._warp, change, scene.head.crop, motion, portrait)

    @torch.inference_mode()
    def _draw_changes(self, scene: FaceScene, motion: Motion, first: int, own: ImageArray) -> FloatArray:
        """(n, S, S, 3) levels by which the network's pictures differ from the person's own."""
        config, device = self.network.config, next(self.network.parameters()).device
        rows = np.arange(first - config.before, first + len(own) + config.after).clip(0, len(motion) - 1)
        maps = eye_maps(scene, motion[rows])
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
        """(n, S, S, 3) levels by which the rendered face differs from the picture, none at its edge and its eyes."""
        width = max(1.0, _EDGE * scene.size)
        changes = []
        for face, picture in zip(scene.draw(motion[first : first + len(own)]), own, strict=True):
            inside = cv2.distanceTransform(face.covered.astype(np.uint8), cv2.DIST_L2, 3)
            share = np.clip(inside / width - 0.2, 0.0, 1.0) * (1.0 - face.eyes)  # its eyes are open, the warp's blink
            changes.append(share[..., None] * (255 * face.picture - picture))
        return np.stack(changes)
