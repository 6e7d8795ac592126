"""The face model of ``face/face_model.npz``, made from ICT-FaceKit and adapted to our tracker.

``python -m talkinghead.data.face_model FOLDER OUT.npz [STORE]`` makes it again. FOLDER holds ICT-FaceKit's arrays and
lies in the folder of the shared recordings; STORE keeps what the tracker saw in them.

Source: ICT-FaceKit (Li et al. 2020, MIT licence). Our mesh is brought onto theirs by a thin-plate spline through the 68
landmarks (Bookstein 1989); the nearest points of their skin then tell how ours moves.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from scipy.interpolate import RBFInterpolator

from talkinghead.data.corpus import Corpus
from talkinghead.data.face_learning import by_speaker, learn_face_model
from talkinghead.data.nearest import distances_along, nearest_on_triangles
from talkinghead.data.recording import MAIN_SPEAKER, Recording
from talkinghead.data.tracks import read_takes
from talkinghead.face.expressions import EXPRESSION_NAMES
from talkinghead.face.gaze import LOOKS
from talkinghead.face.landmarks import (
    INNER_LIP_CONTOUR,
    LEFT_IRIS,
    MESH_OF_68,
    RIGHT_IRIS,
    canonical_face,
)
from talkinghead.face.model import IRIS_DEPTH, FaceModel
from talkinghead.face.pose import fit_similarity
from talkinghead.store import Store
from talkinghead.types import BoolArray, FloatArray, IndexArray

NUM_IDENTITIES = 60
_MAIN_CLIPS = 24  # of the one speaker of whom there are hundreds
_FILE = "ict_facekit_float16.npz"
_AXES = np.diag([1.0, -1.0, -1.0])  # ICT has y up and z out of the face
_SKIN = slice(0, 9409)
_UPPER_TEETH, _LOWER_TEETH = slice(17039, 19247), slice(19247, 21451)
_EYEBALLS = slice(21451, 24591)
_ALIGNED = np.r_[17:36, 36, 45]  # landmarks of brows, nose and outer eye corners
_LIP_REACH = 0.3  # eye distances from the mouth within which upper and lower lip are told apart
_EYE_REACH = 0.05  # of its strongest displacement by a blink: from there on a point belongs to the eye's region
# Outer faces of the teeth, in the head frame of the mean face: gum line and biting edge at the front, and the arch.
_UPPER_HEIGHTS, _LOWER_HEIGHTS = (0.70, 0.74, 0.78, 0.84), (0.90, 0.87, 0.84, 0.77)
_ARCH_ANGLES = np.radians(np.linspace(-80, 80, 25))
_ARCH_SIZE = (0.40, 0.55)  # eye distances to the sides and to the front of its middle, outside all teeth
_ARCH_MIDDLE = 0.25  # z
# fmt: off
_ICT_OF_68 = np.array([
    1225, 1888, 1052, 367, 1719, 1722, 2199, 1447, 966, 3661, 4390, 3927, 3924, 2608, 3272, 4088, 3443, 268, 493, 1914,
    2044, 1401, 3615, 4240, 4114, 2734, 2509, 978, 4527, 4942, 4857, 1140, 2075, 1147, 4269, 3360, 1507, 1542, 1537,
    1528, 1518, 1511, 3742, 3751, 3756, 3721, 3725, 3732, 5708, 5695, 2081, 0, 4275, 6200, 6213, 6346, 6461, 5518, 5957,
    5841, 5702, 5711, 5533, 6216, 6207, 6470, 5517, 5966,
])
"""(68,) ICT's vertices on the iBUG landmarks."""
# fmt: on


@dataclass(frozen=True)
class IctFace:
    """ICT-FaceKit in the head frame.

    Attributes:
        vertices: (26719, 3) the generic neutral face.
        triangles: (F, 3).
        identities: (100, 26719, 3) float16 in its own axes; ``turn`` brings displacements into the head frame.
        expressions: its expressions by name, likewise.
        turn: (3, 3) for row vectors.
    """

    vertices: FloatArray
    triangles: IndexArray
    identities: FloatArray
    expressions: dict[str, FloatArray]
    turn: FloatArray

    def expression(self, name: str) -> FloatArray:
        """(26719, 3) displacement by ARKit's expression in the head frame; halves of split expressions are joined."""
        own = name if name in self.expressions else name.replace("Left", "_L").replace("Right", "_R")
        parts = [own] if own in self.expressions else [f"{name}_L", f"{name}_R"]
        return np.asarray(sum(self.expressions[part].astype(np.float64) for part in parts) @ self.turn)


