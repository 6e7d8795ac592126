"""A video's frames, shot by shot, decoded ahead of their use."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

import cv2
import numpy as np

from talkinghead.types import Frames, ImageArray, Progress, VideoSource

_SKETCH = (16, 9)  # width, height in px
_SKETCHED_ROWS = 180  # of a frame
_CUT = 12.0  # grey levels by which sketches of neighbouring frames differ at a cut ...
_ABOVE_MOTION = 4.0  # ... and in multiples of the usual motion
_MOTION_FRAMES, _LEAST_KNOWN = 25, 3


class ShotFrame(NamedTuple):
    """A frame of a video.

    Attributes:
        number: from 0 on.
        image: (H, W, 3).
        sketch: (9, 16, 3) uint8, the frame as small as that.
        is_cut: whether another shot begins with it.
    """

    number: int
    image: ImageArray
    sketch: ImageArray
    is_cut: bool


def read_shots(video: VideoSource, start: int, progress: Progress) -> Iterator[list[ShotFrame]]:
    """The frames of a video, those of a chunk that are of one shot at a time.

    Args:
        video: read once.
        start: number of the first frame.
        progress: hook; the stage is "track", counted in frames.
    """
    shots, joins = _Shots(), set(video.joins)
    frames: list[ShotFrame] = []
    done = 0
    for chunk in read_ahead(video.chunks()):
        for number, image in enumerate(chunk.images, done):
            if number < start:
                continue
            rows = image[:: max(1, len(image) // _SKETCHED_ROWS)]  # enough for what is as small as that
            sketch = cv2.resize(rows, _SKETCH, interpolation=cv2.INTER_AREA)
            is_cut = shots.cut_before(sketch) | (number in joins)
            if frames and is_cut:
                yield frames
                frames = []
            frames.append(ShotFrame(number, image, sketch, is_cut))
        # Chunks are as long as memory allows: frames of several are not held together.
        if frames:
            yield frames
            frames = []
        done += len(chunk)
        progress("track", done, max(done, video.num_frames))


class _Shots:
    """Tells from sketches of the frames where another shot begins."""

    def __init__(self) -> None:
        self._previous: ImageArray | None = None
        self._moved: deque[float] = deque(maxlen=_MOTION_FRAMES)

    def cut_before(self, sketch: ImageArray) -> bool:
        """Whether the next frame belongs to another shot than the one before it."""
        previous, self._previous = self._previous, sketch
        if previous is None:
            return False
        moved = float(np.abs(sketch.astype(np.float64) - previous).mean())
        usual = float(np.median(self._moved)) if len(self._moved) >= _LEAST_KNOWN else np.inf
        self._moved.append(moved)
        return moved > max(_CUT, _ABOVE_MOTION * usual)


def read_ahead(chunks: Iterator[Frames]) -> Iterator[Frames]:
    """The same chunks, of which the next is decoded in a thread while one is in use."""
    ready: queue.Queue[Frames | BaseException | None] = queue.Queue(maxsize=1)
    stopped = threading.Event()

    def hand_over(item: Frames | BaseException | None) -> None:
        while not stopped.is_set():
            with suppress(queue.Full):
                ready.put(item, timeout=0.1)
                return

    def decode() -> None:
        try:
            for chunk in chunks:
                hand_over(chunk)
                if stopped.is_set():
                    return
            hand_over(None)
        except BaseException as error:  # whoever reads shall see it
            hand_over(error)

    thread = threading.Thread(target=decode, name="decode", daemon=True)
    thread.start()
    try:
        while (item := ready.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stopped.set()
        thread.join()
