"""A ``Video`` to a file: encoded in the background while frames are still being made, written beside, then renamed."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import numpy as np

from talkinghead.cancellation import await_result
from talkinghead.errors import InputError, announce
from talkinghead.media.encoders import Encoder, FileFormat, MovieEncoder
from talkinghead.media.files import check_writable, write_beside
from talkinghead.media.gif import GifEncoder
from talkinghead.media.mark import VisibleMark
from talkinghead.media.provenance import container_tags
from talkinghead.media.sound import ArraySound
from talkinghead.types import CodedFrames, Coding, Frames, ImageArray, Progress, Sound, Video, no_progress

_FASTSTART = {"movflags": "+faststart"}
_RECIPES = {
    ".mp4": FileFormat("mp4", options=_FASTSTART),
    ".m4v": FileFormat("mp4", options=_FASTSTART),
    ".mov": FileFormat("mov", options=_FASTSTART),
    ".mkv": FileFormat("matroska"),
    ".webm": FileFormat("webm", video="libvpx-vp9", audio="libopus"),
}
SUFFIXES = (*_RECIPES, ".gif")
PRESETS = ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow", "placebo")
_MAX_SIDE_PX = 16_384  # H.264's limit in x264
_QUEUED = 2  # chunks that may wait for the encoder, which bounds the memory


def check_output(path: str | os.PathLike[str], overwrite: bool = False) -> Path:
    """The path, once it is sure that ``save_video`` can write there: to be called before anything is computed.

    Raises:
        InputError: an unknown suffix, a folder that is missing or not writable, the path is a folder, or it exists and
            ``overwrite`` is off.
    """
    path = check_writable(path, overwrite)
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"{path} has an unknown suffix {path.suffix!r}: choose one of {', '.join(SUFFIXES)}.")
    return path


def save_video(
    video: Video,
    path: str | os.PathLike[str],
    *,
    visible_mark: bool = True,
    overwrite: bool = False,
    crf: int = 18,
    preset: str = "veryfast",
    progress: Progress = no_progress,
) -> Path:
    """Write a video in the format its suffix names: mp4, m4v, mov and mkv (H.264, AAC), webm (VP9, Opus) or gif.

    The frames are taken on the calling thread and encoded on another, at most a few chunks behind; the frames' arrays
    must not change once they are handed over. Sides of an odd length grow by one pixel (not in GIF). The sound is the
    one given, with its own rate and channels as far as the codec can, and starts with the first frame. The metadata
    always say that the video is synthetic. Upon any exception nothing is left behind, and an older file stays.

    Args:
        video: its frames are consumed.
        path: the file to write.
        visible_mark: whether to draw a small "AI" in the lower right corner.
        overwrite: whether an older file of this name may be replaced.
        crf: quality as x264 counts it, 0 (lossless) to 51 (poor).
        preset: x264's name of a speed, "ultrafast" to "placebo".
        progress: called on the calling thread as ``("encode", frames written, frames in all)``.

    Raises:
        InputError: as ``check_output`` has it, frames too large for any codec, or a full disk.
        RuntimeError: the frames are more or fewer than ``video.num_frames``, or of changing size.
        ValueError: ``crf`` or ``preset`` is not in range.
    """
    if not 0 <= crf <= 51 or preset not in PRESETS:
        raise ValueError(f"crf must be 0 to 51 and preset one of {PRESETS}, got {crf} and {preset!r}")
    path = check_output(path, overwrite)
    with write_beside(path, overwrite) as part:
        encode_video(video, part, name=path, visible_mark=visible_mark, crf=crf, preset=preset, progress=progress)
    return path


def encode_video(
    video: Video,
    part: Path,
    *,
    name: Path,
    visible_mark: bool = True,
    crf: int = 18,
    preset: str = "veryfast",
    progress: Progress = no_progress,
) -> None:
    """Fill a file of ``write_together`` as ``save_video`` does; ``name`` is what it will be called.

    Raises:
        InputError: frames too large for any codec.
        OSError: a full disk.
        RuntimeError: as ``save_video``.
    """
    if name.suffix.lower() == ".gif" and video.speech is not None:
        announce(f"{name} will have no sound: GIF cannot hold any, use .mp4 for it.")
    _write(video, _Background(part, video, visible_mark, crf, preset), progress)


class _Background:
    """What happens on the other thread: the mark, the encoder, the file."""

    def __init__(self, path: Path, video: Video, visible_mark: bool, crf: int, preset: str) -> None:
        self.written = 0
        self.stopped = threading.Event()
        self._path, self._video, self._visible_mark, self._crf, self._preset = path, video, visible_mark, crf, preset
        self._canvas: _Canvas | None = None
        self._mark: VisibleMark | None = None
        self._encoder: Encoder | None = None

    def encode(self, frames: Frames | CodedFrames) -> None:
        """Mark and encode some frames."""
        if isinstance(frames, CodedFrames) and self._path.suffix.lower() != ".gif":
            self._encode_coded(frames)
            return
        for image in frames.images:
            if self.stopped.is_set():
                return
            if self._encoder is None or self._canvas is None:
                self._canvas = _Canvas(image, self._visible_mark, even=self._path.suffix.lower() != ".gif")
                self._encoder = self._open(self._canvas.size)
            self._encoder.add(self._canvas.draw(image))
            self.written += 1

    def _encode_coded(self, frames: CodedFrames) -> None:
        if self._encoder is None:
            self._mark = VisibleMark(*frames.size) if self._visible_mark else None
            height, width = frames.pictures[0][0].shape
            self._encoder = self._open((width + width % 2, height + height % 2), frames.coding)
        assert isinstance(self._encoder, MovieEncoder)
        window = None if self._mark is None else self._mark.window
        for number in range(len(frames)):
            if self.stopped.is_set():
                return
            frame = frames[number : number + 1]
            if self._mark is not None and window is not None:
                region = frame.view(0, window)
                frame = frame.with_views({0: (window, region, self._mark.over(region))})
            self._encoder.add_coded(frame.pictures[0])
            self.written += 1

    def finish(self) -> None:
        """Complete the file."""
        if self._encoder is not None:
            self._encoder.finish()

    def abort(self) -> None:
        """Delete the file."""
        if self._encoder is not None:
            self._encoder.abort()

    def _open(self, size: tuple[int, int], coding: Coding | None = None) -> Encoder:
        if max(size) > _MAX_SIDE_PX:
            raise InputError(f"frames of {size[0]} x {size[1]} px are too large to encode: scale the picture down.")
        fps, tags = Fraction(self._video.fps).limit_denominator(1001), container_tags(self._video.facts)
        suffix = self._path.suffix.lower()
        if suffix == ".gif":
            return GifEncoder(self._path, size=size, fps=fps, tags=tags)
        sound = _sound(self._video)
        recipe = _RECIPES[suffix]
        return MovieEncoder(
            self._path,
            recipe,
            size=size,
            fps=fps,
            sound=sound,
            tags=tags,
            crf=self._crf,
            preset=self._preset,
            colour=self._video.tags,
            coding=coding,
        )


class _Canvas:
    """A buffer that a frame is copied to, so that padding and mark leave the frame itself alone."""

    def __init__(self, image: ImageArray, visible_mark: bool, even: bool) -> None:
        self._height, self._width = image.shape[:2]
        odd_rows, odd_columns = (self._height % 2, self._width % 2) if even else (0, 0)
        self._buffer = np.empty((self._height + odd_rows, self._width + odd_columns, 3), np.uint8)
        self._mark = VisibleMark(*self.size) if visible_mark else None

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in px."""
        return self._buffer.shape[1], self._buffer.shape[0]

    def draw(self, image: ImageArray) -> ImageArray:
        """The frame with the mark, its sides made even by repeating the last row and column; valid until the next."""
        self._buffer[: self._height, : self._width] = image
        self._buffer[self._height :] = self._buffer[self._height - 1]
        self._buffer[:, self._width :] = self._buffer[:, self._width - 1, None]
        if self._mark is not None:
            self._mark.draw(self._buffer)
        return self._buffer


