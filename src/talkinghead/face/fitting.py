"""The face model laid onto meshes: similarity, identity and expressions that bring it nearest.

Where meshes, their model and its weights agree, ``scale * R @ mesh + t = mean + identity @ identities + expression @
expressions`` for each mesh. Small similarities are taken out of the least squares by projection, so that what is solved
for is linear in the weights; the similarity itself is then fitted to the result, and all of it is done again.
"""

from __future__ import annotations

import numpy as np

from talkinghead.face.bounded import solve_bounded
from talkinghead.face.expressions import EXPRESSION_NAMES
from talkinghead.face.landmarks import INNER_LIP_CONTOUR, LEFT_EYE_CONTOUR, OUTER_LIP_CONTOUR, RIGHT_EYE_CONTOUR
from talkinghead.face.model import FaceModel
from talkinghead.types import FloatArray

_SKIN = 468  # mesh points without the irises
_DEPTH = 0.5  # weight of a squared distance in depth, which trackers guess
_LIPS_AND_LIDS = 3.0  # weight of their points
# What weights cost beside the mean squared distance of a point, in squared eye distances.
_IDENTITY_COST = 3e-6  # times the squared weight
_EXPRESSION_COST, _LID_COST, _SPARSITY_COST = 1e-4, 1e-5, 1e-5  # times the squared weight, times the weight
_ROUNDS = 2  # of similarity and weights
_ALTERNATIONS = 10  # of identity and expressions in each

_SOLVED = np.array([k for k, name in enumerate(EXPRESSION_NAMES) if not name.startswith("eyeLook")])


