"""Faces and people in pictures, in pixels: boxes, the 478 landmarks, and which pixels are a person's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from talkinghead.tracking.networks import (
    read_detections,
    read_meshes,
    read_meshes_and_features,
    read_people,
    side_of,
)
from talkinghead.tracking.regions import (
    cut_affine,
    cut_squares,
    image_from_square,
    overlap,
    square_of,
    squares_of_boxes,
)
from talkinghead.types import NUM_MESH, BoolArray, FloatArray, ImageArray

LEAST_PRESENCE = 0.5
"""How surely a face must be in the square in which its landmarks are read."""

_NEAR, _FAR = "face_detector_near", "face_detector_far"
_GRIDS = {_NEAR: ((16, 2), (8, 6)), _FAR: ((48, 1),)}
"""Rows and columns of anchors of a detector, and how many anchors stand at each place."""
_LEAST_SCORE = {_NEAR: 0.5, _FAR: 0.6}
_SAME_FACE = 0.3  # overlap from which on boxes are of one face ...
_SAME_SQUARE = 0.5  # ... and so are squares around them
_NUM_POINTS = 6  # of a detection: right eye, left eye, nose, mouth, right ear, left ear


@dataclass(frozen=True)
class Detections:
    """Faces that a detector sees in a picture, the surest first.

    Attributes:
        boxes: (F, 4) left, top, right, bottom in px.
        points: (F, 6, 2) px of right eye, left eye, tip of the nose, mouth, right and left ear.
        scores: (F,) how sure it is, in [0, 1].
    """

    boxes: FloatArray
    points: FloatArray
    scores: FloatArray

    def __len__(self) -> int:
        return len(self.scores)


def detect_faces(images: Sequence[ImageArray], *, far: bool = True) -> list[Detections]:
    """The faces that a detector sees in each of several pictures.

    Args:
        images: pictures (H, W, 3), of any sizes.
        far: with the detector that also sees small faces.

    Source: Bazarevsky et al., BlazeFace (2019): anchors (section 3), blended boxes of one face (section 3.3).
    """
    if not len(images):
        return []
    name = _FAR if far else _NEAR
    side = side_of(name)
    squares = np.stack([square_of(image) for image in images])
    values, scores = read_detections(
        name, len(images), lambda rows: cut_squares(images[rows], squares[rows], side, black=True)
    )
    found = []
    for picture, sure, affine in zip(values, scores, image_from_square(squares, side)):
        seen = sure >= _LEAST_SCORE[name]
        pairs = picture[seen].reshape(-1, 2 + _NUM_POINTS, 2)
        anchors = side * _anchors(name)[seen]
        centre, half = pairs[:, 0] + anchors, pairs[:, 1] / 2
        corners = np.concatenate([[centre - half], [centre + half], (pairs[:, 2:] + anchors[:, None]).swapaxes(0, 1)])
        found.append(_blend(corners.swapaxes(0, 1) @ affine[:, :2].T + affine[:, 2], sure[seen]))
    return found


@cache
def _anchors(name: str) -> FloatArray:
    """(A, 2) x and y of a detector's anchors, the picture being 1 wide."""
    grids = []
    for cells, count in _GRIDS[name]:
        centres = (np.arange(cells) + 0.5) / cells
        grid = np.stack(np.meshgrid(centres, centres), axis=-1).reshape(-1, 2)
        grids.append(np.repeat(grid, count, axis=0))
    return np.concatenate(grids)


def _blend(places: FloatArray, scores: FloatArray) -> Detections:
    """Detections (D, 8, 2), corners and points, of which those of one face become their mean, weighted by scores."""
    order = np.argsort(-scores, kind="stable")
    places, scores = places[order], scores[order]
    blended: list[FloatArray] = [np.zeros((0, 2 + _NUM_POINTS, 2))]
    surest = []
    while len(scores):
        boxes = places[:, :2].reshape(-1, 4)
        same = overlap(boxes[0], boxes) > _SAME_FACE
        same[0] = True
        blended.append(np.average(places[same], axis=0, weights=scores[same])[None])
        surest.append(scores[0])
        places, scores = places[~same], scores[~same]
    faces = np.concatenate(blended)
    return Detections(faces[:, :2].reshape(-1, 4), faces[:, 2:], np.array(surest))


