"""Motion -> pictures of a person, by the photo-realistic video generator."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from talkinghead.errors import announce
from talkinghead.methods.write_a_speaker.video import SpaceTimeGenerator
from talkinghead.methods.write_a_speaker.video_losses import as_volume
from talkinghead.methods.write_a_speaker.volume import draw_images, trace
from talkinghead.precision import autocast
from talkinghead.rendering.head_renderer import HeadScene
from talkinghead.rendering.levels import as_colours
from talkinghead.rendering.over_warp import render_over_warp
from talkinghead.rendering.warp import WarpRenderer
from talkinghead.types import FloatArray, Frames, ImageArray, Motion, Portrait

_BATCH = 4


class SpaceTimeRenderer:
    """Renders after Li et al. 2021 ("Photo-realistic Video Generator").

    For a person whom the network has learned, it draws the square of the head over their own picture, warped by the
    same motion. For anybody else there is no network, and the warped picture stays as it is, which is announced.

    Args:
        network: of a person; None: nobody was learned.
        warp: makes the warped pictures.
    """

    holds_background = True

    def __init__(self, network: SpaceTimeGenerator | None, warp: WarpRenderer) -> None:
        self._network = None if network is None else network.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._warp = warp

    def render(self, motion: Motion, portrait: Portrait) -> Iterator[Frames]:
        """One picture per row of the motion, of the portrait's size, in chunks."""
        if self._network is None:
            announce(
                "space-time has not learned this face: its own picture is warped instead; talkinghead adapt --method "
                "write_a_speaker learns a person from a video."
            )
            yield from self._warp.render(motion, portrait)
            return
        network = self._network
        scene = HeadScene(portrait, size=network.config.size)
        path = trace(scene, motion, network.config)

        def draw_changes(first: int, own: ImageArray) -> FloatArray:
            return _draw(network, path, first, own) - own

        yield from render_over_warp(self._warp, draw_changes, scene.crop, motion, portrait)


@torch.inference_mode()
def _draw(network: SpaceTimeGenerator, path: FloatArray, first: int, own: ImageArray) -> FloatArray:
    """(n, S, S, 3) float32 levels of the pictures from a row of the path on.

    Args:
        network: of a person.
        path: ``volume.trace`` of all rows.
        first: the first row.
        own: (n, S, S, 3) uint8 the warped pictures.
    """
    config, device = network.config, next(network.parameters()).device
    half = config.window // 2
    rows = np.arange(first - half, first + len(own) + half).clip(0, len(path) - 1)
    images = draw_images(path[rows], config)
    windows = np.arange(len(own))[:, None] + np.arange(config.window)
    made = []
    # Of one size, so that pictures do not depend on how many are made together.
    for start in range(0, len(own), _BATCH):
        chosen = np.minimum(np.arange(start, start + _BATCH), len(own) - 1)
        volume = as_volume(torch.from_numpy(images[windows[chosen]])).to(device)
        with autocast(device):
            pictures = network(volume, as_colours(torch.from_numpy(own[chosen])).to(device))[0]
        made.append(pictures.float().permute(0, 2, 3, 1).cpu().numpy())
    return np.asarray(127.5 * (np.concatenate(made)[: len(own)] + 1))
