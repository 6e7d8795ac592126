"""Pairs of pictures of one person, varied by chance: the batches of the image-to-image translation network."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import torch
from torch import Tensor

from talkinghead.data.face_pairs import MARGIN, MIRRORED, STORED, FacePictures
from talkinghead.rendering.sketch import sketches
from talkinghead.types import FloatArray, ImageArray

_THREADS = 2
_MOST_SEEN = 0.4  # share of pairs that show the person with the most clips
_OTHER_CLIP = 0.3  # of whose pairs this share is of two clips
_APART = 0.3  # share of pairs that are placed differently: heads that move farther than those recorded
_BEFORE_OTHERS = 0.5  # share before a made-up background
_TRIES = 8


class PairBatches:
    """Step -> batch.

    Args:
        pictures: what to draw from.
        size: side of the network's pictures in px.
        batch: pairs in a batch.
    """

    def __init__(self, pictures: FacePictures, *, size: int, batch: int) -> None:
        self._pictures, self._size, self._batch = pictures, size, batch
        counts = np.bincount(pictures.clips, minlength=len(pictures.names))
        self.people = sorted(set(pictures.speakers.tolist()))
        usable = [k for k in range(len(counts)) if counts[k] > 1]
        self._clips = {p: [k for k in usable if pictures.speakers[k] == p] for p in self.people}
        self._clips = {person: clips for person, clips in self._clips.items() if clips}
        if not self._clips:
            raise ValueError("no clip has two pictures")
        self._most = max(self._clips, key=lambda person: len(self._clips[person]))
        self._pool = ThreadPoolExecutor(_THREADS)

    def __call__(self, step: int) -> dict[str, Tensor]:
        """The batch of a step, as ``translation_losses`` has it: the same for the same step."""
        seeds = np.random.SeedSequence(step).spawn(self._batch)
        return self._stack(lambda number: self._draw(np.random.default_rng(seeds[number])), self._batch)

    def pairs(self, chosen: list[tuple[int, int]]) -> dict[str, Tensor]:
        """The given pairs (source, target) of pictures as a batch, not varied."""
        return self._stack(lambda number: self._show(*chosen[number], None), len(chosen))

    def _stack(self, make: Callable[[int], dict[str, ImageArray | FloatArray]], count: int) -> dict[str, Tensor]:
        made = list(self._pool.map(make, range(count)))
        return {name: torch.from_numpy(np.stack([one[name] for one in made])) for name in made[0]}

    def _draw(self, chance: np.random.Generator) -> dict[str, ImageArray | FloatArray]:
        return self._show(*self._draw_pair(chance), chance)

    def _draw_pair(self, chance: np.random.Generator) -> tuple[int, int]:
        """Source and target."""
        others = [person for person in self._clips if person != self._most]
        person = self._most if not others or chance.random() < _MOST_SEEN else str(chance.choice(others))
        clips = self._clips[person]
        first = second = int(chance.choice(clips))
        if person == self._most and chance.random() < _OTHER_CLIP:
            second = int(chance.choice(clips))
        source = int(chance.choice(self._pictures.of_clip(first)))
        target = source
        for _ in range(_TRIES):
            if target != source:
                break
            target = int(chance.choice(self._pictures.of_clip(second)))
        return source, target

    def _show(self, source: int, target: int, chance: np.random.Generator | None) -> dict[str, ImageArray | FloatArray]:
        affines = _placements(self._size, chance)
        images, points = [], []
        for index, affine in zip((source, target), affines):
            image = cv2.warpAffine(
                self._pictures.picture(index), affine, (self._size,) * 2, borderMode=cv2.BORDER_REPLICATE
            )
            images.append(image)
            points.append(self._pictures.landmarks[index] @ affine[:, :2].T + affine[:, 2])
        if chance is not None:
            if chance.random() < _BEFORE_OTHERS:
                images = self._before_another(images, (source, target), affines, chance)
            images = _recolour(images, chance)
            if chance.random() < 0.5:
                images = [image[:, ::-1] for image in images]
                points = [(places * (-1, 1) + (self._size - 1, 0))[MIRRORED] for places in points]
        drawn = sketches(np.stack(points), size=self._size)
        return {
            "portrait": np.ascontiguousarray(images[0]),
            "picture": np.ascontiguousarray(images[1]),
            "source": points[0].astype(np.float32),
            "target": points[1].astype(np.float32),
            "source_sketch": drawn[0],
            "sketch": drawn[1],
        }

    def _before_another(
        self, images: list[ImageArray], indices: tuple[int, int], affines: list[FloatArray], chance: np.random.Generator
    ) -> list[ImageArray]:
        """Both pictures before one background of smooth colours."""
        size = (self._size,) * 2
        grid = int(chance.integers(1, 9))
        background = cv2.resize(chance.integers(0, 256, (grid, grid, 3), np.uint8), size, interpolation=cv2.INTER_CUBIC)
        result = []
        for image, index, affine in zip(images, indices, affines):
            matte = cv2.resize(self._pictures.mattes[index], (STORED,) * 2, interpolation=cv2.INTER_LINEAR)
            opacity = cv2.warpAffine(matte, affine, size, borderMode=cv2.BORDER_REPLICATE).astype(np.float32) / 255
            result.append(cv2.blendLinear(image, background, opacity, 1 - opacity))
        return result


def _placements(size: int, chance: np.random.Generator | None) -> list[FloatArray]:
    """Two (2, 3) affine maps from stored pictures to the network's: by chance sized, turned and moved, mostly alike."""
    if chance is None:
        return [_placement(size, 1.0, 0.0, np.zeros(2))] * 2
    scale, turn = np.exp(chance.uniform(-0.15, 0.15)), chance.uniform(-0.2, 0.2)
    shift = chance.uniform(-0.07, 0.07, 2) * size
    both = [(scale, turn, shift)] * 2
    if chance.random() < _APART:
        both[0] = (
            scale * np.exp(chance.uniform(-0.04, 0.04)),
            turn + chance.uniform(-0.08, 0.08),
            shift + chance.uniform(-0.025, 0.025, 2) * size,
        )
    return [_placement(size, *one) for one in both]


def _placement(size: int, scale: float, turn: float, shift: FloatArray) -> FloatArray:
    zoom = scale * size * MARGIN / STORED
    matrix = zoom * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    middle = np.full(2, (STORED - 1) / 2)
    return np.column_stack([matrix, np.full(2, (size - 1) / 2) + shift - matrix @ middle])


def _recolour(images: list[ImageArray], chance: np.random.Generator) -> list[ImageArray]:
    """The pictures under another light: colours mixed, each channel's gain, one gamma."""
    mixing = np.eye(3) + chance.normal(0, 0.04, (3, 3))
    mixing *= (np.exp(chance.uniform(-0.15, 0.15, (3, 1)) + chance.uniform(-0.25, 0.25))) / mixing.sum(axis=1)[:, None]
    gamma = np.exp(chance.uniform(-0.3, 0.3))
    levels = (255 * (np.arange(256) / 255) ** gamma).round().astype(np.uint8)
    return [np.asarray(cv2.LUT(cv2.transform(image, mixing), levels)) for image in images]
