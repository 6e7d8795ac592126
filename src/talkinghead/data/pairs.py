"""Pairs of pictures of one person, drawn and augmented by chance: what renderers learn from."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from talkinghead.data.face_pairs import MARGIN, MIRRORED, STORED, FacePictures
from talkinghead.types import FloatArray, ImageArray

Batch = dict[str, Tensor]
Numbers = tuple[int, int]

_THREADS = 2


@dataclass(frozen=True)
class PairAugmentation:
    """How pairs are drawn and altered; shares are of the pairs, and half of them are seen in a mirror.

    Attributes:
        main: share of the person with the most clips, where there are others.
        other_clip: share of that person's pairs that are of two clips.
        zoom: largest change of size, as a logarithm.
        turn: largest turn (rad).
        shift: largest shift, in sides of the picture.
        apart: share whose two pictures are placed differently: heads that move farther than those recorded.
        light: share under another light.
        grey: share without colours.
        background: share before a made-up background.
    """

    main: float = 0.4
    other_clip: float = 0.3
    zoom: float = 0.15
    turn: float = 0.2
    shift: float = 0.07
    apart: float = 0.3
    light: float = 1.0
    grey: float = 0.0
    background: float = 0.5


class PairBatches:
    """Step -> batch: the same for the same step.

    A batch has ``source`` and ``target`` (B, S, S, 3) uint8, ``source_landmarks`` and ``target_landmarks`` (B, 68, 2)
    px of them, and ``number`` (B,), which picture of the pack the target is.

    Args:
        pictures: what to draw from.
        size: side S of the pictures in px.
        batch: pairs in a batch.
        augmentation: how they are drawn and altered.
        complete: batch -> batch with what else a network needs.

    Raises:
        ValueError: no clip has two pictures.
    """

    def __init__(
        self,
        pictures: FacePictures,
        *,
        size: int,
        batch: int = 1,
        augmentation: PairAugmentation | None = None,
        complete: Callable[[Batch], Batch] | None = None,
    ) -> None:
        self._pictures, self._size, self._batch = pictures, size, batch
        self._augmentation, self._complete = augmentation or PairAugmentation(), complete
        counts = np.bincount(pictures.clips, minlength=len(pictures.names))
        self._clips: dict[str, list[int]] = {}
        for clip in np.flatnonzero(counts > 1):
            self._clips.setdefault(str(pictures.speakers[clip]), []).append(int(clip))
        if not self._clips:
            raise ValueError("no clip has two pictures")
        self._main = max(self._clips, key=lambda person: len(self._clips[person]))
        self._pool = ThreadPoolExecutor(_THREADS)

    def __call__(self, step: int) -> Batch:
        """The batch of a step."""
        seeds = np.random.SeedSequence(step).spawn(self._batch)

        def make(number: int) -> dict[str, ImageArray | FloatArray]:
            rng = np.random.default_rng(seeds[number])
            return self._show(self.draw(rng), rng)

        return self._stack(make, self._batch)

    def pairs(self, chosen: list[Numbers]) -> Batch:
        """The given pairs (source, target) of pictures, as packs were cut."""
        return self._stack(lambda number: self._show(chosen[number], None), len(chosen))

    def draw(self, rng: np.random.Generator) -> Numbers:
        """The numbers of a source and of another picture of the same person."""
        given, others = self._augmentation, [person for person in self._clips if person != self._main]
        person = self._main if not others or rng.random() < given.main else str(rng.choice(others))
        first = second = int(rng.choice(self._clips[person]))
        if person == self._main and rng.random() < given.other_clip:
            second = int(rng.choice(self._clips[person]))
        source, targets = int(rng.choice(self._pictures.of_clip(first))), self._pictures.of_clip(second)
        return source, int(rng.choice(targets[targets != source]))

    def _stack(self, make: Callable[[int], dict[str, ImageArray | FloatArray]], count: int) -> Batch:
        made = list(self._pool.map(make, range(count)))
        batch = {name: torch.from_numpy(np.stack([one[name] for one in made])) for name in made[0]}
        return batch if self._complete is None else self._complete(batch)

    def _show(self, numbers: Numbers, rng: np.random.Generator | None) -> dict[str, ImageArray | FloatArray]:
        affines = self._place(rng)
        images, points = [], []
        for number, affine in zip(numbers, affines):
            picture, size = self._pictures.picture(number), (self._size, self._size)
            images.append(np.asarray(cv2.warpAffine(picture, affine, size, borderMode=cv2.BORDER_REPLICATE)))
            points.append(self._pictures.landmarks[number] @ affine[:, :2].T + affine[:, 2])
        if rng is not None:
            images = self._alter(images, numbers, affines, rng)
            if rng.random() < 0.5:
                images = [image[:, ::-1] for image in images]
                points = [(places * (-1, 1) + (self._size - 1, 0))[MIRRORED] for places in points]
        return {
            "source": np.ascontiguousarray(images[0]),
            "target": np.ascontiguousarray(images[1]),
            "source_landmarks": points[0].astype(np.float32),
            "target_landmarks": points[1].astype(np.float32),
            "number": np.asarray(numbers[1]),
        }

    def _place(self, rng: np.random.Generator | None) -> list[FloatArray]:
        """Two (2, 3) affine maps from stored pictures to the network's."""
        if rng is None:
            return [_placement(self._size, 0.0, 0.0, np.zeros(2))] * 2
        given = self._augmentation
        zoom, turn = (rng.uniform(-reach, reach) for reach in (given.zoom, given.turn))
        shift = rng.uniform(-given.shift, given.shift, 2)
        both = [(zoom, turn, shift)] * 2
        if rng.random() < given.apart:
            zoom, turn, shift = zoom + rng.uniform(-0.04, 0.04), turn + rng.uniform(-0.08, 0.08), shift.copy()
            both[0] = (zoom, turn, shift + rng.uniform(-0.025, 0.025, 2))
        return [_placement(self._size, *one) for one in both]

    def _alter(
        self, images: list[ImageArray], numbers: Numbers, affines: list[FloatArray], rng: np.random.Generator
    ) -> list[ImageArray]:
        """Both pictures before another background, under another light, and without colours, each by chance."""
        given = self._augmentation
        if rng.random() < given.background:
            images = self._before_another(images, numbers, affines, rng)
        if rng.random() < given.light:
            images = relight(images, rng)
        if rng.random() < given.grey:
            images = [cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB) for image in images]
        return images

    def _before_another(
        self, images: list[ImageArray], numbers: Numbers, affines: list[FloatArray], rng: np.random.Generator
    ) -> list[ImageArray]:
        """Both pictures before one background of smooth colours."""
        size, grid = (self._size,) * 2, int(rng.integers(1, 9))
        background = cv2.resize(rng.integers(0, 256, (grid, grid, 3), np.uint8), size, interpolation=cv2.INTER_CUBIC)
        result = []
        for image, number, affine in zip(images, numbers, affines):
            matte = cv2.resize(self._pictures.mattes[number], (STORED,) * 2, interpolation=cv2.INTER_LINEAR)
            opacity = cv2.warpAffine(matte, affine, size, borderMode=cv2.BORDER_REPLICATE).astype(np.float32) / 255
            result.append(cv2.blendLinear(image, background, opacity, 1 - opacity))
        return result