def _write(video: Video, background: _Background, progress: Progress) -> None:
    """Feed the frames to the background; upon any exception on either side stop both and clean up."""
    pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="encode")
    try:
        under_way: deque[Future[None]] = deque()
        for chunk in _check_chunks(video):
            under_way.append(pool.submit(background.encode, chunk))
            while under_way and (len(under_way) > _QUEUED or under_way[0].done()):
                await_result(under_way.popleft())
            progress("encode", background.written, video.num_frames)
        for waiting in under_way:
            await_result(waiting)
        await_result(pool.submit(background.finish))
        progress("encode", video.num_frames, video.num_frames)
    except BaseException:
        background.stopped.set()
        pool.shutdown(cancel_futures=True)
        background.abort()
        close = getattr(video.frames, "close", None)
        if close is not None:
            close()
        raise
    pool.shutdown()


def _check_chunks(video: Video) -> Iterator[Frames | CodedFrames]:
    """The chunks, once it is sure that they fit together and to the number promised."""
    count, size = 0, None
    for chunk in video.frames:
        size = size or chunk.size
        count += len(chunk)
        _check_chunk(chunk, size, video.fps)
        if count > video.num_frames:
            raise RuntimeError(f"the frames go on after the {video.num_frames} promised")
        yield chunk
    if count < video.num_frames or count == 0:
        raise RuntimeError(f"the frames ended after {count} of the {video.num_frames} promised")


def _check_chunk(chunk: Frames | CodedFrames, size: tuple[int, int], fps: float) -> None:
    if chunk.size != size:
        raise RuntimeError(f"the frames change from {size} to {chunk.size} px on the way")
    if abs(chunk.fps / fps - 1) > 1e-6:
        raise RuntimeError(f"the frames are at {chunk.fps} per second, the video at {fps}")
    if isinstance(chunk, Frames) and chunk.images.dtype != np.uint8:
        raise RuntimeError(f"the frames are {chunk.images.dtype}, not uint8")


def _sound(video: Video) -> Sound | None:
    if video.speech is None:
        return None
    return video.speech.sound or ArraySound(video.speech.samples[None], video.speech.sample_rate)
