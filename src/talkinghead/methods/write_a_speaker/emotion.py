"""Emotions: how they come and go, and which movements of face and head show them.

Source: the facial movements are those that Ekman and Friesen describe (Facial Action Coding System, 1978; EMFACS 1983):
    happiness is AU6 + 12, anger AU4 + 5 + 7 + 23, surprise AU1 + 2 + 5 + 26, sadness AU1 + 4 + 15. Li et al. 2021 have
    the first three and neutral, learned from an actress, and let emotion act on the upper face alone; here it also acts
    on lips and head. The head rises with happiness and surprise and sinks with anger and sadness (Mignault and
    Chaudhuri 2003). The amplitudes are ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from talkinghead.face.expressions import EXPRESSION_NAMES
from talkinghead.face.rest import lip_gap
from talkinghead.motion.expressions import landmarks_from_expression
from talkinghead.motion.smoothing import smoothstep
from talkinghead.speech.emotions import EMOTIONS, parse_emotion
from talkinghead.types import NUM_EXPRESSIONS, FloatArray, Interval

_JAW_OPEN = EXPRESSION_NAMES.index("jawOpen")

ONSET_S, OFFSET_S = 0.4, 0.7
"""An expression begins before the first word that it goes with, and fades after the last."""

# Weights at strength 1. Those that end in "*" are set on both sides.
_WEIGHTS: dict[str, dict[str, float]] = {
    "neutral": {},
    "happy": {"cheekSquint*": 0.5, "eyeSquint*": 0.25, "mouthSmile*": 0.5, "mouthDimple*": 0.1, "browInnerUp": 0.1},
    "angry": {
        "browDown*": 0.85,
        "eyeSquint*": 0.3,
        "noseSneer*": 0.2,
        "mouthPress*": 0.3,
        "mouthFrown*": 0.15,
        "jawForward": 0.1,
    },
    "surprised": {"browInnerUp": 0.8, "browOuterUp*": 0.75, "eyeWide*": 0.9, "jawOpen": 0.08, "mouthFunnel": 0.05},
    # Lips that are drawn apart, too (AU20), show the corners' fall on mouths of any shape.
    "sad": {"browInnerUp": 0.9, "browDown*": 0.1, "mouthFrown*": 0.9, "mouthStretch*": 0.35, "eyeSquint*": 0.1},
}
# Pitch in rad; positive lowers the chin.
_PITCH = {"neutral": 0.0, "happy": -0.03, "angry": 0.05, "surprised": -0.05, "sad": 0.07}


def emotion_shares(emotions: Sequence[Interval] | None, count: int, fps: float) -> FloatArray:
    """(count, len(EMOTIONS)) the share of each emotion in each frame; rows sum to 1, and what is left is neutral.

    Args:
        emotions: labelled ``NAME`` or ``NAME:STRENGTH``, in order; None: neutral throughout.
        count: frames.
        fps: frames per second.

    Raises:
        InputError: as ``parse_emotion``.
    """
    shares = np.zeros((count, len(EMOTIONS)), np.float32)
    time = np.arange(count) / fps
    for emotion in emotions or ():
        name, strength = parse_emotion(emotion.label)
        rise = smoothstep((time - emotion.start + ONSET_S) / ONSET_S)
        fall = smoothstep((emotion.end + OFFSET_S - time) / OFFSET_S)
        column = EMOTIONS.index(name)
        shares[:, column] = np.maximum(shares[:, column], strength * np.minimum(rise, fall))
    shares[:, 0] = 0.0
    shares /= np.maximum(shares.sum(axis=1, keepdims=True), 1.0)
    shares[:, 0] = 1.0 - shares.sum(axis=1)
    return shares


def emotion_weights() -> FloatArray:
    """(len(EMOTIONS), 51) weights of the expressions at strength 1."""
    table = np.zeros((len(EMOTIONS), NUM_EXPRESSIONS))
    for row, name in enumerate(EMOTIONS):
        for pattern, weight in _WEIGHTS[name].items():
            for expression in _expressions(pattern):
                table[row, EXPRESSION_NAMES.index(expression)] = weight
    return table


def balance_jaw(shown: FloatArray, rest: FloatArray) -> FloatArray:
    """Expressions with the jaw making up for what they do to the distance of the lips.

    An emotion shapes the lips; how far they open is up to what is said, and what closes them still does.

    Args:
        shown: (N, 51) of ``emotion_weights``.
        rest: (68, 3) landmarks of a face with closed lips.
    """
    jaw = np.zeros((1, NUM_EXPRESSIONS))
    jaw[0, _JAW_OPEN] = 1.0
    apart, wide = (lip_gap(landmarks_from_expression(rows, rest)) - lip_gap(rest) for rows in (shown, jaw))
    balanced = shown.copy()
    balanced[:, _JAW_OPEN] -= apart / wide
    return balanced


def emotion_pitch() -> FloatArray:
    """(len(EMOTIONS),) by how much each lowers the chin at strength 1 (rad)."""
    return np.array([_PITCH[name] for name in EMOTIONS])


def _expressions(pattern: str) -> Iterable[str]:
    return [pattern[:-1] + side for side in ("Left", "Right")] if pattern.endswith("*") else [pattern]