def pair_example(size: int, generator: torch.Generator) -> Batch:
    """A batch of two made-up pairs of pictures of ``size`` px."""
    pictures = (torch.randint(0, 256, (2, size, size, 3), generator=generator, dtype=torch.uint8) for _ in range(2))
    places = (size * (0.25 + 0.5 * torch.rand(2, 68, 2, generator=generator)) for _ in range(2))
    names = ("source", "target", "source_landmarks", "target_landmarks")
    return dict(zip(names, (*pictures, *places)))


def _placement(size: int, zoom: float, turn: float, shift: FloatArray) -> FloatArray:
    """(2, 3) picture of ``size`` px from stored picture; zoom as a logarithm, turn in rad, shift in sides."""
    scale = np.exp(zoom) * size * MARGIN / STORED
    matrix = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    middle = np.full(2, (STORED - 1) / 2)
    return np.column_stack([matrix, np.full(2, (size - 1) / 2) + shift * size - matrix @ middle])


def relight(images: list[ImageArray], rng: np.random.Generator) -> list[ImageArray]:
    """The pictures under another light: colours mixed, each channel's gain, one gamma."""
    mixing = np.eye(3) + rng.normal(0, 0.04, (3, 3))
    mixing *= (np.exp(rng.uniform(-0.15, 0.15, (3, 1)) + rng.uniform(-0.25, 0.25))) / mixing.sum(axis=1)[:, None]
    gamma = np.exp(rng.uniform(-0.3, 0.3))
    levels = (255 * (np.arange(256) / 255) ** gamma).round().astype(np.uint8)
    return [np.asarray(cv2.LUT(cv2.transform(image, mixing), levels)) for image in images]
