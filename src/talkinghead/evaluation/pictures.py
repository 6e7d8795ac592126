"""Measures from pictures: collectors that receive two videos in parallel, batch by batch, and sum up at the end."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from talkinghead.evaluation.clock import Pair, View
from talkinghead.evaluation.measures import Scores
from talkinghead.face.landmarks import MESH_OF_68
from talkinghead.metrics.background import background_drift
from talkinghead.metrics.cpbd import cpbd
from talkinghead.metrics.flicker import flicker
from talkinghead.metrics.lip_landmarks import face_crop_side
from talkinghead.metrics.psnr import psnr
from talkinghead.metrics.seam import seam_visibility
from talkinghead.metrics.ssim import ssim
from talkinghead.tracking.person import person_mask
from talkinghead.types import BoolArray, FloatArray, ImageArray, Progress

CHUNK = 16
"""Frames per batch."""

_SURELY_NOT = 0.1  # probability of belonging to the person
_FOREHEAD = 0.1  # of the crop's side: the part of its margin that lies above the face and not below it
_SSIM_WINDOW, _CPBD_BLOCK = 11, 64  # px: smaller pictures cannot be measured
_EVERY = 5  # frames from one that is measured for sharpness and seams to the next
_HEAD_REACH = 0.5  # of the face's size: reach of ears and hair


@dataclass(frozen=True)
class FrameBatch:
    """Some consecutive frames.

    Attributes:
        first: the tick of the first frame.
        images: (n, H, W, 3) of the output.
        landmarks: (n, 478, 3) px in these images.
        found: (n,) bool, whether all videos show a face.
        reference: (n, H, W, 3), or None.
        reference_landmarks: (n, 478, 3) px, or None.
    """

    first: int
    images: ImageArray
    landmarks: FloatArray
    found: BoolArray
    reference: ImageArray | None
    reference_landmarks: FloatArray | None


class Collector(Protocol):
    """Receives all frames in order and then knows one measure or several."""

    def add(self, batch: FrameBatch) -> None:
        """Look at the next frames."""
        ...

    def finish(self, scores: Scores) -> None:
        """Enter the measures, or why there are none."""
        ...


def walk(pair: Pair, collectors: Iterable[Collector], progress: Progress) -> None:
    """Pass both videos to all collectors once; frames are decoded ahead, and collectors work in parallel."""
    collectors = list(collectors)
    if not collectors:
        return
    batches = _batches(pair)
    with ThreadPoolExecutor(1) as decoder, ThreadPoolExecutor() as lookers:
        following = decoder.submit(next, batches, None)
        while (batch := following.result()) is not None:
            following = decoder.submit(next, batches, None)
            for done in [lookers.submit(collector.add, batch) for collector in collectors]:
                done.result()
            progress("compare", batch.first + len(batch.images), len(pair))


def _batches(pair: Pair) -> Iterator[FrameBatch]:
    found = pair.both_found
    reference = None if pair.reference is None else pair.reference.chunks(CHUNK)
    first = 0
    for images in pair.output.chunks(CHUNK):
        rows = slice(first, first + len(images))
        yield FrameBatch(
            first,
            images,
            pair.output.track.landmarks[rows],
            found[rows],
            None if reference is None else next(reference),
            None if pair.reference is None else pair.reference.track.landmarks[rows],
        )
        first += len(images)


class Mean:
    """The mean over frames of a function's values; NaN does not count."""

    def __init__(self, name: str, of: Callable[[FrameBatch], FloatArray], unless: str) -> None:
        """``of`` returns (n,) for a batch; ``unless`` says why there is no value if no frame has one."""
        self._name, self._of, self._unless = name, of, unless
        self._sum, self._count = 0.0, 0

    def add(self, batch: FrameBatch) -> None:
        """Look at the next frames."""
        values = self._of(batch)
        known = np.isfinite(values)
        self._sum += float(values[known].sum())
        self._count += int(known.sum())

    def finish(self, scores: Scores) -> None:
        """Enter the mean."""
        if self._count:
            scores.values[self._name] = self._sum / self._count
        else:
            scores.missing[self._name] = self._unless


class Flicker:
    """Alternation over three frames each, also across batches."""

    def __init__(self) -> None:
        self._last: ImageArray | None = None
        self._sum, self._count = 0.0, 0

    def add(self, batch: FrameBatch) -> None:
        """Look at the next frames."""
        images = batch.images if self._last is None else np.concatenate([self._last, batch.images])
        self._last = images[-2:].copy()
        if len(images) > 2:
            values = flicker(images)
            self._sum += float(values.sum())
            self._count += len(values)

    def finish(self, scores: Scores) -> None:
        """Enter the mean."""
        if self._count:
            scores.values["flicker"] = self._sum / self._count
        else:
            scores.missing["flicker"] = "it needs three frames, and there are fewer."


