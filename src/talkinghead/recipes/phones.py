"""Training of the phone recogniser: ``talkinghead train phones``.

It learns from recordings with aligned phones and a large amount of synthesised speech, augmented twice: as sound
(pitch, speed, size of the vocal tract, reverberation, codecs, noise) before training begins, and as mel spectra (level,
tilt, noise, missing bands) anew in every batch. What the encoder makes of the sound is computed before as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from talkinghead.recipes.phone_sounds import (
    ENCODED_STEPS,
    SPEECHLESS,
    LabelledSound,
    SourceFeatures,
    compute_sources,
    describe_sounds,
    read_labelled,
)
from talkinghead.speech.arpabet import BILABIALS, CLASSES, LABIODENTALS
from talkinghead.speech.phones import PhoneConfig, PhoneRecogniser, phone_posteriors
from talkinghead.training.augmentation.mels import augment_mels
from talkinghead.training.fit import Schedule
from talkinghead.training.stage import Training

_FRAMES = 240  # of a crop
_EDGE = 40  # frames at a crop's start that only give context, because their own past is cut off
_SMOOTHING = 0.05  # of labels: the aligner's boundaries are accurate to a frame or two
# Of the crops: people before machines, many voices before much of one.
_SHARES = {
    "GRID": 0.10,
    "LJSpeech": 0.10,
    "LibriSpeech": 0.20,
    "speechocean762": 0.16,
    "rhasspy-kathleen": 0.06,
    "VCTK": 0.02,
    "GCompris-voices": 0.01,
    "flite": 0.07,
    "festival": 0.05,
    "espeak": 0.07,
    "espeak-foreign": 0.03,
    SPEECHLESS: 0.03,
}
_SHARE_OF_OTHERS = 0.02


class PhoneBatches:
    """Random crops of log-mel with their labels.

    Args:
        sources: name -> features.
        size: crops in a batch.
    """

    def __init__(self, sources: Mapping[str, SourceFeatures], *, size: int) -> None:
        self._size = size
        self._mels = [mel for sounds in sources.values() for mel in sounds.mels]
        self._encoded = [rows for sounds in sources.values() for rows in sounds.encoded]
        self._labels = [known for sounds in sources.values() for known in sounds.labels]
        self._weights = [weight for sounds in sources.values() for weight in sounds.weights]
        names = [name for name, sounds in sources.items() for _ in sounds.labels]
        self._shares = np.cumsum(share_of_recordings(names, [len(known) for known in self._labels]))

    def __call__(self, step: int) -> dict[str, Tensor]:
        """The batch of a step for ``phone_losses``."""
        rng = np.random.default_rng(step)
        rows = np.searchsorted(self._shares, rng.random(self._size)).clip(max=len(self._mels) - 1)
        mels, encoded, labels = (np.stack(part) for part in zip(*(self._crop(int(row), rng) for row in rows)))
        return {
            "mel": augment_mels(torch.from_numpy(mels), torch.Generator().manual_seed(step)),
            "encoded": torch.from_numpy(encoded),
            "labels": torch.from_numpy(labels),
            "weights": torch.tensor([self._weights[row] for row in rows]),
        }

    def _crop(
        self, row: int, rng: np.random.Generator
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        mel, encoded, known = self._mels[row], self._encoded[row], self._labels[row]
        start = int(rng.integers(-_EDGE, max(1, len(mel) - _FRAMES))) // 2 * 2
        first, last = max(0, start), min(len(mel), start + _FRAMES)
        heard = np.zeros((_FRAMES, mel.shape[1]), np.float32)
        understood = np.zeros((_FRAMES // 2, encoded.shape[1]), np.float32)
        labels = np.full(_FRAMES, -1, np.int64)
        heard[first - start : last - start] = mel[first:last].astype(np.float32) / 255
        rows = encoded[first // 2 : -(-last // 2)]
        understood[(first - start) // 2 : (first - start) // 2 + len(rows)] = rows.astype(np.float32) / ENCODED_STEPS
        labels[first - start : last - start] = known[first:last]
        if start > 0:
            labels[:_EDGE] = -1
        return heard, understood, labels


def share_of_recordings(sources: Sequence[str], lengths: Sequence[int]) -> npt.NDArray[np.float64]:
    """(N,) how often each recording is learned from, summing to 1: sources have their shares, longer recordings more.

    Args:
        sources: (N,) of the recordings.
        lengths: (N,) of the recordings.
    """
    names, owners = np.unique(np.asarray(sources), return_inverse=True)
    totals = np.bincount(owners, weights=lengths)
    shares = np.array([_SHARES.get(str(name), _SHARE_OF_OTHERS) for name in names])
    return np.asarray((shares / totals)[owners] * lengths / shares.sum())


def phone_losses(network: nn.Module, batch: Mapping[str, Tensor], config: PhoneConfig) -> dict[str, Tensor]:
    """Cross entropy with smoothed labels, without frames to ignore.

    Args:
        network: a ``PhoneRecogniser``.
        batch: ``mel`` (B, T, num_mels), ``encoded`` (B, T / 2, encoder_size), ``labels`` (B, T) with -1 for frames to
            ignore, ``weights`` (B,).
        config: sizes.
    """
    return {"phone_loss": label_loss(network(batch["mel"], batch["encoded"]), batch)}


def label_loss(logits: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
    """The weighted mean of the cross entropy of logits (B, T, 40) and a batch's smoothed labels."""
    labels = batch["labels"]
    loss = F.cross_entropy(logits.float().mT, labels, ignore_index=-1, label_smoothing=_SMOOTHING, reduction="none")
    counted = (labels >= 0).float() * batch["weights"][:, None]
    return (loss * counted).sum() / counted.sum().clamp_min(1.0)


