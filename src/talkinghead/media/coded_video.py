"""Video files as they are coded: what is not changed in their frames is encoded again as it was decoded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from av.video.frame import VideoFrame

from talkinghead.cancellation import checkpoint
from talkinghead.media.frame_finder import FrameFinder
from talkinghead.media.video import VideoReader
from talkinghead.types import CodedFrames, Coding, Frames, ImageArray, Planes, VideoSource

_CHUNK_BYTES = 64 * 2**20


def open_coded(video: VideoSource) -> VideoSource | CodedVideo:
    """A video whose frames are as its file codes them; the video itself where it is no file, or codes no YUV."""
    if isinstance(video, VideoReader):
        return VideoReader(video.path) if video.coding is None else CodedVideo(video, video.coding)
    return video


class CodedVideo:
    """The frames of a video file as planes: a ``VideoSource``, but that its chunks are coded.

    Attributes:
        fps: frames per second.
        size: (width, height) px as shown.
        joins: none.
    """

    def __init__(self, reader: VideoReader, coding: Coding) -> None:
        self._reader, self._coding = reader, coding
        self.fps, self.size, self.joins = reader.fps, reader.size, reader.joins
        self._finder = FrameFinder(
            reader.open_stream, self._planes, lambda: reader.at_rate(self.fps, self._planes), self.fps
        )

    @property
    def digest(self) -> str:
        """The digest of the file's content."""
        return self._reader.digest

    @property
    def num_frames(self) -> int:
        """How many frames there are."""
        return self._reader.num_frames

    def chunks(self) -> Iterator[CodedFrames]:
        """The frames in order at a constant rate, a few at a time."""
        pictures: list[Planes] = []
        for planes in self._reader.at_rate(self.fps, self._planes):
            checkpoint()
            pictures.append(planes)
            if len(pictures) == 32 or len(pictures) * sum(plane.nbytes for plane in planes) > _CHUNK_BYTES:
                yield self._frames(pictures)
                pictures = []
        if pictures:
            yield self._frames(pictures)

    def pick(self, numbers: Sequence[int]) -> CodedFrames:
        """Some frames by their numbers, in any order."""
        # Read forwards whichever way they are played: seeking backwards is slow.
        known = {number: self._finder.frame(number) for number in sorted(set(numbers))}
        return self._frames([known[number] for number in numbers])

    def frame(self, index: int) -> ImageArray:
        """Frame ``index`` as (H, W, 3) uint8 RGB; its colours are not tone-mapped.

        Raises:
            IndexError: there is no such frame.
        """
        return np.asarray(self.pick([index]).images[0])

    def _frames(self, pictures: list[Planes]) -> CodedFrames:
        return CodedFrames(tuple(pictures), self._coding, self.fps, self.size)

    def _planes(self, frame: VideoFrame) -> Planes:
        y, u, v = self._reader.planes(frame, self._coding)
        return y.copy(), u.copy(), v.copy()


def pick_frames(video: VideoSource | CodedVideo, numbers: Sequence[int]) -> Frames | CodedFrames:
    """Some frames of a video by their numbers, in any order."""
    if isinstance(video, CodedVideo):
        return video.pick(numbers)
    known = {number: video.frame(number) for number in sorted(set(numbers))}
    return Frames(np.stack([known[number] for number in numbers]), video.fps)
