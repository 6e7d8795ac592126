"""Training of the speech content branch.

Source: Zhou et al. 2020, sections 4.1 and 4.4. Where we differ: GRID s1 stands for the Obama addresses; the learning
    rate runs one cycle up to 1.5e-3 instead of 1e-4 throughout, which with the smaller corpus brings the time from 12
    hours on a GPU to 67 minutes on a busy machine with two CPU cores; speech is varied in level, noise and length of
    the vocal tract, and faces in their proportions, so that other voices and faces do as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from talkinghead.data.grid import Clip, grid_clips, tracks
from talkinghead.face.landmarks import JAW, LEFT_EYE, LIPS, NOSE, RIGHT_EYE
from talkinghead.face.pose import head_landmarks
from talkinghead.face.rest import closed_mouth
from talkinghead.methods.makeittalk.config import CONFIGS, ContentConfig, MakeItTalkConfig
from talkinghead.methods.makeittalk.content import SpeechContentAnimation, windows_of
from talkinghead.methods.makeittalk.losses import content_losses
from talkinghead.methods.makeittalk.motion import MakeItTalkMotion
from talkinghead.metrics.lips import (
    aperture_correlation,
    jaw_lip_distance,
    jaw_lip_velocity_difference,
    mouth_area_difference,
)
from talkinghead.motion.smoothing import resample_rows
from talkinghead.speech.features import log_mel, normalise_loudness
from talkinghead.training.fit import Schedule, fit
from talkinghead.training.weights import save_weights, training_command
from talkinghead.types import FloatArray

_REST_FRAMES = 10  # GRID clips begin with the speaker silent
_BATCH = 512
_STEPS = 10_000
_REFINING_SHARE = 0.3  # of the steps, and then added to them: a second, slower cycle on speech and faces varied less
_REFINING_RATE = 6e-4
_REFINING_VARIATION = 0.6
_REFINING_LIPS = 3.0
_REFINING_DROPOUT = 0.15  # of the states between the layers of the LSTM


@dataclass(frozen=True)
class Sentence:
    """A clip to learn from: features (S, F) at 62.5 Hz, smoothed landmarks (T, 68, 3) at the video's rate."""

    features: FloatArray
    landmarks: FloatArray
    fps: float


def read_sentences(clips: tuple[Clip, ...], cache: Path, config: ContentConfig) -> list[Sentence]:
    """Features and head-frame landmarks of clips; tracks are kept in ``cache``."""
    sentences = []
    for clip, track in tracks(clips, cache):
        samples = normalise_loudness(clip.speech().samples)
        features = log_mel(samples, rate=config.rate, num_mels=config.num_features)
        sentences.append(Sentence(features, head_landmarks(track), track.fps))
    return sentences


class ContentBatches:
    """Random windows of speech with the landmarks they go with.

    Args:
        sentences: what to draw from.
        config: sizes.
        size: windows in a batch.
        variation: how often voices and faces are varied, 1 being the usual share of the batch.
    """

    def __init__(
        self, sentences: list[Sentence], config: ContentConfig, *, size: int = _BATCH, variation: float = 1.0
    ) -> None:
        self._size, self._variation = size, variation
        windows, targets, owners, rests = [], [], [], []
        for number, sentence in enumerate(sentences):
            reach = (len(sentence.landmarks) - 1) / sentence.fps * config.rate
            count = min(int(reach) + 1, len(sentence.features))
            # Section 4.4: the landmarks, not the pictures, are interpolated to the rate of the speech frames.
            targets.append(resample_rows(sentence.landmarks, sentence.fps, config.rate, count))
            windows.append(windows_of(torch.from_numpy(sentence.features), config)[:count])
            owners.append(np.full(count, number))
            rests.append(np.stack([closed_mouth(row) for row in sentence.landmarks[:_REST_FRAMES]]))
        self._windows = windows
        self._starts = np.cumsum([0] + [len(w) for w in windows])
        self._targets = torch.from_numpy(np.concatenate(targets)).float()
        self._owners = np.concatenate(owners)
        self._rests = torch.from_numpy(np.stack(rests)).float()

    def __call__(self, step: int) -> dict[str, Tensor]:
        """Windows (B, window, F), static landmarks (B, 68, 3) and target landmarks (B, 68, 3) of a step."""
        rng = np.random.default_rng(step)
        rows = rng.integers(len(self._owners), size=self._size)
        owners = self._owners[rows]
        windows = torch.stack([self._windows[o][r - self._starts[o]] for o, r in zip(owners, rows)])
        static = self._rests[owners, rng.integers(_REST_FRAMES, size=self._size)]
        target = self._targets[rows].clone()
        # Blinks are not the content's business: eyelids stay as in the portrait.
        for eye in (LEFT_EYE, RIGHT_EYE):
            target[:, eye] = static[:, eye]
        generator = torch.Generator().manual_seed(step)
        static, target = vary_faces(static, target, generator, share=0.5 * self._variation)
        windows = vary_voices(windows, generator, variation=self._variation)
        return {"windows": windows, "static": static, "target": target}