def score(network: nn.Module, labelled: list[LabelledSound]) -> dict[str, float]:
    """Frame accuracy by source, and the recall of p b m and of f v over all sources."""
    assert isinstance(network, PhoneRecogniser)
    return score_posteriors(labelled, lambda samples: phone_posteriors(samples, network=network))


def score_posteriors(
    labelled: list[LabelledSound], listen: Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]
) -> dict[str, float]:
    """Frame accuracy by source, and the recall of p b m and of f v over all sources.

    Args:
        labelled: what is listened to.
        listen: samples (N,) -> posteriors (T, 40).
    """
    known: dict[str, list[npt.NDArray[np.uint8]]] = {}
    guessed: dict[str, list[npt.NDArray[np.intp]]] = {}
    for item in labelled:
        posteriors = listen(item.samples)
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


def phone_example(config: PhoneConfig, seed: int) -> dict[str, Tensor]:
    """Two synthetic crops."""
    generator = torch.Generator().manual_seed(seed)
    return {
        "mel": torch.rand(2, 60, config.num_mels, generator=generator),
        "encoded": torch.randn(2, 30, config.encoder_size, generator=generator),
        "labels": torch.randint(-1, len(CLASSES), (2, 60), generator=generator),
        "weights": torch.tensor([1.0, 0.5]),
    }


def train_phones(training: Training) -> None:
    """Train the recogniser on all labelled speech of tier ``open``."""
    config = training.config
    others = training.options.names_held_out
    learned, held_out = read_labelled(training.folder, training.out / "packs", others=others)
    sources = compute_sources(learned, config, store=training.store)
    torch.manual_seed(0)
    network = PhoneRecogniser(config)
    scores = training.fit(
        network,
        partial(phone_losses, config=config),
        PhoneBatches(sources, size=training.options.batch),
        validate=lambda net: score(net, held_out),
        schedule=Schedule(training.options.learning_rate, weight_decay=1e-5),
    )
    card = {
        "network": "phone recogniser: encoder and log-mel -> 39 phones and silence, 100 Hz",
        "config": config,
        "input": "the speech encoder's features, 50 Hz; log-mel, 80 bands, 100 Hz",
        **describe_sounds(learned),
        **({"held_out": sorted(others)} if others else {}),
        "scores": {"split": "val: frame accuracy; recall over all of val", **scores},
    }
    training.save(network, "phones", card)
