"""Training of the speech content branch.

Source: Zhou et al. 2020, sections 4.1 and 4.4. Where we differ: GRID s1 and the open clips stand for the Obama
    addresses; the learning rate runs one cycle up to 1.5e-3 instead of 1e-4 throughout, which, with the smaller corpus,
    reduces the time from 12 hours on a GPU to an hour on two CPU cores; speech is augmented in level, noise and length
    of the vocal tract, and faces in their proportions, so that other voices and faces work as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from talkinghead.data.corpus import Corpus, describe
from talkinghead.data.recording import MAIN_SPEAKER, Recording
from talkinghead.face.landmarks import LEFT_EYE, RIGHT_EYE
from talkinghead.face.mouth_range import speaker_gains
from talkinghead.face.rest import closed_mouth, lip_gap
from talkinghead.methods.makeittalk.config import CONFIGS, ContentConfig
from talkinghead.methods.makeittalk.content import SpeechContentAnimation, windows_of
from talkinghead.methods.makeittalk.content_scores import measure_reach, score
from talkinghead.methods.makeittalk.features import feature_sizes
from talkinghead.methods.makeittalk.losses import content_losses
from talkinghead.methods.makeittalk.recordings import VERSIONS, Performance, read_performances
from talkinghead.speech.arpabet import PHONES, VISEMES
from talkinghead.store import Store
from talkinghead.training.augmentation.faces import augment_faces
from talkinghead.training.augmentation.mels import augment_bands, augment_spectra
from talkinghead.training.augmentation.phones import TEMPO_MARGIN, augment_phones, augment_tempo
from talkinghead.training.fit import Schedule
from talkinghead.training.stage import Training
from talkinghead.types import FloatArray
from talkinghead.weights import Weights, load_weights

_REST_FRAMES = 10  # the speaker is silent at the beginning of GRID clips
_REFINING_SHARE = 0.25  # of the steps, added to them: a second, slower cycle with less augmentation
_REFINING_RATE = 0.4  # of the learning rate
_REFINING_VARIATION = 0.35
_REFINING_LIPS = 3.0
_RARE = 0.002  # of all speech frames: a phone with a smaller share counts as missing from the sentences
_CONTACT = 0.7  # weight of the closure term; with 3, lips are pressed together and the whole mouth opens less
_REFINING_DROPOUT = 0.15  # of the states between the layers of the LSTM
_SETTLING_SHARE = 0.15  # of the steps: a third cycle, because after the second the network still underfits
_SETTLING_VARIATION = 0.2
_MAIN_SHARE = 0.6  # of a batch: the main speaker
_DROPPED = 0.3  # of a batch: without phones and bands, so that the network hears the encoder, too
# The cycles: their part of the folder, share of the steps, share of the learning rate, how often voices and faces are
# augmented, weight of the inner lips, and dropout.
_CYCLES = (
    ("", 1.0, 1.0, 1.0, 0.0, 0.0),
    ("refined", _REFINING_SHARE, _REFINING_RATE, _REFINING_VARIATION, _REFINING_LIPS, _REFINING_DROPOUT),
    ("settled", _SETTLING_SHARE, _REFINING_RATE, _SETTLING_VARIATION, _REFINING_LIPS, 0.0),
)
_TUNING = (("", 1.0, 1.0, _SETTLING_VARIATION, _REFINING_LIPS, 0.0),)  # to a single person
_HEARD = 3  # versions of a recording's features: recognised, aligned with its words, and augmented once
_LIMIT = 0.06  # eye distances; lips open by 0.25 at most
_VELOCITY = 4.0


class ContentBatches:
    """Random windows of speech with their landmarks, in pairs of frames that follow each other.

    Lips of all speakers are learned as if their mouths moved as far as the main speaker's (``face.mouth_range``).

    Args:
        sentences: the training data.
        config: sizes.
        size: windows in a batch, even.
        variation: how often voices and faces are augmented; 1: the usual share of the batch.
    """

    def __init__(
        self, sentences: Sequence[Performance], config: ContentConfig, *, size: int, variation: float = 1.0
    ) -> None:
        self._size, self._variation, self._config = size, variation, config
        windows, targets, rests, contacts = [], [], [], []
        wide = replace(config, window=config.window + 2 * TEMPO_MARGIN, lead=config.lead + TEMPO_MARGIN)
        gains = speaker_gains([(each.speaker, each.landmarks) for each in sentences], MAIN_SPEAKER)
        for sentence in sentences:
            rows = sentence.at_rate(config.rate)
            gain = gains[sentence.speaker]
            quiet = _resting_rows(sentence)
            targets.append(sentence.rest + (rows.landmarks - sentence.rest) * gain)
            windows.append([windows_of(torch.from_numpy(version), wide)[: len(rows)] for version in sentence.features])
            contacts.append(rows.contacts)
            rests.append([closed_mouth(sentence.rest + (row - sentence.rest) * gain) for row in quiet])
        self._windows = windows
        self._lengths = np.array([len(target) for target in targets])
        self._starts = np.cumsum([0, *self._lengths])
        self._shares = np.cumsum(_shares(sentences))
        self._contacts = torch.from_numpy(np.concatenate(contacts))
        self._phones, self._bands = config.features.startswith("phones"), config.features == "log-mel"
        self._rare = unseen_phones(sentences) if self._phones else ()
        self._targets = torch.from_numpy(np.concatenate(targets)).float()
        self._rests = torch.from_numpy(np.stack(rests)).float()

    def __call__(self, step: int) -> dict[str, Tensor]:
        """The batch of a step for ``content_losses``; its second half are the frames after those of the first."""
        rng = np.random.default_rng(step)
        half = self._size // 2
        owners = np.searchsorted(self._shares, rng.random(half) * self._shares[-1])
        places = (rng.random(half) * (self._lengths[owners] - 1)).astype(int)
        versions = rng.integers(len(self._windows[0]), size=half)
        static = self._rests[owners, rng.integers(_REST_FRAMES, size=half)]
        face, scale = augment_faces(static, torch.Generator().manual_seed(step), share=0.5 * self._variation)
        parts = [self._frames(step, owners, places + late, versions, static, face, scale) for late in (0, 1)]
        return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}

    def _frames(
        self,
        step: int,
        owners: npt.NDArray[np.intp],
        places: npt.NDArray[np.intp],
        versions: npt.NDArray[np.intp],
        static: Tensor,
        face: Tensor,
        scale: Tensor,
    ) -> dict[str, Tensor]:
        """One half of the batch: all that is random is the same for both."""
        rows = self._starts[owners] + places
        windows = torch.stack([self._windows[o][v][p] for o, v, p in zip(owners, versions, places)])
        target = self._targets[rows].clone()
        # The content branch does not learn blinks: eyelids stay as in the portrait.
        for eye in (LEFT_EYE, RIGHT_EYE):
            target[:, eye] = static[:, eye]
        return {
            "windows": self._augment(windows, torch.Generator().manual_seed(step)),
            "static": face,
            "target": face + (target - static) * scale,
            "contact": self._contacts[rows],
        }

    def _augment(self, windows: Tensor, generator: torch.Generator) -> Tensor:
        """Other voices, in tempo and in what a recogniser makes of them."""
        windows = augment_tempo(windows, self._config.lead, generator, variation=1.0 if self._phones else 0.0)
        if self._bands:
            return augment_spectra(windows, generator, variation=self._variation)
        if not self._phones:
            return windows
        sizes = feature_sizes(self._config)
        parts = dict(zip(sizes, torch.split(windows, list(sizes.values()), dim=2)))
        parts["phones"] = augment_phones(parts["phones"], self._rare, generator, variation=self._variation)
        if "bands" in parts:
            parts["bands"] = augment_bands(parts["bands"], generator, variation=self._variation)
        if "encoder" in parts:
            kept = torch.rand(len(windows), 1, 1, generator=generator) >= _DROPPED
            parts |= {name: part * kept for name, part in parts.items() if name != "encoder"}
        return torch.cat(list(parts.values()), dim=2)


def _resting_rows(sentence: Performance) -> FloatArray:
    """(_REST_FRAMES, 68, 3) landmarks of frames with little opening: in GRID the first ones."""
    if sentence.speaker == MAIN_SPEAKER:
        return sentence.landmarks[:_REST_FRAMES]
    return sentence.landmarks[np.argsort(lip_gap(sentence.landmarks), kind="stable")[:_REST_FRAMES]]


def _shares(sentences: Sequence[Performance]) -> FloatArray:
    """How often each sentence is learned: the main speaker's have their share of the batch, and of the others' speakers
    each as much as the root of their length.
    """
    lengths = np.array([len(sentence) / sentence.fps for sentence in sentences])
    speakers = np.array([sentence.speaker for sentence in sentences])
    totals = {speaker: lengths[speakers == speaker].sum() for speaker in set(speakers.tolist())}
    shares = np.array([length / np.sqrt(totals[speaker]) for length, speaker in zip(lengths, speakers.tolist())])
    main = speakers == MAIN_SPEAKER
    for group, share in ((main, _MAIN_SHARE), (~main, 1 - _MAIN_SHARE)):
        if group.any():
            shares[group] *= share / shares[group].sum()
    return shares


def unseen_phones(sentences: Sequence[Performance]) -> tuple[tuple[int, int], ...]:
    """Pairs (rare, known) of indices in ``PHONES`` that look alike; the rare phone hardly occurs in the sentences."""
    frames_of = sum(sentence.features[0][:, : len(PHONES)].sum(axis=0) for sentence in sentences)
    rare = {phone for phone, frames in zip(PHONES, np.asarray(frames_of)) if frames < _RARE * np.sum(frames_of)}
    pairs = []
    for group in VISEMES.values():
        known = [phone for phone in group if phone in PHONES and phone not in rare]
        pairs += [(PHONES.index(phone), PHONES.index(other)) for phone in group if phone in rare for other in known]
    return tuple(pairs)


def prepare_recording(recording: Recording, store: Store, learned: bool) -> None:
    """Keep what the training of size "small" reads of a recording."""
    if recording.can_be_mended:
        sizes = CONFIGS["small"].content
        list(read_performances([recording], sizes, store, versions=_count_versions(sizes) if learned else 1))


def train_content(training: Training) -> None:
    """Train the content branch on ``train``, and score it on ``val`` and on the speakers who are held out.

    Without the pretrained encoder it learns from GRID s1 alone. If the features are the codes of the voice conversion,
    its weights must be in the output folder. For a single person, the pretrained branch is kept unless training
    improves it on recordings held back.
    """
    config, sizes, personal = training.config, training.config.content, training.corpus.folder is None
    codes = Weights((training.out,)).file("voice") if sizes.features == "autovc" else None
    corpus = training.corpus if personal else training.corpus.hold_out(training.options.names_held_out)
    chosen = tuple(_choose_recordings(corpus, sizes))
    groups = {
        name: list(read_performances(recordings, sizes, training.store, versions=versions, codes=codes))
        for name, recordings, versions in chosen
    }
    learned = groups.pop("train")

    def validate(network: nn.Module) -> dict[str, float]:
        scores = {name: score(network, group) for name, group in groups.items()}
        return {
            key if name == "val" else f"{name} {key}": value
            for name, found in scores.items()
            for key, value in found.items()
        }

    torch.manual_seed(0)
    network = SpeechContentAnimation(sizes)
    if training.start is not None:
        load_weights(network, training.start)
    for part, share, rate, variation, lips, dropout in _TUNING if personal else _CYCLES:
        network.lstm.dropout = dropout
        scores = training.fit(
            network,
            partial(content_losses, config=config, lips=lips, contact=_CONTACT, velocity=_VELOCITY, limit=_LIMIT),
            ContentBatches(learned, sizes, size=training.options.batch, variation=variation),
            validate=validate,
            schedule=Schedule(rate * training.options.learning_rate),
            merit=_merit if personal and "val" in groups else None,
            part=part,
            share=share,
        )
    card = {
        "network": "speech content branch of MakeItTalk (Zhou et al. 2020, section 3.1)",
        "config": replace(sizes, reach=measure_reach(network, [*learned, *groups.get("unseen", ())])),
        "input": f"{sizes.features}, {sizes.num_features} a frame, {sizes.rate} Hz",
        **describe(chosen[0][1], unseen=corpus.unseen),
        "scores": {"splits": ", ".join(groups), **scores},
    }
    training.save(network, "content", card)


def _choose_recordings(corpus: Corpus, sizes: ContentConfig) -> Iterator[tuple[str, tuple[Recording, ...], int]]:
    """The splits that have recordings, those, and in how many versions they are heard."""
    versions = _count_versions(sizes)
    for name in ("train", "val", "unseen"):
        if name == "unseen" and not corpus.unseen:
            continue
        found = corpus.recordings(name, speakers=_speakers(corpus, sizes))
        if mended := tuple(recording for recording in found if recording.can_be_mended):
            yield name, mended, versions if name == "train" else 1


def _count_versions(sizes: ContentConfig) -> int:
    """In how many versions a recording is heard that is learned from."""
    if sizes.features == "log-mel":
        return 1  # it is augmented in every batch instead
    return _HEARD if "encoder" in sizes.features else VERSIONS  # the encoder knows other voices and rooms


def _speakers(corpus: Corpus, sizes: ContentConfig) -> tuple[str, ...] | None:
    """From whom a branch learns; None: from all."""
    return None if "encoder" in sizes.features or corpus.folder is None else (MAIN_SPEAKER,)


def _merit(scores: Mapping[str, float]) -> float:
    return scores["correlation"] - scores["D-A"]
