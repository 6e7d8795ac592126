"""Landmarks on drawn faces, whose proportions the tracker does not know."""

from __future__ import annotations

import cv2
import numpy as np

from talkinghead.cancellation import checkpoint
from talkinghead.face.landmarks import FACE_OVAL, INNER_LIP_CONTOUR, OUTER_LIP_CONTOUR
from talkinghead.tracking.crops import CROP_REACH, box_of, crop_around, through_affine
from talkinghead.tracking.drawn_mouth import fit_drawn_mouth
from talkinghead.tracking.find import find_faces
from talkinghead.tracking.upright import LYING, roll_of
from talkinghead.types import FloatArray, ImageArray

_STRETCHES = (1.2, 1.4)  # manga faces have flat chins close below the mouth: stretched, they look like a person's
_NOSE_TIP = 1
_LARGEST_CROP = 1280  # px of a picture of a head that was set upright
_MARGIN = 1.15  # how much better another reading must explain the picture to be taken
_OPEN = 0.4  # of the mouth's height: its inside, if it is open


def explanation_of(image: ImageArray, landmarks: FloatArray) -> float:
    """How well the lips account for what is drawn on the lower face: edge strength on the lips over that beside them.

    Args:
        image: (H, W, 3).
        landmarks: (478, 3) px.
    """
    size = float(np.ptp(landmarks[FACE_OVAL, 0]))
    grey = cv2.GaussianBlur(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), (0, 0), max(0.5, size / 150)).astype(np.float32)
    edges = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    face, lips = np.zeros(grey.shape, np.uint8), np.zeros(grey.shape, np.uint8)
    cv2.fillPoly(face, [landmarks[FACE_OVAL, :2].round().astype(np.int32)], 1)
    cv2.fillPoly(lips, [landmarks[OUTER_LIP_CONTOUR, :2].round().astype(np.int32)], 1)
    inset = 2 * int(0.02 * size) + 3
    face = cv2.erode(face, np.ones((inset, inset), np.uint8))
    face[: int(landmarks[_NOSE_TIP, 1] + 0.08 * size)] = 0
    lips = cv2.dilate(lips, np.ones((inset, inset), np.uint8))
    on, beside = edges[lips > 0], edges[(face > 0) & (lips == 0)]
    return float(on.mean() / (beside.mean() + 1.0)) if on.size and beside.size else 0.0


def refit_drawing(image: ImageArray, landmarks: FloatArray) -> FloatArray:
    """Landmarks (478, 3) px of a drawn face, read again on taller copies of it where that explains it better.

    A head that lies is set upright before.
    """
    roll = roll_of(landmarks)
    if abs(roll) < LYING:
        return _refit_upright(image, landmarks)
    box = box_of(landmarks)
    side = int(min(CROP_REACH * max(box[2:] - box[:2]), _LARGEST_CROP))
    crop, image_from_crop = crop_around(image, box, side, turn=roll)
    upright = through_affine(landmarks, cv2.invertAffineTransform(image_from_crop))
    return through_affine(_refit_upright(crop, upright), image_from_crop)


def _refit_upright(image: ImageArray, landmarks: FloatArray) -> FloatArray:
    best, score = landmarks, _MARGIN * explanation_of(image, landmarks)
    centre = landmarks[:, :2].mean(axis=0)
    for stretch in _STRETCHES:
        checkpoint()
        faces = find_faces(cv2.resize(image, None, fx=1.0, fy=stretch), thorough=False)
        for face in faces / (1.0, stretch, 1.0):
            near = np.linalg.norm(face[:, :2].mean(axis=0) - centre) < 0.5 * np.ptp(landmarks[:, 0])
            if near and explanation_of(image, face) > score:
                best, score = face, explanation_of(image, face)
    laid = fit_drawn_mouth(image, best)
    if laid is not None:
        # Networks know shut mouths better than open ones, whose teeth and tongue they take for lips.
        margin = 1.0 if _share_inside(laid) > _OPEN else _MARGIN
        if explanation_of(image, laid) > margin * explanation_of(image, best):
            return laid
    return best


def _share_inside(landmarks: FloatArray) -> float:
    """The height of the mouth's inside, in heights of the lips with it."""
    inner, outer = (float(np.ptp(landmarks[contour, 1])) for contour in (INNER_LIP_CONTOUR, OUTER_LIP_CONTOUR))
    return inner / max(outer, 1e-6)
