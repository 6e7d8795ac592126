"""The values that pass between the stages.

Each is frozen, knows its own clock, and checks its shapes when it is made. Angles are radians, times are seconds.
``docs/notation.md`` draws the axes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating[Any]]
BoolArray = npt.NDArray[np.bool_]
IndexArray = npt.NDArray[np.integer[Any]]
ImageArray = npt.NDArray[np.uint8]

NUM_MESH = 478
NUM_LANDMARKS = 68
NUM_EXPRESSIONS = 51

Progress = Callable[[str, int, int], None]
"""Progress hook ``(stage, done, total)``: one serves the bar, the page and the timing."""


def no_progress(stage: str, done: int, total: int) -> None:
    """The hook that shows nothing."""


def num_frames(duration: float, fps: float) -> int:
    """Number of video frames for a duration: ``round(duration * fps)``, at least 1.

    The one place that decides a length; everything that makes frames asks here.

    >>> num_frames(3.3, 25), num_frames(0.02, 25), num_frames(2.98, 25)
    (82, 1, 74)
    """
    return max(1, round(duration * fps))


def _check(array: npt.NDArray[np.generic], shape: tuple[int | None, ...], name: str, kind: str) -> None:
    matches = array.ndim == len(shape) and all(want is None or want == have for want, have in zip(shape, array.shape))
    if not matches:
        wanted = ", ".join("T" if n is None else str(n) for n in shape)
        raise ValueError(f"{name} must have shape ({wanted}), got {array.shape}")
    if array.dtype.kind not in kind:
        raise ValueError(f"{name} must be of kind {kind!r}, got {array.dtype}")


def _check_fps(fps: float) -> None:
    if not (np.isfinite(fps) and fps > 0):
        raise ValueError(f"fps must be a positive number, got {fps}")


@dataclass(frozen=True)
class Interval:
    """A label from ``start`` to ``end`` (s): a word, or an ARPAbet phone without stress ("sil" for silence)."""

    label: str
    start: float
    end: float

    def __post_init__(self) -> None:
        if not self.start <= self.end:
            raise ValueError(f"interval {self.label!r} ends ({self.end}) before it starts ({self.start})")


class Sound(Protocol):
    """A recording as it was given: its own rate and channels, readable again and again in constant memory."""

    sample_rate: int
    channels: int

    def chunks(self) -> Iterator[npt.NDArray[np.float32]]:
        """The samples from the start, in order, as (channels, n) float32 pieces."""
        ...


@dataclass(frozen=True)
class Speech:
    """Mono speech for analysis, with what is known of its text.

    Attributes:
        samples: (N,) float32 in [-1, 1].
        sample_rate: in Hz.
        phones: ARPAbet phones in order, or None where they are not known.
        words: words in order, or None.
        transcript: the text, or None.
        sound: the recording this was made from, for the output's sound track; None: ``samples`` are all there is.
    """

    samples: npt.NDArray[np.float32]
    sample_rate: int
    phones: tuple[Interval, ...] | None = None
    words: tuple[Interval, ...] | None = None
    transcript: str | None = None
    sound: Sound | None = None

    def __post_init__(self) -> None:
        _check(self.samples, (None,), "samples", "f")
        if self.sample_rate <= 0:
            raise ValueError(f"sample_rate must be positive, got {self.sample_rate}")

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.sample_rate


@dataclass(frozen=True)
class Frames:
    """Pictures in a row. ``images``: (T, H, W, 3) uint8 RGB; ``fps``: frames per second."""

    images: ImageArray
    fps: float

    def __post_init__(self) -> None:
        _check(self.images, (None, None, None, 3), "images", "u")
        _check_fps(self.fps)

    def __len__(self) -> int:
        return len(self.images)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in px."""
        return self.images.shape[2], self.images.shape[1]


