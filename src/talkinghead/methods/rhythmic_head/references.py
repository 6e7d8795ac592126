"""The reference frames of a face: which of them are nearest to a pose, and how each is moved to it.

Source: Chen et al. 2020, section 4.1, "Motion Matcher", equation 2. Where we differ: of the nearest frames a few are
    blended, with weights that change smoothly as the head moves, so that no frame takes the place of another at once;
    a second blend looks for the nearest mouth; and each frame is moved by its own rig, so that they lie upon each
    other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from talkinghead.face.landmarks import LIPS, MESH_OF_68
from talkinghead.face.pose import matrix_from_rotation, rotation_from_matrix
from talkinghead.methods.rhythmic_head.background_shift import BackgroundShift
from talkinghead.rendering.crop import Crop
from talkinghead.rendering.rasteriser import backward_map
from talkinghead.rendering.rig import Rig, build_rig
from talkinghead.tracking.person import person_mask
from talkinghead.types import FloatArray, Frames, ImageArray, IndexArray, Motion, Portrait

_SURFACE = 468
_MOST = 4  # frames that are blended
_BLINK_COST = 0.3  # squared rad that a whole blink counts as
_POSE_SHARE = 0.3  # of the pose's cost in that of the mouth
_SHARE = 0.2  # of the usual cost between neighbours: with more, bodies and backgrounds of several frames shine through
_LEAST_BANDWIDTH = 1e-4
_LEAST_WEIGHT = 0.1  # of the nearest frame's: farther ones would be moved for nothing that can be seen


@dataclass(frozen=True)
class Path:
    """How a head moves in the camera's frame, whatever frame it is seen in.

    Attributes:
        matrix: (T, 3, 3) the head's rotation.
        place: (T, 3) px of the picture, the middle between the outer eye corners.
        scale: (T,) px per unit of the head frame.
    """

    matrix: FloatArray
    place: FloatArray
    scale: FloatArray


@dataclass(frozen=True)
class Matches:
    """Which references are shown in each row of a motion, and what that costs.

    Attributes:
        pose: (T, K) weights of the blend that is nearest in pose; rows sum to 1.
        mouth: (T, K) weights of the blend that is nearest in the mouth's shape.
        costs: (T, 2) of the nearest pose (equation 2) and of the nearest mouth.
        path: of the head.
    """

    pose: FloatArray
    mouth: FloatArray
    costs: FloatArray
    path: Path


@dataclass(frozen=True)
class MovedReferences:
    """What the references show of the rows of a motion, in the square of the head.

    Attributes:
        matched: (T, S, S, 3) uint8, the frames nearest in pose, moved to the pose.
        spoken: (T, S, S, 3) uint8, the frames nearest in the mouth's shape, moved to the pose.
        still: (T, S, S, 3) uint8, the frames nearest in pose: their backgrounds are nearest, too, and are shifted as
            a camera that follows the head shifts them.
    """

    matched: ImageArray
    spoken: ImageArray
    still: ImageArray


class ReferenceFrames:
    """The pictures of a portrait, each ready to be moved.

    Args:
        portrait: with K pictures.
        crop: the square of the head.
        rigs: of the pictures; None: they are built.

    Attributes:
        pictures: (K, S, S, 3) uint8, the squares.
        landmarks: (K, 68, 2) px of them.
        frontal: number of the picture whose head is turned least.
        rigs: of the pictures.
        crop: the square.
    """

    def __init__(self, portrait: Portrait, crop: Crop, *, rigs: Sequence[Rig] | None = None) -> None:
        track, images = portrait.track, portrait.frames.images
        self.pictures = np.stack([crop.extract(image) for image in images])
        self.landmarks = crop.points(track.landmarks[:, MESH_OF_68, :2])
        self.crop = crop
        self.rigs = build_rigs(portrait) if rigs is None else rigs
        self._own = self.rigs[portrait.best]
        matrices, places = self._matrices(), np.stack([rig.origin for rig in self.rigs])
        sizes = np.array([rig.scale for rig in self.rigs])
        self.frontal = int(np.linalg.norm(rotation_from_matrix(matrices), axis=1).argmin())
        self._heads = _head_vectors(matrices, places, track.blink, self._own.scale)
        self._mouths = np.stack([rig.landmarks[LIPS].ravel() for rig in self.rigs])
        faces = [crop.points(rig.source[:_SURFACE]) for rig in self.rigs]
        cameras = _camera_vectors(matrices, places, sizes, self._own.scale)
        self._background = BackgroundShift(self.pictures, faces, cameras)
        between = _compare_vectors(self._heads, self._heads)
        self._pose_bandwidth = _bandwidth(between)
        self._mouth_bandwidth = _bandwidth(_compare_vectors(self._mouths, self._mouths) + _POSE_SHARE * between)

    def __len__(self) -> int:
        return len(self.rigs)

    def match(self, motion: Motion) -> Matches:
        """The references nearest to each row of a motion of the portrait."""
        own = self._own
        matrix = matrix_from_rotation(motion.rotation) @ own.matrix
        place = own.scale * motion.translation + own.origin
        heads = _head_vectors(matrix, place, motion.blink, own.scale)
        of_pose = _compare_vectors(heads, self._heads)
        of_mouth = _compare_vectors(motion.landmarks[:, LIPS].reshape(len(motion), -1), self._mouths)
        pose = blend_weights(of_pose, self._pose_bandwidth)
        mouth = blend_weights(of_mouth + _POSE_SHARE * of_pose, self._mouth_bandwidth)
        scale = pose @ np.array([rig.scale for rig in self.rigs]) if motion.scale is None else own.scale * motion.scale
        costs = np.stack([of_pose.min(axis=1), of_mouth.min(axis=1)], axis=1)
        return Matches(pose, mouth, costs, Path(matrix, place, scale))

    def move(self, motion: Motion, matches: Matches) -> MovedReferences:
        """What the references show of each row of a motion."""
        used = (matches.pose > 0) | (matches.mouth > 0)
        placed: dict[tuple[int, int], FloatArray] = {}
        for number in np.flatnonzero(used.any(axis=0)).tolist():
            rows = np.flatnonzero(used[:, number])
            points = self.crop.points(place_vertices(self.rigs[number], motion[rows], matches.path, rows))
            placed |= {(row, number): own for row, own in zip(rows.tolist(), points, strict=True)}
        path = matches.path
        cameras = _camera_vectors(path.matrix, path.place, path.scale, self._own.scale)
        parts: list[tuple[ImageArray, ImageArray, ImageArray]] = []
        for row, numbers in enumerate(map(np.flatnonzero, used)):
            moved = [self._warp(number, placed[row, number]) for number in numbers.tolist()]
            pose, mouth = matches.pose[row, numbers], matches.mouth[row, numbers]
            still = [self._background.move(self.pictures[k], cameras[row], k) for k in numbers.tolist()]
            parts.append((_mix(moved, pose), _mix(moved, mouth), _mix(still, pose)))
        return MovedReferences(*(np.stack(part) for part in zip(*parts, strict=True)))

    def _warp(self, number: int, points: FloatArray) -> ImageArray:
        """(S, S, 3) a reference whose vertices lie at points (V, 3) px of the square."""
        source, size = self.crop.points(self.rigs[number].source), (self.crop.size,) * 2
        maps = backward_map(points[:, :2], points[:, 2], source, self.rigs[number].triangles, size=size)
        # Cubics take three times as long, and what they sharpen lies seldom exactly where the target has it.
        moved = cv2.remap(self.pictures[number], *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(moved)

    def _matrices(self) -> FloatArray:
        return np.stack([rig.matrix for rig in self.rigs])


def place_vertices(rig: Rig, motion: Motion, path: Path, rows: IndexArray) -> FloatArray:
    """(T, V, 3) px of the picture: the vertices of a reference's rig, moved to rows of a path.

    Args:
        rig: of the reference.
        motion: these rows of the motion; of it count landmarks and blinks.
        path: of the whole motion.
        rows: (T,) of the path.
    """
    shape = rig.shape + np.einsum("vk,tkc->tvc", rig.deform, motion.landmarks - rig.landmarks, optimize=True)
    shape = shape + motion.blink[:, None, None] * rig.lids
    stays = rig.scale * (shape @ rig.matrix.T) + rig.origin
    moved = path.scale[rows, None, None] * (shape @ np.swapaxes(path.matrix[rows], 1, 2)) + path.place[rows, None]
    return np.asarray(stays + rig.follow[:, None] * (moved - stays))


def blend_weights(costs: FloatArray, bandwidth: float) -> FloatArray:
    """(T, K) weights of the cheapest references, continuous in the costs; rows sum to 1.

    Args:
        costs: (T, K).
        bandwidth: the cost at which a reference counts for clearly less than one without any.
    """
    weights = np.exp((costs.min(axis=1, keepdims=True) - costs) / (2 * bandwidth))
    left_out = np.full((len(weights), 1), _LEAST_WEIGHT)
    if weights.shape[1] > _MOST:
        left_out = np.maximum(left_out, np.sort(weights, axis=1)[:, -_MOST - 1, None])
    # The first that is left out has no weight, so a reference comes and goes without a jump.
    weights = np.where(left_out < 1.0, np.maximum(weights - left_out, 0.0), weights)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _mix(pictures: Sequence[ImageArray] | ImageArray, weights: FloatArray) -> ImageArray:
    """The mean (S, S, 3) uint8 of pictures, with weights that sum to 1."""
    chosen = np.flatnonzero(weights).tolist()
    if len(chosen) == 1:
        return np.asarray(pictures[chosen[0]])
    mixed, total = np.zeros(pictures[0].shape, np.float32), 0.0
    for k in chosen:
        total += weights[k]
        cv2.accumulateWeighted(pictures[k], mixed, weights[k] / total)
    return np.asarray(cv2.convertScaleAbs(mixed))


def build_rigs(portrait: Portrait) -> list[Rig]:
    """The rig of each picture of a portrait."""
    rigs = []
    for row, (image, mesh) in enumerate(zip(portrait.frames.images, portrait.track.landmarks, strict=True)):
        person = portrait.person if row == portrait.best else person_mask(image, mesh)
        alone = Portrait(Frames(image[None], portrait.frames.fps), portrait.track[row : row + 1], person=person)
        rigs.append(build_rig(alone))
    return rigs


def _head_vectors(matrix: FloatArray, place: FloatArray, blink: FloatArray, scale: float) -> FloatArray:
    """(T, 7) what tells poses apart: rotation in rad, place in eye distances, and the blink."""
    blinks = np.sqrt(_BLINK_COST) * blink[:, None]
    return np.concatenate([rotation_from_matrix(matrix), place / scale, blinks], axis=1)


def _camera_vectors(matrix: FloatArray, place: FloatArray, sizes: FloatArray, scale: float) -> FloatArray:
    """(T, 6) what a camera follows: rotation in rad, place in the picture in eye distances, logarithm of the size."""
    return np.column_stack([rotation_from_matrix(matrix), place[:, :2] / scale, np.log(sizes / scale)])


def _compare_vectors(a: FloatArray, b: FloatArray) -> FloatArray:
    """(N, M) squared distances of vectors (N, D) and (M, D)."""
    return np.asarray(np.square(a[:, None] - b[None]).sum(axis=-1))


def _bandwidth(between: FloatArray) -> float:
    """A share of the usual cost from a reference to the one nearest to it."""
    if len(between) < 2:
        return 1.0
    others = between + np.diag(np.full(len(between), np.inf))
    return max(_LEAST_BANDWIDTH, _SHARE * float(np.median(others.min(axis=1))))
