"""Whether people can be told apart by how their heads or lids move: the accuracy of an N-way classifier.

A classifier learns N people from real sequences of head pose or blinks and then classifies generated ones; the measure
is the share that it assigns to the person they were made for. Its accuracy on unseen real sequences is the ceiling
(``cross_validated_accuracy``), 1 / N is chance.

Source: Zhang et al. 2021 (FACIAL), section 5.2.2 and table 1 ("N-way pose classification network"). Their network is
described in a supplement that was not available to us; ours is a multinomial logistic regression on statistics of
windows of 2.5 s: spans, speeds, spectra and correlations. Each window's median is subtracted first, because the head's
resting pose depends on the camera and the portrait, and a generator gets it for free. Of clips of 3 s by 14 people, 3
to 40 of each, it assigns 64 % correctly by the head and 33 % by the lids (cross-validated; chance is 7 %). Recordings
also differ in the tracker's noise, in the highest octave: use recordings of one kind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax

from talkinghead.metrics.head_motion import WINDOW_S, band_levels
from talkinghead.types import FloatArray, IndexArray

Sequences = Mapping[str, Sequence[FloatArray]]
"""The sequences (T, C) of each person: head rotations in rad, without jumps (C = 3), or blinks in [0, 1] (C = 1)."""

_HOP = 0.5  # of a window
_SHRINK = 0.01  # weight of the squared coefficients against the mean log-loss
_FLOOR_DB = -50.0  # of (rad/s)^2 or (1/s)^2 per Hz: below lies the tracker's noise


@dataclass(frozen=True)
class PersonClassifier:
    """Tells N people apart by how they move.

    Attributes:
        people: their names, N.
        fps: frames per second of all sequences.
        centre: (d,) mean of the features of the sequences it was fitted to.
        spread: (d,) their standard deviation.
        weight: (d + 1, N) of the regression; the last row is the bias.
    """

    people: tuple[str, ...]
    fps: float
    centre: FloatArray
    spread: FloatArray
    weight: FloatArray

    @classmethod
    def fit(cls, sequences: Sequences, fps: float) -> PersonClassifier:
        """A classifier of these people; each has the same weight, however many sequences there are.

        Raises:
            ValueError: fewer than two people, a person without a sequence, or a sequence that is not (T, C) and longer
                than a window.
        """
        return cls._fit(_features_of(sequences, fps), fps)

    @classmethod
    def _fit(cls, features: Sequences, fps: float) -> PersonClassifier:
        counts = {person: len(own) for person, own in features.items()}
        if len(counts) < 2 or 0 in counts.values():
            raise ValueError(f"need sequences of two people or more, got {counts}")
        windows = [np.concatenate(own) for own in features.values()]
        rows = np.concatenate(windows)
        labels = np.repeat(np.arange(len(windows)), [len(own) for own in windows])
        centre, spread = rows.mean(axis=0), rows.std(axis=0)
        spread = np.where(spread > 1e-9, spread, 1.0)
        return cls(tuple(counts), fps, centre, spread, _regression((rows - centre) / spread, labels, len(windows)))

    def log_probabilities(self, sequence: FloatArray) -> FloatArray:
        """(N,) log-probability of each person for a sequence (T, C), the mean over its windows."""
        return self._log_probabilities(window_features(sequence, self.fps))

    def person_of(self, sequence: FloatArray) -> str:
        """The person whose sequence (T, C) this most probably is."""
        return self._person_of(window_features(sequence, self.fps))

    def _log_probabilities(self, features: FloatArray) -> FloatArray:
        scaled = (features - self.centre) / self.spread
        return np.asarray(log_softmax(scaled @ self.weight[:-1] + self.weight[-1], axis=1).mean(axis=0))

    def _person_of(self, features: FloatArray) -> str:
        return self.people[int(self._log_probabilities(features).argmax())]

    def accuracy(self, sequences: Sequences) -> float:
        """The share of sequences assigned to the right person, averaged over people; 1 / N is chance.

        Args:
            sequences: of people whom the classifier knows, not necessarily all; people without sequences are left out.

        Raises:
            ValueError: a person is unknown, or there is no sequence.
        """
        unknown = [person for person in sequences if person not in self.people]
        if unknown:
            raise ValueError(f"{', '.join(unknown)}: not among the people that the classifier knows")
        return _mean_over_people(
            {person: [self.person_of(path) == person for path in paths] for person, paths in sequences.items()}
        )


def cross_validated_accuracy(
    sequences: Sequences, fps: float, *, generated: Sequences | None = None, folds: int = 5
) -> float:
    """The accuracy on sequences of clips that the classifier has not seen, averaged over people.

    Each person's sequences are dealt out to the folds in turn; each fold is tested with a classifier trained on the
    others. Pieces of one recording share its day and mood: dealt to several folds, they raise the accuracy.

    Args:
        sequences: real ones, two of each person or more.
        fps: frames per second.
        generated: test these, of the same clips in the same order. None: test the real ones, which gives the ceiling.
        folds: how many, at least 2.

    Raises:
        ValueError: a person has fewer than two sequences, there are fewer than two folds, or the number of generated
            sequences differs.
    """
    counts = {person: len(paths) for person, paths in sequences.items()}
    if min(counts.values(), default=0) < 2 or folds < 2:
        raise ValueError(f"need two folds and two sequences of each person or more, got {folds} and {counts}")
    if generated is not None and {person: len(paths) for person, paths in generated.items()} != counts:
        raise ValueError("need as many generated sequences of each person as real ones")
    real = _features_of(sequences, fps)
    tested = real if generated is None else _features_of(generated, fps)
    hits: dict[str, list[bool]] = {person: [] for person in counts}
    for fold in range(min(folds, max(counts.values()))):
        seen = {person: [own for i, own in enumerate(rows) if i % folds != fold] for person, rows in real.items()}
        classifier = PersonClassifier._fit(seen, fps)
        for person, rows in tested.items():
            hits[person] += [classifier._person_of(own) == person for own in rows[fold::folds]]
    return _mean_over_people(hits)


def window_features(sequence: FloatArray, fps: float) -> FloatArray:
    """(windows, d) the classifier's features of a sequence (T, C), in windows half a window apart.

    Of each channel: standard deviation, mean distance from the median, span (5th to 95th percentile) and mean speed, as
    logarithms; skewness; power in octaves from 0.25 to 8 Hz in dB. Of each pair: correlation of their velocities.

    Raises:
        ValueError: the sequence is not (T, C) and longer than a window.
    """
    length = round(WINDOW_S * fps) + 1
    if sequence.ndim != 2 or len(sequence) < length:
        raise ValueError(f"need a sequence (T, C) of {length} frames ({WINDOW_S} s) or more, got {sequence.shape}")
    path = np.asarray(sequence, np.float64)
    starts = range(0, len(path) - length + 1, round(_HOP * length))
    return np.stack([_features(path[start : start + length], fps) for start in starts])


def _features_of(sequences: Sequences, fps: float) -> dict[str, list[FloatArray]]:
    return {person: [window_features(path, fps) for path in paths] for person, paths in sequences.items()}


def _features(window: FloatArray, fps: float) -> FloatArray:
    moved = window - np.median(window, axis=0)
    velocity = np.diff(moved, axis=0) * fps
    spread = moved.std(axis=0)
    sizes = [
        spread,
        np.abs(moved).mean(axis=0),
        np.subtract(*np.percentile(moved, (95, 5), axis=0)),
        np.abs(velocity).mean(axis=0),
    ]
    skewness = np.power(moved - moved.mean(axis=0), 3).mean(axis=0) / np.maximum(spread, 1e-3) ** 3
    deviation = velocity - velocity.mean(axis=0)
    norm = np.maximum(np.linalg.norm(deviation, axis=0), 1e-6)
    correlation = (deviation.T @ deviation / np.outer(norm, norm))[np.triu_indices(window.shape[1], 1)]
    levels = band_levels(window, fps, floor=_FLOOR_DB)
    return np.concatenate([np.log(np.stack(sizes) + 1e-4).ravel(), skewness, levels.ravel(), correlation])


def _regression(features: FloatArray, labels: IndexArray, classes: int) -> FloatArray:
    """(d + 1, classes) weights of least mean log-loss, all classes counting the same, plus a penalty on their
    square."""
    share = 1.0 / np.bincount(labels, minlength=classes)[labels] / classes
    wanted = np.eye(classes)[labels]
    design = np.concatenate([features, np.ones((len(features), 1))], axis=1)
    shape = (design.shape[1], classes)

    def loss(flat: FloatArray) -> tuple[float, FloatArray]:
        weight = flat.reshape(shape)
        found = log_softmax(design @ weight, axis=1)
        shrunk = np.concatenate([weight[:-1], np.zeros((1, classes))])
        gradient = design.T @ ((np.exp(found) - wanted) * share[:, None]) + 2 * _SHRINK * shrunk
        return float(-(share[:, None] * wanted * found).sum() + _SHRINK * np.square(shrunk).sum()), gradient.ravel()

    return np.asarray(minimize(loss, np.zeros(shape[0] * classes), jac=True, method="L-BFGS-B").x.reshape(shape))


def _mean_over_people(hits: Mapping[str, Sequence[bool]]) -> float:
    shares = [float(np.mean(own)) for own in hits.values() if len(own)]
    if not shares:
        raise ValueError("there is no sequence to classify")
    return float(np.mean(shares))
