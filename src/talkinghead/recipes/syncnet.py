"""Training of the network that measures synchrony: ``talkinghead train syncnet``.

It learns from pictures and sound of real people speaking, mostly of one (GRID s1), and has to work for anyone, so both
are augmented strongly: the sound as sound before training begins (pitch, vocal tract, rooms, codecs), and anew in
every batch both as pictures (shape, light, sharpness, patches over them) and as mel spectra, and in speed together.

Source: Chung and Zisserman 2016, "Out of time", section 2.3, pull true pairs together and push false ones, shifted by
up to 2 s, beyond a margin. We learn to choose instead (van den Oord et al. 2018, "Representation learning with
contrastive predictive coding", section 2.3; Chung, Chung and Kang 2019, "Perfect match", section 3): of all windows of
the same stretch within 15 frames and all windows of the others in the batch, the one that goes with this one.
Neighbours of one frame share four fifths of their pictures and are the answer in part (``_NEAR``).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from talkinghead.data.corpus import UNSEEN_BY_SYNCNET
from talkinghead.data.mouths import Mouth, prepare_mouths
from talkinghead.metrics.sync import FPS, at_25_fps, offsets_by_window
from talkinghead.metrics.syncnet import HEIGHT, WIDTH, SyncNet, SyncNetConfig, crop_mouths, mouth_places, sync_features
from talkinghead.speech.features import SAMPLE_RATE
from talkinghead.store import NOTHING_KEPT, Store, code_digest, key_of
from talkinghead.training.augmentation.crops import augment_crops
from talkinghead.training.augmentation.mels import augment_mels
from talkinghead.training.augmentation.sound import sound_versions
from talkinghead.training.fit import Schedule
from talkinghead.training.stage import Training
from talkinghead.types import FloatArray, ImageArray, IndexArray, Speech

SHIFTS = range(-5, 6)
"""Frames by which validation puts picture and sound out of sync."""

_FRAMES = 40  # of a stretch: 36 windows
_REACH = 15  # frames: how far the wrong answers of the same stretch reach
_NEAR = 0.1  # of the right answer, for the previous window and for the next one
_VERSIONS = 3  # of each sound: unchanged, and augmented
_SPEED = 0.15  # largest relative change of a stretch's speed
_DATA_LICENCE = "CC BY 4.0 (GRID), US government works"


@dataclass(frozen=True)
class SyncStretch:
    """A recording at 25 frames per second: crops (T, H, W), and log-mel bytes (4 T, bands) of its sounds."""

    crops: ImageArray
    mels: tuple[npt.NDArray[np.uint8], ...]
    speaker: str


def make_stretches(
    mouths: Sequence[Mouth], config: SyncNetConfig, *, versions: int = _VERSIONS, store: Store = NOTHING_KEPT
) -> list[SyncStretch]:
    """Recordings at 25 frames per second, with their sound unchanged and, in further versions, augmented.

    Recordings shorter than a stretch of training are left out. The store keeps the mel spectra.
    """
    code = code_digest("talkinghead.metrics.syncnet", "talkinghead.training.augmentation.sound")
    stretches = []
    for mouth, rows in _long_enough(mouths):

        def make(mouth: Mouth = mouth, count: int = len(rows)) -> npt.NDArray[np.uint8]:
            speech = Speech(mouth.samples, SAMPLE_RATE)
            sounds = (sound.samples for sound in sound_versions(speech, versions, seed=mouth.name))
            mels = np.stack([sync_features(samples, count, num_mels=config.num_mels) for samples in sounds])
            return np.asarray(np.round(mels * 255), np.uint8)

        sound = zlib.crc32(mouth.samples.tobytes())
        mels = store.array("sync", key_of(mouth.name, sound, len(rows), config.num_mels, versions, code), make)
        stretches.append(SyncStretch(mouth.crops[rows], tuple(mels), mouth.speaker))
    return stretches


def _long_enough(mouths: Sequence[Mouth]) -> Iterator[tuple[Mouth, IndexArray]]:
    """Recordings that are long enough for a stretch, with their frames at 25 per second."""
    for mouth in mouths:
        rows = at_25_fps(len(mouth.crops), mouth.fps)[: int(mouth.duration * FPS)]
        if len(rows) > _FRAMES:
            yield mouth, rows


class SyncBatches:
    """Stretches of video with their own sound, augmented.

    A speaker's share of the batches grows with the square root of the duration: many faces matter more than much of
    one.

    Args:
        stretches: the training data.
        size: stretches in a batch.
    """

    def __init__(self, stretches: Sequence[SyncStretch], *, size: int) -> None:
        self._size = size
        self._stretches = list(stretches)
        seconds: dict[str, float] = {}
        for stretch in stretches:
            seconds[stretch.speaker] = seconds.get(stretch.speaker, 0.0) + len(stretch.crops)
        shares = np.array([len(s.crops) / np.sqrt(seconds[s.speaker]) for s in stretches])
        self._shares = np.cumsum(shares) / shares.sum()

    def __call__(self, step: int) -> dict[str, Tensor]:
        """Crops (B, T, H, W) and log-mel (B, 4 T, num_mels) of a step, both in [0, 1]."""
        rng = np.random.default_rng(step)
        chosen = np.searchsorted(self._shares, rng.random(self._size)).clip(max=len(self._stretches) - 1)
        crops, mels = zip(*(sample_stretch(self._stretches[int(row)], rng) for row in chosen))
        generator = torch.Generator().manual_seed(step)
        return {
            "crops": augment_crops(torch.from_numpy(np.stack(crops)), generator),
            "mel": augment_mels(torch.from_numpy(np.stack(mels)), generator).clamp(max=1.0),
        }


def sample_stretch(
    stretch: SyncStretch, rng: np.random.Generator
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """A random piece of a stretch, half the time faster or slower: crops (T, H, W) and log-mel (4 T, bands)."""
    count = len(stretch.crops)
    fastest = min(1 + _SPEED, (count - 1) / (_FRAMES - 1))
    speed = rng.uniform(1 - _SPEED, fastest) if rng.random() < 0.5 else 1.0
    start = rng.uniform(0, count - 1 - speed * (_FRAMES - 1))
    if speed == 1.0:
        start = np.floor(start)
    mel = stretch.mels[int(rng.integers(len(stretch.mels)))]
    crops = _between(stretch.crops, start + speed * np.arange(_FRAMES))
    return crops, _between(mel, 4 * start + speed * np.arange(4 * _FRAMES))


def _between(rows: npt.NDArray[np.uint8], places: FloatArray) -> npt.NDArray[np.float32]:
    """Rows of bytes, interpolated at fractional places, in [0, 1]."""
    places = places.clip(0, len(rows) - 1)
    below = np.floor(places).astype(int)
    above = np.minimum(below + 1, len(rows) - 1)
    share = (places - below).astype(np.float32).reshape(-1, *[1] * (rows.ndim - 1))
    return np.asarray((rows[below] * (1 - share) + rows[above] * share) / np.float32(255), np.float32)


def sync_losses(network: nn.Module, batch: Mapping[str, Tensor], config: SyncNetConfig) -> dict[str, Tensor]:
    """Cross entropy of choosing each window's partner, from picture to sound and from sound to picture.

    Args:
        network: a ``SyncNet``.
        batch: ``crops`` (B, T, H, W), ``mel`` (B, 4 T, num_mels).
        config: sizes.
    """
    video, audio = network(batch["crops"], batch["mel"])
    sharpness: Tensor = network.sharpness  # type: ignore[assignment]
    logits = sharpness.exp().clamp(max=100.0) * video.flatten(0, 1) @ audio.flatten(0, 1).T
    answers, allowed = right_answers(len(video), video.shape[1], device=logits.device)
    logits = logits.masked_fill(~allowed, -1e4)
    return {
        "sound_loss": -(answers * logits.log_softmax(dim=1)).sum(dim=1).mean(),
        "picture_loss": -(answers * logits.log_softmax(dim=0)).sum(dim=0).mean(),
    }


def right_answers(batch: int, windows: int, *, device: torch.device | None = None) -> tuple[Tensor, Tensor]:
    """The partners of all windows in a batch of stretches, and the windows among which to choose.

    Returns:
        (B n, B n) shares of the right answer, whose rows and columns sum to 1, except at the ends; (B n, B n) bool,
        True within 15 windows of the same stretch and everywhere in the others.
    """
    place = torch.arange(batch * windows, device=device)
    apart = place[:, None] - place
    same = (place // windows)[:, None] == place // windows
    answers = torch.where(apart == 0, 1 - 2 * _NEAR, torch.where(apart.abs() == 1, _NEAR, 0.0)) * same
    return answers / answers.sum(dim=1, keepdim=True), ~same | (apart.abs() <= _REACH)


def score(network: nn.Module, mouths: Sequence[Mouth]) -> dict[str, float]:
    """The share of stretches of two seconds whose shift is found to a frame, and their mean confidence unshifted."""
    assert isinstance(network, SyncNet)
    hits: list[bool] = []
    confidences: list[float] = []
    for mouth in mouths:
        video = network.embed_video(mouth.crops, mouth.fps)
        audio = network.embed_audio(Speech(mouth.samples, SAMPLE_RATE), len(video) + 4)
        for shift in SHIFTS:
            late, early = max(shift, 0), max(-shift, 0)
            # A picture that comes late shows at row t what belonged to row t - shift.
            found = offsets_by_window(video[early : len(video) - late], audio[late : len(audio) - early])
            hits += [abs(one.offset - shift) <= 1 for one in found]
            confidences += [one.confidence for one in found if shift == 0]
    return {"recovered": round(float(np.mean(hits)), 4), "confidence": round(float(np.mean(confidences)), 4)}


def sync_example(config: SyncNetConfig, seed: int) -> dict[str, Tensor]:
    """Two synthetic stretches of eight frames."""
    generator = torch.Generator().manual_seed(seed)
    return {
        "crops": torch.rand(2, 8, HEIGHT, WIDTH, generator=generator),
        "mel": torch.rand(2, 32, config.num_mels, generator=generator),
    }


def train_syncnet(training: Training) -> None:
    """Train the network on GRID s1 and on open clips of others that are in sync."""
    config = training.config
    corpus = training.corpus.hold_out(UNSEEN_BY_SYNCNET)
    learned, held_out = (
        prepare_mouths(corpus.recordings(split, in_step=True), training.store, places=mouth_places, cut=crop_mouths)
        for split in ("train", "val")
    )
    torch.manual_seed(0)
    network = SyncNet(config).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    scores = training.fit(
        network,
        partial(sync_losses, config=config),
        SyncBatches(make_stretches(learned, config, store=training.store), size=training.options.batch),
        validate=lambda net: score(net, held_out),
        schedule=Schedule(training.options.learning_rate, weight_decay=1e-5),
    )
    minutes: dict[str, float] = {}
    for mouth in learned:
        minutes[mouth.speaker] = minutes.get(mouth.speaker, 0.0) + mouth.duration / 60
    card = {
        "network": f"{SyncNet.name}: mouths and log-mel -> unit vectors per 0.2 s",
        "config": config,
        "input": "5 grey crops of 48x64 px at 25 Hz; 20 frames of log-mel at 100 Hz",
        "minutes": {speaker: round(value, 2) for speaker, value in minutes.items()},
        "data_licence": _DATA_LICENCE,
        "scores": {"split": "val: shifts of -5 to 5 frames found to a frame in 2 s; mean confidence", **scores},
    }
    training.save(network, "syncnet", card)