def vary_voices(windows: Tensor, generator: torch.Generator, *, variation: float = 1.0) -> Tensor:
    """Other voices and recordings: level up to 12 dB, a noise floor, a vocal tract up to 15 % longer or shorter.

    Args:
        windows: (B, window, mel bands) of ``log_mel``.
        generator: of what chance decides.
        variation: scales the shares of the batch: 0.7 have another level, 0.5 noise, 0.5 another vocal tract.
    """
    batch, _, bands = windows.shape

    def uniform(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(batch, 1, 1, generator=generator)

    def sometimes(share: float) -> Tensor:
        return (torch.rand(batch, 1, 1, generator=generator) < variation * share).float()

    varied = windows + uniform(-0.12, 0.12) * sometimes(0.7)
    varied = torch.maximum(varied, uniform(0.0, 0.45) * sometimes(0.5)).clamp(0.0, 1.1)
    stretch = 1 + uniform(-0.15, 0.15) * sometimes(0.5)
    place = (torch.arange(bands) * stretch).clamp(max=bands - 1.001).expand(varied.shape)
    below = place.floor().long()
    share = place - below
    return varied.gather(2, below) * (1 - share) + varied.gather(2, below + 1) * share


def vary_faces(
    static: Tensor, target: Tensor, generator: torch.Generator, *, share: float = 0.5
) -> tuple[Tensor, Tensor]:
    """Other faces: proportions and places of jaw, lips and nose change, the motion with the proportions.

    Args:
        static: (B, 68, 3) at rest.
        target: (B, 68, 3) in motion.
        generator: of what chance decides.
        share: of the batch.
    """
    batch = len(static)

    def normal(*shape: int) -> Tensor:
        return torch.randn(batch, *shape, generator=generator)

    other = (torch.rand(batch, 1, 1, generator=generator) < share).float()
    scale = 1 + (torch.rand(batch, 1, 3, generator=generator) - 0.5) * torch.tensor([0.3, 0.4, 0.6]) * other
    varied = static * scale + other * (0.03 * normal(1, 3) + 0.012 * normal(68, 3))
    for part in (JAW, LIPS, NOSE):
        varied[:, part] += other * 0.05 * normal(1, 3)
    return varied, varied + (target - static) * scale


def score(network: nn.Module, sentences: list[Sentence]) -> dict[str, float]:
    """D-LL, D-VL, D-A and the aperture's correlation, means over sentences whose first frame serves as the portrait."""
    assert isinstance(network, SpeechContentAnimation)
    generator = MakeItTalkMotion(network)
    rows = []
    for sentence in sentences:
        rest = closed_mouth(sentence.landmarks[0])
        at_rate = generator.landmarks(sentence.features, rest)
        predicted = resample_rows(at_rate, network.config.rate, sentence.fps, len(sentence.landmarks))
        measures = (jaw_lip_distance, jaw_lip_velocity_difference, mouth_area_difference, aperture_correlation)
        rows.append([measure(predicted, sentence.landmarks) for measure in measures])
    means = np.mean(rows, axis=0)
    return dict(zip(("D-LL", "D-VL", "D-A", "correlation"), (round(float(value), 4) for value in means)))


def train_content(corpus: Path, out: Path, config_name: str, options: Mapping[str, Any]) -> None:
    """Train the content branch on GRID s1 ``train``, watched on ``val``; weights and card go to ``out``.

    Args:
        corpus: folder with ``grid_s1`` in it.
        out: folder; an interrupted run goes on where it was.
        config_name: "small", "paper" or "tiny".
        options: ``steps``.
    """
    config = CONFIGS[config_name]
    if config.content.num_features != 80:
        config = MakeItTalkConfig(ContentConfig(), config.mouth_width)  # the paper's sizes, on log-mel
    root, cache = corpus / "grid_s1", out / "tracks"
    learn = read_sentences(grid_clips(root, "train"), cache, config.content)
    watch = read_sentences(grid_clips(root, "val"), cache, config.content)
    torch.manual_seed(0)
    network = SpeechContentAnimation(config.content)
    steps = int(options.get("steps", _STEPS))
    refining = max(1, round(_REFINING_SHARE * steps))
    first, second = Schedule(steps=steps, learning_rate=1.5e-3), Schedule(steps=refining, learning_rate=_REFINING_RATE)
    for folder, schedule, variation, lips, dropout in (
        (out, first, 1.0, 0.0, 0.0),
        (out / "refined", second, _REFINING_VARIATION, _REFINING_LIPS, _REFINING_DROPOUT),
    ):
        network.lstm.dropout = dropout
        scores = fit(
            network,
            partial(content_losses, config=config, lips=lips),
            ContentBatches(learn, config.content, variation=variation),
            out=folder,
            schedule=schedule,
            validate=lambda net: score(net, watch),
        )
    card = {
        "network": "speech content branch of MakeItTalk (Zhou et al. 2020, section 3.1)",
        "config": config.content,
        "input": "log-mel, 80 bands, 62.5 Hz",
        "data": "GRID speaker s1, split train (Cooke et al. 2006)",
        "data_licence": "CC BY 4.0",
        "command": training_command("makeittalk", "content", config_name, steps),
        "scores": {"split": "GRID s1 val", **scores},
    }
    save_weights(network, out / "content.safetensors", card=card)
