"""What recordings teach a face model: how our tracker sees faces, which no scan of a face can tell.

From open recordings alone: the mean face, a few modes of identity beside those that are there, and small changes of the
expressions, so that their weights explain how landmarks move. Each expression keeps its size.

Source: the expressions as in example-based facial rigging (Li, Weise and Pauly 2010): weights and shapes in turn, the
    shapes held near those that are there. We learn one set from many people instead of one person's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from talkinghead.data.canonical import mirror_pairs
from talkinghead.data.tracks import Take
from talkinghead.face.deform import mesh_from_landmarks
from talkinghead.face.expressions import EXPRESSION_NAMES
from talkinghead.face.fitting import FaceFitter
from talkinghead.face.landmark_fit import SKIN_EXPRESSIONS, LandmarkFitter
from talkinghead.face.landmarks import (
    INNER_LIP_CONTOUR,
    LEFT_EYE,
    LEFT_EYE_CONTOUR,
    LEFT_IRIS,
    MESH_OF_68,
    RIGHT_EYE,
    RIGHT_EYE_CONTOUR,
    RIGHT_IRIS,
    canonical_face,
)
from talkinghead.face.model import FaceModel
from talkinghead.face.pose import head_landmarks, head_mesh
from talkinghead.face.rest import closed_mouth
from talkinghead.tracking.portrait import best_frame
from talkinghead.types import FloatArray, IndexArray

NUM_LEARNED = 12
_SKIN = 468
_MOST_ROWS = 600  # of one speaker for the expressions ...
_MOST_MESHES = 150  # ... and for the mean face
_EXPRESSION_ROUNDS, _MEAN_ROUNDS = 15, 4
_RESTING = 0.25  # share of the rows, those with the most closed lips, in which a face rests
_NEARNESS = 1e-3  # what a changed expression costs: times the squared change, beside squares of weights times distances
_EYES = np.r_[LEFT_EYE, RIGHT_EYE]
_UPPER_LIP, _LOWER_LIP = INNER_LIP_CONTOUR[3:8], INNER_LIP_CONTOUR[17:12:-1]
_CORNERS = np.array([33, 263])

Speakers = Mapping[str, list[Take]]


def by_speaker(takes: Iterable[Take]) -> dict[str, list[Take]]:
    """Takes by who speaks."""
    speakers: dict[str, list[Take]] = {}
    for take in takes:
        speakers.setdefault(take.recording.speaker, []).append(take)
    return speakers


def learn_face_model(model: FaceModel, speakers: Speakers) -> FaceModel:
    """The model as recordings have it: its expressions, its mean, and ``NUM_LEARNED`` modes of identity more."""
    model = replace(model, expressions=learn_expressions(model.expressions, speakers))
    meshes = {name: _spread(_meshes(takes), _MOST_MESHES) for name, takes in speakers.items()}
    for _ in range(_MEAN_ROUNDS):
        left, resting = fit_speakers(model, meshes)
        change = left.mean(axis=0) + np.tensordot(resting.mean(axis=0), model.expressions[:, :_SKIN], axes=1)
        model = _move_mean(model, _symmetric(change))
    return _with_modes(model, fit_speakers(model, meshes)[0])


def learn_expressions(expressions: FloatArray, speakers: Speakers) -> FloatArray:
    """(51, 478, 3) the expressions, a little changed, so that their weights explain how landmarks move.

    What is learned at the landmarks spreads over the skin as in ``mesh_from_landmarks``. Eyelids stay as they are, and
    left and right stay mirror images.
    """
    rows = np.concatenate([_spread(_motions(takes), _MOST_ROWS) for takes in speakers.values()])
    basis = start = _mirrored_alike(expressions[:, MESH_OF_68])
    for _ in range(_EXPRESSION_ROUNDS):
        weights = LandmarkFitter.of_moves(basis).solve_skin(rows)
        solved = basis[SKIN_EXPRESSIONS].reshape(len(SKIN_EXPRESSIONS), -1)
        held = start[SKIN_EXPRESSIONS].reshape(solved.shape)
        squares = weights.T @ weights / len(rows) + _NEARNESS * np.eye(len(solved))
        learned = np.linalg.solve(squares, weights.T @ rows.reshape(len(rows), -1) / len(rows) + _NEARNESS * held)
        basis = start.copy()
        basis[SKIN_EXPRESSIONS] = learned.reshape(-1, 68, 3)
        basis = _kept_size(_mirrored_alike(basis), start)
        basis[:, _EYES] = start[:, _EYES]
    change = basis - expressions[:, MESH_OF_68]
    change[:, _EYES] = 0.0
    return np.asarray(expressions + np.einsum("nl,eld->end", mesh_from_landmarks(), change))


def _kept_size(basis: FloatArray, start: FloatArray) -> FloatArray:
    """Each expression scaled so that its component along its initial shape is as large as it was initially."""
    kept, have = (start * start).sum(axis=(1, 2)), (basis * start).sum(axis=(1, 2))
    return np.asarray(basis * np.where(have > 0.1 * kept, kept / np.maximum(have, 1e-12), 1.0)[:, None, None])


def _mirrored_alike(basis: FloatArray) -> FloatArray:
    """(51, 68, 3) the mean of each expression and the mirror image of its partner on the other side."""
    shape, _ = canonical_face()
    place = {int(point): row for row, point in enumerate(MESH_OF_68)}
    partners = [place[int(point)] for point in mirror_pairs(shape)[MESH_OF_68]]
    swapped = [name.replace("Left", "#").replace("Right", "Left").replace("#", "Right") for name in EXPRESSION_NAMES]
    others = [EXPRESSION_NAMES.index(name) for name in swapped]
    return np.asarray((basis + (basis * (-1, 1, 1))[others][:, partners]) / 2)


def fit_speakers(model: FaceModel, meshes: Mapping[str, FloatArray]) -> tuple[FloatArray, FloatArray]:
    """What the model makes of each speaker's meshes.

    Args:
        model: the face model.
        meshes: (T, 468, 3) by speaker.

    Returns:
        left (S, 468, 3), the mean of what identity and expressions do not explain, and resting (S, 51), the median
        weights while the lips are closed and the eyes open: a mean face that rests as people do needs none.
    """
    fitter, left, resting = FaceFitter(model), [], []
    for rows in meshes.values():
        looks = np.zeros((len(rows), len(EXPRESSION_NAMES)))
        identity = fitter.fit_identity(rows, looks)
        expression = fitter.fit_expressions(rows, identity, looks)
        faces = fitter.faces(identity, expression)
        left.append((fitter.align(rows, faces) - faces).mean(axis=0))
        lips = (rows[:, _LOWER_LIP, 1] - rows[:, _UPPER_LIP, 1]).mean(axis=1)
        at_rest = lips <= np.percentile(lips, 100 * _RESTING)
        resting.append(np.median(expression[at_rest], axis=0))
    return np.stack(left), np.stack(resting)


def _move_mean(model: FaceModel, change: FloatArray) -> FaceModel:
    """The model with another mean face, in the head frame; irises and teeth keep their place behind lids and lips."""
    mean = model.mean.copy()
    mean[:_SKIN] += change
    middle, width = mean[_CORNERS].mean(axis=0), np.linalg.norm(np.diff(mean[_CORNERS], axis=0))
    mean = (mean - middle) / width
    eyeballs = model.eyeballs.copy()
    shape, _ = canonical_face()
    for side, (eye, iris) in enumerate(((LEFT_EYE_CONTOUR, LEFT_IRIS), (RIGHT_EYE_CONTOUR, RIGHT_IRIS))):
        corners = eye[[0, 8]]
        mean[iris] = shape[iris] + mean[corners].mean(axis=0) - shape[corners].mean(axis=0)
        eyeballs[side] += mean[iris[0]] - model.mean[iris[0]]
    seam = (mean - model.mean)[INNER_LIP_CONTOUR].mean(axis=0)
    return replace(model, mean=mean, eyeballs=eyeballs, teeth=model.teeth + seam)


def _with_modes(model: FaceModel, left: FloatArray) -> FaceModel:
    """The model with the main directions of what is left of faces and their mirror images, orthogonal to its own."""
    own, _ = np.linalg.qr(model.identities[:, :_SKIN].reshape(model.num_identities, -1).T)
    both = np.concatenate([left, _mirrored(left)]).reshape(2 * len(left), -1)
    both -= (both @ own) @ own.T
    _, sizes, directions = np.linalg.svd(both, full_matrices=False)
    modes = (sizes[:, None] * directions / np.sqrt(len(both)))[:NUM_LEARNED].reshape(-1, _SKIN, 3)
    irises = [modes[:, eye].mean(axis=1, keepdims=True) for eye in (LEFT_EYE_CONTOUR, RIGHT_EYE_CONTOUR)]
    modes = np.concatenate([modes, *(np.repeat(iris, 5, axis=1) for iris in irises)], axis=1)
    seam = modes[:, INNER_LIP_CONTOUR].mean(axis=1, keepdims=True)
    teeth = np.repeat(seam, len(model.teeth), axis=1)
    return replace(
        model,
        identities=np.concatenate([model.identities, modes]),
        teeth_identities=np.concatenate([model.teeth_identities, teeth]),
    )


def _mirrored(meshes: FloatArray) -> FloatArray:
    return np.asarray((meshes * (-1, 1, 1))[..., _skin_mirror(), :])


def _symmetric(mesh: FloatArray) -> FloatArray:
    return np.asarray((mesh + _mirrored(mesh)) / 2)


def _skin_mirror() -> IndexArray:
    return np.asarray(mirror_pairs(canonical_face()[0])[:_SKIN])


def _motions(takes: list[Take]) -> FloatArray:
    """(T, 68, 3) how far landmarks are from the face at rest, of all takes."""
    rows = []
    for take in takes:
        landmarks = head_landmarks(take.track)
        rows.append((landmarks - closed_mouth(landmarks[best_frame(take.track)]))[take.track.found])
    return np.concatenate(rows)


def _meshes(takes: list[Take]) -> FloatArray:
    return np.concatenate([head_mesh(take.track)[take.track.found, :_SKIN] for take in takes])


def _spread(rows: FloatArray, most: int) -> FloatArray:
    chosen = np.linspace(0, len(rows) - 1, min(most, len(rows))).round().astype(int)
    return np.asarray(rows[chosen])
