"""Single frames of a video file, found by seeking to the key frame before them, else by reading from the start."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from talkinghead.media.timing import LONGEST_GAP, decode_frames, time_frames
from talkinghead.types import FloatArray, IndexArray, num_frames

_RECENT_BYTES = 64 * 2**20  # of pictures that are kept for the next call
_PASSED = 16  # decoded frames before the last one that are kept
_ATTEMPTS = 3  # key frames that are tried, each before the other: some formats seek by the time of decoding

Open = Callable[[], tuple[InputContainer, VideoStream]]
Picture = TypeVar("Picture")


@dataclass(frozen=True)
class Timetable:
    """Which decoded frame each frame at a constant rate is, from the times of the packets.

    Attributes:
        stamps: (N,) when each decoded frame is shown, in units of the stream, increasing.
        keys: (K,) those of the key frames.
        shown: (T,) for each frame at the constant rate its place in ``stamps``.
    """

    stamps: IndexArray
    keys: IndexArray
    shown: IndexArray


def read_timetable(open_video: Open, fps: float) -> Timetable | None:
    """The timetable of a video at a rate, or None where its packets do not tell all that is needed."""
    stamps, keys = [], []
    container, stream = open_video()
    with container:
        unit = stream.time_base
        with suppress(av.FFmpegError):
            for packet in container.demux(stream):
                if packet.size == 0 or packet.is_discard:
                    continue
                if packet.pts is None or packet.time_base != unit:
                    return None
                stamps.append(packet.pts)
                keys += [packet.pts] if packet.is_keyframe else []
    if unit is None or not keys:
        return None
    ordered = np.unique(np.array(stamps, np.int64))
    times = (ordered - ordered[0]) * float(unit)
    if len(ordered) != len(stamps) or ordered[0] not in keys or np.diff(times, prepend=0).max() > LONGEST_GAP:
        return None
    duration = _last_duration(open_video, sorted(keys), int(ordered[-1]), fps)
    if duration is None:
        return None
    return Timetable(ordered, np.array(sorted(keys), np.int64), _nearest(times, float(times[-1]) + duration, fps))


def _last_duration(open_video: Open, keys: list[int], last: int, fps: float) -> float | None:
    """How long (s) the last frame is shown; None unless the decoder ends with the frame that the packets end with."""
    container, stream = open_video()
    with container:
        container.seek(keys[-1], stream=stream)
        final = deque(time_frames(decode_frames(container, stream, []), fps), maxlen=1)
    return final[0].duration if final and final[0].frame.pts == last else None


def _nearest(times: FloatArray, end: float, fps: float) -> IndexArray:
    """For each instant at a rate the frame nearest to it, of two the earlier; the last one holds to the end."""
    middles = (times[1:] + times[:-1]) / 2 + 1e-6
    reached = int(np.floor(middles[-1] * fps)) + 1 if len(middles) else 0
    count = max(num_frames(end, fps), reached)
    return np.searchsorted(middles, np.arange(count) / fps, side="left")


def _keep(picture: Picture) -> tuple[Picture, int]:
    """A read-only copy of an array, or of several, and its bytes."""
    copies = [np.array(part) for part in (picture if isinstance(picture, tuple) else (picture,))]
    for copy in copies:
        copy.setflags(write=False)
    kept = tuple(copies) if isinstance(picture, tuple) else copies[0]
    return cast("Picture", kept), sum(copy.nbytes for copy in copies)


class FrameFinder(Generic[Picture]):
    """Gives frames by number; those near the last one come quickly.

    Args:
        open_video: opens the file.
        upright: a decoded frame -> an array, or several.
        all_frames: the frames at the constant rate from the start, for files without a timetable.
        fps: the constant rate.
    """

    def __init__(
        self,
        open_video: Open,
        upright: Callable[[VideoFrame], Picture],
        all_frames: Callable[[], Iterator[Picture]],
        fps: float,
    ) -> None:
        self._open, self._upright, self._all_frames, self._fps = open_video, upright, all_frames, fps
        self._lock = threading.Lock()
        self._table: Timetable | None = None
        self._looked = False
        self._recent: OrderedDict[int, Picture] = OrderedDict()
        self._container: InputContainer | None = None
        self._frames: Iterator[VideoFrame] = iter(())
        self._passed: OrderedDict[int, VideoFrame] = OrderedDict()
        self._walk: Iterator[tuple[int, Picture]] | None = None
        self._walked = -1

    def count(self) -> int | None:
        """How many frames there are at the constant rate, as far as the packets tell."""
        with self._lock:
            table = self._timetable()
        return None if table is None else len(table.shown)

    def frame(self, index: int) -> Picture:
        """Frame ``index`` as ``upright`` makes it, read-only.

        Raises:
            IndexError: there is no such frame.
        """
        with self._lock:
            if index not in self._recent:
                table = self._timetable()
                found = None if table is None else self._sought(table, index)
                if found is None:
                    self._table = None
                    found = self._walk_to(index)
                self._recent[index], size = _keep(found)
                while len(self._recent) * size > max(_RECENT_BYTES, 2 * size):
                    self._recent.popitem(last=False)
            self._recent.move_to_end(index)
            return self._recent[index]

    def close(self) -> None:
        """Close the file until the next call."""
        with self._lock:
            self._passed.clear()
            self._frames, self._walk, self._walked = iter(()), None, -1
            if self._container is not None:
                self._container.close()
                self._container = None

    def _timetable(self) -> Timetable | None:
        if not self._looked:
            self._table, self._looked = read_timetable(self._open, self._fps), True
        return self._table

    def _sought(self, table: Timetable, index: int) -> Picture | None:
        """The frame by its time stamp; None where the decoder does not give it as the packets promised."""
        if not 0 <= index < len(table.shown):
            raise IndexError(f"there is no frame {index}: there are {len(table.shown)}")
        stamp = int(table.stamps[table.shown[index]])
        key = int(np.searchsorted(table.keys, stamp, side="right")) - 1
        last = next(reversed(self._passed), None)
        if stamp in self._passed:
            return self._upright(self._passed[stamp])
        if last is not None and table.keys[key] <= last < stamp and (found := self._decoded_at(stamp)):
            return self._upright(found)
        for earlier in range(key, max(-1, key - _ATTEMPTS), -1):
            self._seek(int(table.keys[earlier]))
            if found := self._decoded_at(stamp):
                return self._upright(found)
        return None

    def _seek(self, stamp: int) -> None:
        self._passed.clear()
        if self._container is None:
            self._container, self._stream = self._open()
        self._container.seek(stamp, stream=self._stream)
        self._frames = decode_frames(self._container, self._stream, [])

    def _decoded_at(self, stamp: int) -> VideoFrame | None:
        for frame in self._frames:
            # What comes before the first key frame may lean on pictures that were left out.
            if frame.pts is None or frame.pts > stamp or frame.is_corrupt:
                return None
            if not (self._passed or frame.key_frame):
                continue
            self._passed[frame.pts] = frame
            if len(self._passed) > _PASSED:
                self._passed.popitem(last=False)
            if frame.pts == stamp:
                return frame
        return None

    def _walk_to(self, index: int) -> Picture:
        if self._walk is None or index <= self._walked:
            self._walk = enumerate(self._all_frames())
        for number, image in self._walk:
            self._walked = number
            if number == index:
                return image
        self._walk = None
        raise IndexError(f"there is no frame {index}")
