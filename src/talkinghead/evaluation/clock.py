"""Two videos on one clock and at one size, those of the real one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from talkinghead.errors import InputError
from talkinghead.evaluation.evidence import Evidence
from talkinghead.types import BoolArray, FaceTrack, ImageArray

_ASPECT_TOLERANCE = 0.02
_LEAST_COMMON = 0.5  # share of the longer one
_TOLD_DIFFERENCE_S = 0.1


@dataclass(frozen=True)
class View:
    """A video as it enters a comparison.

    Attributes:
        evidence: the video.
        rows: (T,) int, the frame shown at each tick of the clock; never decreasing.
        size: (width, height) px to which its frames are scaled.
        track: the face at each tick, in px of that size.
    """

    evidence: Evidence
    rows: npt.NDArray[np.intp]
    size: tuple[int, int]
    track: FaceTrack

    def __len__(self) -> int:
        return len(self.rows)

    def chunks(self, size: int = 32) -> Iterator[ImageArray]:
        """The frames at the ticks, in order, ``size`` at a time: (n, H, W, 3)."""
        width, height = self.size
        chunk, filled = np.empty((size, height, width, 3), np.uint8), 0
        for image in self._images():
            chunk[filled] = image
            filled += 1
            if filled == size:
                yield chunk
                chunk, filled = np.empty_like(chunk), 0
        if filled:
            yield chunk[:filled]

    def _images(self) -> Iterator[ImageArray]:
        tick, number = 0, -1
        for chunk in self.evidence.reader.chunks():
            for image in chunk.images:
                number += 1
                if tick == len(self.rows):
                    return
                if self.rows[tick] > number:
                    continue
                shown = _scale_track(image, self.size)
                while tick < len(self.rows) and self.rows[tick] == number:
                    yield shown
                    tick += 1


@dataclass(frozen=True)
class Pair:
    """An output and, where there is one, its reference, tick by tick.

    Attributes:
        output: the video to evaluate.
        reference: the real video, or None.
        fps: ticks per second: the reference's frame rate, or the output's without a reference.
        notes: what was done to compare them, a sentence each.
    """

    output: View
    reference: View | None
    fps: float
    notes: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.output)

    @property
    def both_found(self) -> BoolArray:
        """(T,) bool, whether all videos show a face at the tick."""
        found = self.output.track.found
        return found if self.reference is None else found & self.reference.track.found


def on_common_clock(output: Evidence, reference: Evidence | None) -> Pair:
    """A pair whose tick ``t`` is at ``t / fps`` seconds of both, as long as both last.

    At each tick the output shows its frame nearest in time, scaled to the reference's size. A shift in time is not
    corrected, because measures should see it.

    Raises:
        InputError: the shapes of the pictures differ by more than 2 %, or less than half of the longer video has a
            counterpart in the other.
    """
    if reference is None:
        rows = np.arange(len(output))
        return Pair(View(output, rows, output.size, output.track), None, output.fps)
    _check_shapes(output, reference)
    fps, notes = reference.fps, []
    served = round(len(output) / output.fps * fps)
    count = min(max(1, served), len(reference))
    _check_lengths(output, reference, count)
    if abs(served - len(reference)) > max(1.0, _TOLD_DIFFERENCE_S * fps):
        lengths = f"{len(output) / output.fps:.2f} s and {reference.path.name} {len(reference) / fps:.2f} s"
        notes.append(f"{output.path.name} lasts {lengths}: the first {count / fps:.2f} s of both are compared.")
    if output.fps != fps:
        rates = f"{output.fps:g} frames per second and {reference.path.name} {fps:g}"
        notes.append(f"{output.path.name} has {rates}: its frame nearest in time is taken for each of the latter's.")
    if output.size != reference.size:
        notes.append(
            f"{output.path.name} has {_of(output)} px and {reference.path.name} {_of(reference)} px: "
            "the former is scaled to the latter's size."
        )
    # Of two equally near frames the earlier one, as in VideoReader.
    nearest = np.ceil(np.arange(count) * (output.fps / fps) - 0.5 - 1e-6).astype(np.intp)
    rows = nearest.clip(0, len(output) - 1)
    view = View(output, rows, reference.size, _at(output, rows, reference.size, fps))
    real = View(reference, np.arange(count), reference.size, reference.track[:count])
    return Pair(view, real, fps, notes)


def _at(evidence: Evidence, rows: npt.NDArray[np.intp], size: tuple[int, int], fps: float) -> FaceTrack:
    """The track at some of its rows, in px of another size."""
    track = evidence.track
    across, down = size[0] / evidence.size[0], size[1] / evidence.size[1]
    mean = float(np.sqrt(across * down))
    scale: npt.NDArray[Any] = np.array([across, down, mean])
    return FaceTrack(
        track.landmarks[rows] * scale,
        track.rotation[rows],
        track.translation[rows] * scale,
        track.scale[rows] * mean,
        track.blink[rows],
        track.found[rows],
        fps,
    )


def _scale_track(image: ImageArray, size: tuple[int, int]) -> ImageArray:
    height, width = image.shape[:2]
    if (width, height) == size:
        return image
    shrinks = size[0] * size[1] < width * height
    scaled: ImageArray = cv2.resize(image, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    return scaled


def _check_shapes(output: Evidence, reference: Evidence) -> None:
    ratio = (output.size[0] / output.size[1]) / (reference.size[0] / reference.size[1])
    if abs(ratio - 1) > _ASPECT_TOLERANCE:
        raise InputError(
            f"{output.path} has {_of(output)} px and {reference.path} {_of(reference)} px: "
            "crop one to the shape of the other."
        )


def _check_lengths(output: Evidence, reference: Evidence, count: int) -> None:
    own, other = len(output) / output.fps, len(reference) / reference.fps
    if count / reference.fps < _LEAST_COMMON * max(own, other):
        raise InputError(
            f"{output.path} lasts {own:.2f} s and {reference.path} {other:.2f} s: "
            "cut the longer one to what both of them show."
        )


def _of(evidence: Evidence) -> str:
    return f"{evidence.size[0]} x {evidence.size[1]}"