class FaceFitter:
    """Fits one face model.

    Args:
        model: the face model.
    """

    def __init__(self, model: FaceModel) -> None:
        self.model = model
        points = np.ones(_SKIN)
        points[np.concatenate([INNER_LIP_CONTOUR, OUTER_LIP_CONTOUR, LEFT_EYE_CONTOUR, RIGHT_EYE_CONTOUR])] = (
            _LIPS_AND_LIDS
        )
        self._points = points / points.sum()
        self._mean = model.mean[:_SKIN]
        weights = (self._points[:, None] * (1.0, 1.0, _DEPTH)).ravel()
        moves = _similarity_moves(self._mean).reshape(7, -1)
        weighted = moves * weights
        identities = model.identities[:, :_SKIN].reshape(model.num_identities, -1)
        expressions = model.expressions[:, :_SKIN].reshape(len(EXPRESSION_NAMES), -1)
        inverse = np.linalg.inv(weighted @ moves.T)
        # Rows that read a mesh's inner products with the modes, without what a similarity explains.
        self._identity_rows, self._expression_rows = (
            basis * weights - (basis @ weighted.T) @ inverse @ weighted for basis in (identities, expressions)
        )
        self._cross = self._identity_rows @ expressions.T
        self._identity_hessian = self._identity_rows @ identities.T + _IDENTITY_COST * np.eye(len(identities))
        self._expression_hessian = self._expression_rows @ expressions.T
        costs = [_LID_COST if EXPRESSION_NAMES[k].startswith("eye") else _EXPRESSION_COST for k in _SOLVED]
        self._solved_hessian = self._expression_hessian[np.ix_(_SOLVED, _SOLVED)] + np.diag(costs)

    def align(self, meshes: FloatArray, faces: FloatArray) -> FloatArray:
        """(T, 468, 3) meshes brought onto faces of the model by similarities.

        Args:
            meshes: (T, 468, 3) in any frame.
            faces: (T, 468, 3) or (468, 3) in the head frame.

        Source: Umeyama 1991, with weights.
        """
        share = self._points
        middle, target = share @ meshes, (share @ faces)[..., None, :]
        around = (faces - target) * share[:, None]
        left, singular, right = np.linalg.svd(np.swapaxes(around, -1, -2) @ meshes)
        sign = np.ones_like(singular)
        sign[:, 2] = np.sign(np.linalg.det(left) * np.linalg.det(right))
        matrix = left * sign[:, None] @ right
        spread = np.einsum("tnd,tnd,n->t", meshes, meshes, share) - np.square(middle).sum(axis=-1)
        matrix *= ((singular * sign).sum(axis=1) / np.maximum(spread, 1e-12))[:, None, None]
        turned = np.swapaxes(matrix, -1, -2)
        return np.asarray(meshes @ turned + (target - middle[:, None] @ turned))

    def faces(self, identity: FloatArray, expression: FloatArray) -> FloatArray:
        """(T, 468, 3) the model's skin for (K,) identity and (T, 51) expression weights."""
        moved = expression @ self.model.expressions[:, :_SKIN].reshape(len(EXPRESSION_NAMES), -1)
        return np.asarray(self._neutral(identity) + moved.reshape(-1, _SKIN, 3))

    def fit_identity(self, meshes: FloatArray, looks: FloatArray) -> FloatArray:
        """(K,) the one identity of meshes (T, 468, 3) that make different expressions.

        Meshes count the less the worse they are fitted, so that a few bad ones do not tell.

        Args:
            meshes: (T, 468, 3) in any frame.
            looks: (T, 51) the ``eyeLook`` weights.
        """
        identity, expression = np.zeros(self.model.num_identities), looks.copy()
        trust = np.full(len(meshes), 1.0 / max(1, len(meshes)))
        for _ in range(_ROUNDS):
            faces = self.faces(identity, expression)
            offset = (self.align(meshes, faces) - self._mean).reshape(len(meshes), -1)
            distance = np.sqrt(((offset.reshape(faces.shape) + self._mean - faces) ** 2).sum(axis=-1) @ self._points)
            trust = 1.0 / (1.0 + np.square(distance / max(float(np.median(distance)), 1e-9)))
            trust /= trust.sum()
            seen, of_expression = self._identity_rows @ (trust @ offset), offset @ self._expression_rows.T
            for _ in range(_ALTERNATIONS):
                expression = self._solve(of_expression - identity @ self._cross, looks, expression)
                identity = np.linalg.solve(self._identity_hessian, seen - self._cross @ (trust @ expression))
        return identity

    def fit_expressions(self, meshes: FloatArray, identity: FloatArray, looks: FloatArray) -> FloatArray:
        """(T, 51) the weights in [0, 1] that bring a person's face onto meshes (T, 468, 3).

        Each row depends on its mesh alone, and continuously: the problem is strictly convex.

        Args:
            meshes: (T, 468, 3) in any frame.
            identity: (K,).
            looks: (T, 51) the ``eyeLook`` weights, which are kept: irises tell them better than lids.
        """
        faces, expression = self._neutral(identity)[None], looks
        for _ in range(_ROUNDS):
            offset = (self.align(meshes, faces) - self._mean).reshape(len(meshes), -1)
            start = None if expression is looks else expression
            expression = self._solve(offset @ self._expression_rows.T - identity @ self._cross, looks, start)
            faces = self.faces(identity, expression)
        return expression

    def _neutral(self, identity: FloatArray) -> FloatArray:
        return self.model.neutral(identity)[:_SKIN]

    def _solve(self, targets: FloatArray, looks: FloatArray, start: FloatArray | None) -> FloatArray:
        """(T, 51) weights from what meshes (less the identity) say to each expression (T, 51)."""
        targets = (targets - looks @ self._expression_hessian)[:, _SOLVED] - _SPARSITY_COST
        weights = looks.copy()
        weights[:, _SOLVED] = solve_bounded(self._solved_hessian, targets, None if start is None else start[:, _SOLVED])
        return weights


def _similarity_moves(shape: FloatArray) -> FloatArray:
    """(7, N, 3) how small shifts, turns and a growth move the points of a shape (N, 3)."""
    centred = shape - shape.mean(axis=0)
    shifts = np.repeat(np.eye(3)[:, None], len(shape), axis=1)
    turns = np.cross(np.eye(3)[:, None], centred[None])
    return np.concatenate([shifts, turns, centred[None]])
