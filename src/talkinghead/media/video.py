"""Video files to frames: upright, with square pixels, at a constant rate, a chunk at a time."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar, cast

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from talkinghead.cancellation import checkpoint
from talkinghead.errors import InputError, announce
from talkinghead.media import colours
from talkinghead.media.coding import coding_of, planes_of
from talkinghead.media.containers import end_in_header, open_container, packet_times, video_stream
from talkinghead.media.frame_finder import FrameFinder
from talkinghead.media.images import MAX_PIXELS, MIN_SIDE_PX
from talkinghead.media.timing import TimedFrame, constant_rate, decode_frames, time_frames
from talkinghead.store import file_digest
from talkinghead.types import Coding, Frames, ImageArray, Planes, num_frames

_HIGHEST_RATE = 300.0
_OFF, _OFTEN = 0.2, 0.02  # of a frame's time, by which frames of a variable rate come early or late, and of all frames
_CHUNK_BYTES = 128 * 2**20

_Converted = TypeVar("_Converted")
_Picture = TypeVar("_Picture", bound="np.ndarray[Any, Any]")


class VideoReader:
    """A video file, read a chunk at a time.

    Attributes:
        path: the file.
        fps: frames per second: the file's own, or for a variable rate the standard one nearest to its mean.
        size: (width, height) in px as shown: upright and with square pixels.
        duration: in seconds, as the header states it or else as the packets' times say.
        tags: how its colours are coded; None: it does not say, or they are mapped.
        coding: how its pictures are coded; None: not as three planes of YUV.
    """

    def __init__(self, path: str | os.PathLike[str], *, quick: bool = False) -> None:
        """Open the file, look at its first frame, and close it again.

        Args:
            path: the file.
            quick: frames are only looked at: colours may be off by a level or two, which takes half the time.

        Raises:
            InputError: no such file, empty, not a video, no picture in it that can be decoded, or its pictures have
                more than 100 megapixels or less than 16 px on a side.
        """
        self.path = Path(path)
        with self._open() as container:
            stream = self._stream(container)
            end = end_in_header(container, stream)
            first = next(decode_frames(container, stream, []), None)
            if first is None:
                raise InputError(f"{path} has no picture that can be decoded: convert it to MP4 (H.264).")
            self._stated_duration = None if end is None else end - (first.time or 0.0)
            self._shape = _Shape(first, stream.sample_aspect_ratio or Fraction(1), quick=quick)
            self.tags, self.coding = colours.tags_of(first), self._shape.coding(first)
            average, base = float(stream.average_rate or 0), float(stream.base_rate or 0)
        self.size = self._shape.size
        self._check_size()
        plausible = 1 <= average <= _HIGHEST_RATE
        if not plausible or self._stated_duration is None:
            average, spanned = self._measure_rate(fallback=average if plausible else 25.0)
        self.duration = spanned if self._stated_duration is None else self._stated_duration
        self.fps = constant_rate(average, base)
        self._counted: int | None = None
        self._told: set[str] = set()
        upright = self._shape.upright
        self._finder = FrameFinder(self.open_stream, upright, lambda: self.at_rate(self.fps, upright), self.fps)
        if self._shape.tones is not None and not quick:
            self._tell(f"is HDR ({'HLG' if self._shape.tones.hlg else 'PQ'}): its colours are tone-mapped to SDR.")

    @property
    def digest(self) -> str:
        """The digest of the file's content."""
        return file_digest(self.path)

    @property
    def num_frames(self) -> int:
        """How many frames ``chunks`` gives: counted once they were read, until then by the times of the packets."""
        if self._counted is None:
            by_packets = self._finder.count()
            self._counted = num_frames(self.duration, self.fps) if by_packets is None else by_packets
        return self._counted

    @property
    def is_variable(self) -> bool:
        """Whether the rate of the file varies, so that frames are repeated or left out; by the times of the packets."""
        with self._open() as container:
            times = np.sort(list(packet_times(container, self._stream(container))))
        return bool((np.abs(np.diff(times) * self.fps - 1) > _OFF).sum() > _OFTEN * len(times))

    @property
    def joins(self) -> tuple[int, ...]:
        """None: it is one file."""
        return ()

    def frame(self, index: int) -> ImageArray:
        """Frame ``index`` of those that ``chunks`` gives, as (H, W, 3) uint8 RGB, read-only.

        Raises:
            IndexError: there is no such frame.
        """
        return self._finder.frame(index)

    def chunks(self, size: int = 32, fps: float | None = None) -> Iterator[Frames]:
        """The frames in order at a constant rate, the one nearest in time repeated or left out as needed.

        A damaged file gives what is readable and then announces what was lost.

        Args:
            size: frames per chunk; fewer where they would take more than 128 MiB.
            fps: frames per second; None: ``self.fps``.
        """
        fps = self.fps if fps is None else fps
        width, height = self.size
        size = max(1, min(size, _CHUNK_BYTES // (3 * width * height)))
        chunk, filled = np.empty((size, height, width, 3), np.uint8), 0
        for image in self.at_rate(fps, self._shape.upright):
            checkpoint()
            chunk[filled] = image
            filled += 1
            if filled == size:
                yield Frames(chunk, fps)
                chunk, filled = np.empty_like(chunk), 0
        if filled:
            yield Frames(chunk[:filled], fps)

    def layers_of(self, picture: ImageArray) -> tuple[ImageArray, ImageArray] | None:
        """The colours and the opacity of the first frame that looks like a picture, in videos with an alpha channel.

        Args:
            picture: (H, W, 3) uint8 RGB, a frame of ``chunks``.

        Returns:
            (H, W, 3) uint8 RGB, not multiplied by the opacity, and (H, W) uint8, 255 is opaque; None where the video
            has no such channel, or that frame is opaque.
        """
        if not self._shape.has_alpha:
            return None
        for image, alpha in self.at_rate(self.fps, self._shape.layers):
            checkpoint()
            if np.array_equal(colours.over_white(image, alpha), picture):
                return None if alpha is None else (image, alpha)
        return None

    def planes(self, frame: VideoFrame, coding: Coding) -> Planes:
        """A decoded frame upright, as planes that may share its memory."""
        return self._shape.planes(frame, coding)

    def at_rate(self, fps: float, convert: Callable[[VideoFrame], _Converted]) -> Iterator[_Converted]:
        """What a function makes of the decoded frames in order, at a constant rate (frames per second)."""
        errors: list[av.FFmpegError] = []
        done = 0
        image: _Converted | None = None
        previous: TimedFrame | None = None
        with self._open() as container:
            for this in time_frames(decode_frames(container, self._stream(container), errors), self.fps):
                # The earlier frame serves every instant that is nearer to it than to this one.
                while previous is not None and done / fps <= (previous.start + this.start) / 2 + 1e-6:
                    image = convert(previous.frame) if image is None else image
                    yield image
                    done += 1
                previous, image = this, None
        if previous is None:
            raise InputError(f"{self.path} has no picture that can be decoded: convert it to MP4 (H.264).")
        end = previous.start + previous.duration
        for _ in range(done, num_frames(end, fps)):
            image = convert(previous.frame) if image is None else image
            yield image
            done += 1
        if fps == self.fps:
            self._counted = done
        self._tell_losses(end, damaged=bool(errors))

    def _tell_losses(self, end: float, damaged: bool) -> None:
        stated = self._stated_duration
        if stated is not None and stated - end > max(0.1, 2.5 / self.fps):
            self._tell(f"is cut short: the last {stated - end:.1f} of {stated:.1f} seconds could not be read.")
        elif damaged:
            self._tell("has damaged places: some of its frames may look broken or stand still.")

    def _tell(self, message: str) -> None:
        if message not in self._told:
            self._told.add(message)
            announce(f"{self.path} {message}")

    def release(self) -> None:
        """Close the file, which ``frame`` holds open for its next call."""
        self._finder.close()

    def _open(self) -> InputContainer:
        return open_container(self.path)

    def open_stream(self) -> tuple[InputContainer, VideoStream]:
        """The opened file and its pictures."""
        container = self._open()
        return container, self._stream(container)

    def _stream(self, container: InputContainer) -> VideoStream:
        stream = video_stream(container)
        if stream is None:
            raise InputError(f"{self.path} has no pictures: give a video file with a picture track.")
        stream.thread_type = "AUTO"
        return stream

    def _check_size(self) -> None:
        width, height = self.size
        if width * height > MAX_PIXELS:
            limit = f"{MAX_PIXELS // 1_000_000} megapixels"
            raise InputError(f"{self.path} is too large ({width} x {height} px): scale it down to at most {limit}.")
        if min(width, height) < MIN_SIDE_PX:
            raise InputError(f"{self.path} is only {width} x {height} px: give a video of at least 16 x 16 px.")

    def _measure_rate(self, fallback: float) -> tuple[float, float]:
        """Mean frame rate and duration (s) by the packets' times, where the header does not tell."""
        with self._open() as container:
            stream = self._stream(container)
            times = list(packet_times(container, stream))
        span = max(times, default=0.0) - min(times, default=0.0)
        rate = (len(times) - 1) / span if span > 0 else fallback
        rate = rate if rate <= _HIGHEST_RATE else fallback
        return rate, span + 1 / rate


class _Shape:
    """How the decoded frames become upright RGB with square pixels."""

    def __init__(self, first: VideoFrame, pixel_aspect: Fraction, *, quick: bool = False) -> None:
        matrix = cast("bytes | None", first.side_data.get("DISPLAYMATRIX"))  # a buffer, to be exact
        entries = [1, 0, 0, 0, 1] if matrix is None else np.frombuffer(matrix, np.int32)[:5].tolist()
        self._across, self._down = (int(entries[0]), int(entries[1])), (int(entries[3]), int(entries[4]))
        self._aspect = pixel_aspect if 0.25 <= pixel_aspect <= 4 else Fraction(1)
        # The side that is too short is stretched, so that no detail is lost.
        self._width = round(first.width * max(float(self._aspect), 1.0))
        self._height = round(first.height / min(float(self._aspect), 1.0))
        self._coded_size = (first.width, first.height)
        self._local = threading.local()
        self._quick = quick
        self.tones, self.has_alpha = colours.tones_of(first), colours.has_alpha(first)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in px as shown."""
        return (self._height, self._width) if self._on_its_side else (self._width, self._height)

    @property
    def _on_its_side(self) -> bool:
        return abs(self._across[0]) < abs(self._across[1])

    def coding(self, first: VideoFrame) -> Coding | None:
        """How the upright planes are coded."""
        return coding_of(first, 1 / self._aspect if self._on_its_side else self._aspect)

    def planes(self, frame: VideoFrame, coding: Coding) -> Planes:
        """The planes of a decoded frame, upright."""
        y, u, v = (self._turn(plane) for plane in planes_of(frame, coding, self._reformatter, self._coded_size))
        return y, u, v

    def upright(self, frame: VideoFrame) -> ImageArray:
        """(H, W, 3) uint8 RGB of a decoded frame, over white; also of one whose size changed in mid-stream."""
        return colours.over_white(*self.layers(frame))

    def layers(self, frame: VideoFrame) -> tuple[ImageArray, ImageArray | None]:
        """The colours (H, W, 3) and the opacity (H, W), uint8, of a decoded frame; None: it is opaque."""
        image, alpha = colours.to_layers(
            frame, self._reformatter, width=self._width, height=self._height, tones=self.tones, quick=self._quick
        )
        return self._turn(image), None if alpha is None else self._turn(alpha)

    @property
    def _reformatter(self) -> VideoReformatter:
        # One for each thread: a frame may be looked up while the video is read in another.
        if not hasattr(self._local, "reformatter"):
            self._local.reformatter = VideoReformatter()
        made: VideoReformatter = self._local.reformatter
        return made

    def _turn(self, plane: _Picture) -> _Picture:
        # The matrix maps x to (a, b) and y to (c, d), both counted right and down.
        (a, b), (c, d) = self._across, self._down
        if self._on_its_side:
            plane, a, d = plane.swapaxes(0, 1), c, b
        return cast("_Picture", plane[:: -1 if d < 0 else 1, :: -1 if a < 0 else 1])