def read_ict(folder: Path) -> IctFace:
    """ICT-FaceKit from its arrays, brought onto the mean face by brows, nose and outer eye corners."""
    with np.load(folder / _FILE) as file:
        neutral, faces = file["neutral"].astype(np.float64) @ _AXES, file["faces"]
        identities, expressions = file["identities"], file["expressions"]
        names = [str(name) for name in file["expression_names"]]
    shape, _ = canonical_face()
    matrix, translation, scale = fit_similarity(neutral[_ICT_OF_68[_ALIGNED]], shape[MESH_OF_68[_ALIGNED]][None])
    turn = scale[0] * matrix[0].T
    quads = faces[faces[:, 3] >= 0]
    triangles = np.concatenate([faces[:, :3], quads[:, [0, 2, 3]]])
    by_name = dict(zip(names, expressions))
    return IctFace(neutral @ turn + translation[0], triangles, identities, by_name, _AXES @ turn)


@dataclass(frozen=True)
class Readings:
    """Where points of ours lie on ICT's surface: ``corners`` (P, 3) and barycentric ``weights`` (P, 3)."""

    corners: IndexArray
    weights: FloatArray

    def __call__(self, values: FloatArray) -> FloatArray:
        """(P, 3) what values (26719, 3) are there."""
        return np.asarray((values[self.corners] * self.weights[..., None]).sum(axis=1))


def skin_readings(ict: IctFace) -> Readings:
    """Where the 468 points of our skin lie on theirs.

    Upper and lower lip touch in a neutral face, where the nearest point may be on the other lip: around the mouth each
    point is looked for on its own lip only. What belongs to which lip is told by the way along the skin.
    """
    shape, triangles = canonical_face()
    points = RBFInterpolator(shape[MESH_OF_68], ict.vertices[_ICT_OF_68], kernel="thin_plate_spline")(shape[:468])
    skin = ict.triangles[(ict.triangles < _SKIN.stop).all(axis=1)]
    upper, near = _upper_lip_side(shape[:468], triangles, INNER_LIP_CONTOUR[1:10], INNER_LIP_CONTOUR[11:])
    their_upper, _ = _upper_lip_side(ict.vertices, skin, _ICT_OF_68[[61, 62, 63]], _ICT_OF_68[[65, 66, 67]])
    corners, weights = np.empty((468, 3), np.intp), np.empty((468, 3))
    for rows, side in (
        (near & upper, skin[their_upper[skin].any(axis=1)]),
        (near & ~upper, skin[~their_upper[skin].all(axis=1)]),
        (~near, skin),
    ):
        corners[rows], weights[rows] = nearest_on_triangles(points[rows], ict.vertices, side)
    return Readings(corners, weights)


def _upper_lip_side(
    vertices: FloatArray, triangles: IndexArray, upper: IndexArray, lower: IndexArray
) -> tuple[BoolArray, BoolArray]:
    """For each vertex whether it is nearer to the upper lip along the skin, and whether it is near to the mouth."""
    to_upper, to_lower = (distances_along(vertices, triangles, lip) for lip in (upper, lower))
    return to_upper < to_lower, np.minimum(to_upper, to_lower) < _LIP_REACH


def teeth_readings(ict: IctFace) -> tuple[Readings, IndexArray, int]:
    """Where a regular grid on the outer faces of the teeth lies on theirs, its triangles, and its points per jaw."""
    corners, weights, triangles = [], [], []
    across, (width, depth) = len(_ARCH_ANGLES), _ARCH_SIZE
    for jaw, (part, heights) in enumerate(((_UPPER_TEETH, _UPPER_HEIGHTS), (_LOWER_TEETH, _LOWER_HEIGHTS))):
        own = ict.triangles[((ict.triangles >= part.start) & (ict.triangles < part.stop)).all(axis=1)]
        height, angle = np.meshgrid(heights, _ARCH_ANGLES, indexing="ij")
        arch = np.stack([width * np.sin(angle), height, _ARCH_MIDDLE - depth * np.cos(angle)], axis=-1)
        found = nearest_on_triangles(arch.reshape(-1, 3), ict.vertices, own)
        corners.append(found[0])
        weights.append(found[1])
        first = jaw * len(heights) * across + np.arange(len(heights) * across).reshape(len(heights), across)
        a, b, c, d = first[:-1, :-1], first[:-1, 1:], first[1:, :-1], first[1:, 1:]
        triangles += [np.stack(cell, axis=-1).reshape(-1, 3) for cell in ((a, b, c), (b, d, c))]
    grid = np.concatenate(triangles).astype(np.int32)
    return Readings(np.concatenate(corners), np.concatenate(weights)), grid, len(_UPPER_HEIGHTS) * across


