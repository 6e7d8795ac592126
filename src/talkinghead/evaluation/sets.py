"""Measures of all of a system's videos together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from talkinghead.evaluation.measures import LIFE, Measure, Scores
from talkinghead.metrics.frechet import frechet_distance
from talkinghead.metrics.head_motion import WINDOW_S
from talkinghead.metrics.personalisation import cross_validated_accuracy
from talkinghead.motion.smoothing import resample_rows
from talkinghead.types import FloatArray

HEAD_POSE, BLINKS = "personalisation-head-pose", "personalisation-blinks"
_FACIAL = "Zhang et al. 2021 (FACIAL), table 1"

SET_MEASURES: Mapping[str, Measure] = {
    HEAD_POSE: Measure(
        HEAD_POSE,
        "told by head motion",
        "",
        "higher",
        "share of clips whose speaker is told by the head's motion, by a classifier of real motion",
        _FACIAL,
        True,
        LIFE,
    ),
    BLINKS: Measure(
        BLINKS,
        "told by blinks",
        "",
        "higher",
        "share of clips whose speaker is told by the blinks, by a classifier of real blinks",
        _FACIAL,
        True,
        LIFE,
    ),
}
"""Measures of many videos of several people, which a single video cannot have."""

_POOLED = {"fmd": "mouth", "fid": "inception"}
_CURVES = {HEAD_POSE: ("pitch", "yaw", "roll"), BLINKS: ("blink",)}
_LEAST_SPEAKERS, _LEAST_PIECES = 2, 2
# Clips are classified in pieces as long as the clips of the shortest corpus, so that one of those is enough
_PIECE_S = 2.9
_RATE = 25.0  # Hz, at which motions are compared, whatever the frame rate of their videos


def distances_between_pools(scores: Sequence[Scores]) -> dict[str, float]:
    """The Frechet distances ("fmd", "fid") between the pooled features of several videos and of the real ones.

    A distance is left out if there are fewer than two features.
    """
    result = {}
    for measure, feature in _POOLED.items():
        both = [
            (score.features[feature], score.features[f"reference {feature}"])
            for score in scores
            if feature in score.features and f"reference {feature}" in score.features
        ]
        if both:
            made, real = (np.concatenate(rows) for rows in zip(*both))
            if min(len(made), len(real)) > 1:
                result[measure] = frechet_distance(made, real)
    return result


def personalisation(
    scores: Mapping[str, Scores], speakers: Mapping[str, str], fps: Mapping[str, float], *, real: bool
) -> dict[str, float]:
    """The shares of clips whose speaker can be told by head pose or by blinks; empty if too few people speak.

    Clips are classified in pieces of 3 s. The classifier learns from the real motion of other pieces than the one it
    classifies, since copies would be flattered; shares are averaged over people.

    Args:
        scores: by clip.
        speakers: who speaks in each clip.
        fps: frames per second of each clip's curves.
        real: whether the scores are the real videos' own.
    """
    names = [name for name, score in scores.items() if _tells(score, fps[name])]
    result = {}
    for measure, curves in _CURVES.items():
        known = _by_speaker(scores, names, speakers, fps, [f"reference {curve}" for curve in curves])
        if len(known) < _LEAST_SPEAKERS:
            return {}
        made = None if real else _by_speaker(scores, names, speakers, fps, curves)
        result[measure] = cross_validated_accuracy(known, _RATE, generated=made)
    return result


def _tells(score: Scores, fps: float) -> bool:
    """Whether there are enough curves, and long enough ones."""
    wanted = [prefix + curve for curve in ("pitch", "yaw", "roll", "blink") for prefix in ("", "reference ")]
    return all(len(score.curves.get(curve, ())) / fps > WINDOW_S + 2 / _RATE for curve in wanted)


def _by_speaker(
    scores: Mapping[str, Scores],
    names: Sequence[str],
    speakers: Mapping[str, str],
    fps: Mapping[str, float],
    curves: Sequence[str],
) -> dict[str, list[FloatArray]]:
    """Speaker -> sequences (T, number of curves) at 25 per second, the pieces of the clips; of two pieces or more."""
    result: dict[str, list[FloatArray]] = {}
    for name in names:
        rows = np.stack([scores[name].curves[curve] for curve in curves], axis=1)
        count = max(1, round(len(rows) / fps[name] * _RATE))
        rows = resample_rows(rows, fps[name], _RATE, count)
        pieces = np.array_split(rows, max(1, int(len(rows) / _RATE / _PIECE_S)))
        result.setdefault(speakers[name], []).extend(pieces)
    return {speaker: pieces for speaker, pieces in result.items() if len(pieces) >= _LEAST_PIECES}
