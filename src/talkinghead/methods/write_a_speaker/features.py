"""What the generators read of a speech: phones, words, rhythm and emotions, frame by frame.

Source: Li et al. 2021, "Mocap Dataset": the phone and the word that are uttered at each frame. Here a frame has the
    shares of all phones that fall into it, or that a recogniser thinks possible.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from talkinghead.methods.write_a_speaker.networks import NUM_BEATS
from talkinghead.methods.write_a_speaker.vocabulary import SILENT, UNKNOWN, VECTOR_SIZE, Vocabulary
from talkinghead.speech.arpabet import PHONES, SILENCE, VISEMES
from talkinghead.speech.phonetic import PhonePosteriors, at_rate
from talkinghead.types import FloatArray, Interval, Speech

RATE, STRIDE = 100.0, 4
"""Rows of phones per second, and how many of them are one frame of motion."""

FPS = RATE / STRIDE
"""Frames of motion per second, as in the videos of GRID. The paper does not state its own."""

_VOWELS = [PHONES.index(phone) for name, group in VISEMES.items() if "vowel" in name for phone in group] + [
    PHONES.index("ER")
]
_PULSE_S = 0.3  # after which the beginning of a word has faded
_PAUSES = (SILENCE, "sp", "")


@dataclass(frozen=True)
class SpokenWords:
    """Words and rhythm of a stretch of speech.

    Attributes:
        rows: (T,) rows of the lookup table.
        vectors: (T, VECTOR_SIZE) of the words, zeros where there is none or it is unknown.
        beats: (T, NUM_BEATS): how surely somebody speaks, the share of vowels, and 1 at the first frame of a word,
            fading over 0.3 s.
    """

    rows: npt.NDArray[np.int64]
    vectors: npt.NDArray[np.float32]
    beats: npt.NDArray[np.float32]


def phone_rows(speech: Speech, *, gain: float | None = None) -> FloatArray:
    """(ceil(100 * duration), 39) shares of the phones at 100 Hz; see ``PhonePosteriors``."""
    return np.asarray(PhonePosteriors()(speech, RATE, gain=gain)[:, 1:])


def phone_frames(rows: FloatArray, count: int) -> npt.NDArray[np.float32]:
    """(count, 39) shares of the phones in each frame of motion, of rows at 100 Hz."""
    return at_rate(rows, RATE, FPS, num_frames=count)


def word_frames(
    words: Sequence[Interval] | None, phones: FloatArray, vocabulary: Vocabulary, *, rows: int
) -> SpokenWords:
    """Words and rhythm at each frame.

    Args:
        words: in order; None: unknown, so that only the rhythm is told.
        phones: (T, 39) shares in each frame.
        vocabulary: the known words.
        rows: of the lookup table.
    """
    count = len(phones)
    found = SpokenWords(
        np.full(count, SILENT, np.int64),
        np.zeros((count, VECTOR_SIZE), np.float32),
        np.zeros((count, NUM_BEATS), np.float32),
    )
    spoken = phones.sum(axis=1)
    found.beats[:, 0], found.beats[:, 1] = spoken, phones[:, _VOWELS].sum(axis=1)
    if words is None:
        found.rows[spoken > 0.5] = UNKNOWN
    for word in words or ():
        if word.label in _PAUSES:
            continue
        first, last = frame_at(word.start), min(count, max(frame_at(word.end), frame_at(word.start) + 1))
        if first >= count:
            break
        vector = vocabulary.vector(word.label)
        found.rows[first:last] = UNKNOWN if vector is None else vocabulary.row(word.label, rows)
        found.vectors[first:last] = 0.0 if vector is None else vector
        pulse = np.arange(first, min(count, first + round(_PULSE_S * FPS)))
        found.beats[pulse, 2] = np.maximum(found.beats[pulse, 2], 1.0 - (pulse - first) / (_PULSE_S * FPS))
    return found


def frame_at(time: float) -> int:
    """The frame nearest to a time (s), of two the later one; the same whatever the time is counted from."""
    return math.floor(time * FPS + 0.5 + 1e-6)


def share_of_known(words: Sequence[Interval], vocabulary: Vocabulary) -> float:
    """The share of words, pauses left out, that have a vector; 1 if there is none."""
    labels = [word.label for word in words if word.label not in _PAUSES]
    return sum(vocabulary.vector(label) is not None for label in labels) / len(labels) if labels else 1.0
