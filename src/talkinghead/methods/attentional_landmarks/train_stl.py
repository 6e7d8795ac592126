"""Training of the speech-to-landmarks network.

Source: Wang et al. 2020, sections 3.1 and 4.1. Where we differ: the learning rate runs one cycle instead of 1e-4
    throughout, as the corpus is small; speech has several augmented versions, and faces are augmented in their
    proportions, so that other voices and faces work as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from talkinghead.data.corpus import describe
from talkinghead.data.recording import MAIN_SPEAKER, Recording
from talkinghead.data.tracks import read_takes
from talkinghead.face.landmarks import LIPS
from talkinghead.face.mouth_range import speaker_gains
from talkinghead.face.rest import closed_mouth
from talkinghead.methods.attentional_landmarks.config import CONFIGS, LandmarksConfig
from talkinghead.methods.attentional_landmarks.features import FPS, STRIDE
from talkinghead.methods.attentional_landmarks.geometry import (
    EYE_DISTANCE_PX,
    MOUTH_POINTS,
    calibrate,
    in_crop,
    template_of,
)
from talkinghead.methods.attentional_landmarks.motion import AttentionalMotion
from talkinghead.methods.attentional_landmarks.recordings import choose_recordings, speech_versions
from talkinghead.methods.attentional_landmarks.stl import AFTER, BEFORE, SpeechToLandmarks
from talkinghead.methods.attentional_landmarks.stl_losses import landmarks_losses
from talkinghead.metrics.aperture import aperture_correlation
from talkinghead.metrics.lip_landmarks import lip_landmark_distance
from talkinghead.motion.smoothing import resample_rows
from talkinghead.motion.tracked import motion_of_track
from talkinghead.speech.arpabet import PHONES
from talkinghead.store import Store
from talkinghead.training.augmentation.faces import augment_faces
from talkinghead.training.fit import Schedule
from talkinghead.training.stage import Training
from talkinghead.types import FaceTrack, FloatArray
from talkinghead.weights import load_weights

FRAMES = 75
"""Frames of a stretch: 3 s, a sentence of GRID."""

_VERSIONS = 3
_STRENGTH = 0.6  # of the augmentation of faces
_SILENT = 0.06  # of the batch: silence with the face at rest
_DROPPED = 0.3  # of the batch: without phones, so that the network hears the encoder, too
_S1_SHARE = 0.6
_LEAST_FRAMES = 50


@dataclass(frozen=True)
class LandmarkStretch:
    """Three seconds of somebody speaking.

    Attributes:
        speech: (V, BEFORE + 4 (FRAMES - 1) + 1 + AFTER, F) features in V versions; the first is not augmented.
        points: (FRAMES, 68, 2) px of landmarks in the crop; see ``geometry``.
        template: (68, 2) px of the face at rest.
        speaker: who speaks.
    """

    speech: FloatArray
    points: FloatArray
    template: FloatArray
    speaker: str


def read_stretches(
    recordings: Sequence[Recording], config: LandmarksConfig, store: Store, *, versions: int = 1
) -> list[LandmarkStretch]:
    """Stretches of the recordings whose picture and sound are in sync once their offsets are taken off."""
    stretches = []
    for take in read_takes([recording for recording in recordings if recording.can_be_mended], store):
        speech = speech_versions(take, config, store, versions=versions)
        for start in range(0, max(1, round(len(take.track) / take.track.fps * FPS) - _LEAST_FRAMES), FRAMES):
            stretches.append(_stretch(speech, take.track, start, take.recording.speaker))
    return stretches


def _stretch(speech: FloatArray, track: FaceTrack, start: int, speaker: str) -> LandmarkStretch:
    """The stretch of a clip from a frame at 25 fps; beyond the clip there is silence, and the last pose is held."""
    first, last = STRIDE * start - BEFORE, STRIDE * (start + FRAMES - 1) + 1 + AFTER
    padding = ((0, 0), (max(0, -first), max(0, last - speech.shape[1])), (0, 0))
    piece = np.pad(speech[:, max(0, first) : last], padding)
    rows = slice(round(start / FPS * track.fps), round((start + FRAMES) / FPS * track.fps) + 1)
    motion = motion_of_track(track[rows], 0)
    points = resample_rows(in_crop(motion), track.fps, FPS, FRAMES)
    return LandmarkStretch(piece, points, template_of(closed_mouth(motion.rest)), speaker)


class LandmarkBatches:
    """Random stretches, with augmented faces; all speakers' lips move as far as the main speaker's.

    Args:
        stretches: the training data.
        size: stretches in a batch.
        phones: how many of the first numbers of a speech frame are phones that may be missing.
    """

    def __init__(self, stretches: list[LandmarkStretch], *, size: int, phones: int = 0) -> None:
        self._size, self._phones = size, phones
        self._speech = torch.from_numpy(np.stack([s.speech for s in stretches])).float()
        self._points = torch.from_numpy(np.stack([s.points for s in stretches])).float()
        self._template = torch.from_numpy(np.stack([s.template for s in stretches])).float()
        gains = speaker_gains([(s.speaker, s.points) for s in stretches], MAIN_SPEAKER)
        lips = [_move_as_far(calibrate(s.points, s.template), s.template, gains[s.speaker]) for s in stretches]
        self._lips = torch.from_numpy(np.stack(lips)).float()
        known = np.array([s.speaker == MAIN_SPEAKER for s in stretches])
        share = np.where(known, _S1_SHARE / max(1, known.sum()), (1 - _S1_SHARE) / max(1, (~known).sum()))
        self._share = np.cumsum(share / share.sum())

    def __call__(self, step: int) -> dict[str, Tensor]:
        """The batch of a step for ``landmarks_losses``."""
        rng = np.random.default_rng(step)
        rows = np.searchsorted(self._share, rng.random(self._size)).clip(0, len(self._share) - 1)
        speech = self._speech[rows, rng.integers(self._speech.shape[1], size=self._size)]
        template, points, lips = self._template[rows], self._points[rows], self._lips[rows]
        generator = torch.Generator().manual_seed(step)
        silent = torch.rand(self._size, 1, 1, 1, generator=generator) < _SILENT
        speech = speech * ~silent[:, 0]
        if self._phones:
            speech[torch.rand(self._size, generator=generator) < _DROPPED, :, : self._phones] = 0.0
        points = torch.where(silent, template[:, None], points)
        mouth = torch.from_numpy(MOUTH_POINTS)
        lips = torch.where(silent, template[:, None, mouth], lips)
        face, scale = augment_faces(template, generator, strength=_STRENGTH, unit=EYE_DISTANCE_PX)
        scale = scale[:, None]
        return {
            "speech": speech,
            "template": face,
            "points": face[:, None] + (points - template[:, None]) * scale,
            "lips": face[:, None, mouth] + (lips - template[:, None, mouth]) * scale,
        }


def _move_as_far(lips: FloatArray, template: FloatArray, gain: FloatArray) -> FloatArray:
    """Lips (T, 21, 2) px that move farther from the template (68, 2) by factors (3,)."""
    mouth = template[MOUTH_POINTS]
    return np.asarray(mouth + (lips - mouth) * gain[:2])


def score(network: nn.Module, stretches: list[LandmarkStretch]) -> dict[str, float]:
    """LMD in px of the 300 px crop, correlation of the opening, and the head's error in px; means over stretches."""
    assert isinstance(network, SpeechToLandmarks)
    generator = AttentionalMotion(network)
    measures = (lip_landmark_distance, aperture_correlation)
    rows = []
    for stretch in stretches:
        points, _ = generator.points(stretch.speech[0], stretch.template)
        head = np.linalg.norm((points - stretch.points)[:, : LIPS.start], axis=-1).mean()
        rows.append([measure(points, stretch.points) for measure in measures] + [head])
    means = np.mean(rows, axis=0)
    return dict(zip(("LMD_px", "correlation", "head_px"), (round(float(value), 4) for value in means), strict=True))


