"""What the images of a space-time volume show: landmarks; in ablations the whole mesh, or no geometry at all."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from talkinghead.methods.write_a_speaker.config import SpaceTimeConfig
from talkinghead.methods.write_a_speaker.targets import HEAD_UNITS, weights_of_motion
from talkinghead.rendering.head_renderer import HeadScene
from talkinghead.rendering.rig import face_triangles
from talkinghead.rendering.sketch import sketches
from talkinghead.types import FloatArray, ImageArray, Motion

_VERTICES = 468  # of the face, without irises
_TILES = 8  # squares in a row of an image that shows parameters, and rows of them
_FARTHEST_POSE = 10.0  # in ``HEAD_UNITS``
_BITS = 4  # fractional bits of coordinates


def trace(head: HeadScene, motion: Motion, config: SpaceTimeConfig) -> FloatArray:
    """What is to be drawn of each row of a motion.

    Args:
        head: of the portrait that moves.
        motion: how it moves.
        config: sizes, and what is shown.

    Returns:
        (T, 68 or 468, 2) px of the network's picture; or (T, 57) weights of expressions, rotation and translation, in
        [0, 1].
    """
    if not config.geometry:
        pose = np.concatenate([motion.rotation, motion.translation], axis=1) / HEAD_UNITS
        return np.concatenate([weights_of_motion(motion), 0.5 + pose / (2 * _FARTHEST_POSE)], axis=1).clip(0.0, 1.0)
    placed = head.rig.place(motion)[0]
    return head.crop.points(placed[:, :_VERTICES, :2]) if config.dense else head.landmarks(placed)


def draw_images(traced: FloatArray, config: SpaceTimeConfig) -> ImageArray:
    """(T, side, side) uint8 images in white on black: lines between points, or a square as bright as each parameter.

    Args:
        traced: rows of ``trace``.
        config: sizes; the side is ``size / shrink``.
    """
    side = config.size // config.shrink
    if not config.geometry:
        tiles = np.zeros((len(traced), _TILES**2), np.uint8)
        tiles[:, : traced.shape[1]] = (255 * traced).round()
        return np.kron(tiles.reshape(-1, _TILES, _TILES), np.ones((1, side // _TILES, side // _TILES), np.uint8))
    placed = (traced + 0.5) / config.shrink - 0.5  # pixel centres
    if not config.dense:
        return np.asarray(sketches(placed, size=side).max(axis=-1))
    images = np.zeros((len(traced), side, side), np.uint8)
    for image, points in zip(images, (placed * (1 << _BITS)).round().astype(np.int32)):
        cv2.polylines(image, list(points[_mesh_edges()]), False, 255, 1, cv2.LINE_AA, _BITS)
    return images


@lru_cache(maxsize=1)
def _mesh_edges() -> npt.NDArray[np.int32]:
    """(E, 2) vertices that a triangle of the face mesh joins."""
    triangles = face_triangles()
    pairs = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    return np.unique(np.sort(pairs, axis=1), axis=0)
