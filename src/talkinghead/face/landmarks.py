"""Names and indices of face points: the 478-point mesh and the 68 landmarks of iBUG.

Left and right are those of the picture, not of the person: both numberings run from left to right over a face that
looks at the camera.

Source: the mesh is MediaPipe Face Mesh (Kartynnik et al. 2019, with the irises of Ablavatski et al. 2020); the 68
landmarks are those of Sagonas et al. 2013 (iBUG 300-W).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from talkinghead.types import LEFT_OUTER_EYE_CORNER as LEFT_OUTER_EYE_CORNER
from talkinghead.types import MESH_OF_68 as MESH_OF_68
from talkinghead.types import RIGHT_OUTER_EYE_CORNER as RIGHT_OUTER_EYE_CORNER
from talkinghead.types import FloatArray

JAW = slice(0, 17)
BROWS = slice(17, 27)
NOSE = slice(27, 36)
LEFT_EYE = slice(36, 42)
RIGHT_EYE = slice(42, 48)
OUTER_LIPS = slice(48, 60)
INNER_LIPS = slice(60, 68)
LIPS = slice(48, 68)

# fmt: off
FACE_OVAL = np.array([
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152,
    148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
])
"""(36,) the mesh's outer contour, clockwise in the picture from the top of the forehead."""

INNER_LIP_CONTOUR = np.array([
    78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95,
])
"""(20,) the hole of the mouth, clockwise from the left corner: the first 11 points run along the upper lip."""

OUTER_LIP_CONTOUR = np.array([
    61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146,
])
"""(20,) the outer edge of the lips, clockwise from the left corner."""

LEFT_EYE_CONTOUR = np.array([33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7])
RIGHT_EYE_CONTOUR = np.array([362, 398, 384, 385, 386, 387, 388, 466, 263, 249, 390, 373, 374, 380, 381, 382])
"""(16,) the holes of the eyes, clockwise from the left corner: the first 9 points run along the upper lid."""

LEFT_IRIS = np.array([468, 469, 470, 471, 472])
RIGHT_IRIS = np.array([473, 474, 475, 476, 477])
"""(5,) centre and four points of the rim."""

# Points that speech and blinks barely move: brow bone, temples, nose bridge and root, eye corners, cheek bones.
STABLE = np.array([
    10, 338, 297, 332, 284, 251, 389, 109, 67, 103, 54, 21, 162, 151, 9, 8, 168, 6, 197, 195, 5, 4, 1,
    33, 133, 362, 263, 130, 359, 226, 446, 127, 356, 234, 454, 116, 345, 117, 346, 143, 372, 34, 264, 139, 368,
    122, 351, 196, 419, 3, 248, 193, 417, 245, 465,
])
# fmt: on

FACIAL_PARTS: tuple[tuple[slice, bool], ...] = (
    (slice(0, 17), False),  # jaw
    (slice(17, 22), False),  # left brow
    (slice(22, 27), False),  # right brow
    (slice(27, 36), False),  # nose
    (slice(36, 42), True),  # left eye
    (slice(42, 48), True),  # right eye
    (slice(48, 60), True),  # outer lips
    (slice(60, 68), True),  # inner lips
)
"""The 8 facial parts of Zhou et al. 2020, section 4.1, as (landmarks, closed curve?)."""

_MODEL = Path(__file__).with_name("canonical_face.npz")


@cache
def canonical_face() -> tuple[FloatArray, npt.NDArray[np.int32]]:
    """The mean face in the head frame, and the triangles of the mesh; both read-only.

    Returns:
        shape: (478, 3) float64, mirror-symmetric, outer eye corners 1 apart, origin between them, facing the camera
            (x right, y down, z away from the camera).
        triangles: (852, 3) int32 indices into the first 468 points; eyes and mouth are holes.

    Source: our own mean over the open recordings, made by ``data.canonical``; the triangles come from the edge list
        that MediaPipe publishes.
    """
    with np.load(_MODEL) as file:
        shape, triangles = file["shape"].astype(np.float64), file["triangles"]
    shape.flags.writeable = triangles.flags.writeable = False
    return shape, triangles
