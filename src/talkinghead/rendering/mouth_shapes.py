"""Mouths of drawings that close and open to shapes given by the user."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from talkinghead.face.landmarks import JAW, LIPS, MESH_OF_68
from talkinghead.face.pose import matrix_from_rotation
from talkinghead.face.rest import closed_mouth, lip_gap
from talkinghead.media.spool import spool_rows
from talkinghead.types import FloatArray, Frames, Motion, Portrait

Render = Callable[[Motion, Portrait], Iterator[Frames]]

_WIDE = 0.12  # eye distances between the lips on the widest vowels; 95 % of frames of speech stay below 0.11
_MOVED = np.r_[JAW, LIPS]
_PIECE = 4096  # rows


def in_head_frame(points: FloatArray, portrait: Portrait) -> FloatArray:
    """Landmarks placed in a portrait's picture, in its head frame.

    Args:
        points: (68, 2) px.
        portrait: supplies pose and depth.

    Returns:
        (68, 3), equal to the portrait's landmarks where the points are its own.
    """
    mesh = portrait.mesh
    moved = np.column_stack([points - mesh[MESH_OF_68, :2], np.zeros(len(points))])
    scale = np.linalg.norm(mesh[263] - mesh[33])
    return np.asarray(portrait.landmarks + moved @ matrix_from_rotation(portrait.pose.rotation) / scale)


def with_mouth_shapes(motion: Motion, *, closed: FloatArray | None = None, opened: FloatArray | None = None) -> Motion:
    """The same motion with a mouth between two given shapes.

    Without ``opened``, the displacement of lips and chin from closed lips is added to ``closed``. With it, the mouth is
    interpolated between the two shapes by how far the lips part, and only its width still follows the speech.

    Args:
        motion: of the face ``motion.rest``.
        closed: (68, 3) head frame, the closed mouth; None: ``rest`` with its lips closed.
        opened: (68, 3) head frame, the mouth at its widest; None: no limit.
    """
    lips_together = closed_mouth(motion.rest)
    shut = lips_together if closed is None else closed

    def shape(landmarks: FloatArray) -> FloatArray:
        change = landmarks - lips_together
        moved = shut + change
        if opened is not None:
            gap = lip_gap(landmarks) - lip_gap(lips_together)
            share = np.clip(gap / _WIDE, 0.0, 1.0)[:, None, None]
            moved = shut + share * (opened - shut) + change * (1.0, 0.0, 1.0)
        landmarks = landmarks.copy()
        landmarks[:, _MOVED] = moved[:, _MOVED]
        return landmarks

    # Long motions are memory-mapped, and so is the result.
    pieces = (shape(motion.landmarks[start : start + _PIECE]) for start in range(0, len(motion), _PIECE))
    return replace(motion, landmarks=spool_rows(pieces, motion.landmarks.shape[1:]), expression=None)


class WithMouthShapes:
    """A renderer whose mouths stay between two shapes placed in the picture.

    Args:
        render: makes the frames.
        closed: (68, 2) px of the portrait's picture; see ``with_mouth_shapes``.
        opened: (68, 2) px.
    """

    def __init__(self, render: Render, closed: FloatArray | None, opened: FloatArray | None) -> None:
        self._render, self._closed, self._opened = render, closed, opened

    def render(self, motion: Motion, portrait: Portrait) -> Iterator[Frames]:
        """One picture per row of the motion, in the chunks of the renderer behind it."""
        closed, opened = (
            None if points is None else in_head_frame(points, portrait) for points in (self._closed, self._opened)
        )
        return self._render(with_mouth_shapes(motion, closed=closed, opened=opened), portrait)