def make_face_model(ict: IctFace) -> FaceModel:
    """ICT-FaceKit on the points of our mesh."""
    shape, triangles = canonical_face()
    skin = skin_readings(ict)
    teeth, teeth_triangles, num_upper = teeth_readings(ict)
    eyes = [_eyeball(ict, side) for side in (-1, 1)]
    modes = [mode.astype(np.float64) @ ict.turn for mode in ict.identities[:NUM_IDENTITIES]]
    by_expression = [ict.expression(name) for name in EXPRESSION_NAMES]

    def with_irises(values: FloatArray) -> FloatArray:
        irises = [np.repeat(values[eye].mean(axis=0)[None], 5, axis=0) for eye in eyes]
        return np.concatenate([skin(values), *irises])

    mean = np.concatenate([skin(ict.vertices), shape[468:]])
    expressions = np.stack([np.concatenate([skin(values), np.zeros((10, 3))]) for values in by_expression])
    for side, iris in enumerate((LEFT_IRIS, RIGHT_IRIS)):
        expressions[:, iris] = _iris_turns()[:, None, side]
    return FaceModel(
        mean=mean,
        identities=np.stack([with_irises(values) for values in modes]),
        expressions=expressions,
        triangles=triangles.astype(np.int16),
        eye_regions=_eye_regions(expressions),
        eyeballs=np.stack([mean[iris[0]] + (0, 0, IRIS_DEPTH) for iris in (LEFT_IRIS, RIGHT_IRIS)]),
        teeth=teeth(ict.vertices),
        teeth_identities=np.stack([teeth(values) for values in modes]),
        teeth_expressions=np.stack([teeth(values) for values in by_expression]),
        teeth_triangles=teeth_triangles.astype(np.int16),
        num_upper_teeth=num_upper,
    )


def _eye_regions(expressions: FloatArray) -> BoolArray:
    """(2, 478) the points that a blink moves, of the left and of the right eye, with their irises."""
    blink = [expressions[EXPRESSION_NAMES.index(name)] for name in ("eyeBlinkRight", "eyeBlinkLeft")]
    strength = np.stack([np.linalg.norm(move, axis=-1) for move in blink])
    regions = strength > _EYE_REACH * strength.max(axis=1, keepdims=True)
    regions[0, LEFT_IRIS] = regions[1, RIGHT_IRIS] = True
    return np.asarray(regions)


def _eyeball(ict: IctFace, side: int) -> IndexArray:
    """Vertices of the eyeball on the left (-1) or on the right (1) of the picture."""
    own = np.arange(_EYEBALLS.start, _EYEBALLS.stop)
    return np.asarray(own[np.sign(ict.vertices[own, 0]) == side])


def _iris_turns() -> FloatArray:
    """(51, 2, 3) displacement of the irises, left and right, by each expression: ICT's own leave the eyeballs alone."""
    turns = np.zeros((len(EXPRESSION_NAMES), 2, 3))
    for names, (yaw, pitch) in LOOKS.items():
        for name in names:
            side = int(name.endswith("Left"))
            turns[EXPRESSION_NAMES.index(name), side, :2] = IRIS_DEPTH * -np.sin(yaw), IRIS_DEPTH * np.sin(pitch)
    return turns


def save_face_model(model: FaceModel, out: Path) -> None:
    """Write a model: displacements in half precision, shapes in single."""
    kept = {field.name: np.asarray(getattr(model, field.name)) for field in fields(model)}
    for name, array in kept.items():
        if array.dtype == np.float64:
            kept[name] = array.astype(np.float16 if name.endswith(("identities", "expressions")) else np.float32)
    kept["expression_names"] = np.array(EXPRESSION_NAMES)
    np.savez_compressed(out, **kept)  # type: ignore[arg-type,unused-ignore]


def main(folder: Path, out: Path, store: Path | None = None) -> None:
    """Make the model and write it.

    Args:
        folder: with ICT-FaceKit's arrays; of the recordings beside it, the open ones of the split "train" are learned
            from.
        out: the file to write.
        store: keeps what the tracker saw; None: nothing is kept.
    """
    takes = read_takes(open_recordings(folder.parent), Store(store))
    save_face_model(learn_face_model(make_face_model(read_ict(folder)), by_speaker(takes)), out)


def open_recordings(corpus: Path) -> tuple[Recording, ...]:
    """What is learned from: the open recordings of "train", and of the main speaker's the first few."""
    table = Corpus.open(corpus).recordings("train")
    main_speaker = [recording for recording in table if recording.speaker == MAIN_SPEAKER][:_MAIN_CLIPS]
    return (*main_speaker, *(recording for recording in table if recording.speaker != MAIN_SPEAKER))


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:]))
