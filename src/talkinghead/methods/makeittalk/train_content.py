"""Training of the speech content branch.

Source: Zhou et al. 2020, sections 4.1 and 4.4. Where we differ: GRID s1 stands for the Obama addresses; the learning
    rate runs one cycle up to 1.5e-3 instead of 1e-4 throughout, which, with the smaller corpus, reduces the time from
    12 hours on a GPU to three quarters of an hour on two CPU cores; speech is augmented in level, noise and length of
    the vocal tract, and faces in their proportions, so that other voices and faces work as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from talkinghead.data.corpus import describe
from talkinghead.data.recording import MAIN_SPEAKER
from talkinghead.face.landmarks import LEFT_EYE, RIGHT_EYE
from talkinghead.face.rest import closed_mouth
from talkinghead.methods.makeittalk.config import ContentConfig
from talkinghead.methods.makeittalk.content import SpeechContentAnimation, windows_of
from talkinghead.methods.makeittalk.losses import content_losses
from talkinghead.methods.makeittalk.motion import MakeItTalkMotion
from talkinghead.methods.makeittalk.recordings import VERSIONS, Performance, read_performances
from talkinghead.metrics.aperture import aperture_correlation
from talkinghead.metrics.jaw_lip import jaw_lip_distance, jaw_lip_velocity_difference
from talkinghead.metrics.mouth_area import mouth_area_difference
from talkinghead.motion.smoothing import resample_rows
from talkinghead.speech.arpabet import PHONES, VISEMES
from talkinghead.training.augmentation.faces import augment_faces
from talkinghead.training.augmentation.mels import augment_bands, augment_spectra
from talkinghead.training.augmentation.phones import TEMPO_MARGIN, augment_phones, augment_tempo
from talkinghead.training.fit import Schedule
from talkinghead.training.stage import Training
from talkinghead.weights import Weights

_REST_FRAMES = 10  # the speaker is silent at the beginning of GRID clips
_REFINING_SHARE = 0.6  # of the steps, added to them: a second, slower cycle with less augmentation
_REFINING_RATE = 0.4  # of the learning rate
_REFINING_VARIATION = 0.35
_REFINING_LIPS = 3.0
_RARE = 0.002  # of all speech frames: a phone with a smaller share counts as missing from the sentences
_CONTACT = 0.7  # weight of the closure term; with 3, lips are pressed together and the whole mouth opens less
_REFINING_DROPOUT = 0.15  # of the states between the layers of the LSTM
_SETTLING_SHARE = 0.4  # of the steps: a third cycle, because after the second the network still underfits
_SETTLING_VARIATION = 0.2


class ContentBatches:
    """Random windows of speech with their landmarks.

    Args:
        sentences: the training data.
        config: sizes.
        size: windows in a batch.
        variation: how often voices and faces are augmented; 1: the usual share of the batch.
    """

    def __init__(
        self, sentences: Sequence[Performance], config: ContentConfig, *, size: int, variation: float = 1.0
    ) -> None:
        self._size, self._variation, self._lead = size, variation, config.lead
        windows, targets, owners, rests, contacts = [], [], [], [], []
        wide = replace(config, window=config.window + 2 * TEMPO_MARGIN, lead=config.lead + TEMPO_MARGIN)
        for number, sentence in enumerate(sentences):
            rows = sentence.at_rate(config.rate)
            targets.append(rows.landmarks)
            windows.append([windows_of(torch.from_numpy(version), wide)[: len(rows)] for version in sentence.features])
            contacts.append(rows.contacts)
            owners.append(np.full(len(rows), number))
            rests.append(np.stack([closed_mouth(row) for row in sentence.landmarks[:_REST_FRAMES]]))
        self._windows = windows
        self._starts = np.cumsum([0] + [len(versions[0]) for versions in windows])
        self._contacts = torch.from_numpy(np.concatenate(contacts))
        self._phones, self._bands = config.features.startswith("phones"), config.features == "log-mel"
        self._rare = unseen_phones(sentences) if self._phones else ()
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
        # The content branch does not learn blinks: eyelids stay as in the portrait.
        for eye in (LEFT_EYE, RIGHT_EYE):
            target[:, eye] = static[:, eye]
        generator = torch.Generator().manual_seed(step)
        face, scale = augment_faces(static, generator, share=0.5 * self._variation)
        static, target = face, face + (target - static) * scale
        tempo = 1.0 if self._phones else 0.0
        windows = augment_tempo(windows, self._lead, generator, variation=tempo)
        if self._phones:
            phones, bands = windows[:, :, : len(PHONES)], windows[:, :, len(PHONES) :]
            windows = augment_phones(phones, self._rare, generator, variation=self._variation)
            if bands.shape[2]:
                windows = torch.cat([windows, augment_bands(bands, generator, variation=self._variation)], dim=2)
        elif self._bands:
            windows = augment_spectra(windows, generator, variation=self._variation)
        return {"windows": windows, "static": static, "target": target, "contact": self._contacts[rows]}


def unseen_phones(sentences: Sequence[Performance]) -> tuple[tuple[int, int], ...]:
    """Pairs (rare, known) of indices in ``PHONES`` that look alike; the rare phone hardly occurs in the sentences."""
    frames_of = sum(sentence.features[0][:, : len(PHONES)].sum(axis=0) for sentence in sentences)
    rare = {phone for phone, frames in zip(PHONES, np.asarray(frames_of)) if frames < _RARE * np.sum(frames_of)}
    pairs = []
    for group in VISEMES.values():
        known = [phone for phone in group if phone in PHONES and phone not in rare]
        pairs += [(PHONES.index(phone), PHONES.index(other)) for phone in group if phone in rare for other in known]
    return tuple(pairs)


def score(network: nn.Module, sentences: Sequence[Performance]) -> dict[str, float]:
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
    """Train the content branch on GRID s1 ``train``, and score it on ``val``.

    If the features are the codes of the voice conversion, its weights must be in the output folder.
    """
    config, sizes = training.config, training.config.content
    versions = 1 if sizes.features == "log-mel" else VERSIONS  # log-mel is augmented in every batch instead
    codes = Weights((training.out,)).file("voice") if sizes.features == "autovc" else None
    recordings = {name: training.corpus.recordings(name, speakers=(MAIN_SPEAKER,)) for name in ("train", "val")}
    learned = list(read_performances(recordings["train"], sizes, training.store, versions=versions, codes=codes))
    held_out = list(read_performances(recordings["val"], sizes, training.store, codes=codes))
    torch.manual_seed(0)
    network = SpeechContentAnimation(sizes)
    for part, share, rate, variation, lips, dropout in (
        ("", 1.0, 1.0, 1.0, 0.0, 0.0),
        ("refined", _REFINING_SHARE, _REFINING_RATE, _REFINING_VARIATION, _REFINING_LIPS, _REFINING_DROPOUT),
        ("settled", _SETTLING_SHARE, _REFINING_RATE, _SETTLING_VARIATION, _REFINING_LIPS, 0.0),
    ):
        network.lstm.dropout = dropout
        scores = training.fit(
            network,
            partial(content_losses, config=config, lips=lips, contact=_CONTACT),
            ContentBatches(learned, sizes, size=training.options.batch, variation=variation),
            validate=lambda net: score(net, held_out),
            schedule=Schedule(rate * training.options.learning_rate),
            part=part,
            share=share,
        )
    card = {
        "network": "speech content branch of MakeItTalk (Zhou et al. 2020, section 3.1)",
        "config": sizes,
        "input": f"{sizes.features}, {sizes.num_features} a frame, {sizes.rate} Hz",
        **describe(recordings["train"]),
        "scores": {"split": "val", **scores},
    }
    training.save(network, "content", card)
