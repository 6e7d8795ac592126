"""Training of the facial expression learner.

Source: Chen et al. 2020, sections 3.2 and 5: Adam; sound with noise of 6 to 30 dB. Where we differ: the learning rate
    runs one cycle, as the corpus is small; speech has other tempi, faces other proportions, and phones are left out at
    times, so that the encoder is heard as well; mouths move as far as the main speaker's.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from talkinghead.data.corpus import describe
from talkinghead.data.recording import MAIN_SPEAKER
from talkinghead.face.landmarks import LEFT_EYE, RIGHT_EYE
from talkinghead.face.mouth_range import speaker_gains
from talkinghead.face.rest import closed_mouth, lip_gap
from talkinghead.methods.rhythmic_head.expression import ExpressionLearner
from talkinghead.methods.rhythmic_head.expression_losses import expression_losses
from talkinghead.methods.rhythmic_head.features import FPS, STRIDE
from talkinghead.methods.rhythmic_head.listening import drop_parts
from talkinghead.methods.rhythmic_head.motion import move_face, rows_between
from talkinghead.methods.rhythmic_head.motion_config import ExpressionConfig
from talkinghead.methods.rhythmic_head.recordings import VERSIONS, FilmedSpeech, read_filmed_speech
from talkinghead.metrics.aperture import aperture_correlation
from talkinghead.metrics.jaw_lip import jaw_lip_distance
from talkinghead.metrics.mouth_area import mouth_area_difference
from talkinghead.training.augmentation.faces import augment_faces
from talkinghead.training.fit import Schedule
from talkinghead.training.stage import Training
from talkinghead.types import FloatArray

FRAMES = 32
"""Frames of a window of training."""

_MAIN_SHARE = 0.6  # of a batch
_REST_FRAMES = 10
_OTHER_FACES = 0.4  # of a batch
_DROPPED = 0.25  # of a batch: without phones and loudness
_TEMPO = (0.85, 1.2)
_OTHER_TEMPO = 0.4  # of a batch
_LEAST_FRAMES = 8  # of a window before its clip ends


class ExpressionBatches:
    """Random windows of people speaking.

    Args:
        people: the training data.
        config: sizes.
        size: windows in a batch.
        reach: frames of sound on either side of a window.
    """

    def __init__(self, people: Sequence[FilmedSpeech], config: ExpressionConfig, *, size: int, reach: int) -> None:
        self._config, self._size, self._reach = config, size, reach
        gains = speaker_gains([(person.speaker, person.landmarks) for person in people], MAIN_SPEAKER)
        self._speech = [person.speech for person in people]
        self._faces, self._rests = [], []
        for person in people:
            moved = person.rest + (person.landmarks - person.rest) * gains[person.speaker]
            for eye in (LEFT_EYE, RIGHT_EYE):
                moved[:, eye] = person.rest[eye]
            calm = np.argsort(lip_gap(moved), kind="stable")[:_REST_FRAMES]
            self._faces.append(moved.astype(np.float32))
            self._rests.append(np.stack([closed_mouth(moved[row]) for row in calm]).astype(np.float32))
        self._upto = np.cumsum(share_speakers(people))

    def displacements(self) -> FloatArray:
        """(N, 68, 3) of all frames from the mean face at rest of their recording, for the principal components.

        The main speaker has as many frames as all others together.
        """
        shown = [face - rest.mean(axis=0) for face, rest in zip(self._faces, self._rests, strict=True)]
        weights = np.diff(self._upto, prepend=0.0)
        rng = np.random.default_rng(0)
        chosen = rng.choice(len(shown), size=2000, p=weights / weights.sum())
        return np.concatenate([shown[int(row)][rng.integers(len(shown[int(row)]), size=10)] for row in chosen])

    def __call__(self, step: int) -> dict[str, Tensor]:
        """The batch of a step for ``expression_losses``."""
        rng, generator = np.random.default_rng(step), torch.Generator().manual_seed(step)
        rows = np.searchsorted(self._upto, rng.random(self._size) * self._upto[-1]).clip(max=len(self._upto) - 1)
        parts = zip(*(self._window(int(row), rng) for row in rows), strict=True)
        speech, faces, valid, rest = (torch.from_numpy(np.stack(part)) for part in parts)
        identity, scale = augment_faces(rest, generator, share=_OTHER_FACES)
        heard = drop_parts(speech.float(), self._config.features, "phones+bands", _DROPPED, generator)
        target = identity[:, None] + (faces - rest[:, None]) * scale[:, None]
        return {"speech": heard, "identity": identity, "target": target, "valid": valid}

    def _window(self, row: int, rng: np.random.Generator) -> tuple[npt.NDArray[np.generic], ...]:
        faces, versions, rests = self._faces[row], self._speech[row], self._rests[row]
        pace = rng.uniform(*_TEMPO) if rng.random() < _OTHER_TEMPO and self._config.features != "sound" else 1.0
        start = int(rng.integers(0, max(1, len(faces) - _LEAST_FRAMES)))
        places = start + pace * np.arange(FRAMES)
        valid = (places <= len(faces) - 1).astype(np.float32)
        before = np.minimum(places.astype(int), len(faces) - 1)
        after, share = np.minimum(before + 1, len(faces) - 1), (places % 1.0)[:, None, None].astype(np.float32)
        heard = STRIDE * start + pace * (np.arange(STRIDE * (FRAMES + 2 * self._reach)) - STRIDE * self._reach)
        rows = read_rows(versions[int(rng.integers(len(versions)))], np.round(heard).astype(np.int64))
        return rows, faces[before] * (1 - share) + faces[after] * share, valid, rests[int(rng.integers(len(rests)))]


def read_rows(rows: npt.NDArray[np.generic], places: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    """(n, F) rows of (T, F) at some places; zeros beyond both ends."""
    inside = (places >= 0) & (places < len(rows))
    return np.asarray(rows[places.clip(0, len(rows) - 1)] * inside[:, None], np.float32)


def share_speakers(people: Sequence[FilmedSpeech]) -> FloatArray:
    """(N,) how often each recording is learned: the main speaker's have their share of a batch, and of the others each
    speaker as much as the root of their length.
    """
    lengths = np.array([float(len(person)) for person in people])
    speakers = np.array([person.speaker for person in people])
    totals = {speaker: lengths[speakers == speaker].sum() for speaker in set(speakers.tolist())}
    shares = lengths / np.sqrt([totals[speaker] for speaker in speakers.tolist()])
    main = speakers == MAIN_SPEAKER
    for group, share in ((main, _MAIN_SHARE), (~main, 1 - _MAIN_SHARE)):
        if group.any():
            shares[group] *= share / shares[group].sum()
    return np.asarray(shares)


def score_expression(network: ExpressionLearner, people: Sequence[FilmedSpeech]) -> dict[str, float]:
    """D-LL, D-A and the correlation of the opening, means over recordings on the face at rest of each."""
    rows = []
    for person in people:
        margin = STRIDE * network.reach
        heard = rows_between(person.speech[0], -margin, len(person.speech[0]) + margin)
        made = move_face(network, heard, person.rest)
        measures = (jaw_lip_distance, mouth_area_difference, aperture_correlation)
        rows.append([measure(made, person.landmarks) for measure in measures])
    means = np.mean(rows, axis=0)
    return dict(zip(("D-LL", "D-A", "correlation"), (round(float(value), 4) for value in means), strict=True))


def train_expression(training: Training) -> None:
    """Train the facial expression learner; the scores are of ``val`` and of unseen speakers."""
    corpus, sizes = training.corpus, training.config.expression
    splits = {name: corpus.recordings(name) for name in ("train", "val", "unseen")}
    groups = {
        name: list(
            read_filmed_speech(found, sizes.features, training.store, versions=VERSIONS if name == "train" else 1)
        )
        for name, found in splits.items()
        if found
    }
    torch.manual_seed(0)
    network = ExpressionLearner(sizes)
    batches = ExpressionBatches(groups.pop("train"), sizes, size=training.options.batch, reach=network.reach)
    held = network.adopt_basis(batches.displacements())

    def validate(trained: nn.Module) -> dict[str, float]:
        assert isinstance(trained, ExpressionLearner)
        scores = {name: score_expression(trained, people) for name, people in groups.items()}
        return {f"{name} {key}": value for name, found in scores.items() for key, value in found.items()}

    scores = training.fit(
        network,
        lambda trained, batch: expression_losses(trained, batch, training.config),
        batches,
        validate=validate,
        schedule=Schedule(training.options.learning_rate),
    )
    card = {
        "network": "facial expression learner (Chen et al. 2020, section 3.2)",
        "config": sizes,
        "input": f"{sizes.features}, {network.frames.row_size} numbers a row, {STRIDE * FPS:g} Hz",
        "variance_of_components": round(held, 4),
        **describe(splits["train"], unseen=corpus.unseen),
        "scores": {"splits": ", ".join(groups), **scores},
    }
    training.save(network, "expression", card)
