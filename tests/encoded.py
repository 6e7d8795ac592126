"""Video files of every kind, made by the tests themselves."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.reformatter import ColorRange


def encode_video(
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
    """Write images (T, H, W, 3 or 4) and maybe sound in any codec, with any times, rotation, pixel aspect."""
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
            frame = av.VideoFrame.from_ndarray(image, format="rgb24" if image.shape[2] == 3 else "rgba")
            levels = ColorRange.JPEG if full_range else ColorRange.MPEG
            # With more threads swscale now and then leaves rows of 10 bit unwritten.
            frame = frame.reformat(format=pixels, dst_colorspace=matrix, dst_color_range=levels, threads=1)
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
