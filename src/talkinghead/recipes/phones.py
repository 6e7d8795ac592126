"""Training of the phone recogniser: ``talkinghead train phones``.

It learns from recordings with aligned phones and a large amount of synthesised speech, augmented twice: as sound
(pitch, speed, size of the vocal tract, reverberation, codecs) before training begins, and as mel spectra (level, tilt,
noise, missing bands) anew in every batch.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from talkinghead.data.packs import load_pack, prepare
from talkinghead.data.spoken import HELD_OUT_LIBRISPEECH
from talkinghead.foreign import Arrays
from talkinghead.speech.arpabet import BILABIALS, CLASSES, LABIODENTALS, SILENCE
from talkinghead.speech.features import SAMPLE_RATE, loudness_gain
from talkinghead.speech.phones import PhoneConfig, PhoneRecogniser, phone_features, phone_posteriors
from talkinghead.store import NOTHING_KEPT, Store, code_digest, key_of
from talkinghead.training.augmentation.mels import augment_mels, make_noise
from talkinghead.training.augmentation.sound import augment_sound
from talkinghead.training.fit import Schedule
from talkinghead.training.stage import Training

_FRAMES = 240  # of a crop
_EDGE = 40  # frames at a crop's start that only give context, because their own past is cut off
_SMOOTHING = 0.05  # of labels: the aligner's boundaries are accurate to a frame or two
_NOISE_SHARE = 0.04  # of crops, which contain only noise
_VERSIONS = 2  # of each recording: unchanged, and augmented
_HELD_BACK = 20  # one recording in this many is held out for validation
# Of the crops: people before machines, many voices before much of one.
_SHARES = {
    "GRID": 0.14,
    "LJSpeech": 0.12,
    "LibriSpeech": 0.27,
    "LibriSpeech-text": 0.005,
    "ARCTIC": 0.005,
    "flite": 0.18,
    "festival": 0.10,
    "espeak": 0.14,
    "espeak-foreign": 0.04,
}
_MORE_VERSIONS = {"LibriSpeech": 4, "LJSpeech": 4}  # of each recording of these sources


@dataclass(frozen=True)
class LabelledSound:
    """A recording: samples (N,) at 16 kHz, labels (ceil(N / 160),) as indices of ``CLASSES``, its source and weight."""

    samples: npt.NDArray[np.float32]
    labels: npt.NDArray[np.uint8]
    source: str
    weight: float


@dataclass(frozen=True)
class SourceFeatures:
    """Features of a source: log-mel (T, bands) as bytes and labels (T,) of every version of every recording."""

    mels: list[npt.NDArray[np.uint8]]
    labels: list[npt.NDArray[np.uint8]]
    weights: list[float]


def compute_features(
    labelled: Sequence[LabelledSound],
    config: PhoneConfig,
    *,
    versions: int = _VERSIONS,
    store: Store = NOTHING_KEPT,
) -> SourceFeatures:
    """Features of recordings, unchanged and, in further versions, augmented by ``augment_sound``; kept in the store."""
    code = code_digest("talkinghead.speech.phones", "talkinghead.training.augmentation.sound")
    sounds = [zlib.crc32(item.samples.tobytes()) for item in labelled]
    kept = store.arrays(
        "phones", key_of(sounds, config.num_mels, versions, code), lambda: _features(labelled, config, versions)
    )
    lengths = np.cumsum(kept["lengths"])[:-1]
    mels, labels = (np.split(kept[name], lengths) for name in ("mels", "labels"))
    return SourceFeatures(mels, labels, kept["weights"].tolist())


def _features(labelled: Sequence[LabelledSound], config: PhoneConfig, versions: int) -> Arrays:
    """The arrays of ``SourceFeatures``, concatenated over recordings, and the lengths of all."""
    rng = np.random.default_rng(0)
    mels, labels, weights = [], [], []
    for item in labelled:
        for version in range(versions):
            samples, known = item.samples, item.labels
            if version > 0:
                samples, known = augment_sound(samples, known, rng)
            mel = phone_features(samples * np.float32(loudness_gain(samples)), num_mels=config.num_mels)
            count = min(len(mel), len(known))
            mels.append(np.round(mel[:count] * 255).astype(np.uint8))
            labels.append(known[:count])
            weights.append(item.weight)
    everything = {"mels": np.concatenate(mels), "labels": np.concatenate(labels), "weights": np.array(weights)}
    return {**everything, "lengths": np.array([len(known) for known in labels])}


class PhoneBatches:
    """Random crops of log-mel with their labels.

    Args:
        sources: name -> features.
        size: crops in a batch.
    """

    def __init__(self, sources: Mapping[str, SourceFeatures], *, size: int) -> None:
        self._size = size
        self._mels = [mel for sounds in sources.values() for mel in sounds.mels]
        self._labels = [known for sounds in sources.values() for known in sounds.labels]
        self._weights = [weight for sounds in sources.values() for weight in sounds.weights]
        shares = [
            _SHARES.get(name, 0.01) * np.array([len(known) for known in sounds.labels]) / sum(map(len, sounds.labels))
            for name, sounds in sources.items()
        ]
        self._shares = np.cumsum(np.concatenate(shares)) / np.sum(np.concatenate(shares))

    def __call__(self, step: int) -> dict[str, Tensor]:
        """Log-mel (B, T, num_mels), labels (B, T) with -1 for frames to ignore, and weights (B,) of a step."""
        rng = np.random.default_rng(step)
        rows = np.searchsorted(self._shares, rng.random(self._size)).clip(max=len(self._mels) - 1)
        crops = [self._crop(int(row), rng) for row in rows]
        generator = torch.Generator().manual_seed(step)
        mel = augment_mels(torch.from_numpy(np.stack([mel for mel, _ in crops])), generator)
        labels = torch.from_numpy(np.stack([known for _, known in crops]))
        noise = torch.rand(self._size, generator=generator) < _NOISE_SHARE
        mel[noise] = make_noise(int(noise.sum()), mel.shape[1:], generator)
        labels[noise] = CLASSES.index(SILENCE)
        return {"mel": mel, "labels": labels, "weights": torch.tensor([self._weights[row] for row in rows])}

    def _crop(self, row: int, rng: np.random.Generator) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        mel, known = self._mels[row], self._labels[row]
        start = int(rng.integers(-_EDGE, max(1, len(mel) - _FRAMES)))
        first, last = max(0, start), min(len(mel), start + _FRAMES)
        picture = np.zeros((_FRAMES, mel.shape[1]), np.float32)
        labels = np.full(_FRAMES, -1, np.int64)
        picture[first - start : last - start] = mel[first:last].astype(np.float32) / 255
        labels[first - start : last - start] = known[first:last]
        if start > 0:
            labels[:_EDGE] = -1
        return picture, labels


def phone_losses(network: nn.Module, batch: Mapping[str, Tensor], config: PhoneConfig) -> dict[str, Tensor]:
    """Cross entropy with smoothed labels, without frames to ignore.

    Args:
        network: a ``PhoneRecogniser``.
        batch: ``mel`` (B, T, num_mels), ``labels`` (B, T), ``weights`` (B,).
        config: sizes.
    """
    logits, labels = network(batch["mel"]).float(), batch["labels"]
    loss = F.cross_entropy(logits.mT, labels, ignore_index=-1, label_smoothing=_SMOOTHING, reduction="none")
    counted = (labels >= 0).float() * batch["weights"][:, None]
    return {"phone_loss": (loss * counted).sum() / counted.sum().clamp_min(1.0)}


def score(network: nn.Module, labelled: list[LabelledSound]) -> dict[str, float]:
    """Frame accuracy by source, and the recall of p b m and of f v over all sources."""
    assert isinstance(network, PhoneRecogniser)
    known: dict[str, list[npt.NDArray[np.uint8]]] = {}
    guessed: dict[str, list[npt.NDArray[np.intp]]] = {}
    for item in labelled:
        posteriors = phone_posteriors(item.samples, network=network)
        known.setdefault(item.source, []).append(item.labels)
        guessed.setdefault(item.source, []).append(posteriors[: len(item.labels)].argmax(axis=1))
    scores = {
        source: round(float(np.mean(np.concatenate(known[source]) == np.concatenate(guessed[source]))), 4)
        for source in known
    }
    everything, answers = (np.concatenate([row for rows in side.values() for row in rows]) for side in (known, guessed))
    for name, group in (("p b m", BILABIALS), ("f v", LABIODENTALS)):
        members = [CLASSES.index(phone) for phone in group]
        said = answers[np.isin(everything, members)]
        if len(said):
            scores[name] = round(float(np.isin(said, members).mean()), 4)
    return scores


def read_labelled(corpus: Path, cache: Path) -> tuple[list[LabelledSound], list[LabelledSound]]:
    """What to learn from, and what to validate on: recordings held back, and two unseen speakers.

    Args:
        corpus: folder of the recordings.
        cache: folder for packs made from them.
    """
    learned: list[LabelledSound] = []
    held_out: list[LabelledSound] = []
    for path in prepare(corpus, cache):
        pack = load_pack(path)
        for k in range(len(pack)):
            source = str(pack.sources[k])
            item = LabelledSound(pack.samples_of(k), pack.labels_of(k), source, float(pack.weights[k]))
            if path.stem == "heldout":
                if pack.speakers[k] in HELD_OUT_LIBRISPEECH:
                    held_out.append(replace(item, source="two LibriSpeech readers"))
            else:
                (held_out if k % _HELD_BACK == 0 else learned).append(item)
    return learned, held_out


def phone_example(config: PhoneConfig, seed: int) -> dict[str, Tensor]:
    """Two synthetic crops."""
    generator = torch.Generator().manual_seed(seed)
    return {
        "mel": torch.rand(2, 60, config.num_mels, generator=generator),
        "labels": torch.randint(-1, len(CLASSES), (2, 60), generator=generator),
        "weights": torch.tensor([1.0, 0.5]),
    }


def train_phones(training: Training) -> None:
    """Train the recogniser on all labelled speech of tier ``open``."""
    config = training.config
    learned, held_out = read_labelled(training.folder, training.out / "packs")
    sources = {}
    for name in sorted({item.source for item in learned}):
        own = [item for item in learned if item.source == name]
        versions = _MORE_VERSIONS.get(name, _VERSIONS)
        sources[name] = compute_features(own, config, versions=versions, store=training.store)
    torch.manual_seed(0)
    network = PhoneRecogniser(config)
    scores = training.fit(
        network,
        partial(phone_losses, config=config),
        PhoneBatches(sources, size=training.options.batch),
        validate=lambda net: score(net, held_out),
        schedule=Schedule(training.options.learning_rate, weight_decay=1e-5),
    )
    hours: dict[str, float] = {}
    for item in learned:
        hours[item.source] = hours.get(item.source, 0.0) + len(item.samples) / SAMPLE_RATE / 3600
    card = {
        "network": "phone recogniser: log-mel -> 39 phones and silence, 100 Hz",
        "config": config,
        "input": "log-mel, 80 bands, 100 Hz",
        "look_ahead_s": config.look_ahead,
        "hours": {source: round(value, 2) for source, value in hours.items()},
        "data_licence": "CC BY 4.0, public domain, MIT, Apache-2.0, BSD-like; synthesised by this project",
        "scores": {"split": "val: frame accuracy; recall over all of val", **scores},
    }
    training.save(network, "phones", card)
