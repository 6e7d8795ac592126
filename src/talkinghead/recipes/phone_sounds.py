"""What the phone recogniser learns from: labelled sounds, their versions, and their features, which the store keeps."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from talkinghead.data.packs import load_pack, prepare
from talkinghead.foreign import Arrays
from talkinghead.speech.arpabet import CLASSES, SILENCE
from talkinghead.speech.encoder import encode_speech, encoder_digest
from talkinghead.speech.features import SAMPLE_RATE, loudness_gain
from talkinghead.speech.phones import PhoneConfig
from talkinghead.speech.time_delay import mel_frames
from talkinghead.speech.upper import load_whole_encoder, whole_encoder_digest
from talkinghead.store import NOTHING_KEPT, Store, code_digest, key_of
from talkinghead.training.augmentation.sound import add_noise, augment_sound, make_noise, make_tune

SPEECHLESS = "noise and tunes"
"""A source of its own, in which nobody speaks."""

ENCODED_STEPS = 16
"""Of a byte, for 1 of the encoder's features, whose spread is 1."""

HELD_BACK = 20
"""One recording in this many, of people who are learned from, is held out for validation."""

_VERSIONS = 2  # of each recording: unchanged, and augmented
_VERSIONS_OF = {  # of these sources: little real speech of many voices, and much that is made
    **dict.fromkeys(("LibriSpeech", "LJSpeech", "VCTK"), 4),
    **dict.fromkeys(("espeak", "espeak-foreign", "festival", "flite"), 1),
}
_NOISY = 0.4  # of the augmented versions
_SPEECHLESS, _SPEECHLESS_S = 60, 8.0  # recordings, and the length of each
_TEST = ("GRID", "MFA", "speechbrain")  # of what is held out, these and VCTK's p287 are for the last test alone
_TEST_SPEAKER = "VCTK-p287"


@dataclass(frozen=True)
class LabelledSound:
    """A recording: samples (N,) at 16 kHz, labels (ceil(N / 160),) as indices of ``CLASSES``, its source and weight."""

    samples: npt.NDArray[np.float32]
    labels: npt.NDArray[np.uint8]
    source: str
    weight: float


@dataclass(frozen=True)
class SourceFeatures:
    """Features of a source, of every version of every recording.

    Attributes:
        mels: (T, bands) log-mel as bytes.
        encoded: (ceil(T / 2), encoder_size) what the encoder makes of it, as bytes.
        labels: (T,) indices of ``CLASSES``.
        weights: of the recordings.
    """

    mels: list[npt.NDArray[np.uint8]]
    encoded: list[npt.NDArray[np.int8]]
    labels: list[npt.NDArray[np.uint8]]
    weights: list[float]


