"""Frames and sound into a container: H.264 or VP9 with AAC or Opus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import av
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from talkinghead.media import colours
from talkinghead.media.audio import USUAL_LAYOUTS, Samples
from talkinghead.media.coding import frame_of
from talkinghead.types import Coding, ColourTags, ImageArray, Planes, Sound

_LARGEST_BLOCK = 64  # px, of H.265
_AHEAD = 0.25  # seconds by which sound is written ahead of pictures, so that players always have both


class Encoder(Protocol):
    """Turns RGB frames into a file, one after another."""

    def add(self, image: ImageArray) -> None:
        """Encode one (H, W, 3) uint8 frame; the array may be reused afterwards."""
        ...

    def finish(self) -> None:
        """Write what is left, and the file's end."""
        ...

    def abort(self) -> None:
        """Close the file and delete it."""
        ...


@dataclass(frozen=True)
class FileFormat:
    """How files with a suffix are made: FFmpeg's names and options."""

    container: str
    video: str = "libx264"
    audio: str = "aac"
    options: Mapping[str, str] = field(default_factory=dict)

    def video_options(self, crf: int, preset: str) -> dict[str, str]:
        """Options of the video encoder for a quality and a speed on x264's scales."""
        if self.video == "libx264":
            return {"crf": str(crf), "preset": preset}
        if self.video == "libx265":
            return {"crf": str(crf), "preset": preset, "x265-params": "log-level=error"}
        # VP9's quality scale goes to 63; at real-time speed it matches x264's about ten steps higher.
        speed = {"deadline": "realtime", "cpu-used": "8", "row-mt": "1"}
        return {"crf": str(min(63, crf + 10)), "b": "0", **speed}

    def coding(self, coding: Coding) -> FileFormat:
        """The same for pictures that are coded already: those of 10 bits need another encoder than H.264's."""
        return replace(self, video="libx265") if coding.bits > 8 and self.video == "libx264" else self


class MovieEncoder:
    """Writes yuv420p video with interleaved sound, in memory that does not grow with length."""

    def __init__(
        self,
        path: Path,
        recipe: FileFormat,
        *,
        size: tuple[int, int],
        fps: Fraction,
        sound: Sound | None,
        tags: Mapping[str, str],
        crf: int,
        preset: str,
        colour: ColourTags | None = None,
        coding: Coding | None = None,
    ) -> None:
        """Open the file and its encoders.

        Args:
            path: where to write; replaced if it exists.
            recipe: container and codecs.
            size: (width, height) in px, both even.
            fps: frames per second.
            sound: the sound track, or None.
            tags: metadata for the container.
            crf: quality on x264's scale, 0 (lossless) to 51.
            preset: speed by x264's name.
            colour: how to code the colours; None: as is usual for the size.
            coding: of pictures that are coded already; None: they are RGB.
        """
        self._coding = coding or Coding(colour or colours.usual_tags(size[1]))
        self._path = path
        self._fps = fps
        self._count = 0
        self._reformatter = VideoReformatter()
        options = dict(recipe.options)
        if recipe.container in ("mp4", "mov"):
            # The lengths of tracks are stored in this unit: exact to the sample instead of the millisecond.
            options["movie_timescale"] = str(sound.sample_rate if sound else 1000 * fps.numerator)
        self._container = av.open(str(path.absolute()), "w", format=recipe.container, container_options=options)
        self._container.metadata.update(tags)
        self._video = self._add_video(recipe.coding(self._coding), size, crf, preset)
        self._sound = None if sound is None else _SoundTrack(self._container, recipe.audio, sound)

    def add(self, image: ImageArray) -> None:
        """Encode one (H, W, 3) uint8 frame, and the sound up to it."""
        self._add(colours.to_yuv(image, self._reformatter, self._coding.tags))

    def add_coded(self, planes: Planes) -> None:
        """Encode one frame that is coded already, and the sound up to it."""
        self._add(frame_of(planes, self._coding))

    def _add(self, frame: VideoFrame) -> None:
        frame.pts, frame.time_base = self._count, 1 / self._fps
        self._container.mux(self._video.encode(frame))
        self._count += 1
        if self._sound is not None:
            for packet in self._sound.packets(until=float(self._count / self._fps) + _AHEAD):
                self._container.mux(packet)

    def finish(self) -> None:
        """Write the rest of both tracks, and the file's end."""
        if self._sound is not None:
            for packet in self._sound.packets(until=None):
                self._container.mux(packet)
        self._container.mux(self._video.encode(None))
        self._container.close()

    def abort(self) -> None:
        """Close the file and delete it."""
        # Deleted first, so that closing does not rewrite the whole file for a fast start.
        self._path.unlink(missing_ok=True)
        with suppress(av.FFmpegError):
            self._container.close()

    def _add_video(self, recipe: FileFormat, size: tuple[int, int], crf: int, preset: str) -> VideoStream:
        options = recipe.video_options(crf, preset)
        if recipe.video == "libx265":
            options["x265-params"] += _describe_pictures(self._coding, size)
        stream = self._container.add_stream(recipe.video, rate=self._fps, options=options)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p" if self._coding.bits == 8 else "yuv420p10le"
        stream.codec_context.time_base = 1 / self._fps
        if self._coding.aspect != 1:
            stream.codec_context.sample_aspect_ratio = self._coding.aspect
        if recipe.video == "libx265" and recipe.container in ("mp4", "mov"):
            stream.codec_context.codec_tag = "hvc1"  # without it Apple's players refuse the file
        colours.tag(stream.codec_context, self._coding.tags, full=self._coding.full)
        return stream


