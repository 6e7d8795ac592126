"""The lower half of a face that a renderer of whole heads has drawn, laid over the frames of a video.

The renderer draws the head of one of the video's frames, in its place, turned as it is in each of the others. What it
has drawn is then brought onto each frame by the face's mesh, so that nothing need be aligned by eye, and takes the
frame's colours.

Source: ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeAlias

import cv2
import numpy as np

from talkinghead.face.landmarks import FACE_OVAL, OUTER_LIP_CONTOUR, canonical_face
from talkinghead.motion.smoothing import smoothstep
from talkinghead.rendering.crop import Crop
from talkinghead.rendering.mesh_render import fill_values
from talkinghead.rendering.rig import build_rig, face_triangles
from talkinghead.types import FaceTrack, FloatArray, Frames, ImageArray, Motion, Portrait, Window

Render: TypeAlias = Callable[[Motion, Portrait], Iterator[Frames]]

_SURFACE = 468
_PIECE = 64  # rows whose meshes are placed together
_BELOW_NOSE = (0.5, 0.64)  # eye distances below the eyes: above the first all is the frame's, below the second drawn
_INSIDE = (0.03, 0.2)  # eye distances inside the face's contour: the same from outside inwards
_LIPS = (0.06, 0.16)  # eye distances from the lips: their colours do not count, and those farther away do fully
_REACH = 0.25  # eye distances over which colours are compared
_LEAST = 0.02  # share of such colours about a pixel that says as much as no difference does
_SHRUNK = 4  # times, of the pictures whose colours are compared


@dataclass(frozen=True)
class DrawnHead:
    """A head that a renderer has drawn.

    Attributes:
        image: (H, W, 3) uint8.
        mesh: (468, 2) px of it, where the face is.
    """

    image: ImageArray
    mesh: FloatArray


def draw_heads(render: Render, motion: Motion, portrait: Portrait) -> Iterator[DrawnHead]:
    """The head of a portrait for each row of a motion, turned as the motion says, but in its place.

    Args:
        render: draws it.
        motion: of the portrait's face.
        portrait: cut out around its head first, so that no time is lost on the rest of its picture.
    """
    count = len(motion)
    motion = replace(motion, translation=np.zeros((count, 3)), blink=np.zeros(count), gaze=None, scale=None)
    portrait = cut_heads(portrait)
    rig = build_rig(portrait)
    done = 0
    for chunk in render(motion, portrait):
        for start in range(0, len(chunk), _PIECE):
            images = chunk.images[start : start + _PIECE]
            placed = rig.place(motion[done : done + len(images)])[0]
            for image, mesh in zip(images, placed):
                yield DrawnHead(image, mesh[:_SURFACE, :2])
            done += len(images)


def cut_heads(portrait: Portrait) -> Portrait:
    """The part of a portrait's pictures that shows the heads in them."""
    squares = [Crop.of(mesh, portrait.size) for mesh in portrait.track.landmarks]
    corners = np.array([[each.left, each.top, each.left + each.side, each.top + each.side] for each in squares])
    low = np.floor(corners[:, :2].min(axis=0)).astype(int).clip(0)
    high = np.minimum(np.ceil(corners[:, 2:].max(axis=0)).astype(int), portrait.size)
    (left, top), (width, height) = low.tolist(), (high - low).tolist()
    window, track = Window(left, top, width, height), portrait.track
    shift = np.array([left, top, 0.0])
    return replace(
        portrait,
        frames=Frames(
            np.stack([np.ascontiguousarray(window.of(image)) for image in portrait.frames.images]), track.fps
        ),
        track=_shift_track(track, shift),
        person=None if portrait.person is None else np.ascontiguousarray(window.of(portrait.person)),
        reference=None,
    )


def _shift_track(track: FaceTrack, shift: FloatArray) -> FaceTrack:
    return replace(
        track,
        landmarks=np.asarray(track.landmarks, np.float64) - shift,
        translation=track.translation - shift,
    )


def match_colours(drawn: ImageArray, frame: ImageArray, skin: FloatArray, unit: float) -> ImageArray:
    """A drawn picture (H, W, 3) in the colours that a frame (H, W, 3) has there, as far as they change slowly.

    Args:
        drawn: uint8.
        frame: uint8.
        skin: (H, W) how much each pixel's colours count.
        unit: px per eye distance.
    """
    height, width = skin.shape
    size = (max(1, width // _SHRUNK), max(1, height // _SHRUNK))
    weight = cv2.resize(np.asarray(skin, np.float32), size, interpolation=cv2.INTER_AREA)
    apart = cv2.resize(
        (frame.astype(np.float32) - drawn) * np.asarray(skin, np.float32)[..., None], size, interpolation=cv2.INTER_AREA
    )
    spread = max(0.5, _REACH * unit / _SHRUNK)
    near = cv2.GaussianBlur(weight, (0, 0), spread, borderType=cv2.BORDER_REPLICATE)[..., None]
    shift = cv2.GaussianBlur(apart, (0, 0), spread, borderType=cv2.BORDER_REPLICATE) / (near + _LEAST)
    return np.asarray(cv2.add(drawn, cv2.resize(shift, (width, height)), dtype=cv2.CV_8U))


def cover_lower_face(vertices: FloatArray, window: tuple[int, int, int, int]) -> tuple[FloatArray, FloatArray]:
    """What of a window of a frame the drawn face takes.

    Args:
        vertices: (V, 3) px, of which the first 468 are the face's.
        window: left, top, width and height in px.

    Returns:
        (height, width) each: how much of a pixel is drawn, and how much it tells about the colours of the skin.
    """
    left, top, width, height = window
    shares = np.zeros((height, width, 2), np.float32)
    places = np.ascontiguousarray(vertices[:_SURFACE, :2], np.float64) - (left, top)
    depth = np.ascontiguousarray(vertices[:_SURFACE, 2], np.float64)
    buffer = np.full((height, width), 3e38, np.float32)
    fill_values(places, depth, _shares(), face_triangles(), shares, buffer)
    return shares[..., 0], shares[..., 1]


def box_of_lower_face(vertices: FloatArray, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Left, top, width and height in px of what the drawn face takes of a picture of (width, height) px."""
    points = vertices[:_SURFACE, :2][_shares()[:, 0] > 0]
    low = np.floor(points.min(axis=0)).astype(int).clip(0, size)
    high = np.minimum(np.ceil(points.max(axis=0)).astype(int) + 1, size).clip(low)
    (left, top), (width, height) = low.tolist(), (high - low).tolist()
    return left, top, width, height


@lru_cache(maxsize=1)
def _shares() -> FloatArray:
    """(468, 2) how much of a vertex is drawn, and how much its colours count."""
    points = np.asarray(canonical_face()[0][:_SURFACE, :2], np.float32)
    oval, lips = (np.ascontiguousarray(points[contour]) for contour in (FACE_OVAL, OUTER_LIP_CONTOUR))
    inside = np.array([cv2.pointPolygonTest(oval, (float(x), float(y)), True) for x, y in points])
    from_lips = -np.array([cv2.pointPolygonTest(lips, (float(x), float(y)), True) for x, y in points])
    drawn = _ramp(points[:, 1], _BELOW_NOSE) * _ramp(inside, _INSIDE)
    return np.stack([drawn, drawn * _ramp(from_lips, _LIPS)], axis=1)


def _ramp(values: FloatArray, ends: tuple[float, float]) -> FloatArray:
    return np.asarray(smoothstep((values - ends[0]) / (ends[1] - ends[0])), np.float64)
