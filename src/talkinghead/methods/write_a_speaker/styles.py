"""The style of each speaker: how far weights and head move. It is taken off before anything is learned or scored."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from talkinghead.data.recording import MAIN_SPEAKER
from talkinghead.face.expressions import UPPER_EXPRESSIONS
from talkinghead.methods.write_a_speaker.config import WordsConfig
from talkinghead.methods.write_a_speaker.recordings import SpokenStretch
from talkinghead.methods.write_a_speaker.targets import HEAD_UNITS
from talkinghead.types import FloatArray

HEAD_SPREAD = np.array([*np.radians([1.3, 1.8, 0.9]), 0.015, 0.015, 0.008]) / HEAD_UNITS
"""Standard deviations over time that all heads are brought to, those of ``motion.idle``, in ``HEAD_UNITS``. People
differ by a factor of five: GRID's s1 hardly moves, speakers of addresses nod and turn."""

_EXTREME = 2.0  # times as far, or as little, as the main speaker: beyond it the track is to blame, not the style
_EXTREME_HEAD = 8.0
_STILL = 0.004  # standard deviation below which a weight does not move


def main_spread(stretches: Sequence[SpokenStretch]) -> FloatArray:
    """(51,) standard deviations of the main speaker's weights; without stretches of theirs, of everybody's.

    Args:
        stretches: the training data, also where it is others that are scored.
    """
    own = [stretch.weights for stretch in stretches if stretch.speaker == MAIN_SPEAKER]
    return np.asarray(np.concatenate(own or [stretch.weights for stretch in stretches]).std(axis=0))


def normalise_styles(stretches: Sequence[SpokenStretch], wanted: FloatArray) -> list[FloatArray]:
    """(FRAMES, 51) weights of each stretch, as if all people moved as far.

    A style is a factor for each weight.

    Args:
        stretches: of any speakers.
        wanted: (51,) of ``main_spread``.
    """
    factors = {
        speaker: _factors(rows.std(axis=0), wanted, _EXTREME)
        for speaker, rows in _by_speaker(stretches, [stretch.weights for stretch in stretches]).items()
    }
    return [(stretch.weights * factors[stretch.speaker]).clip(0.0, 1.0) for stretch in stretches]


def normalise_heads(stretches: Sequence[SpokenStretch]) -> list[FloatArray]:
    """(FRAMES, 6) poses of each stretch that has one, as if all heads moved by ``HEAD_SPREAD``."""
    posed = [stretch for stretch in stretches if stretch.pose is not None]
    poses = [stretch.pose for stretch in posed if stretch.pose is not None]
    factors = {
        speaker: _factors(rows.std(axis=0), HEAD_SPREAD, _EXTREME_HEAD)
        for speaker, rows in _by_speaker(posed, poses).items()
    }
    return [pose * factors[stretch.speaker] for stretch, pose in zip(posed, poses, strict=True)]


def parameters_of(stretches: Sequence[SpokenStretch], config: WordsConfig, wanted: FloatArray) -> list[FloatArray]:
    """(FRAMES, outputs) what a generator of these sizes learns of each stretch: upper face, or the head's pose.

    Args:
        stretches: of the head, those without pose are left out.
        config: sizes.
        wanted: (51,) of ``main_spread``.
    """
    if config.emotions:
        return [weights[:, UPPER_EXPRESSIONS] for weights in normalise_styles(stretches, wanted)]
    return normalise_heads(stretches)


def _by_speaker(stretches: Sequence[SpokenStretch], rows: Sequence[FloatArray]) -> dict[str, FloatArray]:
    known: dict[str, list[FloatArray]] = {}
    for stretch, own in zip(stretches, rows, strict=True):
        known.setdefault(stretch.speaker, []).append(own)
    return {speaker: np.concatenate(parts) for speaker, parts in known.items()}


def _factors(own: FloatArray, wanted: FloatArray, extreme: float) -> FloatArray:
    moving = (own > _STILL) & (wanted > _STILL)
    return np.where(moving, np.clip(wanted / np.maximum(own, _STILL), 1 / extreme, extreme), 1.0)
