"""Training of the speaker-aware branch.

Source: Zhou et al. 2020, sections 4.2 and 4.4. Where we differ: 14 people of the open recordings stand for 67 of
    VoxCeleb2; lips and jaw are learned from one of them only, so that scores on the others' lips are those of unseen
    speakers; faces are augmented in their proportions; the learning rate runs one cycle up to 1e-3 instead of 1e-4
    throughout; "small" also takes noise (``speaker_losses``). Without a content branch (section 5.4, "no content
    branch", "no separation") the branch adds to the face at rest; all else is the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from talkinghead.data.corpus import describe
from talkinghead.data.recording import MAIN_SPEAKER
from talkinghead.face.landmarks import JAW, LEFT_EYE, LIPS, RIGHT_EYE
from talkinghead.methods.makeittalk.config import ContentConfig, MakeItTalkConfig
from talkinghead.methods.makeittalk.content import SpeechContentAnimation
from talkinghead.methods.makeittalk.head_style import displacements, rigid_and_expression, smooth_noise
from talkinghead.methods.makeittalk.motion import MakeItTalkMotion
from talkinghead.methods.makeittalk.recordings import VERSIONS, Performance, pose_landmarks, read_performances
from talkinghead.methods.makeittalk.speaker_aware import SpeakerAwareAnimation
from talkinghead.methods.makeittalk.speaker_losses import SpeakerTraining, speaker_losses
from talkinghead.metrics.head_pose import rotation_difference
from talkinghead.metrics.jaw_lip import jaw_lip_distance
from talkinghead.metrics.mouth_area import mouth_area_difference
from talkinghead.speech.speaker import EMBEDDING_SIZE
from talkinghead.training.augmentation.faces import augment_faces
from talkinghead.training.augmentation.mels import augment_spectra
from talkinghead.training.stage import Training
from talkinghead.types import FloatArray
from talkinghead.weights import load_network

_NOISY = 1 / 3  # of a batch
_LEAST = 96  # frames of a window, if the recording is long enough
_VOICE_NOISE = 0.015  # on each of the 256 numbers: about the difference between two recordings of one voice


class SpeakerBatches:
    """Random windows of random speakers, all equally frequent.

    Args:
        people: the training data.
        content: for each of them, (T, 68, 3) landmarks of the content branch, or the face at rest.
        config: sizes.
        size: windows in a batch; a third of them have noise, if the configuration has any.
    """

    def __init__(
        self,
        people: Sequence[Performance],
        content: Sequence[FloatArray],
        config: MakeItTalkConfig,
        *,
        size: int,
    ) -> None:
        self._people, self._content, self._config = people, content, config
        self._size, self._noisy = size, round(_NOISY * size) if config.speaker.noise_size else 0
        names = sorted({person.speaker for person in people})
        self._of = [[n for n, person in enumerate(people) if person.speaker == name] for name in names]
        lengths = [np.array([len(people[n]) for n in numbers], float) for numbers in self._of]
        self._chance = [own / own.sum() for own in lengths]

    def __call__(self, step: int) -> dict[str, Tensor]:
        """The batch of a step for ``speaker_losses``."""
        rng, generator = np.random.default_rng(step), torch.Generator().manual_seed(step)
        window, size = self._config.speaker.window, self._size
        features = np.zeros((size, window, self._config.content.num_features), np.float32)
        said, shown = np.zeros((2, size, window, 68, 3), np.float32)
        pose = np.zeros((size, window, 6), np.float32)
        valid = np.zeros((size, window), bool)
        chosen = [self._draw(rng) for _ in range(size)]
        for row, number in enumerate(chosen):
            person = self._people[number]
            start = int(rng.integers(max(1, len(person) - min(_LEAST, window) + 1)))
            part = slice(start, start + window)
            count = len(person.landmarks[part])
            features[row, :count] = person.features[rng.integers(len(person.features)), part]
            said[row, :count] = self._content[number][part] - person.rest
            shown[row, :count] = person.landmarks[part] - person.rest
            pose[row, :count] = np.concatenate([person.rotation[part], person.translation[part]], axis=1)
            valid[row, :count] = True
        rest = torch.from_numpy(np.stack([self._people[number].rest for number in chosen])).float()
        static, scale = augment_faces(rest, generator)
        stretch, face = scale.numpy()[:, None], static.numpy()[:, None]
        # Blinks are not learned: eyelids stay as in the portrait and follow the head.
        for eye in (LEFT_EYE, RIGHT_EYE):
            said[:, :, eye], shown[:, :, eye] = 0, 0
        if self._config.content.features == "log-mel":  # phones have precomputed versions
            features = augment_spectra(torch.from_numpy(features), generator).numpy()
        arrays = {
            "features": features,
            "valid": valid,
            "speaker": self._voices(chosen, rng),
            "static": static.numpy(),
            "content": face + said * stretch,
            "target": pose_landmarks(face + shown * stretch, pose[..., :3], pose[..., 3:]).astype(np.float32),
            "counted": np.stack([_landmark_weights(self._people[number].speaker) for number in chosen]),
            "noise": self._noise(rng),
        }
        return {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in arrays.items()}

    def _draw(self, rng: np.random.Generator) -> int:
        who = int(rng.integers(len(self._of)))
        return self._of[who][int(rng.choice(len(self._of[who]), p=self._chance[who]))]

    def _voices(self, chosen: list[int], rng: np.random.Generator) -> FloatArray:
        voices = np.stack([self._people[number].embedding for number in chosen])
        voices = voices + _VOICE_NOISE * rng.standard_normal(voices.shape)
        return np.asarray(voices / np.linalg.norm(voices, axis=1, keepdims=True), np.float32)

    def _noise(self, rng: np.random.Generator) -> FloatArray:
        speaker = self._config.speaker
        columns = [
            smooth_noise(speaker.window, speaker.noise_size, self._config.content.rate, rng) for _ in range(self._noisy)
        ]
        return np.stack(columns) if columns else np.zeros((0, speaker.window, speaker.noise_size), np.float32)


def _landmark_weights(speaker: str) -> FloatArray:
    """(68,) weights of the landmarks to learn from a speaker."""
    counted = np.ones(68, np.float32)
    if speaker != MAIN_SPEAKER:
        counted[np.r_[JAW, LIPS]] = 0
    return counted


def mean_voice(people: Sequence[Performance]) -> FloatArray:
    """(256,) the mean of the speakers' embeddings, of unit length."""
    names = sorted({person.speaker for person in people})
    voices = [np.mean([person.embedding for person in people if person.speaker == name], axis=0) for name in names]
    total = np.sum([voice / np.linalg.norm(voice) for voice in voices], axis=0)
    return np.asarray(total / np.linalg.norm(total), np.float32)


