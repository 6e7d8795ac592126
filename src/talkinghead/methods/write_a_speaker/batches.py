"""Random stretches as batches: of the mouth, of the upper face with emotions, and of the head."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from talkinghead.data.recording import MAIN_SPEAKER
from talkinghead.face.expressions import MOUTH_EXPRESSIONS, UPPER_EXPRESSIONS
from talkinghead.methods.write_a_speaker.chance import draw_noise
from talkinghead.methods.write_a_speaker.config import WordsConfig
from talkinghead.methods.write_a_speaker.emotion import emotion_shares, emotion_weights
from talkinghead.methods.write_a_speaker.features import FPS, frame_at, word_frames
from talkinghead.methods.write_a_speaker.recordings import CAPTURED_SPEAKER, FRAMES, SpokenStretch
from talkinghead.methods.write_a_speaker.styles import main_style, normalise_styles, parameters_of
from talkinghead.methods.write_a_speaker.vocabulary import UNKNOWN, Vocabulary
from talkinghead.speech.emotions import EMOTIONS
from talkinghead.types import FloatArray, Interval

_MAIN_SHARE, _CAPTURED_SHARE = 0.6, 0.1  # of a batch
_SILENT = 0.06  # of a batch: silence with the face at rest
_WORDLESS = 0.6  # of a batch: all words unknown, because the 51 words of GRID are soon learned by heart
_EMOTIONAL = 0.7  # of a batch
_MOST_UNKNOWN = 3  # words of a sentence that are made unknown, at least one (appendix)
_WEAKEST = 0.3


class Draw:
    """Rows of stretches, drawn so that each group of speakers has its share of a batch.

    Args:
        stretches: the training data.
        size: stretches in a batch.
    """

    def __init__(self, stretches: Sequence[SpokenStretch], size: int) -> None:
        self._size = size
        shares = {MAIN_SPEAKER: _MAIN_SHARE, CAPTURED_SPEAKER: _CAPTURED_SHARE}
        left = 1.0 - sum(shares.values())
        groups = [stretch.speaker if stretch.speaker in shares else "" for stretch in stretches]
        weights = np.array([shares.get(group, left) / groups.count(group) for group in groups])
        self._upto = np.cumsum(weights / weights.sum())

    def __call__(self, rng: np.random.Generator) -> list[int]:
        """Places of a batch's stretches."""
        return [
            int(place) for place in np.searchsorted(self._upto, rng.random(self._size)).clip(0, len(self._upto) - 1)
        ]


class MouthWeightBatches:
    """Phones and the 28 weights of jaw, mouth and cheek puff.

    Args:
        stretches: the training data.
        size: stretches in a batch.
    """

    def __init__(self, stretches: Sequence[SpokenStretch], *, size: int) -> None:
        self._draw = Draw(stretches, size)
        self._phones = [stretch.phones for stretch in stretches]
        self._weights = [
            weights[:, MOUTH_EXPRESSIONS] for weights in normalise_styles(stretches, main_style(stretches))
        ]

    def __call__(self, step: int) -> dict[str, Tensor]:
        """The batch of a step for ``mouth_losses``."""
        rng = np.random.default_rng(step)
        phones, weights = [], []
        for row in self._draw(rng):
            heard = rng.random() >= _SILENT
            versions = self._phones[row]
            phones.append(versions[rng.integers(len(versions))] * heard)
            weights.append(self._weights[row] * heard)
        return {"phones": _stack(phones), "weights": _stack(weights)}


class WordsBatches:
    """Words, rhythm and emotions, and the parameters of the upper face or of the head.

    The recordings are neutral. The upper face is given an emotion by adding the expression that
    ``emotion.emotion_weights`` composes for it, over a random stretch of time and with a random strength.

    Args:
        stretches: the training data; for the head, those with a pose.
        config: sizes.
        vocabulary: the known words.
        size: stretches in a batch.
    """

    def __init__(
        self, stretches: Sequence[SpokenStretch], config: WordsConfig, vocabulary: Vocabulary, *, size: int
    ) -> None:
        self._stretches = [stretch for stretch in stretches if stretch.pose is not None]
        self._config, self._vocabulary = config, vocabulary
        self._draw = Draw(self._stretches, size)
        self._parameters = parameters_of(self._stretches, config, main_style(self._stretches))
        self._shown = emotion_weights()[:, UPPER_EXPRESSIONS]

    def __call__(self, step: int) -> dict[str, Tensor]:
        """The batch of a step for ``upper_face_losses`` or ``head_losses``."""
        rng = np.random.default_rng(step)
        parts: dict[str, list[npt.NDArray[Any]]] = {"words": [], "vectors": [], "beats": [], "parameters": []}
        if self._config.noise:
            parts["noise"] = []
        emotions: list[npt.NDArray[Any]] = []
        for row in self._draw(rng):
            stretch, parameters = self._stretches[row], self._parameters[row]
            phones = stretch.phones[rng.integers(len(stretch.phones))]
            words = None if rng.random() < _WORDLESS else stretch.words
            found = word_frames(words, phones, self._vocabulary, rows=self._config.words)
            if words:
                _forget_words(words, found.rows, found.vectors, rng)
            if self._config.emotions:
                shares = _random_emotion(rng)
                parameters = (parameters + shares @ self._shown).clip(0.0, 1.0)
                emotions.append(shares)
            parts["words"].append(found.rows)
            parts["vectors"].append(found.vectors)
            parts["beats"].append(found.beats)
            parts["parameters"].append(parameters)
            if self._config.noise:
                parts["noise"].append(draw_noise(rng, FRAMES, self._config.noise))
        batch = {name: _stack(values) for name, values in parts.items()}
        batch["words"] = batch["words"].long()
        return batch | ({"emotions": _stack(emotions)} if emotions else {})


def _forget_words(
    words: Sequence[Interval], rows: npt.NDArray[np.int64], vectors: FloatArray, rng: np.random.Generator
) -> None:
    """Make one to three words unknown.

    Source: Li et al. 2021, appendix.
    """
    for place in rng.permutation(len(words))[: rng.integers(1, _MOST_UNKNOWN + 1)]:
        span = slice(frame_at(words[place].start), frame_at(words[place].end))
        rows[span], vectors[span] = UNKNOWN, 0.0


def _random_emotion(rng: np.random.Generator) -> FloatArray:
    """(FRAMES, len(EMOTIONS)) shares of one emotion that comes and goes, or of none."""
    if rng.random() >= _EMOTIONAL:
        return emotion_shares(None, FRAMES, FPS)
    start = rng.uniform(-3.0, 2.0)
    name, strength = EMOTIONS[rng.integers(1, len(EMOTIONS))], rng.uniform(_WEAKEST, 1.0)
    return emotion_shares([Interval(f"{name}:{strength:.3f}", start, start + rng.uniform(1.0, 6.0))], FRAMES, FPS)


def _stack(rows: Sequence[npt.NDArray[Any]]) -> Tensor:
    return torch.from_numpy(np.stack(rows)).float()
