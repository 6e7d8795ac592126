"""The shell of renderers whose network draws a head: everything around the network.

A method supplies a ``HeadDrawer``: ``encode`` computes what the network keeps of a portrait, and ``draw`` makes
pictures of the head for landmarks. The shell crops the head, builds the rig, encodes the portrait once, draws in
batches of one size on all cores, lays what the network changes over the portrait's own pixels, pastes the heads back
over a still background, and paints mouths and lids where the network cannot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor

from talkinghead.face.landmarks import MESH_OF_68
from talkinghead.rendering.crop import Crop
from talkinghead.rendering.irises import Irises
from talkinghead.rendering.levels import as_levels
from talkinghead.rendering.lids import LidPainter
from talkinghead.rendering.mouth import MouthFiller
from talkinghead.rendering.mouth_painter import MouthPainter
from talkinghead.rendering.moved_head import Drawing, MovedHead, pad_batches
from talkinghead.rendering.paste_back import PasteBack
from talkinghead.rendering.rig import build_rig
from talkinghead.rendering.side_by_side import side_by_side
from talkinghead.types import FloatArray, Frames, ImageArray, Motion, Portrait

_CHUNK = 8  # frames made together

Encoded = TypeVar("Encoded")


@dataclass(frozen=True)
class Head:
    """A portrait's head as the input of a network.

    Attributes:
        picture: (S, S, 3) uint8.
        landmarks: (68, 2) px of ``picture``.
    """

    picture: ImageArray
    landmarks: FloatArray


class HeadDrawer(Protocol[Encoded]):
    """What a method supplies. ``encode`` and ``draw`` run in ``torch.inference_mode``, ``draw`` in several threads."""

    @property
    def size(self) -> int:
        """Side of the network's square picture in px."""
        ...

    @property
    def batch(self) -> int:
        """Frames per pass through the network; constant, so that pictures do not depend on chunks."""
        ...

    def encode(self, head: Head) -> Encoded:
        """What the network keeps of a portrait; computed once."""
        ...

    def draw(self, encoded: Encoded, landmarks: FloatArray) -> Drawing:
        """Pictures of the head for landmarks (batch, 68, 2) px."""
        ...


class HeadScene:
    """A portrait's rig, and the crop that a network sees.

    Args:
        portrait: the portrait.
        size: side of the network's picture in px.
    """

    def __init__(self, portrait: Portrait, *, size: int) -> None:
        self.image = np.ascontiguousarray(portrait.picture)
        self.rig = build_rig(portrait)
        self.crop = Crop.of(portrait.mesh, portrait.size, size=size)
        self.fine = self.crop.refine()
        self.head = Head(self.crop.extract(self.image), self.landmarks(self.rig.source))

    def landmarks(self, placed: FloatArray) -> FloatArray:
        """(..., 68, 2) px of the network's picture, from vertices of the rig (..., V, 2 or 3) px of the portrait."""
        return self.crop.points(placed[..., MESH_OF_68, :2])


def render_heads(
    drawer: HeadDrawer[Encoded],
    motion: Motion,
    portrait: Portrait,
    *,
    filler: MouthFiller | None = None,
    closing: bool = True,
) -> Iterator[Frames]:
    """One picture per row of the motion, of the portrait's size, in chunks.

    Args:
        drawer: of the method.
        motion: how the face moves.
        portrait: the face.
        filler: paints the inside of the mouth, for people whom the network has not learned; colours outside it are then
            the portrait's. None: the network's own mouth and colours are kept.
        closing: whether the network gets landmarks of open eyes and the portrait's own skin closes the lids; else the
            network closes them, and they look where the portrait's do.
    """
    scene = HeadScene(portrait, size=drawer.size)
    with torch.inference_mode():
        moved = MovedHead(
            partial(drawer.draw, drawer.encode(scene.head)),
            scene.head.landmarks,
            scene.fine.extract(scene.image),
            size=drawer.size,
            batch=drawer.batch,
            coloured=filler is None,
        )
    paste = PasteBack(scene.image, scene.fine, portrait.person)
    mouth = None if filler is None else MouthPainter(scene.image, scene.rig, filler)
    irises = Irises(scene.image, portrait.mesh, portrait.pose, drawing=portrait.drawing)
    lids = LidPainter(scene.image, scene.rig, irises) if closing else None

    def draw(rows: Motion) -> Frames:
        shut, open_eyes = scene.rig.place(rows)
        landmarks = scene.landmarks(shut if lids is None else open_eyes)
        frames = paste(moved(landmarks))
        if mouth is not None:
            mouth.paint(frames, rows, shut)
        if lids is not None:
            lids.paint(frames, rows, shut, open_eyes)
        return Frames(frames, rows.fps)

    yield from side_by_side(draw, split_motion(motion))


def split_motion(motion: Motion) -> Iterator[Motion]:
    """The motion in pieces of a few rows."""
    return (motion[start : start + _CHUNK] for start in range(0, len(motion), _CHUNK))


@torch.inference_mode()
def draw_batches(draw: Callable[[FloatArray], Tensor], landmarks: FloatArray, *, size: int) -> ImageArray:
    """Pictures (T, H, W, 3) uint8 for landmarks (T, 68, 2), in batches of one size, padded with the last row.

    Args:
        draw: (size, 68, 2) -> (size, 3, H, W) in [-1, 1].
        landmarks: T at least 1.
        size: of a batch.
    """
    pictures = [as_levels(draw(batch)).cpu().numpy() for batch in pad_batches(landmarks, size)]
    return np.asarray(np.concatenate(pictures)[: len(landmarks)])
