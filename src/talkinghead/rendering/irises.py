"""Gaze: the portrait's own irises, moved inside the opening of the lids over the white of the eye.

Each iris moves as a rigid disc. The part that the lids hide in the portrait is mirrored from the visible part, so that
no cut edge appears. Where the disc was, the white is filled in from beside it; the lids and their edges stay.
"""

from __future__ import annotations

from functools import cached_property

import cv2
import numpy as np

from talkinghead.face.landmarks import LEFT_EYE_CONTOUR, LEFT_IRIS, RIGHT_EYE_CONTOUR, RIGHT_IRIS
from talkinghead.face.model import IRIS_DEPTH
from talkinghead.face.pose import matrix_from_rotation
from talkinghead.rendering.eye_parts import Eye, Layer, distance_from, find_eye, ramp
from talkinghead.types import FloatArray, ImageArray, IndexArray, Pose

GAZE_SEEN = 1e-3
"""rad; a smaller gaze leaves the eyes as in the portrait."""

_EYES = ((LEFT_EYE_CONTOUR, LEFT_IRIS), (RIGHT_EYE_CONTOUR, RIGHT_IRIS))

# In radii of the iris:
_CORNER, _UNDER_LID = 0.6, 0.15  # least distance of its middle from the corners and from the lids
_ONSET = 0.12  # displacement over which the moved eye is blended in


class Irises:
    """The eyes of a portrait, prepared for other gazes.

    Args:
        image: (H, W, 3) uint8, the portrait.
        mesh: (478, 3) px, of the face.
        pose: of the head.
        drawing: whether it is a drawing, whose eyes may be larger than tracked.
    """

    def __init__(self, image: ImageArray, mesh: FloatArray, pose: Pose, *, drawing: bool = False) -> None:
        self._image, self._mesh, self._drawing = image, mesh, drawing
        self._matrix, self._depth = matrix_from_rotation(pose.rotation), IRIS_DEPTH * pose.scale

    @cached_property
    def _eyes(self) -> list[Eye]:
        """Both eyes, or none, because moving a single eye would make a squint; found on first use."""
        found = [
            find_eye(self._image, self._mesh[contour, :2], self._mesh[iris, :2], drawing=self._drawing)
            for contour, iris in _EYES
        ]
        return [] if None in found else [eye for eye in found if eye is not None]

    def look(self, gaze: FloatArray) -> ImageArray:
        """The portrait with another gaze, as far as its lids leave room; both eyes turn equally far.

        Args:
            gaze: (2,) rad, yaw and pitch away from the portrait's own gaze.

        Returns:
            (H, W, 3) uint8; the portrait itself if its irises cannot be seen or the gaze is its own.
        """
        if np.abs(gaze).max() < GAZE_SEEN or not self._eyes:
            return self._image
        yaw, pitch = gaze
        turn = np.array([-np.sin(yaw) * np.cos(pitch), np.sin(pitch), 1 - np.cos(yaw) * np.cos(pitch)])
        way = self._depth * (self._matrix @ turn)[:2]
        ways = [eye.crop_from_image[:, :2] @ way for eye in self._eyes]
        share = min(_room(eye, own) for eye, own in zip(self._eyes, ways))
        picture = self._image.copy()
        for eye, own in zip(self._eyes, ways):
            _paint(picture, eye, share * own)
        return picture


def _room(eye: Eye, way: FloatArray) -> float:
    """The largest share in [0, 1] of a displacement (2,) px that keeps the iris inside the eye."""
    open_columns = np.flatnonzero((eye.inside > 0).any(axis=0))
    left, right = open_columns[0] + _CORNER * eye.radius, open_columns[-1] - _CORNER * eye.radius
    left, right = min(left, eye.centre[0]), max(right, eye.centre[0])
    depth = min(_UNDER_LID * eye.radius, _depth(eye, eye.centre))
    for share in np.linspace(1, 0, 41):
        place = eye.centre + share * way
        if left <= place[0] <= right and _depth(eye, place) >= depth:
            return float(share)
    return 0.0


def _depth(eye: Eye, point: FloatArray) -> float:
    """How many px a point (2,) lies within the opening."""
    x, y = point.round().astype(int).clip(0, np.array(eye.inside.shape)[::-1] - 1)
    return float(eye.inside[y, x])


def _paint(picture: ImageArray, eye: Eye, way: FloatArray) -> None:
    """Paint an eye into the portrait (H, W, 3), in place, with the iris displaced by (2,) px of the crop."""
    low, high = _box(eye, picture.shape)
    if (high <= low).any():
        return
    height, width = eye.cover.shape
    shift = np.array([[1, 0, way[0]], [0, 1, way[1]]], np.float64)
    iris = cv2.warpAffine(eye.iris, shift, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    disc = ramp((eye.radius + eye.softness - distance_from(eye.centre + way, eye.cover.shape)) / (2 * eye.softness))
    moved = eye.white + disc[..., None] * (iris - eye.white)
    onset = float(ramp(float(np.linalg.norm(way)) / (_ONSET * eye.radius)))
    change: Layer = (onset * eye.cover)[..., None] * (moved - eye.original)
    crop_from_window = eye.crop_from_image.copy()
    crop_from_window[:, 2] += eye.crop_from_image[:, :2] @ low
    size = (int(high[0] - low[0]), int(high[1] - low[1]))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    change = cv2.warpAffine(change, crop_from_window, size, flags=flags, borderMode=cv2.BORDER_CONSTANT)
    window = picture[low[1] : high[1], low[0] : high[0]]
    window[:] = (window + change + 0.5).clip(0, 255).astype(np.uint8)


def _box(eye: Eye, shape: tuple[int, ...]) -> tuple[IndexArray, IndexArray]:
    """Top left and bottom right px of an eye's crop in a picture."""
    height, width = eye.cover.shape
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]], np.float64)
    image_from_crop = cv2.invertAffineTransform(eye.crop_from_image)
    placed = corners @ image_from_crop[:, :2].T + image_from_crop[:, 2]
    limit = np.array([shape[1], shape[0]])
    low, high = np.floor(placed.min(axis=0)).astype(int), np.ceil(placed.max(axis=0)).astype(int)
    return low.clip(0, limit), high.clip(0, limit)
