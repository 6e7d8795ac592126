"""Training of the speech content branch.

Source: Zhou et al. 2020, sections 4.1 and 4.4. Where we differ: GRID s1 stands for the Obama addresses; the learning
    rate runs one cycle up to 1.5e-3 instead of 1e-4 throughout, which with the smaller corpus brings the time from 12
    hours on a GPU to three quarters of an hour on two CPU cores; speech is varied in level, noise and length of
    the vocal tract, and faces in their proportions, so that other voices and faces do as well.
"""

from __future__ import annotations

import os
import zlib
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from talkinghead.data.grid import Clip, grid_clips, tracks
from talkinghead.face.landmarks import LEFT_EYE, RIGHT_EYE
from talkinghead.face.pose import head_landmarks
from talkinghead.face.rest import closed_mouth
from talkinghead.methods.makeittalk.config import ContentConfig
from talkinghead.methods.makeittalk.content import SpeechContentAnimation, windows_of
from talkinghead.methods.makeittalk.hearing import load_codes, speech_features
from talkinghead.methods.makeittalk.losses import content_losses
from talkinghead.methods.makeittalk.motion import MakeItTalkMotion
from talkinghead.metrics.aperture import aperture_correlation
from talkinghead.metrics.jaw_lip import jaw_lip_distance, jaw_lip_velocity_difference
from talkinghead.metrics.mouth_area import mouth_area_difference
from talkinghead.motion.smoothing import resample_rows
from talkinghead.speech.alignment.align import align
from talkinghead.speech.arpabet import BILABIALS, LABIODENTALS, PHONES, VISEMES
from talkinghead.speech.phonetic import PhoneticFeatures
from talkinghead.training.augmentation.faces import augment_faces
from talkinghead.training.augmentation.mels import augment_bands, augment_spectra
from talkinghead.training.augmentation.phones import TEMPO_MARGIN, augment_phones, augment_tempo
from talkinghead.training.augmentation.sound import augment_sound
from talkinghead.training.fit import Schedule, fit
from talkinghead.training.stage import Training
from talkinghead.types import FloatArray, Interval
from talkinghead.weights import Weights, save_weights

_REST_FRAMES = 10  # GRID clips begin with the speaker silent
_REFINING_SHARE = 0.6  # of the steps, and then added to them: a second, slower cycle on speech and faces varied less
_REFINING_RATE = 0.4  # of the learning rate
_REFINING_VARIATION = 0.35
_REFINING_LIPS = 3.0
_VERSIONS = 5
_AHEAD_S = 0.025
_RARE = 0.002  # of all that is heard: a phone below it is strange to the sentences
_CONTACT = 0.7  # weight of the closure term; with 3, lips are pressed together and the whole mouth opens less
_REFINING_DROPOUT = 0.15  # of the states between the layers of the LSTM
_SETTLING_SHARE = 0.4  # of the steps: a third cycle, for the network fits train no better than val after the second
_SETTLING_VARIATION = 0.2


@dataclass(frozen=True)
class Sentence:
    """A clip to learn from.

    Attributes:
        features: (V, S, F) at the network's rate: what is heard, in V versions; the first is the clip as it is.
        landmarks: (T, 68, 3) smoothed, at the video's rate.
        fps: of the video.
        contacts: (S,) what the sound asks of the lips (``losses.contact_loss``).
    """

    features: FloatArray
    landmarks: FloatArray
    fps: float
    contacts: npt.NDArray[np.int64]


def read_sentences(
    clips: tuple[Clip, ...],
    cache: Path,
    config: ContentConfig,
    *,
    versions: int = 1,
    features: PhoneticFeatures | None = None,
) -> list[Sentence]:
    """What is heard and seen in clips; tracks are kept in ``cache``, and so is what is heard.

    Args:
        clips: with their words.
        cache: folder.
        config: sizes.
        versions: of what is heard: the clip as it is, its phones as aligned with its words, and the clip as other
            voices and recordings would have it.
        features: what makes the speech frames; None: what ``config`` names.
    """
    sentences = []
    for clip, track in tracks(clips, cache):
        file = cache / f"{clip.code}.{config.features}{versions}.npz"
        if not file.exists():
            _hear(clip, file, config, versions, features)
        with np.load(file) as kept:
            sentences.append(Sentence(kept["features"], head_landmarks(track), track.fps, kept["contacts"]))
    return sentences