def prepare_recording(recording: Recording, store: Store, learned: bool) -> None:
    """Keep what the training of size "small" reads of a recording."""
    read_stretches([recording], CONFIGS["small"].landmarks, store, versions=_VERSIONS if learned else 1)


def train_landmarks(training: Training) -> None:
    """Train lips and head; the scores are of ``val`` and of unseen speakers.

    For a single person, the pretrained network is kept unless training improves it on recordings held back.
    """
    corpus, config, store = training.corpus, training.config, training.store
    splits = {name: choose_recordings(corpus, name, config) for name in ("train", "val", "unseen")}
    stretches = {
        name: read_stretches(found, config.landmarks, store, versions=_VERSIONS if name == "train" else 1)
        for name, found in splits.items()
        if found
    }
    learned = stretches.pop("train")

    def validate(network: nn.Module) -> dict[str, float]:
        scores = {name: score(network, group) for name, group in stretches.items()}
        return {f"{name} {key}": value for name, found in scores.items() for key, value in found.items()}

    torch.manual_seed(0)
    network = SpeechToLandmarks(config.landmarks)
    if training.start is not None:
        load_weights(network, training.start)
    scores = training.fit(
        network,
        partial(landmarks_losses, config=config),
        LandmarkBatches(learned, size=training.options.batch, phones=_phones_to_drop(config.landmarks)),
        validate=validate,
        schedule=Schedule(training.options.learning_rate, clip=5.0),
        merit=_merit if corpus.folder is None and "val" in stretches else None,
    )
    sizes = config.landmarks
    card = {
        "network": "speech to landmarks (Wang et al. 2020, section 3.1)",
        "config": sizes,
        "input": f"{sizes.features}, {sizes.num_features} a frame, 100 Hz",
        **describe(splits["train"], unseen=corpus.unseen),
        "scores": {"splits": ", ".join(stretches), **scores},
    }
    training.save(network, "landmarks", card)


def _phones_to_drop(config: LandmarksConfig) -> int:
    """How many numbers of a speech frame are phones that the network can do without, as it hears more."""
    return len(PHONES) if config.features.startswith("phones+") else 0


def _merit(scores: Mapping[str, float]) -> float:
    return -scores["val LMD_px"]