class Background:
    """How far the background moves, averaged over frames.

    The background is what lies outside the person in the first frame and, in every frame, neither on the face nor below
    it.
    """

    def __init__(self, landmarks: FloatArray) -> None:
        """``landmarks`` (T, 478, 3) px cover the whole clip."""
        self._landmarks = landmarks
        self._first: ImageArray | None = None
        self._mask: BoolArray = np.zeros((0, 0), bool)
        self._sum, self._count = 0.0, 0

    def add(self, batch: FrameBatch) -> None:
        """Look at the next frames."""
        if self._first is None:
            self._first = batch.images[0].copy()
            self._mask = background_mask(self._first, self._landmarks)
        masks = np.broadcast_to(self._mask, batch.images.shape[:3])
        drift = background_drift(batch.images, masks, first=self._first)
        known = np.isfinite(drift)
        self._sum += float(drift[known].sum())
        self._count += int(known.sum())

    def finish(self, scores: Scores) -> None:
        """Enter the mean."""
        if self._count:
            scores.values["background-drift"] = self._sum / self._count
        else:
            scores.missing["background-drift"] = "the background has nothing that could be followed."


def background_mask(image: ImageArray, landmarks: FloatArray) -> BoolArray:
    """(H, W) True where a clip shows neither head nor body.

    Args:
        image: (H, W, 3) its first frame.
        landmarks: (T, 478, 3) px, of all frames.
    """
    person = person_mask(image, landmarks[0])
    height, width = image.shape[:2]
    mask = np.ones((height, width), bool) if person is None else person < _SURELY_NOT
    low, high = landmarks[..., :2].min(axis=(0, 1)), landmarks[..., :2].max(axis=(0, 1))
    reach = _HEAD_REACH * (high - low)
    left, top = np.floor(low - reach).clip(0).astype(int)
    right = int(np.ceil(high[0] + reach[0]))
    mask[top:, left:right] = False
    return mask


def picture_collectors(pair: Pair, wanted: Container[str]) -> list[Collector]:
    """The collectors for those wanted measures that need only pictures."""
    means: dict[str, tuple[Callable[[FrameBatch], FloatArray], str]] = {
        "cpbd": (_sharpness, "the pictures are smaller than 64 px, or have no edges."),
        "seam": (_seams, "no frame shows a whole face."),
    }
    if pair.reference is not None:
        square = face_square(pair.reference)
        means |= {
            "ssim": (lambda batch: ssim(batch.images, _real(batch)), ""),
            "psnr": (lambda batch: psnr(batch.images, _real(batch)), ""),
            "ssim-face": (lambda batch: _likeness_of_faces(batch, square), "the face is too small."),
            "psnr-face": (lambda batch: psnr(*_crop(batch, square)), ""),
        }
    collectors: list[Collector] = [Mean(name, of, unless) for name, (of, unless) in means.items() if name in wanted]
    if "flicker" in wanted:
        collectors.append(Flicker())
    if "background-drift" in wanted:
        collectors.append(Background(pair.output.track.landmarks))
    return collectors


def _real(batch: FrameBatch) -> ImageArray:
    assert batch.reference is not None
    return batch.reference


def face_square(reference: View) -> tuple[slice, slice]:
    """The rows and columns of a square that holds the face throughout a clip, cut off at the picture's edge.

    Its side is that of ``lip_landmark_distance_128``, its centre the median centre of the landmarks' boxes; all are
    whole pixels, so that nothing is resampled.
    """
    points = reference.track.landmarks[reference.track.found][:, MESH_OF_68, :2]
    middle = np.median((points.min(axis=1) + points.max(axis=1)) / 2, axis=0)
    side = face_crop_side(points)
    # The landmarks begin at the brows; what the crop has beyond them is forehead.
    middle[1] -= _FOREHEAD * side
    width, height = reference.size
    left, top = np.round(middle - side / 2).astype(int)
    right, bottom = left + round(side), top + round(side)
    return slice(max(0, top), min(height, bottom)), slice(max(0, left), min(width, right))


def _crop(batch: FrameBatch, square: tuple[slice, slice]) -> tuple[ImageArray, ImageArray]:
    rows, columns = square
    return batch.images[batch.found][:, rows, columns], _real(batch)[batch.found][:, rows, columns]


def _likeness_of_faces(batch: FrameBatch, square: tuple[slice, slice]) -> FloatArray:
    faces, real = _crop(batch, square)
    return ssim(faces, real) if min(faces.shape[1:3]) >= _SSIM_WINDOW else np.zeros(0)


def _sharpness(batch: FrameBatch) -> FloatArray:
    if min(batch.images.shape[1:3]) < _CPBD_BLOCK:
        return np.zeros(0)
    return np.array([cpbd(image) for image in batch.images[_some(batch)]])


def _seams(batch: FrameBatch) -> FloatArray:
    rows = _some(batch)
    return np.where(batch.found[rows], seam_visibility(batch.images[rows], batch.landmarks[rows]), np.nan)


def _some(batch: FrameBatch) -> slice:
    """Every fifth frame of the video, because the frames between tell little more."""
    return slice(-batch.first % _EVERY, None, _EVERY)