def content_landmarks(network: SpeechContentAnimation | None, people: Sequence[Performance]) -> list[FloatArray]:
    """(T, 68, 3) landmarks of the content branch for each performance; without a network, the face at rest."""
    if network is None:
        return [np.broadcast_to(person.rest.astype(np.float32), (len(person), *person.rest.shape)) for person in people]
    generator = MakeItTalkMotion(network)
    return [generator.landmarks(person.features[0], person.rest).astype(np.float32) for person in people]


def score(network: nn.Module, people: Sequence[Performance], content: Sequence[FloatArray]) -> dict[str, float]:
    """Scores of GRID s1 and of the others: D-Rot of the expected motion, and liveliness of motions with noise.

    "still" is the D-Rot of a head that does not move; "liveliness" is the median ratio of the head's deviation to the
    real one's; "spread" is the distance between two motions with different noise over the distance of one from rest.
    D-LL and D-A are those of GRID s1, without and with the branch's displacements of lips and jaw.
    """
    branch = cast(SpeakerTraining, network).branch
    rows: dict[str, list[float]] = {}
    for number, (person, said) in enumerate(zip(people, content)):
        group = "s1" if person.speaker == MAIN_SPEAKER else "others"
        rotation, expression = _head(branch, person, None)
        measures = {
            "D-Rot": rotation_difference(rotation, person.rotation),
            "still": rotation_difference(np.zeros_like(rotation), person.rotation),
        }
        if branch.config.noise_size:
            first, second = (_head(branch, person, seed)[0] for seed in (number, number + len(people)))
            measures["liveliness"] = float(
                np.linalg.norm(first.std(axis=0)) / np.linalg.norm(person.rotation.std(axis=0))
            )
            measures["spread"] = float(np.abs(first - second).mean() / max(np.abs(first).mean(), 1e-6))
        if group == "s1":
            for share in (0.0, 1.0):
                mouth = said + share * expression
                measures[f"D-LL, {share:g}"] = jaw_lip_distance(mouth, person.landmarks)
                measures[f"D-A, {share:g}"] = mouth_area_difference(mouth, person.landmarks)
        for name, value in measures.items():
            rows.setdefault(f"{group} {name}", []).append(value)
    return {
        name: round(float(np.median(values) if "live" in name else np.mean(values)), 4) for name, values in rows.items()
    }


def _head(branch: SpeakerAwareAnimation, person: Performance, seed: int | None) -> tuple[FloatArray, FloatArray]:
    """Rotation and expression; without a ``seed``, of the expected motion."""
    size = branch.config.noise_size
    noise: FloatArray = np.zeros((len(person), size), np.float32)
    if seed is not None:
        noise = smooth_noise(len(person), size, branch.content.rate, np.random.default_rng(seed))
    made = np.concatenate(list(displacements(branch, person.features[0], person.rest, person.embedding, noise)))
    rotation, _, expression = rigid_and_expression(person.rest + made, person.rest)
    return rotation, expression


def _content_branch(training: Training) -> SpeechContentAnimation | None:
    """The trained content branch; None if the speaker-aware branch is alone."""
    if training.config.speaker.alone:
        return None
    return load_network(SpeechContentAnimation, ContentConfig, training.needs["content"]).eval()


def train_speaker(training: Training) -> None:
    """Train the speaker-aware branch on open recordings, and score it on recordings held back."""
    config = training.config
    said = _content_branch(training)
    corpus = training.corpus.hold_out(()).split_everybody()
    recordings = {name: corpus.recordings(name) for name in ("train", "val")}
    versions = 1 if config.content.features == "log-mel" else VERSIONS
    learned, held_out = (
        [
            person.at_rate(config.content.rate)
            for person in read_performances(found, config.content, training.store, versions=count)
        ]
        for found, count in zip(recordings.values(), (versions, 1))
    )
    torch.manual_seed(0)
    network = SpeakerTraining(config)
    network.branch.mean_speaker.copy_(torch.from_numpy(mean_voice(learned)))
    scores = training.fit(
        network,
        partial(speaker_losses, config=config),
        SpeakerBatches(learned, content_landmarks(said, learned), config, size=training.options.batch),
        validate=partial(score, people=held_out, content=content_landmarks(said, held_out)),
    )
    card = {
        "network": "speaker-aware branch of MakeItTalk (Zhou et al. 2020, section 3.2)",
        "config": {"content": config.content, "speaker": config.speaker},
        "input": f"{config.content.features}, {config.content.num_features} a frame, {config.content.rate} Hz, and the "
        f"{EMBEDDING_SIZE} numbers of a voice",
        **describe(recordings["train"]),
        "scores": {"split": "val: of GRID s1 whole clips, of others parts held back", **scores},
    }
    training.save(network.branch, "speaker_aware", card)
