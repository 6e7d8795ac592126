"""The face model: a mean shape, modes of identity and 51 expressions on the 478 points of the mesh.

Source: ICT-FaceKit (Li et al. 2020, "Learning formation of physically-based face attributes"; MIT licence, see NOTICE),
brought onto our mesh by ``data.face_model``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from talkinghead.face.expressions import EXPRESSION_NAMES
from talkinghead.types import MESH_OF_68, BoolArray, FloatArray, IndexArray

IRIS_DEPTH = 0.115
"""Distance of an iris from its eye's centre of rotation: 10 mm in a face with 88 mm between the outer eye corners."""

_MODEL = Path(__file__).with_name("face_model.npz")


@dataclass(frozen=True)
class FaceModel:
    """A face as ``mean + identity @ identities + expression @ expressions``, in the head frame.

    The unit is the distance of the mean face's outer eye corners, whose middle is the origin; x is to the right in the
    picture, y down, z away from the camera. Expression weights are those of ``face.expressions``: 0 is a neutral face
    with its lips closed, 1 the whole expression. Identity weights are in standard deviations.

    Attributes:
        mean: (478, 3) the mean neutral face.
        identities: (K, 478, 3) displacement by one standard deviation of each mode.
        expressions: (51, 478, 3) displacement by each expression at weight 1.
        triangles: (F, 3) of the skin, indices into the first 468 points.
        eye_regions: (2, 478) the points around the eye on the left and on the right of the picture, with its iris.
        eyeballs: (2, 3) centres of the eyeballs, left and right in the picture.
        teeth: (M, 3) outer faces of the teeth, the first ``num_upper_teeth`` points in the upper jaw.
        teeth_identities: (K, M, 3).
        teeth_expressions: (51, M, 3): the lower teeth follow the jaw.
        teeth_triangles: (G, 3) indices into the teeth.
        num_upper_teeth: how many of the points belong to the upper jaw.
    """

    mean: FloatArray
    identities: FloatArray
    expressions: FloatArray
    triangles: IndexArray
    eye_regions: BoolArray
    eyeballs: FloatArray
    teeth: FloatArray
    teeth_identities: FloatArray
    teeth_expressions: FloatArray
    teeth_triangles: IndexArray
    num_upper_teeth: int

    @property
    def num_identities(self) -> int:
        """How many modes of identity there are."""
        return len(self.identities)

    def neutral(self, identity: FloatArray) -> FloatArray:
        """(..., 478, 3) the neutral face of identity weights (..., K); fewer weights than modes stand for the first."""
        return self.mean + np.tensordot(identity, self.identities[: identity.shape[-1]], axes=1)

    def mesh(self, identity: FloatArray, expression: FloatArray) -> FloatArray:
        """(..., 478, 3) faces in the head frame.

        Args:
            identity: (K,) weights, one person for all rows.
            expression: (..., 51) weights.
        """
        return self.neutral(identity) + np.tensordot(expression, self.expressions, axes=1)

    def teeth_mesh(self, identity: FloatArray, expression: FloatArray) -> FloatArray:
        """(..., M, 3) the teeth behind the lips of the faces that ``mesh`` gives for the same weights."""
        own = self.teeth + np.tensordot(identity, self.teeth_identities[: identity.shape[-1]], axes=1)
        return np.asarray(own + np.tensordot(expression, self.teeth_expressions, axes=1))

    def landmark_expressions(self) -> FloatArray:
        """(51, 68, 3) displacement of the 68 landmarks by each expression at weight 1."""
        return np.asarray(self.expressions[:, MESH_OF_68])


@lru_cache(maxsize=1)
def load_face_model() -> FaceModel:
    """The face model that ships, read once.

    Its arrays are float64 and must not be written to: all callers share them.
    """
    with np.load(_MODEL) as file:
        names = [str(name) for name in file["expression_names"]]
        if names != list(EXPRESSION_NAMES):
            raise ValueError(f"{_MODEL} holds other expressions than face.expressions: make it again.")
        fields = {name: _as_read_only(file[name]) for name in file.files if name != "expression_names"}
    return FaceModel(**{**fields, "num_upper_teeth": int(fields["num_upper_teeth"])})


def _as_read_only(array: Any) -> Any:
    wide = array.astype(np.float64) if array.dtype.kind == "f" else array
    wide.setflags(write=False)
    return wide
