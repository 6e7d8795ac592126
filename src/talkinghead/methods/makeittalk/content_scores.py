"""What a trained content branch says, beside what the lips of recordings really do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import nn

from talkinghead.data.recording import MAIN_SPEAKER
from talkinghead.face.mouth_range import measure_mouth
from talkinghead.face.rest import closed_mouth
from talkinghead.methods.makeittalk.content import SpeechContentAnimation
from talkinghead.methods.makeittalk.motion import MakeItTalkMotion
from talkinghead.methods.makeittalk.recordings import Performance
from talkinghead.metrics.aperture import aperture_correlation
from talkinghead.metrics.jaw_lip import jaw_lip_distance, jaw_lip_velocity_difference
from talkinghead.metrics.mouth_area import mouth_area_difference
from talkinghead.motion.smoothing import resample_rows
from talkinghead.types import FloatArray


def measure_reach(network: SpeechContentAnimation, sentences: Sequence[Performance]) -> tuple[float, float, float]:
    """How far lips really move, along x, y and z, beside what a trained network says.

    Args:
        network: the content branch.
        sentences: those of the main speaker, whom it knows best, count only if there are no others.

    Returns:
        Geometric means over speakers.
    """
    others = [sentence for sentence in sentences if sentence.speaker != MAIN_SPEAKER] or sentences
    said: dict[str, list[FloatArray]] = {}
    real: dict[str, list[FloatArray]] = {}
    for sentence in others:
        said.setdefault(sentence.speaker, []).append(_predict(network, sentence, sentence.rest))
        real.setdefault(sentence.speaker, []).append(sentence.landmarks)
    lacking = [measure_mouth(said[speaker]).gains(measure_mouth(real[speaker])) for speaker in real]
    wide, high, deep = np.exp(np.log(lacking).mean(axis=0)).round(2).tolist()
    return wide, high, deep


def _predict(network: SpeechContentAnimation, sentence: Performance, rest: FloatArray) -> FloatArray:
    """Landmarks (T, 68, 3) of a sentence at the rate of its own, for a face at rest (68, 3)."""
    at_rate = MakeItTalkMotion(network).landmarks(sentence.features[0], rest)
    return resample_rows(at_rate, network.config.rate, sentence.fps, len(sentence.landmarks))


def score(network: nn.Module, sentences: Sequence[Performance]) -> dict[str, float]:
    """D-LL, D-VL, D-A and the aperture's correlation, means over sentences whose first frame serves as the portrait."""
    assert isinstance(network, SpeechContentAnimation)
    rows = []
    for sentence in sentences:
        predicted = _predict(network, sentence, closed_mouth(sentence.landmarks[0]))
        measures = (jaw_lip_distance, jaw_lip_velocity_difference, mouth_area_difference, aperture_correlation)
        rows.append([measure(predicted, sentence.landmarks) for measure in measures])
    means = np.mean(rows, axis=0)
    return dict(zip(("D-LL", "D-VL", "D-A", "correlation"), (round(float(value), 4) for value in means)))