def _hear(clip: Clip, file: Path, config: ContentConfig, versions: int, features: PhoneticFeatures | None) -> None:
    speech = clip.speech()
    known = align(speech, " ".join(word.label for word in clip.words if word.label not in ("sil", "sp")))
    rng = np.random.default_rng(zlib.crc32(clip.code.encode()))
    sounds = [speech, known] + [
        replace(speech, samples=augment_sound(speech.samples, np.zeros(1), rng, tempo=False)[0])
        for _ in range(versions - 2)
    ]
    rows = np.stack([speech_features(sound, config, features=features) for sound in sounds[:versions]])
    beside = file.with_suffix(".new.npz")
    contacts = lip_contacts(known.phones or (), rows.shape[1], config.rate)
    np.savez(beside, features=rows.astype(np.float32), contacts=contacts)
    os.replace(beside, file)


def lip_contacts(phones: tuple[Interval, ...], count: int, rate: float) -> npt.NDArray[np.int64]:
    """(count,) what each frame's phone asks of the lips, as in ``losses.contact_loss``.

    The first and the last quarter of a phone belong to the way there and back. Lips meet a little before they are heard
    to: by 0.025 s, as the median of GRID s1 train.
    """
    contacts = np.zeros(count, np.int64)
    for phone in phones:
        kind = 1 if phone.label in BILABIALS else 2 if phone.label in LABIODENTALS else 0
        if kind:
            start, end = (max(0.0, time - (_AHEAD_S if kind == 1 else 0.0)) for time in (phone.start, phone.end))
            margin = 0.25 * (end - start)
            first, last = np.ceil((start + margin) * rate), np.floor((end - margin) * rate)
            middle = round((start + end) / 2 * rate)
            contacts[min(int(first), middle) : max(int(last), middle) + 1] = kind
    return contacts


class ContentBatches:
    """Random windows of speech with the landmarks they go with.

    Args:
        sentences: what to draw from.
        config: sizes.
        size: windows in a batch.
        variation: how often voices and faces are varied, 1 being the usual share of the batch.
    """

    def __init__(self, sentences: list[Sentence], config: ContentConfig, *, size: int, variation: float = 1.0) -> None:
        self._size, self._variation, self._lead = size, variation, config.lead
        windows, targets, owners, rests, contacts = [], [], [], [], []
        wide = replace(config, window=config.window + 2 * TEMPO_MARGIN, lead=config.lead + TEMPO_MARGIN)
        for number, sentence in enumerate(sentences):
            last = (len(sentence.landmarks) - 1) / sentence.fps * config.rate
            count = min(int(last) + 1, sentence.features.shape[1])
            # Section 4.4: the landmarks, not the pictures, are interpolated to the rate of the speech frames.
            targets.append(resample_rows(sentence.landmarks, sentence.fps, config.rate, count))
            windows.append([windows_of(torch.from_numpy(version), wide)[:count] for version in sentence.features])
            contacts.append(sentence.contacts[:count])
            owners.append(np.full(count, number))
            rests.append(np.stack([closed_mouth(row) for row in sentence.landmarks[:_REST_FRAMES]]))
        self._windows = windows
        self._starts = np.cumsum([0] + [len(versions[0]) for versions in windows])
        self._contacts = torch.from_numpy(np.concatenate(contacts))
        self._phones, self._bands = config.features.startswith("phones"), config.features == "log-mel"
        self._strange = unseen_phones(sentences) if self._phones else ()
        self._targets = torch.from_numpy(np.concatenate(targets)).float()
        self._owners = np.concatenate(owners)
        self._rests = torch.from_numpy(np.stack(rests)).float()

    def __call__(self, step: int) -> dict[str, Tensor]:
        """Windows (B, window, F), static and target landmarks (B, 68, 3) and the lips' contacts (B,) of a step."""
        rng = np.random.default_rng(step)
        rows = rng.integers(len(self._owners), size=self._size)
        owners = self._owners[rows]
        versions = rng.integers(len(self._windows[0]), size=self._size)
        windows = torch.stack([self._windows[o][v][r - self._starts[o]] for o, v, r in zip(owners, versions, rows)])
        static = self._rests[owners, rng.integers(_REST_FRAMES, size=self._size)]
        target = self._targets[rows].clone()
        # Blinks are not the content's business: eyelids stay as in the portrait.
        for eye in (LEFT_EYE, RIGHT_EYE):
            target[:, eye] = static[:, eye]
        generator = torch.Generator().manual_seed(step)
        face, scale = augment_faces(static, generator, share=0.5 * self._variation)
        static, target = face, face + (target - static) * scale
        tempo = 1.0 if self._phones else 0.0
        windows = augment_tempo(windows, self._lead, generator, variation=tempo)
        if self._phones:
            phones, bands = windows[:, :, : len(PHONES)], windows[:, :, len(PHONES) :]
            windows = augment_phones(phones, self._strange, generator, variation=self._variation)
            if bands.shape[2]:
                windows = torch.cat([windows, augment_bands(bands, generator, variation=self._variation)], dim=2)
        elif self._bands:
            windows = augment_spectra(windows, generator, variation=self._variation)
        return {"windows": windows, "static": static, "target": target, "contact": self._contacts[rows]}


