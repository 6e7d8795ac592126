"""The rigid pose of a head, and which points of the mesh the 68 landmarks are.

Source: the mesh is MediaPipe Face Mesh (Kartynnik et al. 2019, with the irises of Ablavatski et al. 2020); the 68
landmarks are those of Sagonas et al. 2013 (iBUG 300-W).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from talkinghead.types.arrays import FloatArray, check_array

LEFT_OUTER_EYE_CORNER, RIGHT_OUTER_EYE_CORNER = 36, 45

# fmt: off
MESH_OF_68 = np.array([
    162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389,  # jaw
    71, 63, 105, 66, 107, 336, 296, 334, 293, 301,                                      # brows
    168, 197, 5, 4, 98, 97, 2, 326, 327,                                                # nose
    33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,                          # eyes
    61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181,                                # outer lips
    78, 81, 13, 311, 308, 402, 14, 178,                                                 # inner lips
])
"""(68,) for each iBUG landmark the mesh point that lies on it."""
# fmt: on


def matrix_from_rotation(rotation: FloatArray) -> FloatArray:
    """Rotation matrices (..., 3, 3) for (..., 3) pitch, yaw and roll in radians.

    >>> np.round(matrix_from_rotation(np.array([0.0, 0.0, np.pi / 2])) @ [1, 0, 0], 6)
    array([0., 1., 0.])
    """
    pitch, yaw, roll = np.moveaxis(np.asarray(rotation, dtype=np.float64), -1, 0)
    cp, sp, cy, sy, cr, sr = np.cos(pitch), np.sin(pitch), np.cos(yaw), np.sin(yaw), np.cos(roll), np.sin(roll)
    rows = [
        [cr * cy, cr * sy * sp - sr * cp, cr * sy * cp + sr * sp],
        [sr * cy, sr * sy * sp + cr * cp, sr * sy * cp - cr * sp],
        [-sy, cy * sp, cy * cp],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


@dataclass(frozen=True)
class Pose:
    """Where a head is and how it is turned: ``image = scale * R(rotation) @ head + translation``.

    Attributes:
        rotation: (3,) rad, pitch, yaw, roll.
        translation: (3,) px, the middle between the outer eye corners.
        scale: px per unit of the head frame.
    """

    rotation: FloatArray
    translation: FloatArray
    scale: float

    def __post_init__(self) -> None:
        check_array(self.rotation, (3,), "rotation", "f")
        check_array(self.translation, (3,), "translation", "f")

    def head_from_camera(self, points: FloatArray) -> FloatArray:
        """Points (..., 3) px in the camera frame -> (..., 3) in the head frame."""
        return np.asarray((points - self.translation) @ matrix_from_rotation(self.rotation) / self.scale)

    def camera_from_head(self, points: FloatArray) -> FloatArray:
        """Points (..., 3) in the head frame -> (..., 3) px in the camera frame."""
        return np.asarray(self.scale * (points @ matrix_from_rotation(self.rotation).T) + self.translation)