def read_faces(images: Sequence[ImageArray], *, most: int = 1) -> list[FloatArray]:
    """The landmarks of faces that fill much of their pictures.

    Args:
        images: pictures (H, W, 3), of any sizes.
        most: faces in a picture.

    Returns:
        for each picture (faces, 478, 3) px, maybe none; z is relative depth in the same unit.
    """
    squares = [
        _distinct(squares_of_boxes(seen.boxes[:most], seen.points[:most, 0], seen.points[:most, 1]))
        for seen in detect_faces(images, far=False)
    ]
    owners = np.repeat(np.arange(len(images)), [len(of_one) for of_one in squares])
    if not len(owners):
        return [np.zeros((0, NUM_MESH, 3)) for _ in images]
    landmarks, present = read_squares([images[int(owner)] for owner in owners], np.concatenate(squares))
    return [landmarks[(owners == number) & present] for number in range(len(images))]


def _distinct(squares: FloatArray) -> FloatArray:
    """Squares (N, 4) without those that a later one covers."""
    boxes = np.concatenate([squares[:, :2] - squares[:, 2:3] / 2, squares[:, :2] + squares[:, 2:3] / 2], axis=1)
    kept = [k for k in range(len(boxes)) if not (overlap(boxes[k], boxes[k + 1 :]) > _SAME_SQUARE).any()]
    return squares[kept]


def read_squares(
    images: Sequence[ImageArray], squares: FloatArray, *, refine: bool = True, sharp: bool = False
) -> tuple[FloatArray, BoolArray]:
    """The landmarks of faces whose places are known.

    Args:
        images: N pictures (H, W, 3), of any sizes.
        squares: (N, 4) of ``squares_of_boxes`` or ``squares_of_landmarks``, one in each picture.
        refine: look again at lips and eyes, and at the irises; without, it takes half as long.
        sharp: see ``cut_squares``; without, pictures are interpolated as MediaPipe does it.

    Returns:
        landmarks (N, 478, 3) px of the pictures, or (N, 468, 3) without irises, z being relative depth;
        present (N,) bool, whether there is a face.
    """
    landmarks, presence = read_presence(images, squares, refine=refine, sharp=sharp)
    return landmarks, presence > LEAST_PRESENCE


def read_presence(
    images: Sequence[ImageArray], squares: FloatArray, *, refine: bool = True, sharp: bool = False
) -> tuple[FloatArray, FloatArray]:
    """The same as ``read_squares``, with presence (N,) in [0, 1]: how surely there is a face."""
    side = side_of("face_mesh")
    landmarks, presence = read_meshes(
        len(images), lambda rows: cut_squares(images[rows], squares[rows], side, sharp=sharp), refine=refine
    )
    return _to_images(landmarks, squares, side), presence


def read_squares_and_features(
    images: Sequence[ImageArray], squares: FloatArray, layer: str
) -> tuple[FloatArray, BoolArray, FloatArray]:
    """The same as ``read_squares`` with ``sharp``, and the features (N, F) that a layer of the face mesh makes."""
    side = side_of("face_mesh")
    landmarks, presence, features = read_meshes_and_features(
        len(images), lambda rows: cut_squares(images[rows], squares[rows], side, sharp=True), layer
    )
    return _to_images(landmarks, squares, side), presence > LEAST_PRESENCE, features


def _to_images(landmarks: FloatArray, squares: FloatArray, side: int) -> FloatArray:
    """Landmarks (N, P, 3) px of pictures of ``side`` px that were cut out of squares (N, 4), in px of the images."""
    affine = image_from_square(squares, side)
    landmarks[..., :2] = landmarks[..., :2] @ affine[:, :, :2].swapaxes(1, 2) + affine[:, None, :, 2]
    landmarks[..., 2] *= squares[:, 2:3] / side
    return landmarks


def segment_people(images: Sequence[ImageArray]) -> list[FloatArray]:
    """For each picture (H, W, 3) how surely its pixels belong to a person: (H, W) float32 in [0, 1]."""
    if not len(images):
        return []
    side = side_of("person")
    shrink = np.zeros((len(images), 2, 3))
    for affine, image in zip(shrink, images):
        affine[0, 0], affine[1, 1] = np.array(image.shape[1::-1]) / side
    maps = read_people(len(images), lambda rows: cut_affine(images[rows], shrink[rows], side))
    return [cv2.resize(seen, image.shape[1::-1], interpolation=cv2.INTER_LINEAR) for seen, image in zip(maps, images)]