@dataclass(frozen=True)
class FaceTrack:
    """Where the face is in each frame.

    ``landmarks[t] = scale[t] * R(rotation[t]) @ shape + translation[t]`` up to the expression: the rigid pose of the
    head in the camera's frame (x right, y down, z away from the camera; see ``face.pose``).

    Attributes:
        landmarks: (T, 478, 3) px; x, y in the picture, z relative depth in the same unit.
        rotation: (T, 3) rad, pitch, yaw, roll.
        translation: (T, 3) px, the middle between the outer eye corners.
        scale: (T,) px per unit of the head frame (the distance of the outer eye corners).
        blink: (T,) in [0, 1], 1 is closed.
        found: (T,) bool, False where no face was seen and the row is interpolated or repeated.
        fps: frames per second.
    """

    landmarks: FloatArray
    rotation: FloatArray
    translation: FloatArray
    scale: FloatArray
    blink: FloatArray
    found: BoolArray
    fps: float

    def __post_init__(self) -> None:
        _check(self.landmarks, (None, NUM_MESH, 3), "landmarks", "f")
        n = len(self.landmarks)
        _check(self.rotation, (n, 3), "rotation", "f")
        _check(self.translation, (n, 3), "translation", "f")
        _check(self.scale, (n,), "scale", "f")
        _check(self.blink, (n,), "blink", "f")
        _check(self.found, (n,), "found", "b")
        _check_fps(self.fps)

    def __len__(self) -> int:
        return len(self.landmarks)

    def __getitem__(self, rows: slice) -> FaceTrack:
        return FaceTrack(
            self.landmarks[rows],
            self.rotation[rows],
            self.translation[rows],
            self.scale[rows],
            self.blink[rows],
            self.found[rows],
            self.fps,
        )


@dataclass(frozen=True)
class Portrait:
    """Whom to animate: one picture, or a whole reference video, with its track.

    Attributes:
        frames: the pictures.
        track: one row per picture.
        best: the row that serves one-image methods.
        drawing: True for drawn faces, whose mouth is filled with their own flat colours.
        person: (H, W) float32 in [0, 1], how surely each pixel of the best frame belongs to the person, or None.
    """

    frames: Frames
    track: FaceTrack
    best: int = 0
    drawing: bool = False
    person: FloatArray | None = None

    def __post_init__(self) -> None:
        if len(self.frames) != len(self.track):
            raise ValueError(f"{len(self.frames)} frames but {len(self.track)} rows of track")
        if len(self.frames) == 0:
            raise ValueError("a portrait needs at least one frame")
        if not 0 <= self.best < len(self.frames):
            raise ValueError(f"best is frame {self.best} of {len(self.frames)}")
        if self.person is not None:
            _check(self.person, self.frames.images.shape[1:3], "person", "f")


@dataclass(frozen=True)
class Motion:
    """How a face moves: the language every generator speaks and every renderer understands.

    The landmarks are in the head frame (iBUG-68 order, outer eye corners 1 apart, origin between them, the face
    straight ahead), the rigid pose is kept apart, the eyelids are kept apart, so that each can be edited on its own.

    Attributes:
        fps: frames per second.
        landmarks: (T, 68, 3) in the head frame. Eyelid landmarks stay as open as in ``rest``; ``blink`` closes them.
        rotation: (T, 3) rad, pitch, yaw, roll, away from the head's pose in the portrait: zero is as in the picture.
        translation: (T, 3) in units of the outer eye corners' distance, away from the head's place in the portrait.
        blink: (T,) in [0, 1]; 0 is as open as in the portrait, 1 is closed.
        rest: (68, 3) the landmarks of the portrait as pictured: what tells another face how far to go.
        expression: (T, 51) blendshape weights, or None where the method has none.
    """

    fps: float
    landmarks: FloatArray
    rotation: FloatArray
    translation: FloatArray
    blink: FloatArray
    rest: FloatArray
    expression: FloatArray | None = None

    def __post_init__(self) -> None:
        _check_fps(self.fps)
        _check(self.landmarks, (None, NUM_LANDMARKS, 3), "landmarks", "f")
        n = len(self.landmarks)
        _check(self.rotation, (n, 3), "rotation", "f")
        _check(self.translation, (n, 3), "translation", "f")
        _check(self.blink, (n,), "blink", "f")
        _check(self.rest, (NUM_LANDMARKS, 3), "rest", "f")
        if self.expression is not None:
            _check(self.expression, (n, NUM_EXPRESSIONS), "expression", "f")

    def __len__(self) -> int:
        return len(self.landmarks)

    def __getitem__(self, rows: slice) -> Motion:
        expression = None if self.expression is None else self.expression[rows]
        return Motion(
            self.fps,
            self.landmarks[rows],
            self.rotation[rows],
            self.translation[rows],
            self.blink[rows],
            self.rest,
            expression,
        )


@dataclass(frozen=True)
class Video:
    """A video in the making: chunks of frames, never held whole in memory, and its sound.

    Attributes:
        frames: the chunks in order; can be walked once.
        speech: the sound track, or None.
        fps: frames per second.
        num_frames: how many frames the chunks hold together.
        facts: what to write down about how it was made (method, version), for the provenance record.
    """

    frames: Iterator[Frames]
    speech: Speech | None
    fps: float
    num_frames: int
    facts: dict[str, str] = field(default_factory=dict)
