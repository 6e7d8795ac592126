"""The style of each speaker: where weights rest, and how far they and the head move.

It is taken off before anything is learned or scored: what the networks make is read relative to what they make of
silence, so that where the weights of a face rest comes from its portrait.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True)
class SpeakerStyle:
    """Where the weights of a speaker lie, and how far they move.

    Attributes:
        mean: (51,) of the weights over time.
        spread: (51,) standard deviations over time.
    """

    mean: FloatArray
    spread: FloatArray

    @classmethod
    def of(cls, weights: Sequence[FloatArray]) -> SpeakerStyle:
        """The style of weights (T, 51), of one or more stretches."""
        rows = np.concatenate(weights)
        return cls(rows.mean(axis=0), rows.std(axis=0))


def main_style(stretches: Sequence[SpokenStretch]) -> SpeakerStyle:
    """The main speaker's style; without stretches of theirs, everybody's.

    Args:
        stretches: the training data, also where it is others that are scored.
    """
    own = [stretch.weights for stretch in stretches if stretch.speaker == MAIN_SPEAKER]
    return SpeakerStyle.of(own or [stretch.weights for stretch in stretches])


def normalise_styles(stretches: Sequence[SpokenStretch], wanted: SpeakerStyle) -> list[FloatArray]:
    """(FRAMES, 51) weights of each stretch, as if all people's had one mean and moved as far.

    Args:
        stretches: of any speakers.
        wanted: of ``main_style``.
    """
    styles = {
        speaker: SpeakerStyle.of(rows)
        for speaker, rows in _by_speaker(stretches, [stretch.weights for stretch in stretches]).items()
    }
    factors = {speaker: _factors(style.spread, wanted.spread, _EXTREME) for speaker, style in styles.items()}
    return [
        (wanted.mean + (stretch.weights - styles[stretch.speaker].mean) * factors[stretch.speaker]).clip(0.0, 1.0)
        for stretch in stretches
    ]


def normalise_heads(stretches: Sequence[SpokenStretch]) -> list[FloatArray]:
    """(FRAMES, 6) poses of each stretch that has one, as if all heads moved by ``HEAD_SPREAD``."""
    posed = [stretch for stretch in stretches if stretch.pose is not None]
    poses = [stretch.pose for stretch in posed if stretch.pose is not None]
    factors = {
        speaker: _factors(np.concatenate(rows).std(axis=0), HEAD_SPREAD, _EXTREME_HEAD)
        for speaker, rows in _by_speaker(posed, poses).items()
    }
    return [pose * factors[stretch.speaker] for stretch, pose in zip(posed, poses, strict=True)]


def parameters_of(stretches: Sequence[SpokenStretch], config: WordsConfig, wanted: SpeakerStyle) -> list[FloatArray]:
    """(FRAMES, outputs) what a generator of these sizes learns of each stretch: upper face, or the head's pose.

    Args:
        stretches: of the head, those without pose are left out.
        config: sizes.
        wanted: of ``main_style``.
    """
    if config.emotions:
        return [weights[:, UPPER_EXPRESSIONS] for weights in normalise_styles(stretches, wanted)]
    return normalise_heads(stretches)


def _by_speaker(stretches: Sequence[SpokenStretch], rows: Sequence[FloatArray]) -> dict[str, list[FloatArray]]:
    known: dict[str, list[FloatArray]] = {}
    for stretch, own in zip(stretches, rows, strict=True):
        known.setdefault(stretch.speaker, []).append(own)
    return known


def _factors(own: FloatArray, wanted: FloatArray, extreme: float) -> FloatArray:
    moving = (own > _STILL) & (wanted > _STILL)
    return np.where(moving, np.clip(wanted / np.maximum(own, _STILL), 1 / extreme, extreme), 1.0)
