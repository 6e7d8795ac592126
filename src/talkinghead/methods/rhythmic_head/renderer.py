"""Motion -> pictures, composed from a portrait's references."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import cv2
import numpy as np
import torch

from talkinghead.errors import announce
from talkinghead.face.landmarks import LEFT_EYE, RIGHT_EYE
from talkinghead.methods.rhythmic_head.composition import CompositionNetwork
from talkinghead.methods.rhythmic_head.embedding import Memory
from talkinghead.methods.rhythmic_head.hidden_side import HiddenSide
from talkinghead.methods.rhythmic_head.picture_losses import as_landmark_images, as_pictures
from talkinghead.methods.rhythmic_head.scenes import CompositionScene, Sources, draw_landmarks
from talkinghead.precision import autocast
from talkinghead.rendering.levels import as_colours
from talkinghead.rendering.mesh_render import fill_values
from talkinghead.rendering.over_warp import render_over_warp
from talkinghead.rendering.warp import WarpRenderer
from talkinghead.types import FloatArray, Frames, ImageArray, Motion, Portrait

_BATCH = 4
_TOLERANCE = 16.0  # levels of a change at which the portrait's own details fade
_EDGE = 0.06  # of the square's side over which what is composed fades into the warped picture
_BESIDE = 0.05  # the same beyond the reach of a head of which one picture is known
_AROUND_EYES = 0.03  # the same around eyes that look elsewhere than in the references


class CompositionRenderer:
    """Renders after Chen et al. 2020 (sections 4.1 to 4.3), from one picture of a face or from several.

    The network composes the square of the head; everything around it is the portrait's picture, warped by the same
    motion. Of one picture nothing changes beyond the head's reach; drawings are warped alone, which is announced.

    Args:
        network: hybrid embedding and non-linear composition.
        warp: makes the warped pictures.

    Attributes:
        references: how many frames of a video it uses, unless told otherwise.
    """

    references = 8

    def __init__(self, network: CompositionNetwork, warp: WarpRenderer) -> None:
        self._network = network.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._warp = warp

    def render(self, motion: Motion, portrait: Portrait) -> Iterator[Frames]:
        """One picture per row of the motion, of the portrait's size, in chunks."""
        if portrait.drawing:
            announce("composition knows photos alone: the drawing is warped.")
            yield from self._warp.render(motion, portrait)
            return
        scene = CompositionScene(portrait, self._network.config)
        hidden = HiddenSide(portrait, scene.head.rig, scene.head.crop) if len(scene.references) == 1 else None
        change = partial(self._draw_changes, scene, self._encode(scene), _share_of_square(scene), hidden, motion)
        yield from render_over_warp(self._warp, change, scene.head.crop, motion, portrait, tolerance=_TOLERANCE)

    @torch.inference_mode()
    def _encode(self, scene: CompositionScene) -> Memory:
        pictures, lines = (torch.from_numpy(part) for part in scene.thumbnails())
        device = self._device
        with autocast(device):
            memory: Memory = self._network.encode(
                as_colours(pictures).to(device)[None], as_landmark_images(lines).to(device)[None]
            )
        return memory

    @torch.inference_mode()
    def _draw_changes(
        self,
        scene: CompositionScene,
        memory: Memory,
        share: FloatArray,
        hidden: HiddenSide | None,
        motion: Motion,
        first: int,
        own: ImageArray,
    ) -> FloatArray:
        """(n, S, S, 3) levels by which the composed pictures differ from the warped ones."""
        rows = motion[first : first + len(own)]
        if hidden is None:
            sources = scene.sources(rows, own)
        else:
            sources = scene.sources(rows, hidden.complete(rows, own))
            sources = replace(
                sources,
                still=hidden.background(rows, sources.own, sources.still, sources.costs[:, 0]),
                projected=hidden.trust(sources.own, sources.projected),
            )
        changes = self._compose(memory, sources)
        changes -= own
        changes *= share if rows.gaze is None else share * _away_from_eyes(sources.landmarks, own.shape[1])
        return changes

    def _compose(self, memory: Memory, sources: Sources) -> FloatArray:
        """(n, S, S, 3) the network's pictures in levels, not rounded."""
        config, device = self._network.config, self._device
        lines = draw_landmarks(sources.landmarks, size=config.size, side=config.size // config.stem)
        given = {**sources.pictures(), "costs": sources.costs}
        made = []
        # Of one size, so that pictures do not depend on how many are made together.
        for start in range(0, len(lines), _BATCH):
            chosen = np.minimum(np.arange(start, start + _BATCH), len(lines) - 1)
            batch = {name: torch.from_numpy(values[chosen]).to(device) for name, values in given.items()}
            sketch = as_landmark_images(torch.from_numpy(lines[chosen])).to(device)
            with autocast(device):
                composed = self._network(memory, as_pictures(batch), sketch)
            made.append((127.5 * composed.picture.float() + 127.5).permute(0, 2, 3, 1).contiguous().cpu().numpy())
        return np.concatenate(made)[: len(lines)]

    @property
    def _device(self) -> torch.device:
        device: torch.device = next(self._network.parameters()).device
        return device


def _share_of_square(scene: CompositionScene) -> FloatArray:
    """(S, S, 1) how much of a change counts: none at the border and, of one picture, beyond the head's reach."""
    size, rig = scene.head.crop.size, scene.head.rig
    away = np.minimum(np.arange(size), np.arange(size)[::-1]) / (_EDGE * size)
    share = np.clip(np.minimum(away[:, None], away[None]), 0.0, 1.0)
    if len(scene.references) == 1:
        follow = np.zeros((size, size, 1), np.float32)
        places, depth = scene.head.crop.points(rig.source), np.zeros(len(rig.source))
        fill_values(places, depth, rig.follow[:, None], rig.triangles, follow, np.full((size, size), 1.0, np.float32))
        width = max(1, round(_BESIDE * size))
        reach = cv2.dilate((follow[..., 0] > 0.5).astype(np.float32), np.ones((2 * width + 1,) * 2))
        share = share * cv2.blur(reach, (width, width))
    return np.asarray(share[..., None], np.float32)


def _away_from_eyes(landmarks: FloatArray, size: int) -> FloatArray:
    """(n, S, S, 1) 0 on the eyes, 1 away from them."""
    width = max(1, round(_AROUND_EYES * size))
    kernel = np.ones((2 * width + 1,) * 2, np.uint8)
    masks = []
    for points in landmarks:
        eyes = np.zeros((size, size), np.uint8)
        cv2.fillPoly(eyes, [points[eye].round().astype(np.int32) for eye in (LEFT_EYE, RIGHT_EYE)], 1)
        masks.append(1 - cv2.blur(cv2.dilate(eyes, kernel).astype(np.float32), (width, width)))
    return np.stack(masks)[..., None]
