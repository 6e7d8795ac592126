"""Faces in one picture, large, small, turned or drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import cv2
import numpy as np

from talkinghead.cancellation import checkpoint
from talkinghead.tracking.crops import CROP_REACH, CROP_SIDE, box_of, crop_around, through_affine
from talkinghead.tracking.mesh import detect_faces, read_faces
from talkinghead.tracking.upright import Reading, read_upright
from talkinghead.tracking.visibility import COVERED
from talkinghead.types import NUM_MESH, FloatArray, ImageArray

_DETECTION_SIDE = 1280  # px: larger pictures are shrunk for detection; landmarks are read on crops of the original
_TURNED_SIDE = 640  # px of turned copies, in which faces are only detected
_MOST_FACES = 8  # that the mesh looks for in a whole picture; the detector finds more
_SECOND_PASS_ANGLES = ((0, -30, 30), (-60, 60, 90, -90, 180))  # degrees, in groups
_SURE = 1.0  # log odds from which on a face that was read is one
_TILINGS = (2, 4)  # parts of the shorter side
_SMALLEST_TILE = 96  # px


class _View(NamedTuple):
    """A part of a picture, or a turned copy, and where it lies in it."""

    image: ImageArray
    image_from_view: FloatArray  # (2, 3)


def _boxes(images: Sequence[ImageArray]) -> list[FloatArray]:
    """For each picture (B, 4) boxes in which faces may be; several of one face."""
    shrinks = [min(1.0, _DETECTION_SIDE / max(image.shape[:2])) for image in images]
    small = [
        image if shrink == 1.0 else cv2.resize(image, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
        for image, shrink in zip(images, shrinks)
    ]
    found = zip(read_faces(small, most=_MOST_FACES), detect_faces(small), shrinks)
    return [
        np.asarray(np.concatenate([np.reshape([box_of(face) for face in read], (-1, 4)), seen.boxes]) / shrink)
        for read, seen, shrink in found
    ]


def _distinct(faces: list[FloatArray]) -> list[FloatArray]:
    kept: list[FloatArray] = []
    for face in faces:
        centre, size = face[:, :2].mean(axis=0), np.ptp(face[:, 0])
        if all(np.linalg.norm(centre - other[:, :2].mean(axis=0)) > 0.5 * size for other in kept):
            kept.append(face)
    return kept


def _read_around(image: ImageArray, boxes: Sequence[FloatArray], turns: Sequence[float]) -> list[FloatArray]:
    """Landmarks (478, 3) of each face that the mesh sees around boxes (4,) of a picture, read in turned crops."""
    crops = [crop_around(image, box, turn=turn) for box, turn in zip(boxes, turns)]
    read = zip(read_faces([crop for crop, _ in crops]), crops)
    return _distinct([through_affine(seen, affine) for found, (_, affine) in read for seen in found])


def _find_in_whole(image: ImageArray) -> list[Reading]:
    boxes = list(_boxes([image])[0])
    return _settle(image, _read_around(image, boxes, [0.0] * len(boxes)))


def _find_in_views(image: ImageArray, views: Sequence[_View]) -> list[Reading]:
    """The faces that are detected in views of a picture, and there again once they are read, or surely read right."""
    boxes, turns = [], []
    for view, found in zip(views, _boxes([view.image for view in views])):
        axes = view.image_from_view[:, :2]
        for box in found:
            centre = axes @ ((box[:2] + box[2:]) / 2) + view.image_from_view[:, 2]
            reach = float(max(box[2:] - box[:2])) * np.sqrt(np.linalg.det(axes)) / 2
            boxes.append(np.concatenate([centre - reach, centre + reach]))
            turns.append(float(np.arctan2(axes[1, 0], axes[0, 0])))
    readings = _settle(image, _read_around(image, boxes, turns))
    seen_again = _confirm(image, readings)
    return [
        reading
        for reading, seen in zip(readings, seen_again)
        if seen or (reading.odds > _SURE and reading.visible > COVERED)
    ]


def _settle(image: ImageArray, faces: list[FloatArray]) -> list[Reading]:
    """Faces read the right way up, each once."""
    checkpoint()
    readings = read_upright(image, faces)
    kept = _distinct([reading.mesh for reading in readings])
    return [reading for reading in readings if any(reading.mesh is mesh for mesh in kept)]


def _confirm(image: ImageArray, readings: Sequence[Reading]) -> list[bool]:
    """Whether the detector of small faces, too, sees a face of that size at each place."""
    crops = [crop_around(image, box_of(reading.mesh), turn=reading.roll)[0] for reading in readings]
    sure = []
    for seen in detect_faces(crops):
        boxes = seen.boxes / CROP_SIDE
        away = np.abs((boxes[:, :2] + boxes[:, 2:]) / 2 - 0.5).max(axis=1)
        size = (boxes[:, 2] - boxes[:, 0]) * CROP_REACH
        sure.append(bool(((away < 0.15) & (size > 0.7) & (size < 1.4)).any()))
    return sure


def _second_looks(image: ImageArray) -> Iterator[list[_View]]:
    """Views of a picture in groups: turned and padded ones, tiles, smaller tiles."""
    height, width = image.shape[:2]
    side = np.hypot(height, width) * 1.3
    size = int(min(side, _TURNED_SIDE))
    for angles in _SECOND_PASS_ANGLES:
        views = []
        for angle in angles:
            view_from_image = cv2.getRotationMatrix2D((width / 2, height / 2), angle, size / side)
            view_from_image[:, 2] += (size - width) / 2, (size - height) / 2
            view = cv2.warpAffine(image, view_from_image, (size, size), borderMode=cv2.BORDER_REPLICATE)
            views.append(_View(view, cv2.invertAffineTransform(view_from_image)))
        yield views
    # The detectors see every view at one small size: a face that is lost in the whole shows in a part.
    for parts in _TILINGS:
        size = max(_SMALLEST_TILE, min(height, width) // parts)
        lefts, tops = (range(0, max(1, extent - size // 2), size // 2) for extent in (width, height))
        yield [
            _View(image[top : top + size, left : left + size], np.array([[1.0, 0.0, left], [0.0, 1.0, top]]))
            for top in tops
            for left in lefts
        ]


def find_readings(image: ImageArray, *, thorough: bool = True) -> list[Reading]:
    """Every face in a picture, from the left to the right, and how surely each is read right.

    Args:
        image: (H, W, 3) RGB.
        thorough: look a second time, at turned and padded copies and at parts, where the first look finds none.
    """
    readings = _find_in_whole(image)
    looks = _second_looks(image) if thorough else iter(())
    while not readings and (views := next(looks, None)):
        readings = _find_in_views(image, views)
    return sorted(readings, key=lambda reading: float(reading.mesh[:, 0].mean()))


def find_faces(image: ImageArray, *, thorough: bool = True) -> FloatArray:
    """Every face in a picture, from the left to the right.

    Args:
        image: (H, W, 3) RGB.
        thorough: as for ``find_readings``.

    Returns:
        (faces, 478, 3) landmarks in px of the picture.
    """
    readings = find_readings(image, thorough=thorough)
    return np.stack([reading.mesh for reading in readings]) if readings else np.zeros((0, NUM_MESH, 3))
