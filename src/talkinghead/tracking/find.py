"""Faces in one picture, large, small, turned or drawn."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from talkinghead.cancellation import checkpoint
from talkinghead.face.pose import fit_pose
from talkinghead.tracking.mesh import detect_faces, read_faces
from talkinghead.types import NUM_MESH, FloatArray, ImageArray

_DETECTION_SIDE = 1280  # px: larger pictures are shrunk for detection; landmarks are read on crops of the original
_MOST_FACES = 8  # that the mesh looks for in a whole picture; the detector finds more
_CROP_SIDE = 384  # px: about what the mesh network sees, twice over
_CROP_REACH = 2.0  # crop side over face size
_SURER = 0.15  # by which it must be surer of the face turned round
_LYING = np.radians(45)  # roll from which the mesh is read again on an upright crop
_SECOND_PASS_ANGLES = (0, -30, 30, -60, 60, 90, -90, 180)  # degrees
_TILINGS = (2, 4)  # parts of the shorter side
_SMALLEST_TILE = 96  # px


def crop_around(
    image: ImageArray, box: FloatArray, side: int = _CROP_SIDE, *, turn: float = 0.0
) -> tuple[ImageArray, FloatArray]:
    """A square picture around a box, and the way back.

    Args:
        image: (H, W, 3).
        box: (4,) left, top, right, bottom in px; may reach over the edge, which is then repeated.
        side: of the result in px.
        turn: of the square, in rad, clockwise in the picture: a head with this roll stands upright in the crop.

    Returns:
        crop (side, side, 3), image_from_crop (2, 3) affine.
    """
    centre = (box[:2] + box[2:]) / 2
    reach = float(max(box[2:] - box[:2])) * _CROP_REACH
    scale = reach / side
    axes = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    image_from_crop = np.column_stack([axes, centre - axes @ (side / 2, side / 2)])
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


def _boxes(image: ImageArray) -> FloatArray:
    """(B, 4) boxes in which faces may be; several of one face."""
    shrink = min(1.0, _DETECTION_SIDE / max(image.shape[:2]))
    small = image if shrink == 1.0 else cv2.resize(image, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    read = [box_of(face) for face in read_faces([small], most=_MOST_FACES)[0]]
    return np.asarray(np.concatenate([np.reshape(read, (-1, 4)), detect_faces([small])[0].boxes]) / shrink)


def _distinct(faces: list[FloatArray]) -> list[FloatArray]:
    kept: list[FloatArray] = []
    for face in faces:
        centre, size = face[:, :2].mean(axis=0), np.ptp(face[:, 0])
        if all(np.linalg.norm(centre - other[:, :2].mean(axis=0)) > 0.5 * size for other in kept):
            kept.append(face)
    return kept


def _find(image: ImageArray, *, only_sure: bool = False) -> list[FloatArray]:
    """Landmarks (478, 3) of each face in a picture; ``only_sure`` leaves out those that the detector does not see."""
    crops = [crop_around(image, box) for box in _boxes(image)]
    read = zip(read_faces([crop for crop, _ in crops]), crops)
    faces = []
    for face in _distinct([through_affine(seen, affine) for found, (_, affine) in read for seen in found]):
        checkpoint()
        upright = _read_upright(image, face)
        if not only_sure or _confirm(image, upright):
            faces.append(upright)
    return _distinct(faces)


def _upright_crop(image: ImageArray, face: FloatArray, turn: float = 0.0) -> tuple[ImageArray, FloatArray]:
    roll = float(fit_pose(face[None])[0][0, 2])
    return crop_around(image, box_of(face), turn=roll + turn)


def _confirm(image: ImageArray, face: FloatArray) -> bool:
    """Whether the detector, too, sees a face of that size at that place."""
    boxes = detect_faces([_upright_crop(image, face)[0]])[0].boxes / _CROP_SIDE
    away = np.abs((boxes[:, :2] + boxes[:, 2:]) / 2 - 0.5).max(axis=1)
    size = (boxes[:, 2] - boxes[:, 0]) * _CROP_REACH
    return bool(((away < 0.15) & (size > 0.7) & (size < 1.4)).any())


def _read_upright(image: ImageArray, face: FloatArray) -> FloatArray:
    """The landmarks (478, 3), read again the right way up where the head lies on its side or stands on its top.

    The mesh is less exact on faces that lie, and takes chin for forehead on many that are upside down; the detector is
    far surer of upright ones.
    """
    as_read, turned = _upright_crop(image, face), _upright_crop(image, face, np.pi)
    sure, sure_turned = (max(seen.scores, default=0.0) for seen in detect_faces([as_read[0], turned[0]]))
    upside_down = sure_turned > sure + _SURER
    if not upside_down and abs(fit_pose(face[None])[0][0, 2]) < _LYING:
        return face
    crop, image_from_crop = turned if upside_down else as_read
    found = read_faces([crop])[0]
    return through_affine(found[0], image_from_crop) if len(found) else face


def _second_looks(image: ImageArray) -> Iterator[list[tuple[ImageArray, FloatArray]]]:
    """Views of a picture, each with image_from_view (2, 3), in groups: turned and padded ones, tiles, smaller tiles."""
    height, width = image.shape[:2]
    side = np.hypot(height, width) * 1.3
    size = int(min(side, 2 * _DETECTION_SIDE))
    for angle in _SECOND_PASS_ANGLES:
        view_from_image = cv2.getRotationMatrix2D((width / 2, height / 2), angle, size / side)
        view_from_image[:, 2] += (size - width) / 2, (size - height) / 2
        view = cv2.warpAffine(image, view_from_image, (size, size), borderMode=cv2.BORDER_REPLICATE)
        yield [(view, cv2.invertAffineTransform(view_from_image))]
    # The detectors see every view at one small size: a face that is lost in the whole shows in a part.
    for parts in _TILINGS:
        size = max(_SMALLEST_TILE, min(height, width) // parts)
        lefts, tops = (range(0, max(1, extent - size // 2), size // 2) for extent in (width, height))
        yield [
            (image[top : top + size, left : left + size], np.array([[1.0, 0.0, left], [0.0, 1.0, top]]))
            for top in tops
            for left in lefts
        ]


def find_faces(image: ImageArray, *, thorough: bool = True) -> FloatArray:
    """Every face in a picture, from the left to the right.

    Args:
        image: (H, W, 3) RGB.
        thorough: look a second time, at turned and padded copies and at parts, where the first look finds none.

    Returns:
        (faces, 478, 3) landmarks in px of the picture.
    """
    faces = _find(image)
    looks = _second_looks(image) if thorough else iter(())
    while not faces and (views := next(looks, None)):
        faces = _distinct(
            [
                through_affine(face, image_from_view)
                for view, image_from_view in views
                for face in _find(view, only_sure=True)
            ]
        )
    if not faces:
        return np.zeros((0, NUM_MESH, 3))
    order = np.argsort([face[:, 0].mean() for face in faces], kind="stable")
    return np.asarray(np.stack(faces)[order])
