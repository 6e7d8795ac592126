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
"""What only many videos of several people have, and so is not among the measures of one video."""

_POOLED = {"fmd": "mouth", "fid": "inception"}
_CURVES = {HEAD_POSE: ("pitch", "yaw", "roll"), BLINKS: ("blink",)}
_LEAST_SPEAKERS, _LEAST_PIECES = 2, 2
_PIECE_S = 2.9  # clips are judged in pieces as long as the shortest corpus' clips, so that a single one makes a speaker
_RATE = 25.0  # Hz, at which motions of videos of any frame rate are compared


def distances_between_pools(scores: Sequence[Scores]) -> dict[str, float]:
    """The Frechet distances ("fmd", "fid") between the pooled features of several videos and of the real ones.

    Those are left out for which no video has features, or all together have but one.
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
    """Share of clips whose motion tells who speaks, of head pose and of blinks; empty where too few people speak.

    Clips are judged in pieces of 3 s. The classifier learns from the real motion of other pieces than the one it
    judges, or copies would flatter; the share is the mean over people.

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
    """Whether there are curves enough, and for long enough, to judge by."""
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
