"""Real files, made by the tests themselves."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange

from talkinghead.errors import InputError
from talkinghead.types import Frames

Announced = Callable[[], list[str]]


@pytest.fixture
def announced(caplog: pytest.LogCaptureFixture) -> Announced:
    """What was announced so far."""
    return lambda: [r.getMessage() for r in caplog.records if r.name == "talkinghead"]


@pytest.fixture
def refused() -> Callable[..., str]:
    """Calls a function that must raise ``InputError`` with one sentence that names the file; returns the sentence."""

    def check(function: Callable[..., Any], path: Path, *args: Any, **kwargs: Any) -> str:
        with pytest.raises(InputError) as caught:
            function(path, *args, **kwargs)
        text = str(caught.value)
        assert str(path) in text or path.name in text
        assert text.endswith(".")
        assert "\n" not in text
        assert not re.search(r"[.!?] [A-Z]", text), f"more than one sentence: {text}"
        return text

    return check


@pytest.fixture
def make_wav() -> Callable[..., Path]:
    """Writes (C, N) samples as a WAV file of any sample type, bit for bit."""

    def write(path: Path, samples: Any, rate: int = 16_000) -> Path:
        samples = np.atleast_2d(samples)
        channels, size = len(samples), samples.dtype.itemsize
        data = np.ascontiguousarray(samples.T).tobytes()
        kind = 3 if samples.dtype.kind == "f" else 1
        form = struct.pack("<HHIIHH", kind, channels, rate, rate * channels * size, channels * size, 8 * size)
        head = b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt " + struct.pack("<I", 16) + form
        path.write_bytes(head + b"data" + struct.pack("<I", len(data)) + data)
        return path

    return write


@pytest.fixture
def make_video() -> Callable[..., Path]:
    """Writes images (T, H, W, 3) and maybe sound with PyAV, in any codec, with any times, rotation and pixel aspect."""

    def write(
        path: Path,
        images: Any,
        *,
        fps: Fraction | int = 25,
        codec: str = "libx264",
        pixels: str = "yuv420p",
        times_ms: Sequence[int] | None = None,
        rotation: float | None = None,
        hflip: bool = False,
        aspect: Fraction | None = None,
        matrix: int | None = None,
        tagged: int | None = None,
        transfer: int | None = None,
        full_range: bool = False,
        sound: tuple[Any, int, str] | None = None,
        sound_start: float = 0.0,
        options: dict[str, str] | None = None,
        file: Any = None,
        container: str | None = None,
    ) -> Path:
        with av.open(file or str(path), "w", format=container, container_options=options or {}) as output:
            video = output.add_stream(codec, rate=Fraction(fps), options={"bf": "0"} if codec == "libx264" else {})
            video.height, video.width = images.shape[1:3]
            video.pix_fmt = pixels
            context = video.codec_context
            context.time_base = Fraction(1, 1000) if times_ms else 1 / Fraction(fps)
            if aspect is not None:
                context.sample_aspect_ratio = aspect
            if tagged is not None:
                context.colorspace = tagged
            if transfer is not None:
                context.color_trc = transfer
            context.color_range = ColorRange.JPEG if full_range else ColorRange.MPEG
            if rotation is not None or hflip:
                video.set_display_rotation(rotation or 0, hflip=hflip)
            packets: list[Any] = []
            for index, image in enumerate(images):
                frame = av.VideoFrame.from_ndarray(image, format="rgb24")
                levels = ColorRange.JPEG if full_range else ColorRange.MPEG
                frame = frame.reformat(format=pixels, dst_colorspace=matrix, dst_color_range=levels)
                frame.pts, frame.time_base = times_ms[index] if times_ms else index, context.time_base
                packets += video.encode(frame)
            packets += video.encode(None)
            if sound is not None:
                samples, rate, layout = sound
                audio = output.add_stream("aac", rate=rate)
                audio.layout = layout
                part = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout=layout)
                part.sample_rate, part.pts, part.time_base = rate, round(sound_start * rate), Fraction(1, rate)
                packets += audio.encode(part) + audio.encode(None)
            for packet in sorted(packets, key=lambda p: float(p.dts * p.time_base)):
                output.mux(packet)
        return path

    return write


@pytest.fixture
def flat_frames() -> Callable[..., Iterator[Frames]]:
    """Chunks of frames of one colour with a light square that walks to the right."""

    def make(
        count: int,
        *,
        size: tuple[int, int] = (64, 48),
        fps: float = 25,
        chunk: int = 5,
        colour: tuple[int, int, int] = (200, 30, 60),
    ) -> Iterator[Frames]:
        width, height = size
        for start in range(0, count, chunk):
            images = np.empty((min(chunk, count - start), height, width, 3), np.uint8)
            images[:] = colour
            for offset, image in enumerate(images):
                left = (start + offset) % (width - 4)
                image[2:6, left : left + 4] = 255
            yield Frames(images, fps)

    return make
