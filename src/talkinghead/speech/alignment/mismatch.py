"""Where a transcript does not match the speech."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from talkinghead.speech.alignment.sphinx import PlacedPhone
from talkinghead.speech.arpabet import CLASSES, SILENCE
from talkinghead.types import FloatArray

# Chosen on right and exchanged transcripts of GRID, VCTK and other English voices, of espeak-ng's voices in five
# languages, and of German, Dutch, Spanish, Italian, French and Russian speakers; ``benchmarks.transcripts`` has the
# rates. Nats per frame.
_RECOGNISER = 3.0  # its weight beside the aligner's models, which know neither synthetic voices nor other languages
_LEAST = -8.0  # of the recogniser: the log of how much likelier another phone is
_WINDOW = 60  # frames
_WORST, _DROP = -25.0, 15.0  # the least mean of a window, and how far it may lie below the recording's better windows
_BETTER = 75  # percentile
_WORST_MEAN = -17.0  # over all spoken frames
_APART = 100  # frames; stretches closer together than this are merged


def broken_stretches(phones: Sequence[PlacedPhone], posteriors: npt.NDArray[np.float32]) -> list[tuple[int, int]]:
    """The stretches of frames, in order, in which the sound fits the phones badly.

    Where words are missing from the transcript, or too many are in it, the aligner must put phones onto sounds that are
    more likely others, for longer than any mispronunciation lasts. Two judges are asked: the aligner's models and the
    phone recogniser.

    Args:
        phones: in order, without gaps.
        posteriors: (T, 40) the recogniser's, 100 a second.

    Returns:
        (first frame, the one after the last) of each; those less than a second apart are merged. The whole recording if
        the phones fit badly on average, as with music, whose pauses fit silence well.
    """
    scores = _score_frames(phones, posteriors)
    spoken = np.repeat([phone.label != SILENCE for phone in phones], [phone.end - phone.start for phone in phones])
    if spoken.any() and scores[spoken].mean() < _WORST_MEAN:
        return [(phones[0].start, phones[-1].end)]
    window = min(_WINDOW, len(scores))
    if window == 0:
        return []
    total = np.concatenate([[0.0], np.cumsum(scores)])
    means = (total[window:] - total[:-window]) / window
    bad = np.flatnonzero(means < max(_WORST, np.percentile(means, _BETTER) - _DROP))
    stretches: list[tuple[int, int]] = []
    for start in bad.tolist():
        if stretches and start <= stretches[-1][1] + _APART:
            stretches[-1] = (stretches[-1][0], start + window)
        else:
            stretches.append((start, start + window))
    return stretches


def _score_frames(phones: Sequence[PlacedPhone], posteriors: npt.NDArray[np.float32]) -> FloatArray:
    """How well each frame fits its phone: at most 0."""
    lengths = [phone.end - phone.start for phone in phones]
    scores = np.repeat(np.array([phone.score for phone in phones], float), lengths)
    labels = np.repeat([CLASSES.index(phone.label) for phone in phones], lengths).astype(int)[: len(posteriors)]
    logs = np.log(np.asarray(posteriors[: len(labels)], float) + 1e-6)
    below = logs[np.arange(len(labels)), labels] - logs.max(axis=1, initial=-np.inf)
    scores[: len(labels)] += _RECOGNISER * np.maximum(below, _LEAST)
    return scores
