"""Which way up a face is: it is read from several sides, and the surest reading holds.

The mesh finds a face in heads that lie or stand on their tops, too, and often takes the chin for the forehead. Four
things tell right readings from wrong ones: how sure the detector is of what the reading says is upright, how sure the
mesh is, how near its landmarks are to a face's shape and bearing, and whether a mouth is seen where they place it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from talkinghead.face.landmarks import canonical_face
from talkinghead.face.pose import fit_pose, fit_similarity
from talkinghead.tracking.crops import CROP_REACH, CROP_SIDE, box_of, crop_around, through_affine
from talkinghead.tracking.mesh import Detections, detect_faces, read_presence
from talkinghead.tracking.regions import squares_of_boxes, squares_of_landmarks
from talkinghead.tracking.visibility import mouth_visibility
from talkinghead.types import FloatArray, ImageArray

LYING = np.radians(45)
"""Roll from which a head no longer stands upright."""

_SKIN = 468
_MESH_REACH = 1.5  # side of the square in which the mesh is read over the size of the face
_OFF_CENTRE, _SIZES = 0.2, (0.5, 1.8)  # where in a crop, and how large, its face may be detected
_UNDETECTED = 0.4  # that counts as the score of a detection that is not there
_LEAST_PRESENCE, _MOST_VISIBLE = 1e-4, 4.0  # beyond, presence, and log odds of a mouth that is seen, say no more
_DETECTION, _PRESENCE, _MISFIT, _PITCH, _VISIBLE, _SHIFT = 9.4, 0.3, -63.0, -9.9, 0.38, -2.2
"""Weights of what is known of a reading in the log odds that it is right: by logistic regression, see
``benchmarks/orientation.py``."""
_SURE = 3.0  # log odds from which on an upright face is not read from other sides
_UPRIGHT = 1.0  # log odds by which a head is likelier to stand upright than not
_SIDES = (0.0, np.pi, np.pi / 2, -np.pi / 2)


class Reading(NamedTuple):
    """A face as it was read.

    Attributes:
        mesh: (478, 3) px.
        odds: log odds that it is read right.
        visible: log odds that its mouth is seen.
    """

    mesh: FloatArray
    odds: float
    visible: float

    @property
    def roll(self) -> float:
        """How far the head is turned in the picture, in rad, clockwise, in [-pi, pi]."""
        return roll_of(self.mesh)


def roll_of(mesh: FloatArray) -> float:
    """The roll of a head by its mesh (478, 3), in rad."""
    return float(fit_pose(mesh[None])[0][0, 2])


def read_upright(image: ImageArray, faces: list[FloatArray]) -> list[Reading]:
    """Faces read the right way up.

    Args:
        image: (H, W, 3).
        faces: each (478, 3) px as it was read first, maybe the wrong way up.

    Returns:
        a reading of each: the first one where it is upright and holds. Where it is not clear which way up a head is, it
        is upright.
    """
    chosen = [
        reading._replace(mesh=face) for (reading,), face in zip(_read_from_sides(image, faces, _SIDES[:1]), faces)
    ]
    doubtful = [k for k, reading in enumerate(chosen) if reading.odds < _SURE or abs(reading.roll) > LYING]
    others = _read_from_sides(image, [faces[k] for k in doubtful], _SIDES, again=True)
    for number, readings in zip(doubtful, others):
        best = max(readings, key=lambda one: one.odds + _UPRIGHT * (abs(one.roll) < LYING))
        # What was read first holds unless the head lies, or was taken for upside down.
        if best is not readings[0] or abs(best.roll) > LYING:
            chosen[number] = best
    return chosen


def _read_from_sides(
    image: ImageArray, faces: list[FloatArray], sides: tuple[float, ...], *, again: bool = False
) -> list[list[Reading]]:
    """For each face its readings in crops in which it stands upright as it was read, and turned from there.

    Args:
        image: (H, W, 3).
        faces: each (478, 3) px.
        sides: rad by which they are turned.
        again: read each once more where it was seen.
    """
    if not faces:
        return []
    crops, ways = zip(*(crop_around(image, box_of(f), turn=roll_of(f) + side) for f in faces for side in sides))
    squares, sure = zip(*(_face_square(seen) for seen in detect_faces(crops, far=False)))
    meshes, presence = read_presence(crops, np.stack(squares))
    if again:
        meshes, presence = read_presence(crops, squares_of_landmarks(meshes))
    visible = mouth_visibility(crops, meshes)
    odds = _odds(np.array(sure), presence, meshes, visible)
    readings = [
        Reading(through_affine(mesh, way), float(odd), float(seen))
        for mesh, way, odd, seen in zip(meshes, ways, odds, visible)
    ]
    return [readings[start : start + len(sides)] for start in range(0, len(readings), len(sides))]


def _face_square(seen: Detections) -> tuple[FloatArray, float]:
    """The square (4,) of the surest detection in the middle of a crop, and its score; else the middle itself."""
    middles, sizes = (seen.boxes[:, :2] + seen.boxes[:, 2:]) / 2, seen.boxes[:, 2] - seen.boxes[:, 0]
    off, size = np.abs(middles / CROP_SIDE - 0.5).max(axis=1), sizes / CROP_SIDE * CROP_REACH
    right = np.flatnonzero((off < _OFF_CENTRE) & (size > _SIZES[0]) & (size < _SIZES[1]))
    if not len(right):
        return np.array([CROP_SIDE / 2, CROP_SIDE / 2, _MESH_REACH * CROP_SIDE / CROP_REACH, 0.0]), _UNDETECTED
    best = right[:1]  # the surest come first
    square = squares_of_boxes(seen.boxes[best], seen.points[best, 0], seen.points[best, 1])[0]
    return square, float(seen.scores[best[0]])


def _odds(sure: FloatArray, presence: FloatArray, meshes: FloatArray, visible: FloatArray) -> FloatArray:
    """(N,) log odds that meshes (N, 478, 3), read in crops, are right."""
    shape, points = canonical_face()[0][:_SKIN], meshes[:, :_SKIN]
    matrix, translation, scale = fit_similarity(shape, points)
    fitted = scale[:, None, None] * (shape @ np.swapaxes(matrix, 1, 2)) + translation[:, None]
    misfit = np.sqrt(np.square(fitted - points)[..., :2].sum(axis=-1).mean(axis=1)) / scale
    pitch = fit_pose(meshes)[0][:, 0]
    share = presence.clip(_LEAST_PRESENCE, 1 - _LEAST_PRESENCE)
    present = np.log(share / (1 - share))
    seen = visible.clip(-_MOST_VISIBLE, _MOST_VISIBLE)
    return np.asarray(
        _DETECTION * sure + _PRESENCE * present + _MISFIT * misfit + _PITCH * pitch + _VISIBLE * seen + _SHIFT
    )
