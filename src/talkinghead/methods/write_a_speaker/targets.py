"""What the generators learn: weights of expressions and poses, read off tracked faces in place of motion capture.

Source: Li et al. 2021, "Mocap Dataset", whose recordings of a single actress cannot be had.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from talkinghead.face.expressions import EXPRESSION_NAMES, MOUTH_EXPRESSIONS
from talkinghead.face.landmark_fit import SKIN_EXPRESSIONS, LandmarkFitter
from talkinghead.face.landmarks import JAW, LIPS
from talkinghead.face.rest import closed_mouth, lip_gap
from talkinghead.motion.expressions import expression_of, landmark_basis
from talkinghead.motion.tracked import motion_of_track
from talkinghead.types import NUM_EXPRESSIONS, FaceTrack, FloatArray, Motion

HEAD_UNITS = np.array([0.05, 0.05, 0.05, 0.05, 0.05, 0.05])
"""What a parameter of the head is at 1: rad of pitch, yaw and roll, eye distances along x, y and z. In these units the
heads of the recordings move about as far as weights of expressions do, so that one loss suits both."""

_CLOSED_PERCENT = 20  # of the frames, those with the lips closest together, show the face at rest


def weights_of_track(track: FaceTrack) -> FloatArray:
    """(T, 51) weights of the expressions of a tracked face, relative to its rest in the same recording."""
    motion = motion_of_track(track, 0)
    gap = lip_gap(motion.landmarks)
    rest = motion.landmarks[gap <= np.percentile(gap, _CLOSED_PERCENT)].mean(axis=0)
    gaze = None if motion.gaze is None else motion.gaze - np.median(motion.gaze, axis=0)
    return weights_of_motion(replace(motion, rest=rest, gaze=gaze))


def weights_of_motion(motion: Motion) -> FloatArray:
    """(T, 51) weights of the expressions of a motion, relative to its rest with closed lips.

    Cheeks and the wings of the nose have no landmarks of their own, and in a plain fit they take their part of what
    moves the lips. Here all that moves lips and jaw is explained by the 28 weights of the mouth.
    """
    weights = expression_of(motion)
    weights[:, SKIN_EXPRESSIONS] = _fitter().solve_skin(motion.landmarks - closed_mouth(motion.rest))
    return weights


def pose_of_track(track: FaceTrack) -> FloatArray:
    """(T, 6) rotation and translation of a tracked head about their means, in ``HEAD_UNITS``."""
    motion: Motion = motion_of_track(track, 0)
    pose = np.concatenate([motion.rotation, motion.translation], axis=1)
    return np.asarray((pose - pose.mean(axis=0)) / HEAD_UNITS)


def _fitter() -> LandmarkFitter:
    basis = landmark_basis()
    others = [k for k in range(NUM_EXPRESSIONS) if k not in MOUTH_EXPRESSIONS]
    basis[np.ix_(others, np.r_[JAW, LIPS])] = 0.0
    return LandmarkFitter(basis)


def map_captured_weights(columns: Mapping[str, FloatArray]) -> FloatArray:
    """(T, 51) weights of the shapes of FACEGOOD's recordings, mapped by what each shape does.

    Args:
        columns: weights (T,) by the name of the shape, such as "mouth_stretch_c", which opens the jaw. Shapes that the
            mapping does not know, of teeth and tongue, are left out.
    """
    count = len(next(iter(columns.values())))
    weights = np.zeros((count, NUM_EXPRESSIONS))
    for name, parts in _CAPTURED.items():
        for expression, share in parts.items():
            if name in columns:
                weights[:, EXPRESSION_NAMES.index(expression)] += share * columns[name]
    return weights.clip(0.0, 1.0)


def _both(shape: str, expression: str, share: float = 1.0) -> dict[str, dict[str, float]]:
    return {f"{shape}_{side[0].lower()}": {f"{expression}{side}": share} for side in ("Left", "Right")}


_CAPTURED: dict[str, dict[str, float]] = {
    "mouth_stretch_c": {"jawOpen": 1.0},
    "mouth_oh_c": {"jawOpen": 0.3, "mouthFunnel": 0.6},
    "mouth_oo_c": {"mouthPucker": 0.8, "mouthFunnel": 0.3},
    "jaw_thrust_c": {"jawForward": 1.0},
    "mouth_chinRaise_d": {"mouthShrugLower": 1.0},
    "mouth_chinRaise_u": {"mouthShrugUpper": 1.0},
    **{f"mouth_funnel_{part}": {"mouthFunnel": 0.25} for part in ("dl", "dr", "ul", "ur")},
    **{f"mouth_suck_{part}": {"mouthRollLower": 0.5} for part in ("dl", "dr")},
    **{f"mouth_suck_{part}": {"mouthRollUpper": 0.5} for part in ("ul", "ur")},
    **{f"mouth_pucker_{side}": {"mouthPucker": 0.5} for side in "lr"},
    **{f"cheek_puff_{side}": {"cheekPuff": 0.5} for side in "lr"},
    "jaw_sideways_l": {"jawLeft": 1.0},
    "jaw_sideways_r": {"jawRight": 1.0},
    "mouth_sideways_l": {"mouthLeft": 1.0},
    "mouth_sideways_r": {"mouthRight": 1.0},
    **_both("mouth_lowerLipDepress", "mouthLowerDown"),
    **_both("mouth_upperLipRaise", "mouthUpperUp"),
    **_both("mouth_lipCornerPull", "mouthSmile"),
    **_both("mouth_lipCornerDepress", "mouthFrown"),
    **_both("mouth_lipStretch", "mouthStretch"),
    **_both("mouth_dimple", "mouthDimple"),
    **_both("mouth_press", "mouthPress"),
}
