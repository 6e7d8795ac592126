"""Real files, made by the tests themselves."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from encoded import encode_video
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
    return encode_video


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
