"""What the composition network is given of a portrait and a motion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from talkinghead.methods.rhythmic_head.config import CompositionConfig
from talkinghead.methods.rhythmic_head.projection import ProjectedFace
from talkinghead.methods.rhythmic_head.references import MovedReferences, ReferenceFrames
from talkinghead.rendering.head_renderer import HeadScene
from talkinghead.rendering.rig import Rig
from talkinghead.rendering.sketch import sketches
from talkinghead.types import FloatArray, ImageArray, Motion, Portrait

_SAME = 1e-6
_FAR = 0.02  # cost of equation 2 at which a reference is clearly in another pose: a turn of 8 degrees
_PICTURES = ("own", "matched", "spoken", "still", "projected")


@dataclass(frozen=True)
class Sources:
    """The pictures between which the network chooses, for each row of a motion.

    Attributes:
        own: (T, S, S, 3) uint8, the portrait's picture, warped, with its mouth and lids painted; as near to the camera
            as the references.
        matched: (T, S, S, 3) uint8, the references nearest in pose, moved to the pose.
        spoken: (T, S, S, 3) uint8, the references nearest in the mouth's shape, moved to the pose.
        still: (T, S, S, 3) uint8, the references nearest in pose as they are; far from all, more and more ``own``, or a
            second head would shine through beside the moved one.
        projected: (T, S, S, 4) uint8, the projected mesh; the last channel is 0 in holes.
        landmarks: (T, 68, 2) px of the pictures.
        costs: (T, 2) of the nearest pose and of the nearest mouth.
    """

    own: ImageArray
    matched: ImageArray
    spoken: ImageArray
    still: ImageArray
    projected: ImageArray
    landmarks: FloatArray
    costs: FloatArray

    def pictures(self) -> dict[str, ImageArray]:
        """The pictures by name."""
        return {name: getattr(self, name) for name in _PICTURES}


class CompositionScene:
    """A portrait with its references, prepared for a network.

    Args:
        portrait: with K pictures, one of which moves.
        config: sizes.
        rigs: of the K pictures; None: they are built.

    Attributes:
        head: the rig of the picture that moves, and the square.
        references: the K pictures.
    """

    def __init__(self, portrait: Portrait, config: CompositionConfig, *, rigs: Sequence[Rig] | None = None) -> None:
        self.head = HeadScene(portrait, size=config.size)
        self.references = ReferenceFrames(portrait, self.head.crop, rigs=rigs)
        self._projected = ProjectedFace(portrait, self.references, size=config.size)
        self._config = config

    def sources(self, motion: Motion, own: ImageArray) -> Sources:
        """The sources of each row of a motion.

        Args:
            motion: T rows.
            own: (T, S, S, 3) uint8, the portrait's picture, warped.
        """
        matches = self.references.match(motion)
        if len(self.references) == 1:  # it has nothing to add to itself, warped, which has its mouth and lids painted
            moved = MovedReferences(own, own, np.repeat(self.references.pictures, len(own), axis=0))
        else:
            moved = self.references.move(motion, matches)
        path = matches.path
        if motion.scale is None:
            own = _grow(own, self.head.crop.points(path.place), path.scale / self.head.rig.scale)
        return Sources(
            own=own,
            matched=moved.matched,
            spoken=moved.spoken,
            still=_blend(moved.still, own, np.exp(-matches.costs[:, 0] / _FAR)),
            projected=self._projected.draw(motion, path),
            landmarks=self.head.landmarks(self.head.rig.place(motion)[0]),
            costs=matches.costs,
        )

    def thumbnails(self) -> tuple[ImageArray, ImageArray]:
        """(K, s, s, 3) the references as the embedding sees them, and (K, s, s) their landmark images."""
        side = self._config.thumbnail
        return shrink_pictures(self.references.pictures, side), draw_landmarks(
            self.references.landmarks, size=self._config.size, side=side
        )


def _blend(first: ImageArray, second: ImageArray, shares: FloatArray) -> ImageArray:
    """Pictures (T, S, S, 3), of which the first ones have shares (T,)."""
    return np.stack([cv2.addWeighted(a, s, b, 1 - s, 0) for a, b, s in zip(first, second, shares, strict=True)])


def _grow(pictures: ImageArray, middles: FloatArray, growth: FloatArray) -> ImageArray:
    """Pictures (T, S, S, 3) that grow about points (T, 3) px by factors (T,)."""
    grown = []
    for picture, middle, factor in zip(pictures, middles[:, :2], growth, strict=True):
        affine = np.column_stack([factor * np.eye(2), (1 - factor) * middle])
        same = abs(factor - 1) < _SAME
        flags = {"flags": cv2.INTER_CUBIC, "borderMode": cv2.BORDER_REPLICATE}
        grown.append(picture if same else cv2.warpAffine(picture, affine, picture.shape[1::-1], **flags))
    return np.stack(grown)


def shrink_pictures(pictures: ImageArray, side: int) -> ImageArray:
    """(K, side, side, 3) uint8 pictures, means over areas of the given ones (K, S, S, 3)."""
    return np.stack([cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA) for picture in pictures])


def draw_landmarks(landmarks: FloatArray, *, size: int, side: int) -> npt.NDArray[np.uint8]:
    """(T, side, side) uint8 landmark images, white lines on black.

    Args:
        landmarks: (T, 68, 2) px of a picture of ``size`` px.
        size: of that picture.
        side: of the images.
    """
    placed = (landmarks + 0.5) * (side / size) - 0.5  # pixel centres
    return np.asarray(sketches(placed, size=side).max(axis=-1))
