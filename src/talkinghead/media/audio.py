"""The sound track of a file, decoded block by block as float32, in time with the file's own clock."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer

from talkinghead.errors import InputError
from talkinghead.media.containers import audio_stream, end_in_header, open_container, packet_times, video_stream

Samples = npt.NDArray[np.float32]

_BLOCK = 16_384
_GAP = 0.1  # seconds; a longer gap in the time stamps was silence, or was lost
_LONGEST_GAP = 60.0  # seconds; time stamps that jump further are broken
_LONGEST_LEAD = 600.0
_EARLY = 0.25  # seconds of sound before the first picture that are cut to stay in time; more than that is speech
_LOWEST_RATE, _HIGHEST_RATE = 1_000, 400_000  # Hz; beyond, a header is broken
_MANY_PLANES = 8  # from here on PyAV reads past the end of a frame's list of planes
_PADDING = 4096  # samples that an encoder may have added to fill its last frame

# The layouts that players assume if a file gives only the number of channels (WAV's order).
USUAL_LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "quad", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}


class AudioReader:
    """The sound track a player would play.

    Attributes:
        path: the file.
        sample_rate: in Hz, as decoded.
        channels: how many.
        layout: FFmpeg's name of their layout, such as "stereo" or "5.1".
        is_layout_known: False if the file only gives the number of channels.
        stated_duration: from time zero, in seconds, as the header states it, or None.
        has_errors: whether the last reading found damage.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open the file, look at its first samples, and close it again.

        Raises:
            InputError: the file is missing, empty, neither sound nor video, or has no sound track, none that can be
                decoded, or one without samples.
        """
        self.path = Path(path)
        self.has_errors = False
        with open_container(self.path) as container:
            stream = self._stream(container)
            end = end_in_header(container, stream)
            first = next(self._frames(container, stream), None)
            if first is None:
                raise InputError(self._why_nothing())
            self.sample_rate = first.sample_rate
            self.channels = first.layout.nb_channels
            self.is_layout_known = not first.layout.name.endswith("channels") or self.channels <= 2
            if not _LOWEST_RATE <= self.sample_rate <= _HIGHEST_RATE:
                raise InputError(
                    f"{self.path} states {self.sample_rate} samples per second: export it again, best as WAV."
                )
            usual = USUAL_LAYOUTS.get(self.channels, first.layout.name)
            self.layout = first.layout.name if not first.layout.name.endswith("channels") else usual
            self._start = first.time or 0.0
        self._lead = self._samples_after_first_picture()
        self.stated_duration = None if end is None else end - self._start + self._lead / self.sample_rate

    def blocks(self) -> Iterator[Samples]:
        """The samples from time zero on as (channels, n) float32 pieces, unchecked: some may exceed 1 or not be finite.

        Time zero is the first sample or, in a file with pictures, the first picture; silence fills the time until the
        sound begins. It also fills gaps.

        Raises:
            InputError: the sampling rate or the number of channels changes midway.
        """
        waiting: list[Samples] = []
        skip = max(0, -self._lead)
        for block in self._in_step():
            piece, skip = block[:, skip:], max(0, skip - block.shape[1])
            if piece.size:
                waiting.append(piece)
            if sum(p.shape[1] for p in waiting) >= _BLOCK:
                yield np.concatenate(waiting, axis=1)
                waiting = []
        if waiting:
            yield np.concatenate(waiting, axis=1)

    def length(self, decoded: int) -> int:
        """How many of the ``decoded`` samples are sound, without what the encoder added to fill its last frame."""
        if self.stated_duration is None:
            return decoded
        stated = round(self.stated_duration * self.sample_rate)
        # Headers may round to milliseconds: less than that is not padding.
        return stated if self.sample_rate / 1000 < decoded - stated <= _PADDING else decoded

    def _in_step(self) -> Iterator[Samples]:
        yield from self._silence(max(0, self._lead))
        self.has_errors = False
        interleaver = AudioResampler(format="flt")
        with open_container(self.path) as container:
            start, position = self._start, 0
            for frame in self._frames(container, self._stream(container)):
                now = start + position / self.sample_rate
                gap = 0.0 if frame.time is None else frame.time - now
                if _GAP < gap <= _LONGEST_GAP:
                    hole = round(gap * self.sample_rate)
                    yield from self._silence(hole)
                    position += hole
                elif abs(gap) > _GAP:
                    start += gap
                self._check(frame)
                many = frame.format.is_planar and self.channels >= _MANY_PLANES
                unknown = frame.format.packed.name == "s64"  # to NumPy
                samples = self._float(interleaver.resample(frame)[0] if many or unknown else frame)
                position += samples.shape[1]
                yield samples

    def _silence(self, count: int) -> Iterator[Samples]:
        for done in range(0, count, _BLOCK):
            yield np.zeros((self.channels, min(_BLOCK, count - done)), np.float32)

    def _check(self, frame: AudioFrame) -> None:
        if frame.sample_rate != self.sample_rate or frame.layout.nb_channels != self.channels:
            raise InputError(f"{self.path} changes its sampling rate or channels on the way: convert it to WAV.")

    def _float(self, frame: AudioFrame) -> Samples:
        values = frame.to_ndarray()
        if not frame.format.is_planar:
            values = values.reshape(-1, self.channels).T
        if values.dtype.kind == "f":
            with np.errstate(over="ignore"):
                return values.astype(np.float32)
        full_scale = 2.0 ** (8 * values.dtype.itemsize - 1)
        middle = full_scale if values.dtype.kind == "u" else 0.0
        return ((values - np.float32(middle)) / np.float32(full_scale)).astype(np.float32)

    def _frames(self, container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
        try:
            for packet in container.demux(stream):
                try:
                    yield from (frame for frame in packet.decode() if frame.samples)
                except av.FFmpegError:
                    self.has_errors = True
        except av.FFmpegError:
            self.has_errors = True

    def _stream(self, container: InputContainer) -> AudioStream:
        stream = audio_stream(container)
        if stream is None:
            raise InputError(f"{self.path} has no sound: give a file with an audio track.")
        if stream.codec_context is None:
            raise InputError(f"{self.path} has sound in a form that cannot be decoded here: convert it to WAV.")
        return stream

    def _samples_after_first_picture(self) -> int:
        """How many samples after the first picture the sound begins (negative: before); 0 without pictures."""
        with open_container(self.path) as container:
            pictures = video_stream(container)
            if pictures is None:
                return 0
            first = next(packet_times(container, pictures), None)
            if first is None:
                return 0
            lead = self._start - first
        return round(lead * self.sample_rate) if -_EARLY <= lead <= _LONGEST_LEAD else 0

    def _why_nothing(self) -> str:
        if self.has_errors:
            return f"{self.path} has sound that cannot be decoded: export it again, best as WAV."
        return f"{self.path} has a sound track without a single sample: record or export it again."
