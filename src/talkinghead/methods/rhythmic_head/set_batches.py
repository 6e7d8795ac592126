"""Batches of examples for the composition network, drawn and augmented by chance."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from talkinghead.data.face_pairs import MIRRORED
from talkinghead.data.pairs import relight
from talkinghead.methods.rhythmic_head.config import CompositionConfig
from talkinghead.methods.rhythmic_head.reference_sets import ReferenceSets
from talkinghead.methods.rhythmic_head.scenes import draw_landmarks
from talkinghead.types import FloatArray, ImageArray

_THREADS = 2
_MAIN = 0.25  # share of the person with the most examples
_ZOOM, _TURN, _SHIFT = 0.15, 0.12, 0.05  # as a logarithm, in rad, in sides of the picture
_COUNTS = {1: 0.3, 8: 0.5, 32: 0.2}  # how often each number of references is drawn; of others, as the nearest of these

_Item = dict[str, npt.NDArray[np.generic]]


class SetBatches:
    """Step -> batch: the same for the same step, of examples that have one number of references.

    A batch has the pictures of ``reference_sets.ORDER`` as (B, S, S, 3 or 4) uint8, ``sketch`` (B, s, s), ``costs``
    (B, 2), ``references`` (B, K, t, t, 3) and ``reference_sketches`` (B, K, t, t).

    Args:
        sets: what to draw from.
        size: examples in a batch.
        config: sizes.
    """

    def __init__(self, sets: ReferenceSets, *, size: int, config: CompositionConfig) -> None:
        self._sets, self._size, self._config = sets, size, config
        counts, speakers = sets.counts(), sets.speakers[sets.sets]
        names, numbers = np.unique(speakers, return_counts=True)
        self._main = str(names[numbers.argmax()])
        self._of: dict[int, dict[str, list[int]]] = {int(count): {} for count in np.unique(counts)}
        for number, (count, speaker) in enumerate(zip(counts, speakers, strict=True)):
            self._of[int(count)].setdefault(str(speaker), []).append(number)
        shares = np.array([_COUNTS[min(_COUNTS, key=lambda known: abs(known - count))] for count in self._of])
        self._shares = shares / shares.sum()
        self._pool = ThreadPoolExecutor(_THREADS)

    def __call__(self, step: int) -> dict[str, Tensor]:
        """The batch of a step for ``picture_losses``."""
        rng = np.random.default_rng(step)
        people = self._of[int(rng.choice(list(self._of), p=self._shares))]
        seeds = np.random.SeedSequence(step).spawn(self._size)

        def make(seed: np.random.SeedSequence) -> _Item:
            own = np.random.default_rng(seed)
            return self._show(self._draw(people, own), own)

        return _stack(list(self._pool.map(make, seeds)))

    def plain(self, chosen: Sequence[int]) -> dict[str, Tensor]:
        """The given examples, of one number of references, as they are; with what validation needs."""
        batch = _stack([self._show(number, None) for number in chosen])
        landmarks = torch.from_numpy(self._sets.targets[list(chosen)])
        return {**batch, "source": batch["own"], "target_landmarks": landmarks}

    def numbers(self, count: int) -> list[int]:
        """The examples with so many references, people taken in turn."""
        of_people = [np.random.default_rng(0).permutation(numbers) for numbers in self._of.get(count, {}).values()]
        longest = max(map(len, of_people), default=0)
        return [int(numbers[turn]) for turn in range(longest) for numbers in of_people if turn < len(numbers)]

    def _draw(self, people: dict[str, list[int]], rng: np.random.Generator) -> int:
        others = [speaker for speaker in people if speaker != self._main]
        is_main = self._main in people and (not others or rng.random() < _MAIN)
        return int(rng.choice(people[self._main if is_main else str(rng.choice(others))]))

    def _show(self, number: int, rng: np.random.Generator | None) -> _Item:
        """An example, augmented if there is a generator of chance."""
        pictures, config = self._sets.pictures(number), self._config
        landmarks = self._sets.landmarks[number].astype(np.float64)
        thumbnails, points = self._sets.references(number)
        small = list(thumbnails)
        if rng is not None:
            pictures, small, landmarks, points = self._alter(pictures, small, landmarks, points, rng)
        fine = config.size // config.stem
        return {
            **pictures,
            "sketch": draw_landmarks(landmarks[None], size=config.size, side=fine)[0],
            "costs": self._sets.costs[number],
            "references": np.stack(small),
            "reference_sketches": draw_landmarks(points, size=config.size, side=config.thumbnail),
        }

    def _alter(
        self,
        pictures: dict[str, ImageArray],
        small: list[ImageArray],
        landmarks: FloatArray,
        points: FloatArray,
        rng: np.random.Generator,
    ) -> tuple[dict[str, ImageArray], list[ImageArray], FloatArray, FloatArray]:
        """All pictures of an example under one other light and placement, half of them in a mirror."""
        size, side = self._config.size, self._config.thumbnail
        affine = _placement(size, rng)
        known = pictures["projected"][..., 3]
        names = list(pictures)
        lit = relight([*(pictures[name][..., :3] for name in names), *small], rng)
        shrunk = affine * (1, 1, side / size)
        shrunk[:, 2] += (affine[:, :2].sum(axis=1) - 1) * (side / size - 1) / 2  # pixel centres
        large = [_move(picture, affine) for picture in lit[: len(names)]]
        small = [_move(picture, shrunk) for picture in lit[len(names) :]]
        hole = cv2.warpAffine(known, affine, (size, size), flags=cv2.INTER_LINEAR)
        landmarks, points = (places @ affine[:, :2].T + affine[:, 2] for places in (landmarks, points))
        if rng.random() < 0.5:
            large, small, hole = [one[:, ::-1] for one in large], [one[:, ::-1] for one in small], hole[:, ::-1]
            landmarks, points = (
                np.ascontiguousarray((places * (-1, 1) + (size - 1, 0))[..., MIRRORED, :])
                for places in (landmarks, points)
            )
        altered = {name: np.ascontiguousarray(picture) for name, picture in zip(names, large, strict=True)}
        altered["projected"] = np.concatenate([altered["projected"], hole[..., None]], axis=2)
        return altered, small, landmarks, points


def _placement(size: int, rng: np.random.Generator) -> FloatArray:
    """(2, 3) affine map from pictures to pictures placed otherwise, nearer rather than farther."""
    scale, turn = np.exp(rng.uniform(0.0, _ZOOM)), rng.uniform(-_TURN, _TURN)
    matrix = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    middle = np.full(2, (size - 1) / 2)
    return np.column_stack([matrix, middle + rng.uniform(-_SHIFT, _SHIFT, 2) * size - matrix @ middle])


def _move(picture: ImageArray, affine: FloatArray) -> ImageArray:
    size = picture.shape[1::-1]
    return np.asarray(cv2.warpAffine(picture, affine, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE))


def _stack(items: Sequence[_Item]) -> dict[str, Tensor]:
    return {name: torch.from_numpy(np.stack([np.asarray(item[name]) for item in items])) for name in items[0]}
