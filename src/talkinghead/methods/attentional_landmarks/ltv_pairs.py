"""Pairs of pictures of one person, with the speech about the second: the batches of the landmarks-to-video network."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from talkinghead.data.corpus import Recording
from talkinghead.data.face_pairs import MARGIN, MIRRORED, STORED, FacePictures, choose_frames
from talkinghead.data.grid import Clip, tracks
from talkinghead.methods.attentional_landmarks.config import LandmarksConfig
from talkinghead.methods.attentional_landmarks.hearing import RATE
from talkinghead.methods.attentional_landmarks.people import S1, fps_of, in_step, speech_versions
from talkinghead.methods.attentional_landmarks.stl import AFTER, BEFORE
from talkinghead.rendering.levels import as_colours, as_levels
from talkinghead.types import BoolArray, FloatArray, ImageArray, IndexArray

_THREADS = 2
_S1_SHARE = 0.5  # of the pairs, where others are learnt from, too
_OTHER_CLIP = 0.25  # share of pairs of GRID s1 that are of two clips
_OTHER_LIGHT, _GREY = 0.5, 0.05  # share of the pairs in another light, and without colours, where all are learnt from

PicturePair = tuple[int, int]


def speech_about(
    pictures: FacePictures, recordings: tuple[Recording, ...], cache: Path, config: LandmarksConfig
) -> FloatArray:
    """(N, BEFORE + 1 + AFTER, F) float32 what is heard about each picture of a pack.

    Args:
        pictures: the pack.
        recordings: all that it was made of, and maybe more.
        cache: folder with what the tracker saw; what is heard is kept there, too.
        config: what hears.
    """
    known = {recording.name: recording for recording in recordings}
    found = np.zeros((len(pictures), BEFORE + 1 + AFTER, config.num_features), np.float32)
    for number, name in enumerate(pictures.names.tolist()):
        recording, where = known[name], pictures.of_clip(number)
        heard = np.pad(speech_versions(recording, cache, config)[0], ((BEFORE, AFTER + 1), (0, 0)))
        for _, track in tracks((Clip(name, recording.video, ()),), cache, smooth=False):
            rows = choose_frames(track, few=recording.speaker == S1)
            starts = np.minimum((rows / fps_of(recording) * RATE).round().astype(int), len(heard) - 1 - BEFORE - AFTER)
            found[where] = heard[starts[:, None] + np.arange(BEFORE + 1 + AFTER)]
    return found


class VideoBatches:
    """Step -> batch, as ``video_losses`` takes it.

    Args:
        pictures: what to draw from.
        speech: (N, 30, F) what is heard about each.
        size: side of the network's pictures in px.
        batch: pairs in a batch.
        whom: "s1", or "all" for others, too.
    """

    def __init__(
        self, pictures: FacePictures, speech: FloatArray, *, size: int, batch: int = 8, whom: str = "all"
    ) -> None:
        self._pictures, self._speech, self._size, self._batch = pictures, speech, size, batch
        self._rows = [pictures.of_clip(k) for k in range(len(pictures.names))]
        usable = np.array([len(rows) > 1 for rows in self._rows])
        self._s1 = np.flatnonzero(usable & (pictures.speakers == S1))
        others = usable & (pictures.speakers != S1) & (whom == "all")
        self._others = [np.flatnonzero(others & (pictures.speakers == who)) for who in np.unique(pictures.speakers)]
        self._others = [clips for clips in self._others if len(clips)]
        self._in_step: BoolArray = np.array([in_step(str(name)) for name in pictures.names])[pictures.clips]
        self._pool = ThreadPoolExecutor(_THREADS)

    def __call__(self, step: int) -> dict[str, Tensor]:
        """The batch of a step: the same for the same step."""
        rng = np.random.default_rng(step)
        pairs = [self._pair(rng) for _ in range(self._batch)]
        placements, mirrored = [_placement(self._size, rng) for _ in pairs], rng.random(len(pairs)) < 0.5
        lights = [_light(rng) if self._others else None for _ in pairs]
        return self.pairs(pairs, placements, mirrored=mirrored, lights=lights)

    def _pair(self, rng: np.random.Generator) -> PicturePair:
        if not self._others or (len(self._s1) and rng.random() < _S1_SHARE):
            first, other = rng.choice(self._s1, 2)
            second = other if rng.random() < _OTHER_CLIP else first
        else:
            first = second = rng.choice(self._others[rng.integers(len(self._others))])
        source = int(rng.choice(self._rows[first]))
        return source, int(rng.choice(self._rows[second][self._rows[second] != source]))

    def pairs(
        self,
        pairs: list[PicturePair],
        placements: list[FloatArray] | None = None,
        *,
        mirrored: BoolArray | None = None,
        lights: Sequence[ImageArray | None] | None = None,
    ) -> dict[str, Tensor]:
        """Given pairs (source, target) of pictures as a batch.

        Args:
            pairs: numbers of pictures.
            placements: (2, 3) network_from_stored of each pair; None: as packs were cut.
            mirrored: which pairs are seen in a mirror; None: none of them.
            lights: for each pair what becomes of its levels, (256, 3) uint8, or None: they stay; None: all stay.
        """
        placements = placements or [_placement(self._size, None)] * len(pairs)
        flips = np.zeros(len(pairs), bool) if mirrored is None else mirrored
        lights = lights or [None] * len(pairs)
        source, target = np.array(pairs).T
        return {
            "source": self._show(source, placements, flips, lights),
            "target": self._show(target, placements, flips, lights),
            "own": self._places(source, placements, flips),
            "landmarks": self._places(target, placements, flips),
            "speech": torch.from_numpy(self._speech[target]),
            "in_step": torch.from_numpy(self._in_step[target].astype(np.float32)),
        }

    def _show(
        self,
        rows: IndexArray,
        placements: list[FloatArray],
        flips: BoolArray,
        lights: Sequence[ImageArray | None],
    ) -> Tensor:
        def one(number: int) -> ImageArray:
            picture = self._pictures.picture(int(rows[number]))
            size = (self._size, self._size)
            placed = cv2.warpAffine(picture, placements[number], size, borderMode=cv2.BORDER_REPLICATE)
            light = lights[number]
            if light is not None:
                grey = cv2.cvtColor(cv2.cvtColor(placed, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
                placed = cv2.LUT(grey if np.ptp(light, axis=1).max() == 0 else placed, light[None])
            return np.ascontiguousarray(placed[:, ::-1] if flips[number] else placed, np.uint8)

        images = np.stack(list(self._pool.map(one, range(len(rows)))))
        return as_pictures(images)

    def _places(self, rows: IndexArray, placements: list[FloatArray], flips: BoolArray) -> Tensor:
        affine = np.stack(placements)
        points = self._pictures.landmarks[rows] @ np.swapaxes(affine[:, :, :2], 1, 2) + affine[:, None, :, 2]
        seen_in_mirror = (points * (-1, 1) + (self._size - 1, 0))[:, MIRRORED]
        return torch.from_numpy(np.where(flips[:, None, None], seen_in_mirror, points).astype(np.float32))


def as_pictures(images: ImageArray) -> Tensor:
    """(B, 3, H, W) float in [-1, 1] of images (B, H, W, 3) uint8; channels last in memory."""
    return as_colours(torch.from_numpy(images))


def as_images(pictures: Tensor) -> ImageArray:
    """(B, H, W, 3) uint8 of pictures (B, 3, H, W) in [-1, 1]."""
    return np.asarray(as_levels(pictures).cpu().numpy())


def _light(rng: np.random.Generator) -> ImageArray | None:
    """(256, 3) uint8 what becomes of each level of red, green and blue under another light; None: it stays.

    A dozen people stand in a dozen lights; so that lips and teeth of others are not tinted as theirs are.
    """
    if rng.random() >= _OTHER_LIGHT:
        return None
    colours = 1 if rng.random() < _GREY / _OTHER_LIGHT else 3  # a picture of one colour is grey
    gain, gamma = np.exp(rng.uniform(-0.12, 0.12, colours)), np.exp(rng.uniform(-0.3, 0.3))
    levels = 255 * gain * (np.arange(256)[:, None] / 255) ** gamma
    return np.broadcast_to(levels.round().clip(0, 255), (256, 3)).astype(np.uint8)


def _placement(size: int, rng: np.random.Generator | None) -> FloatArray:
    """(2, 3) network_from_stored, by chance sized, turned and moved within the margin that packs keep."""
    scale, turn, shift = 1.0, 0.0, np.zeros(2)
    if rng is not None:
        scale, turn, shift = (
            float(np.exp(rng.uniform(-0.1, 0.12))),
            rng.uniform(-0.12, 0.12),
            rng.uniform(-0.05, 0.05, 2),
        )
    zoom = scale * size * MARGIN / STORED
    matrix = zoom * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    middle = np.full(2, (STORED - 1) / 2)
    return np.column_stack([matrix, np.full(2, (size - 1) / 2) + shift * size - matrix @ middle])
