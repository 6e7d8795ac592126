"""The square crop of a head, the input of networks."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from talkinghead.face.landmarks import LEFT_OUTER_EYE_CORNER, MESH_OF_68, RIGHT_OUTER_EYE_CORNER
from talkinghead.types import NUM_LANDMARKS, NUM_MESH, FloatArray, ImageArray

_SIDE = 3.7  # eye distances: from above the hair to the neck, with room on either side for a turn of 25 degrees
_DROP = 0.2  # eye distances from the eyes down to the middle of the crop
_NOSE_BASE = 33
_NOSE_LENGTH = 0.515  # from between the eyes to the base of the nose, of the mean face
_LONG_NOSE = 0.9  # share of a nose's length that counts, so that the eyes decide the size of a frontal face
_FINEST = 1024  # px: side of a crop at the most


@dataclass(frozen=True)
class Crop:
    """A square of a picture, and the size to which it is scaled for a network.

    Coordinates refer to pixel centres, as landmarks do: pixel (0, 0) of the picture covers -0.5 to 0.5. The crop of a
    whole square picture at its own size is that picture.

    Attributes:
        left: px from the left edge of the picture to that of the square, which may lie outside the picture.
        top: the same from the top edge.
        side: of the square in px of the picture.
        size: of the network's picture in px.
    """

    left: float
    top: float
    side: float
    size: int

    def __post_init__(self) -> None:
        if not (np.isfinite((self.left, self.top)).all() and 0 < self.side < np.inf and self.size > 0):
            raise ValueError(f"a crop needs a finite place and a side and size above 0, got {self}")

    @classmethod
    def of(cls, landmarks: FloatArray, picture_size: tuple[int, int], *, size: int = 256) -> Crop:
        """The crop around a head with its hair, chin and neck, and room to move.

        Its size depends on the eyes and the nose, which speech and head turns barely change. It is shifted into the
        picture as far as it fits, and lies on whole pixels.

        Args:
            landmarks: (478, 3) or (68, 2 or 3) px of the face.
            picture_size: (width, height) px.
            size: of the network's picture in px.

        Raises:
            ValueError: the landmarks have another shape.
        """
        if landmarks.shape not in ((NUM_MESH, 3), (NUM_LANDMARKS, 2), (NUM_LANDMARKS, 3)):
            raise ValueError(f"landmarks must have shape (478, 3) or (68, 2|3), got {landmarks.shape}")
        points = landmarks[MESH_OF_68, :2] if len(landmarks) == NUM_MESH else landmarks[:, :2]
        left_eye, right_eye = points[LEFT_OUTER_EYE_CORNER], points[RIGHT_OUTER_EYE_CORNER]
        across, middle = right_eye - left_eye, (left_eye + right_eye) / 2
        nose = float(np.linalg.norm(points[_NOSE_BASE] - middle))
        unit = max(float(np.linalg.norm(across)), _LONG_NOSE * nose / _NOSE_LENGTH)
        down = np.array([-across[1], across[0]]) / max(float(np.linalg.norm(across)), 1e-6)
        side = max(1.0, float(np.round(_SIDE * unit)))
        corner = np.round(middle + _DROP * unit * down + 0.5 - side / 2)
        room = np.array(picture_size) - side
        left, top = np.clip(corner, np.minimum(room, 0), np.maximum(room, 0))
        return cls(float(left), float(top), side, size)

    @property
    def affine(self) -> FloatArray:
        """(2, 3) picture_from_crop, px to px."""
        scale = self.side / self.size
        offset = scale / 2 - 0.5
        return np.array([[scale, 0.0, self.left + offset], [0.0, scale, self.top + offset]])

    def points(self, points: FloatArray) -> FloatArray:
        """Points (..., 2 or 3) px of the picture in px of the crop; depth is scaled alike."""
        if points.shape[-1] not in (2, 3):
            raise ValueError(f"points must have shape (..., 2|3), got {points.shape}")
        affine = self.affine
        flat = (points[..., :2] - affine[:, 2]) / affine[0, 0]
        return np.concatenate([flat, points[..., 2:] / affine[0, 0]], axis=-1)

    def widen(self, factor: float, size: int) -> Crop:
        """The square with the same middle and ``factor`` times the side, scaled to ``size`` px."""
        away = (factor - 1) / 2 * self.side
        return Crop(self.left - away, self.top - away, factor * self.side, size)

    def refine(self) -> Crop:
        """The same square at the picture's own resolution, of 1024 px at most."""
        return replace(self, size=max(1, min(round(self.side), _FINEST)))

    def extract(self, image: ImageArray) -> ImageArray:
        """(size, size, 3) uint8 pixels of an image (H, W, 3), whose border is replicated beyond its edge.

        Shrinking averages over areas, enlarging interpolates by cubics.
        """
        finer = max(1, int(np.ceil(self.side / self.size)))
        size = self.size * finer
        flags = cv2.WARP_INVERSE_MAP | (cv2.INTER_CUBIC if finer == 1 else cv2.INTER_LINEAR)
        affine = Crop(self.left, self.top, self.side, size).affine
        cut = cv2.warpAffine(image, affine, (size, size), flags=flags, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(cut if finer == 1 else cv2.resize(cut, (self.size,) * 2, interpolation=cv2.INTER_AREA))