def unseen_phones(sentences: list[Sentence]) -> tuple[tuple[int, int], ...]:
    """Pairs (strange, known) of places in ``PHONES`` that look alike; the strange ones are hardly ever heard here."""
    heard_s = sum(sentence.features[0][:, : len(PHONES)].sum(axis=0) for sentence in sentences)
    rare = {phone for phone, frames in zip(PHONES, np.asarray(heard_s)) if frames < _RARE * np.sum(heard_s)}
    pairs = []
    for group in VISEMES.values():
        known = [phone for phone in group if phone in PHONES and phone not in rare]
        pairs += [(PHONES.index(phone), PHONES.index(other)) for phone in group if phone in rare for other in known]
    return tuple(pairs)


def score(network: nn.Module, sentences: list[Sentence]) -> dict[str, float]:
    """D-LL, D-VL, D-A and the aperture's correlation, means over sentences whose first frame serves as the portrait."""
    assert isinstance(network, SpeechContentAnimation)
    generator = MakeItTalkMotion(network)
    rows = []
    for sentence in sentences:
        rest = closed_mouth(sentence.landmarks[0])
        at_rate = generator.landmarks(sentence.features[0], rest)
        predicted = resample_rows(at_rate, network.config.rate, sentence.fps, len(sentence.landmarks))
        measures = (jaw_lip_distance, jaw_lip_velocity_difference, mouth_area_difference, aperture_correlation)
        rows.append([measure(predicted, sentence.landmarks) for measure in measures])
    means = np.mean(rows, axis=0)
    return dict(zip(("D-LL", "D-VL", "D-A", "correlation"), (round(float(value), 4) for value in means)))


def train_content(training: Training) -> None:
    """Train the content branch on GRID s1 ``train``; its scores are of ``val``.

    Where the configuration hears the codes of the voice conversion, its weights are in the output folder.
    """
    config, out, options = training.config, training.out, training.options
    root, cache = training.corpus / "grid_s1", out / "tracks"
    versions = 1 if config.content.features == "log-mel" else _VERSIONS  # of log-mel, others are made in every batch
    codes = load_codes(Weights((out,))) if config.content.features == "autovc" else None
    learn = read_sentences(grid_clips(root, "train"), cache, config.content, versions=versions, features=codes)
    watch = read_sentences(grid_clips(root, "val"), cache, config.content, features=codes)
    torch.manual_seed(0)
    network = SpeechContentAnimation(config.content)
    for folder, share, rate, variation, lips, dropout in (
        (out, 1.0, 1.0, 1.0, 0.0, 0.0),
        (out / "refined", _REFINING_SHARE, _REFINING_RATE, _REFINING_VARIATION, _REFINING_LIPS, _REFINING_DROPOUT),
        (out / "settled", _SETTLING_SHARE, _REFINING_RATE, _SETTLING_VARIATION, _REFINING_LIPS, 0.0),
    ):
        network.lstm.dropout = dropout
        scores = fit(
            network,
            partial(content_losses, config=config, lips=lips, contact=_CONTACT),
            ContentBatches(learn, config.content, size=options.batch, variation=variation),
            out=folder,
            steps=max(1, round(share * options.steps)),
            schedule=Schedule(rate * options.learning_rate),
            validate_every=options.validate_every,
            validate=lambda net: score(net, watch),
        )
    card = {
        "network": "speech content branch of MakeItTalk (Zhou et al. 2020, section 3.1)",
        "config": config.content,
        "input": f"{config.content.features}, {config.content.num_features} a frame, {config.content.rate} Hz",
        "data": "GRID speaker s1, split train (Cooke et al. 2006)",
        "data_licence": "CC BY 4.0",
        "command": training.command,
        "scores": {"split": "GRID s1 val", **scores},
    }
    save_weights(network, out / "content.safetensors", card=card)
