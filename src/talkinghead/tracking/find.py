"""Faces in one picture, large, small, turned or drawn."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import cv2
import numpy as np

from talkinghead.tracking.mesh import FaceDetector, FaceMesh
from talkinghead.types import NUM_MESH, FloatArray, ImageArray

_DETECTION_SIDE = 1280  # px: larger pictures are shrunk for detection; landmarks are read on crops of the original
_CROP_SIDE = 384  # px: about what the mesh network sees, twice over
_CROP_REACH = 2.0  # crop side over face size
_SECOND_PASS_ANGLES = (0, -30, 30, -60, 60, 90, -90, 180)  # degrees


@lru_cache(maxsize=4)
def _static_mesh(max_faces: int, confidence: float) -> FaceMesh:
    return FaceMesh(max_faces=max_faces, confidence=confidence)


@lru_cache(maxsize=1)
def _detector(confidence: float) -> FaceDetector:
    return FaceDetector(confidence=confidence)


def crop_around(image: ImageArray, box: FloatArray, side: int = _CROP_SIDE) -> tuple[ImageArray, FloatArray]:
    """A square picture around a box, and the way back.

    Args:
        image: (H, W, 3).
        box: (4,) left, top, right, bottom in px; may reach over the edge, which is then repeated.
        side: of the result in px.

    Returns:
        crop (side, side, 3), image_from_crop (2, 3) affine.
    """
    centre = (box[:2] + box[2:]) / 2
    reach = float(max(box[2:] - box[:2])) * _CROP_REACH
    scale = reach / side
    image_from_crop = np.array([[scale, 0, centre[0] - reach / 2], [0, scale, centre[1] - reach / 2]])
    flags = cv2.WARP_INVERSE_MAP | (cv2.INTER_AREA if scale > 1 else cv2.INTER_CUBIC)
    crop = cv2.warpAffine(image, image_from_crop, (side, side), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return crop, image_from_crop


def through_affine(points: FloatArray, affine: FloatArray) -> FloatArray:
    """Points (..., 3) px under an affine map (2, 3) of the picture; depth takes its scale."""
    flat = points[..., :2] @ affine[:, :2].T + affine[:, 2]
    depth = points[..., 2:] * np.sqrt(abs(np.linalg.det(affine[:, :2])))
    return np.concatenate([flat, depth], axis=-1)


def box_of(landmarks: FloatArray) -> FloatArray:
    """(4,) left, top, right, bottom px of landmarks (478, 3)."""
    return np.concatenate([landmarks[:, :2].min(axis=0), landmarks[:, :2].max(axis=0)])


def _boxes(image: ImageArray, confidence: float) -> Iterator[FloatArray]:
    shrink = min(1.0, _DETECTION_SIDE / max(image.shape[:2]))
    small = image if shrink == 1.0 else cv2.resize(image, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    for face in _static_mesh(8, confidence)(small):
        yield box_of(face) / shrink
    for box in _detector(confidence)(small):
        yield box / shrink


def _distinct(faces: list[FloatArray]) -> list[FloatArray]:
    kept: list[FloatArray] = []
    for face in faces:
        centre, size = face[:, :2].mean(axis=0), np.ptp(face[:, 0])
        if all(np.linalg.norm(centre - other[:, :2].mean(axis=0)) > 0.5 * size for other in kept):
            kept.append(face)
    return kept


def _find(image: ImageArray, confidence: float) -> list[FloatArray]:
    faces = []
    for box in _boxes(image, confidence):
        crop, image_from_crop = crop_around(image, box)
        for face in _static_mesh(1, confidence)(crop):
            faces.append(through_affine(face, image_from_crop))
    return _distinct(faces)


def _copies(image: ImageArray) -> Iterator[tuple[ImageArray, FloatArray]]:
    """Padded, turned and scaled copies of a picture, each with image_from_copy (2, 3)."""
    height, width = image.shape[:2]
    side = int(np.hypot(height, width) * 1.3)
    for zoom in (1.0, 2.0):
        size = min(int(side * zoom), 2 * _DETECTION_SIDE)
        for angle in _SECOND_PASS_ANGLES:
            copy_from_image = cv2.getRotationMatrix2D((width / 2, height / 2), angle, size / side)
            copy_from_image[:, 2] += (size - width) / 2, (size - height) / 2
            copy = cv2.warpAffine(
                image, copy_from_image, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
            )
            yield copy, cv2.invertAffineTransform(copy_from_image)


def find_faces(image: ImageArray, *, thorough: bool = True) -> FloatArray:
    """Every face in a picture, from the left to the right.

    Args:
        image: (H, W, 3) RGB.
        thorough: look a second time at padded, turned and scaled copies where the first look finds none.

    Returns:
        (faces, 478, 3) landmarks in px of the picture.
    """
    faces = _find(image, 0.5)
    if not faces and thorough:
        for copy, image_from_copy in _copies(image):
            faces = [through_affine(face, image_from_copy) for face in _find(copy, 0.3)]
            if faces:
                break
    if not faces:
        return np.zeros((0, NUM_MESH, 3))
    order = np.argsort([face[:, 0].mean() for face in faces], kind="stable")
    return np.asarray(np.stack(faces)[order])
