"""How near generated weights and poses come to those of recordings.

Source: Li et al. 2021, equation 4 and table 1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from talkinghead.face.expressions import MOUTH_EXPRESSIONS
from talkinghead.face.landmarks import LIPS, MESH_OF_68, canonical_face
from talkinghead.methods.write_a_speaker.chance import draw_noise
from talkinghead.methods.write_a_speaker.config import WordsConfig
from talkinghead.methods.write_a_speaker.emotion import emotion_shares
from talkinghead.methods.write_a_speaker.features import FPS, word_frames
from talkinghead.methods.write_a_speaker.losses import ssim_sequence
from talkinghead.methods.write_a_speaker.recordings import FRAMES, SpokenStretch
from talkinghead.methods.write_a_speaker.styles import SpeakerStyle, normalise_styles, parameters_of
from talkinghead.methods.write_a_speaker.targets import HEAD_UNITS
from talkinghead.methods.write_a_speaker.vocabulary import Vocabulary
from talkinghead.metrics.aperture import aperture_correlation
from talkinghead.metrics.head_motion import spectrum_distance
from talkinghead.motion.expressions import landmarks_from_expression
from talkinghead.types import NUM_EXPRESSIONS, FloatArray


def score_mouth(network: nn.Module, stretches: Sequence[SpokenStretch], wanted: SpeakerStyle) -> dict[str, float]:
    """``score_mouths`` of what a network makes of the phones of stretches.

    Args:
        network: weights (1, T, 28) from phones (1, T, 39).
        stretches: whose style is normalised by speaker.
        wanted: of ``styles.main_style``.
    """
    made = [predict_mouth(network, stretch.phones[-1]) for stretch in stretches]
    return score_mouths(made, [weights[:, MOUTH_EXPRESSIONS] for weights in normalise_styles(stretches, wanted)])


def score_mouths(made: Sequence[FloatArray], real: Sequence[FloatArray]) -> dict[str, float]:
    """MSE of the weights in percent, LMD in percent of the eye distance, and correlation of the lips' opening.

    MSE is of the 28 weights in percent, summed; LMD is the mean distance of the lips' landmarks on a face without head
    motion. Means over sequences.

    Args:
        made: sequences (T, 28).
        real: the recorded ones.
    """
    rows = []
    for own, other in zip(made, real, strict=True):
        lips = mouth_landmarks(own), mouth_landmarks(other)
        distance = 100 * np.linalg.norm(lips[0][:, LIPS] - lips[1][:, LIPS], axis=-1).mean()
        rows.append([1e4 * ((own - other) ** 2).sum(axis=1).mean(), distance, aperture_correlation(*lips)])
    means = np.mean(rows, axis=0)
    return dict(zip(("MSE", "LMD", "correlation"), (round(float(value), 4) for value in means), strict=True))


@torch.inference_mode()
def predict_mouth(network: nn.Module, phones: FloatArray) -> FloatArray:
    """(T, 28) weights in [0, 1] for shares (T, 39) of the phones."""
    made = network(torch.from_numpy(np.asarray(phones, np.float32))[None])[0]
    return np.asarray(made.double().numpy().clip(0.0, 1.0))


def mouth_landmarks(weights: FloatArray) -> FloatArray:
    """(T, 68, 3) landmarks of the mean face with weights (T, 28) of the mouth, in eye distances."""
    full = np.zeros((len(weights), NUM_EXPRESSIONS))
    full[:, MOUTH_EXPRESSIONS] = weights
    return landmarks_from_expression(full, canonical_face()[0][MESH_OF_68])


@torch.inference_mode()
def score_words(
    network: nn.Module,
    stretches: Sequence[SpokenStretch],
    config: WordsConfig,
    vocabulary: Vocabulary,
    wanted: SpeakerStyle,
) -> dict[str, float]:
    """SSIM-Seq of the upper face without emotion, or of the head's pose, and of heads also the spectrum's distance.

    Means over stretches; what is random is drawn once for each.

    Source: Li et al. 2021, equation 4 and table 1.
    """
    stretches = [stretch for stretch in stretches if stretch.pose is not None]
    neutral = torch.from_numpy(emotion_shares(None, FRAMES, FPS))[None] if config.emotions else None
    likeness, away = [], []
    for number, (stretch, real) in enumerate(zip(stretches, parameters_of(stretches, config, wanted), strict=True)):
        words = word_frames(stretch.words, stretch.phones[-1], vocabulary, rows=config.words)
        read = [torch.from_numpy(rows)[None] for rows in (words.rows, words.vectors, words.beats)]
        noise = draw_noise(np.random.default_rng(number), FRAMES, config.noise)
        made = network(*read, neutral, torch.from_numpy(noise)[None])[0]
        likeness.append(float(ssim_sequence(made, torch.from_numpy(real).float())))
        if not config.emotions:
            turns, wanted_turns = (rows[:, :3] * HEAD_UNITS[:3] for rows in (made.double().numpy(), real))
            away.append(spectrum_distance(turns, wanted_turns, FPS))
    scores = {"SSIM": round(float(np.mean(likeness)), 4)}
    return scores | ({"spectrum_dB": round(float(np.mean(away)), 3)} if away else {})