def _describe_pictures(coding: Coding, size: tuple[int, int]) -> str:
    """Parameters of x265 for pictures of (width, height) px."""
    # x265 writes beyond its buffers where a picture is smaller than its largest block.
    blocks = ":ctu=16" if min(size) < _LARGEST_BLOCK else ""
    return f"{blocks}:hdr10=1:{coding.screen}" if coding.screen else blocks


class _SoundTrack:
    """Encodes a sound piece by piece, at its own rate and channels if the codec can."""

    def __init__(self, container: OutputContainer, codec: str, sound: Sound) -> None:
        self._rate = sound.sample_rate
        self._layout = _layout(codec, sound)
        self._blocks = sound.chunks()
        self._position = 0
        stream = container.add_stream(codec, rate=_rate(codec, sound.sample_rate))
        assert isinstance(stream, AudioStream)
        stream.layout = self._layout
        channels = stream.codec_context.channels
        stream.bit_rate = {1: 128_000, 2: 192_000}.get(channels, 64_000 * channels)
        self._stream = stream
        self._done = False

    def packets(self, until: float | None) -> Iterator[Packet[AudioStream]]:
        """Packets of the sound up to ``until`` (s); None: all the rest."""
        while not self._done and (until is None or self._position < until * self._rate):
            block = next(self._blocks, None)
            if block is None:
                self._done = True
                yield from self._stream.encode(None)
            elif block.shape[1]:
                yield from self._stream.encode(self._frame(block))

    def _frame(self, block: Samples) -> AudioFrame:
        if self._layout == "mono":
            block = block.mean(axis=0, keepdims=True)
        # Interleaved, because PyAV miscounts eight planes.
        frame = AudioFrame.from_ndarray(block.T.reshape(1, -1), format="flt", layout=self._layout)
        frame.sample_rate, frame.pts, frame.time_base = self._rate, self._position, Fraction(1, self._rate)
        self._position += block.shape[1]
        return frame


def _rate(codec: str, wanted: int) -> int:
    """The lowest rate of an encoder that is at least ``wanted`` (Hz), or its highest."""
    rates = (
        av.Codec(codec, "w").audio_rates if codec != "libopus" else [48_000]
    )  # Opus plays at 48 kHz, whatever it is given
    return min((r for r in rates or [wanted] if r >= wanted), default=max(rates or [wanted]))


def _layout(codec: str, sound: Sound) -> str:
    """The layout of a sound for the encoder: by name, else by number of channels, else mono."""
    for layout in (getattr(sound, "layout", None), USUAL_LAYOUTS.get(sound.channels)):
        if layout is not None:
            trial = av.CodecContext.create(codec, "w")
            assert isinstance(trial, AudioCodecContext)
            with suppress(av.FFmpegError, ValueError):
                trial.layout, trial.sample_rate = layout, _rate(codec, sound.sample_rate)
                trial.format = trial.codec.audio_formats[0] if trial.codec.audio_formats else "fltp"
                trial.open()
                return str(layout)
    return "mono"
