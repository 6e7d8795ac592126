"""Videos made of others: several files in a row, stretches of one, and pictures in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from talkinghead.errors import InputError
from talkinghead.media.video import VideoReader
from talkinghead.store import key_of
from talkinghead.types import Frames, ImageArray, VideoSource


class JoinedVideo:
    """Several video files of one size and rate in a row.

    Attributes:
        parts: the files, in order.
        fps: frames per second.
        size: (width, height) in px.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        """Open each file, look at its first frame, and close it again.

        Raises:
            InputError: there is none, one cannot be read, or one has another size or rate than the first.
        """
        self.parts = tuple(VideoReader(path) for path in paths)
        if not self.parts:
            raise InputError("there is no video to join: give one or more.")
        self.fps, self.size = self.parts[0].fps, self.parts[0].size
        self._in_use = 0
        for part in self.parts[1:]:
            if part.size != self.size or part.fps != self.fps:
                raise InputError(
                    f"{part.path} has {_kind(part)}, {self.parts[0].path} {_kind(self.parts[0])}: give videos of one "
                    "size and rate."
                )

    @property
    def num_frames(self) -> int:
        """How many frames all files have together."""
        return sum(part.num_frames for part in self.parts)

    @property
    def digest(self) -> str:
        """What the content is known by."""
        return key_of("joined", *(part.digest for part in self.parts))

    @property
    def joins(self) -> tuple[int, ...]:
        """The frames with which the files after the first one begin."""
        return tuple(np.cumsum([part.num_frames for part in self.parts[:-1]]).tolist())

    def chunks(self) -> Iterator[Frames]:
        """The frames of one file after the other, a few at a time."""
        for part in self.parts:
            yield from part.chunks()

    def frame(self, index: int) -> ImageArray:
        """Frame ``index`` as (H, W, 3) uint8 RGB, read-only.

        Raises:
            IndexError: there is no such frame.
        """
        place = int(np.searchsorted(self.joins, index, side="right"))
        if place != self._in_use:
            self.parts[self._in_use].release()
            self._in_use = place
        return self.parts[place].frame(index - ([0, *self.joins][place]))


def _kind(video: VideoReader) -> str:
    return f"{video.size[0]} x {video.size[1]} px at {video.fps:g} frames per second"


@dataclass(frozen=True)
class VideoExcerpt:
    """Stretches of a video in a row.

    Attributes:
        video: what they are of.
        stretches: the first frame of each, and the one after its last; in order, without overlap.
    """

    video: VideoSource
    stretches: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        edges = [edge for stretch in self.stretches for edge in stretch]
        if not edges or edges != sorted(edges) or edges[0] < 0 or any(start == stop for start, stop in self.stretches):
            raise ValueError(f"need stretches in order and not empty, got {self.stretches}")

    @property
    def fps(self) -> float:
        """Frames per second."""
        return self.video.fps

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in px."""
        return self.video.size

    @property
    def num_frames(self) -> int:
        """How many frames the stretches have together."""
        return sum(stop - start for start, stop in self.stretches)

    @property
    def digest(self) -> str:
        """What the content is known by."""
        return key_of("excerpt", self.video.digest, self.stretches)

    @cached_property
    def joins(self) -> tuple[int, ...]:
        """The frames with which the stretches after the first one begin, and the video's own joins."""
        joins, done = set(), 0
        for start, stop in self.stretches:
            joins |= {done} | {done + join - start for join in self.video.joins if start < join < stop}
            done += stop - start
        return tuple(sorted(joins - {0}))

    def chunks(self) -> Iterator[Frames]:
        """The frames of the stretches, a few at a time."""
        done = 0
        for chunk in self.video.chunks():
            for start, stop in self.stretches:
                images = chunk.images[max(0, start - done) : max(0, stop - done)]
                if len(images):
                    yield Frames(images, chunk.fps)
            done += len(chunk)
            if done >= self.stretches[-1][1]:
                return

    def frame(self, index: int) -> ImageArray:
        """Frame ``index`` as (H, W, 3) uint8 RGB.

        Raises:
            IndexError: there is no such frame.
        """
        left = index
        for start, stop in self.stretches:
            if 0 <= left < stop - start:
                return self.video.frame(start + left)
            left -= stop - start
        raise IndexError(f"there is no frame {index}: there are {self.num_frames}")


@dataclass(frozen=True)
class ArrayVideo:
    """Pictures in memory as a video.

    Attributes:
        frames: the pictures.
        joins: the frames, but for the first, with which another shot begins.
    """

    frames: Frames
    joins: tuple[int, ...] = ()

    @property
    def fps(self) -> float:
        """Frames per second."""
        return self.frames.fps

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in px."""
        return self.frames.size

    @property
    def num_frames(self) -> int:
        """How many frames there are."""
        return len(self.frames)

    @cached_property
    def digest(self) -> str:
        """What the content is known by."""
        images = np.ascontiguousarray(self.frames.images)
        return key_of("array", images.shape, self.fps, self.joins, hashlib.sha256(images.data).hexdigest())

    def chunks(self) -> Iterator[Frames]:
        """The frames in order, 32 at a time."""
        for start in range(0, len(self.frames), 32):
            yield Frames(self.frames.images[start : start + 32], self.fps)

    def frame(self, index: int) -> ImageArray:
        """Frame ``index`` as (H, W, 3) uint8 RGB.

        Raises:
            IndexError: there is no such frame.
        """
        if not 0 <= index < len(self.frames):
            raise IndexError(f"there is no frame {index}: there are {len(self.frames)}")
        return np.asarray(self.frames.images[index])