def compute_features(
    labelled: Sequence[LabelledSound],
    config: PhoneConfig,
    *,
    versions: int = _VERSIONS,
    store: Store = NOTHING_KEPT,
) -> SourceFeatures:
    """Features of recordings, unchanged and, in further versions, augmented; kept in the store."""
    code = code_digest("talkinghead.speech.time_delay", "talkinghead.training.augmentation.sound")
    sounds = [zlib.crc32(item.samples.tobytes()) for item in labelled]
    key = key_of(sounds, config.num_mels, config.encoder_size, versions, code, _digest(config))
    kept = store.arrays("phones", key, lambda: _features(labelled, config, versions))
    lengths = kept["lengths"]
    mels, labels = (np.split(kept[name], np.cumsum(lengths)[:-1]) for name in ("mels", "labels"))
    encoded = np.split(kept["encoded"], np.cumsum(-(-lengths // 2))[:-1])
    return SourceFeatures(mels, encoded, labels, kept["weights"].tolist())


def _features(labelled: Sequence[LabelledSound], config: PhoneConfig, versions: int) -> Arrays:
    """The arrays of ``SourceFeatures``, concatenated over recordings, and the lengths of all."""
    rng = np.random.default_rng(0)
    mels, encoded, labels, weights = [], [], [], []
    for item in labelled:
        for version in range(versions):
            samples, known = item.samples, item.labels
            if version > 0:
                samples, known = augment_sound(samples, known, rng)
                samples = add_noise(samples, rng) if rng.random() < _NOISY else samples
            samples = samples * np.float32(loudness_gain(samples))
            mel = mel_frames(samples, num_mels=config.num_mels)
            count = min(len(mel), len(known))
            mels.append(np.round(mel[:count] * 255).astype(np.uint8))
            encoded.append(_encode(samples, -(-count // 2), config))
            labels.append(known[:count])
            weights.append(item.weight)
    everything = {"mels": np.concatenate(mels), "encoded": np.concatenate(encoded), "labels": np.concatenate(labels)}
    return {**everything, "weights": np.array(weights), "lengths": np.array([len(known) for known in labels])}


def _digest(config: PhoneConfig) -> str:
    return whole_encoder_digest() if config.upper else encoder_digest()


def _encode(samples: npt.NDArray[np.float32], count: int, config: PhoneConfig) -> npt.NDArray[np.int8]:
    if not config.encoder_size:
        return np.zeros((count, 0), np.int8)
    network = load_whole_encoder() if config.upper else None
    rows = encode_speech(samples, gain=1.0, count=count, network=network) * ENCODED_STEPS
    return np.asarray(np.round(rows.clip(-127, 127)), np.int8)


def compute_sources(
    learned: Sequence[LabelledSound], config: PhoneConfig, *, store: Store = NOTHING_KEPT
) -> dict[str, SourceFeatures]:
    """Features by source, and of sound in which nobody speaks."""
    return {
        name: compute_features(
            [item for item in learned if item.source == name],
            config,
            versions=_VERSIONS_OF.get(name, _VERSIONS),
            store=store,
        )
        for name in sorted({item.source for item in learned})
    } | {SPEECHLESS: compute_features(make_speechless(), config, versions=1, store=store)}


def make_speechless() -> list[LabelledSound]:
    """Noise, and notes that an instrument plays: silence to a listener for phones."""
    rng, count = np.random.default_rng(0), round(_SPEECHLESS_S * SAMPLE_RATE)
    labels = np.full(-(-count // 160), CLASSES.index(SILENCE), np.uint8)
    sounds = [make(count, rng) * np.float32(0.1) for _ in range(_SPEECHLESS // 2) for make in (make_noise, make_tune)]
    return [LabelledSound(sound, labels, SPEECHLESS, 1.0) for sound in sounds]


def read_labelled(
    corpus: Path, cache: Path, *, others: frozenset[str] = frozenset()
) -> tuple[list[LabelledSound], list[LabelledSound]]:
    """What to learn from, and what to validate on: recordings held back, and people who are.

    Args:
        corpus: folder of the recordings.
        cache: folder for packs made from them.
        others: sources that are held back as well, with all their people.
    """
    learned: list[LabelledSound] = []
    held_out: list[LabelledSound] = []
    for path in prepare(corpus, cache):
        pack = load_pack(path)
        for k in range(len(pack)):
            source, speaker = str(pack.sources[k]), str(pack.speakers[k])
            item = LabelledSound(pack.samples_of(k), pack.labels_of(k), source, float(pack.weights[k]))
            if path.stem == "heldout":
                if source not in _TEST and speaker != _TEST_SPEAKER:
                    held_out.append(replace(item, source=f"{source}, others"))
            elif source in others:
                held_out.append(replace(item, source=f"{source}, never heard"))
            else:
                (held_out if k % HELD_BACK == 0 else learned).append(item)
    return learned, held_out


def describe_sounds(learned: Sequence[LabelledSound]) -> dict[str, object]:
    """What cards tell of the data."""
    hours: dict[str, float] = {}
    for item in learned:
        hours[item.source] = hours.get(item.source, 0.0) + len(item.samples) / SAMPLE_RATE / 3600
    return {
        "hours": {source: round(value, 2) for source, value in hours.items()},
        "data_licence": "CC0, CC BY, CC BY-SA, public domain, MIT, Apache-2.0, BSD-like (NOTICE); synthesised by this "
        "project",
    }
