"""Where a transcript does not match the speech."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from talkinghead.speech.alignment.sphinx import PlacedPhone
from talkinghead.speech.arpabet import CLASSES, SILENCE
from talkinghead.types import FloatArray

_RECOGNISER = 3.0  # its weight beside the aligner's models, which know neither synthetic voices nor other languages
_LEAST = -8.0  # of the recogniser: the log of how much likelier another phone is
_WINDOW = 60  # frames
_BETTER = 75  # percentile
_APART = 100  # frames; stretches closer together than this are merged


@dataclass(frozen=True)
class Thresholds:
    """From where on phones do not fit the sound, in nats per frame.

    Attributes:
        window: the least mean of a window.
        drop: how far that may lie below the recording's better windows.
        mean: the least mean of all spoken frames.
    """

    window: float = -28.0
    drop: float = 18.0
    mean: float = -15.0


# Chosen on right and exchanged transcripts of GRID, VCTK and other English voices, of espeak-ng's voices in five
# languages, and of German, Dutch, Spanish, Italian, French and Russian speakers; ``benchmarks.transcripts`` has the
# rates, also those for speakers that thresholds were not chosen on.
USUAL = Thresholds()


@dataclass(frozen=True)
class Fit:
    """How well phones fit a sound, in nats per frame, at most 0.

    Attributes:
        mean: of all spoken frames.
        windows: (N,) means of 0.6 s from each frame on.
    """

    mean: float
    windows: FloatArray

    def is_bad(self, thresholds: Thresholds = USUAL) -> bool:
        """Whether nothing fits, as with music, whose pauses fit silence well."""
        return self.mean < thresholds.mean

    def bad_windows(self, thresholds: Thresholds = USUAL) -> npt.NDArray[np.intp]:
        """The first frames of windows that fit badly."""
        return np.flatnonzero(self.windows < self.least(thresholds))

    def least(self, thresholds: Thresholds = USUAL) -> float:
        """The least mean of a window that fits."""
        return max(thresholds.window, self._better - thresholds.drop)

    @cached_property
    def worst(self) -> float:
        """The mean of the window that fits worst."""
        return float(self.windows.min(initial=0.0))

    @cached_property
    def _better(self) -> float:
        return float(np.percentile(self.windows, _BETTER)) if len(self.windows) else 0.0


def measure_fit(phones: Sequence[PlacedPhone], posteriors: npt.NDArray[np.float32]) -> Fit:
    """How well phones fit a sound; arguments as for ``broken_stretches``."""
    scores = _score_frames(phones, posteriors)
    spoken = np.repeat([phone.label != SILENCE for phone in phones], [phone.end - phone.start for phone in phones])
    total = np.concatenate([[0.0], np.cumsum(scores)])
    window = max(1, min(_WINDOW, len(scores)))
    means = (total[window:] - total[:-window]) / window
    return Fit(float(scores[spoken].mean()) if spoken.any() else 0.0, means)


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
        the phones fit badly on average.
    """
    fit = measure_fit(phones, posteriors)
    if fit.is_bad():
        return [(phones[0].start, phones[-1].end)]
    length = min(_WINDOW, phones[-1].end - phones[0].start) if phones else 0
    stretches: list[tuple[int, int]] = []
    for start in fit.bad_windows().tolist():
        if stretches and start <= stretches[-1][1] + _APART:
            stretches[-1] = (stretches[-1][0], start + length)
        else:
            stretches.append((start, start + length))
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
