"""A video that is as long as wanted: cut, or going on back and forth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from talkinghead.media.coded_video import CodedVideo, pick_frames
from talkinghead.store import key_of
from talkinghead.types import CodedFrames, Frames, ImageArray, IndexArray, VideoSource

_PIECE_BYTES = 32 * 2**20  # of frames that are read forwards and played backwards


@dataclass(frozen=True)
class LoopedVideo:
    """The first frames of a video; where it is too short, it goes on back and forth, without a jump.

    Attributes:
        video: the video.
        num_frames: how many frames are wanted.
        turn: the frame at which playing backwards ends and forwards begins again: that with which the last shot begins.
    """

    video: VideoSource | CodedVideo
    num_frames: int
    turn: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.turn < self.video.num_frames or self.num_frames < 1:
            raise ValueError(f"cannot turn at frame {self.turn} of {self.video.num_frames}, for {self.num_frames}")

    @property
    def fps(self) -> float:
        """Frames per second."""
        return self.video.fps

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in px."""
        return self.video.size

    @property
    def digest(self) -> str:
        """What the content is known by."""
        return key_of("looped", self.video.digest, self.num_frames, self.turn)

    @property
    def joins(self) -> tuple[int, ...]:
        """The video's own, as far as it is shown forwards."""
        return tuple(join for join in self.video.joins if join < self.num_frames)

    def sources(self, start: int, stop: int) -> IndexArray:
        """(n,) the frame of the video that each of the frames ``start`` to ``stop`` is."""
        last = self.video.num_frames - 1
        span = max(1, last - self.turn)
        beyond = np.arange(start, stop) - last
        place = (beyond % (2 * span)).clip(0, None)
        back = np.minimum(last, last - np.minimum(place, 2 * span - place))
        return np.asarray(np.where(beyond <= 0, last + beyond, np.maximum(back, self.turn)))

    def chunks(self) -> Iterator[Frames | CodedFrames]:
        """The frames in order, a few at a time."""
        done = 0
        for chunk in self.video.chunks():
            part = chunk[: self.num_frames - done]
            yield part
            done += len(part)
            if done == self.num_frames:
                return
        width, height = self.size
        most = max(1, _PIECE_BYTES // (3 * width * height))
        while done < self.num_frames:
            numbers = self.sources(done, min(done + most, self.num_frames))
            yield pick_frames(self.video, numbers.tolist())
            done += len(numbers)

    def frame(self, index: int) -> ImageArray:
        """Frame ``index`` as (H, W, 3) uint8 RGB.

        Raises:
            IndexError: there is no such frame.
        """
        if not 0 <= index < self.num_frames:
            raise IndexError(f"there is no frame {index}: there are {self.num_frames}")
        return self.video.frame(int(self.sources(index, index + 1)[0]))
