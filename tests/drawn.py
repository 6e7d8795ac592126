"""A drawn face that trackers take for one, and sound that is like speech: known inputs of any size and length."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from talkinghead.types import ImageArray

Array = npt.NDArray[np.float64]

# Places in units of the picture's side, of a face whose middle is at x = 0.5.
EYE_LINE, EYE_APART, EYE_HALF = 0.405, 0.095, 0.045
MOUTH_LINE, MOUTH_HALF = 0.585, 0.075
_FACE_MIDDLE, _FACE_HALVES = (0.5, 0.46), (0.185, 0.245)


@dataclass(frozen=True)
class DrawnFace:
    """A picture of a face and where its parts are.

    Attributes:
        image: (size, size, 3) uint8 RGB.
        eyes: (2, 2) px, middles of the eyes, the one on the picture's left first.
        mouth: (2,) px, middle of the closed lips.
    """

    image: ImageArray
    eyes: Array
    mouth: Array


def drawn_face(
    size: int = 256, *, at: float = 0.5, grain: float = 0.0, background: tuple[int, int, int] = (168, 178, 186)
) -> DrawnFace:
    """A shaded face, head and shoulders before a plain background, lips closed, looking at the camera.

    Args:
        size: side of the square picture in px.
        at: horizontal place of the face, in units of the side.
        grain: deviation of the noise laid over it; 4 makes it pass for a photo.
        background: its colour.
    """
    canvas = _Canvas(size, at - 0.5, background)
    _body(canvas)
    _head(canvas)
    for side in (-1, 1):
        _eye(canvas, side)
    _nose(canvas)
    _mouth(canvas)
    canvas.add(grain * np.random.default_rng(0).standard_normal((size, size, 1)))
    shift = at - 0.5
    eyes = np.array([(0.5 + side * EYE_APART + shift, EYE_LINE) for side in (-1, 1)]) * size
    return DrawnFace(canvas.image(), eyes, np.array([0.5 + shift, MOUTH_LINE]) * size)


class _Canvas:
    """Soft-edged shapes painted over each other in linear order."""

    def __init__(self, size: int, shift: float, background: tuple[int, int, int]) -> None:
        place = (np.arange(size) + 0.5) / size
        self.x, self.y = place[None] - shift, place[:, None]
        self._edge = 1.5 / size
        self._rgb = np.empty((size, size, 3))
        self._rgb[:] = background

    def ellipse(self, middle: tuple[float, float], halves: tuple[float, float]) -> Array:
        """Coverage (size, size) of an ellipse."""
        distance = np.hypot((self.x - middle[0]) / halves[0], (self.y - middle[1]) / halves[1]) - 1
        return self.inside(distance * min(halves))

    def inside(self, distance: Array) -> Array:
        """Coverage where a signed distance is negative."""
        return np.asarray(np.clip(0.5 - distance / self._edge, 0, 1))

    def glow(self, middle: tuple[float, float], halves: tuple[float, float]) -> Array:
        """A bell (size, size), 1 in the middle."""
        return np.asarray(np.exp(-(((self.x - middle[0]) / halves[0]) ** 2) - ((self.y - middle[1]) / halves[1]) ** 2))

    def paint(self, colour: tuple[float, float, float] | Array, cover: Array) -> None:
        """Lay a colour, or (size, size, 3) of them, over what is there."""
        self._rgb += (np.asarray(colour, float) - self._rgb) * cover[..., None]

    def shade(self, amount: Array) -> None:
        """Make lighter (positive) or darker."""
        self._rgb *= 1 + amount[..., None]

    def add(self, levels: Array) -> None:
        """Add to the colours."""
        self._rgb += levels

    def image(self) -> ImageArray:
        """(size, size, 3) uint8."""
        return np.clip(np.rint(self._rgb), 0, 255).astype(np.uint8)


def _body(canvas: _Canvas) -> None:
    shoulders = canvas.ellipse((0.5, 1.06), (0.40, 0.24))
    canvas.paint((58, 74, 110), shoulders)
    canvas.shade(-0.25 * canvas.glow((0.5, 0.86), (0.16, 0.08)) * shoulders)
    neck = canvas.inside(np.maximum(abs(canvas.x - 0.5) - 0.085, abs(canvas.y - 0.74) - 0.125))
    neck = np.maximum(neck, canvas.ellipse((0.5, 0.86), (0.085, 0.035)))
    canvas.paint((196, 148, 122), neck)
    canvas.shade(-0.30 * canvas.glow((0.5, 0.70), (0.13, 0.045)) * neck)


def _head(canvas: _Canvas) -> None:
    canvas.paint((62, 44, 34), canvas.ellipse((0.5, 0.37), (0.225, 0.25)))
    for side in (-1, 1):
        canvas.paint((200, 148, 122), canvas.ellipse((0.5 + side * 0.188, 0.45), (0.024, 0.05)))
    face = canvas.ellipse(_FACE_MIDDLE, _FACE_HALVES)
    canvas.paint((224, 176, 148), face)
    across = (canvas.x - 0.5) / _FACE_HALVES[0]
    canvas.shade(-0.16 * np.clip(abs(across), 0, 1) ** 2.5 * face)
    canvas.shade((0.07 * canvas.glow((0.5, 0.32), (0.13, 0.06)) - 0.10 * canvas.glow((0.5, 0.70), (0.12, 0.03))) * face)
    for side in (-1, 1):
        canvas.shade(0.06 * canvas.glow((0.5 + side * 0.10, 0.49), (0.05, 0.04)) * face)
        canvas.shade(-0.13 * canvas.glow((0.5 + side * EYE_APART, EYE_LINE - 0.012), (0.062, 0.032)) * face)
    fringe = canvas.inside(canvas.y - 0.295 + 0.35 * (canvas.x - 0.5) ** 2) * canvas.ellipse((0.5, 0.37), (0.225, 0.25))
    canvas.paint((70, 50, 38), fringe)
    canvas.shade(0.25 * canvas.glow((0.44, 0.20), (0.07, 0.05)) * fringe)


def _eye(canvas: _Canvas, side: int) -> None:
    middle = 0.5 + side * EYE_APART
    across = (canvas.x - middle) / EYE_HALF
    lens = np.clip(1 - across**2, 0, None)
    upper, lower = EYE_LINE - 0.021 * lens, EYE_LINE + 0.015 * lens
    opening = np.maximum(upper - canvas.y, canvas.y - lower)
    opening = np.where(abs(across) < 1, opening, 0.02)
    white = canvas.inside(opening)
    canvas.paint((236, 232, 228), white)
    iris = (middle, EYE_LINE - 0.003)
    canvas.paint((84, 62, 44), canvas.ellipse(iris, (0.0185, 0.0185)) * white)
    canvas.paint((18, 14, 12), canvas.ellipse(iris, (0.0085, 0.0085)) * white)
    canvas.paint((250, 250, 250), canvas.ellipse((middle + 0.006, EYE_LINE - 0.010), (0.0032, 0.0032)) * white)
    lashes = canvas.inside(abs(canvas.y - upper + 0.002) - 0.0035) * (abs(across) < 1.03)
    canvas.paint((46, 32, 26), lashes)
    canvas.paint((160, 112, 92), 0.6 * canvas.inside(abs(canvas.y - lower) - 0.0018) * (abs(across) < 0.95))
    canvas.shade(-0.16 * canvas.inside(abs(canvas.y - upper + 0.015) - 0.002) * (abs(across) < 0.9))
    brow = EYE_LINE - 0.058 - 0.010 * (1 - across**2)
    thickness = 0.0085 * (1 - 0.35 * side * across)
    canvas.paint((66, 46, 36), 0.9 * canvas.inside(abs(canvas.y - brow) - thickness) * (abs(across) < 1.15))


def _nose(canvas: _Canvas) -> None:
    canvas.shade(0.09 * canvas.glow((0.5, 0.455), (0.014, 0.06)) + 0.10 * canvas.glow((0.5, 0.505), (0.020, 0.016)))
    for side in (-1, 1):
        canvas.shade(-0.10 * canvas.glow((0.5 + side * 0.026, 0.45), (0.012, 0.06)))
        canvas.shade(-0.14 * canvas.glow((0.5 + side * 0.042, 0.512), (0.010, 0.016)))
        canvas.paint((112, 66, 54), 0.85 * canvas.ellipse((0.5 + side * 0.020, 0.527), (0.0105, 0.0055)))
    canvas.shade(-0.12 * canvas.glow((0.5, 0.537), (0.035, 0.008)))


def _mouth(canvas: _Canvas) -> None:
    across = (canvas.x - 0.5) / MOUTH_HALF
    lens = np.clip(1 - across**2, 0, None)
    bow = 0.004 * np.exp(-((across / 0.18) ** 2))
    line = MOUTH_LINE - 0.002 * lens
    upper, lower = MOUTH_LINE - 0.021 * lens**0.8 + bow, MOUTH_LINE + 0.029 * lens**0.7
    within = abs(across) < 1
    canvas.paint((176, 92, 88), canvas.inside(np.maximum(upper - canvas.y, canvas.y - line)) * within)
    canvas.paint((196, 108, 102), canvas.inside(np.maximum(line - canvas.y, canvas.y - lower)) * within)
    canvas.shade(0.12 * canvas.glow((0.5, MOUTH_LINE + 0.014), (0.03, 0.006)))
    canvas.paint((96, 40, 40), canvas.inside(abs(canvas.y - line) - 0.0025) * (abs(across) < 1.04))
    canvas.shade(-0.14 * canvas.glow((0.5, 0.632), (0.05, 0.010)))


def speech_like(
    seconds: float, rate: int = 16_000, *, seed: int = 0, quiet: tuple[float, float] | None = None
) -> npt.NDArray[np.float32]:
    """(N,) a buzzing voice whose vowels change four times a second, with consonants of noise between them.

    Args:
        seconds: how long.
        rate: in Hz.
        seed: which vowels.
        quiet: from when to when (s) nothing is said.
    """
    random = np.random.default_rng(seed)
    count = round(seconds * rate)
    time = np.arange(count) / rate
    pitch = 120 + 15 * np.sin(2 * np.pi * 0.7 * time) + 8 * np.sin(2 * np.pi * 2.3 * time + 1)
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    syllables = int(seconds * 4) + 2
    formants = np.stack([random.uniform(low, high, syllables) for low, high in ((280, 800), (900, 2300), (2400, 3000))])
    place = np.minimum((time * 4).astype(int), syllables - 2)
    share = (time * 4 - place).clip(0, 1)
    voice = np.zeros(count)
    for harmonic in range(1, 26):
        frequency = harmonic * pitch
        gain = np.zeros(count)
        for number, width in enumerate((90, 140, 220)):
            formant = formants[number, place] * (1 - share) + formants[number, place + 1] * share
            gain += np.exp(-(((frequency - formant) / width) ** 2)) / (1 + number)
        voice += np.where(frequency < 0.45 * rate, gain, 0) * np.sin(harmonic * phase)
    voice *= np.sin(np.pi * (time * 4 % 1)) ** 0.6
    hiss = 0.25 * random.standard_normal(count) * np.exp(-(((time * 4 % 1) / 0.12) ** 2))
    samples = voice + hiss
    if quiet is not None:
        samples[(time >= quiet[0]) & (time < quiet[1])] = 0
    return np.asarray(0.5 * samples / max(1e-9, float(np.abs(samples).max(initial=0))), np.float32)


def falling_voice() -> npt.NDArray[np.float32]:
    """2.4 s at -23 dB: forty harmonics of a falling pitch under two moving formants."""
    time = np.arange(38_400) / 16_000
    pitch = 140 - 20 * time
    phase = 2 * np.pi * np.cumsum(pitch) / 16_000
    first, second = 500 + 200 * np.sin(4 * np.pi * time), 1500 + 500 * np.sin(2.6 * np.pi * time)
    sound = np.zeros_like(time)
    for k in range(1, 41):
        formants = np.exp(-(((k * pitch - first) / 150) ** 2)) + 0.5 * np.exp(-(((k * pitch - second) / 250) ** 2))
        sound += (formants + 0.02) * np.sin(k * phase)
    return np.asarray(sound * 10 ** (-23 / 20) / np.sqrt(np.mean(np.square(sound))), np.float32)


def write_wav(path: Path, samples: npt.NDArray[np.generic], rate: int = 16_000) -> Path:
    """Write (N,) or (channels, N) samples as a WAV file: floats as floats, whatever they are; integers as they are."""
    rows = np.atleast_2d(samples)
    if rows.dtype.kind == "f":
        rows = rows.astype("<f4")
    channels, size = len(rows), rows.dtype.itemsize
    data = np.ascontiguousarray(rows.T).tobytes()
    kind = 3 if rows.dtype.kind == "f" else 1
    form = struct.pack("<HHIIHH", kind, channels, rate, rate * channels * size, channels * size, 8 * size)
    head = b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt " + struct.pack("<I", 16) + form
    path.write_bytes(head + b"data" + struct.pack("<I", len(data)) + data)
    return path
