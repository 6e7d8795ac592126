"""Packets and decoded frames of a video with when they are shown."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from talkinghead.media.alpha import AlphaDecoder

LONGEST_GAP = 10.0
"""Seconds; time stamps that jump further are taken for broken."""

_STANDARD_RATES = (10.0, 12.0, 12.5, 15.0, 20.0, 24.0, 25.0, 30.0, 50.0, 60.0)
_NTSC_RATES = (24000 / 1001, 30000 / 1001, 60000 / 1001)


def decode_frames(container: InputContainer, stream: VideoStream, errors: list[av.FFmpegError]) -> Iterator[VideoFrame]:
    """Every frame that can be decoded, with its opacity where there is one; what cannot goes to ``errors``."""
    alpha = AlphaDecoder.of(stream)
    try:
        for packet in container.demux(stream):
            try:
                if alpha is None:
                    yield from packet.decode()
                else:
                    alpha.read(packet)
                    yield from map(alpha.join, packet.decode())
            except av.FFmpegError as error:
                errors.append(error)
    except av.FFmpegError as error:
        errors.append(error)


@dataclass(frozen=True)
class TimedFrame:
    """A decoded frame with when it is shown and how long (s)."""

    start: float
    duration: float
    frame: VideoFrame


def time_frames(frames: Iterator[VideoFrame], fps: float) -> Iterator[TimedFrame]:
    """The frames with their times, the first at 0 and each after the one before it.

    Frames without a time follow the one before at ``fps``. One with a time far off is left out, as it comes late from a
    damaged place; several in a row are a new beginning, as in videos joined by appending, and follow at ``fps`` too.
    """
    shift, last, astray = math.nan, -1 / fps, 0
    for frame in frames:
        unit = frame.time_base or Fraction(0)
        stamp = frame.pts if frame.pts is not None else frame.dts
        time = math.nan if stamp is None else float(stamp * unit)
        start = time + shift
        if start < last or start > last + LONGEST_GAP:
            astray += 1
            if astray < 4:
                continue
            shift = math.nan
        if math.isnan(time) or math.isnan(shift):
            start = last + 1 / fps
            shift = start - time
        last, astray = start, 0
        length = float(frame.duration * unit)
        yield TimedFrame(start, length if 0 < length <= LONGEST_GAP else 1 / fps, frame)


def constant_rate(average: float, base: float) -> float:
    """The frame rate to work at, from the mean one and from the one that all time stamps fit (frames per second)."""
    if base and abs(average / base - 1) < 0.02:
        return base  # constant, but for rounded stamps or a frame or two left out
    ntsc = [rate for rate in _NTSC_RATES if abs(average / rate - 1) < 5e-4]
    return ntsc[0] if ntsc else min(_STANDARD_RATES, key=lambda rate: abs(math.log(rate / average)))
