"""Pictures in a row: held in memory, read from a file again and again, or in the making."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from talkinghead.types.arrays import ImageArray, check_array, check_fps
from talkinghead.types.speech import Speech


@dataclass(frozen=True)
class Frames:
    """Pictures in a row. ``images``: (T, H, W, 3) uint8 RGB; ``fps``: frames per second."""

    images: ImageArray
    fps: float

    def __post_init__(self) -> None:
        check_array(self.images, (None, None, None, 3), "images", "u")
        check_fps(self.fps)

    def __len__(self) -> int:
        return len(self.images)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in px."""
        return self.images.shape[2], self.images.shape[1]


class VideoSource(Protocol):
    """A video that can be read again and again in constant memory, as ``Sound`` is for sound.

    Attributes:
        fps: frames per second, constant.
        size: (width, height) in px, upright and with square pixels.
        num_frames: how many frames ``chunks`` gives.
        digest: what its content is known by: other pictures or another rate have another.
        joins: the frames, but for the first, with which another file or stretch begins.
    """

    @property
    def fps(self) -> float:
        """Frames per second."""
        ...

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in px."""
        ...

    @property
    def num_frames(self) -> int:
        """How many frames there are."""
        ...

    @property
    def digest(self) -> str:
        """What the content is known by."""
        ...

    @property
    def joins(self) -> tuple[int, ...]:
        """The frames with which another file or stretch begins."""
        ...

    def chunks(self) -> Iterator[Frames]:
        """The frames from the start, in order, a few at a time."""
        ...

    def frame(self, index: int) -> ImageArray:
        """Frame ``index`` as (H, W, 3) uint8 RGB.

        Raises:
            IndexError: there is no such frame.
        """
        ...


@dataclass(frozen=True)
class ColourTags:
    """How a file codes its colours, by the numbers of ITU-T H.273.

    Attributes:
        primaries: the colours of red, green and blue.
        transfer: the curve.
        matrix: from RGB to YUV.
    """

    primaries: int
    transfer: int
    matrix: int


@dataclass(frozen=True)
class Video:
    """A video in the making: chunks of frames, never held whole in memory, and its sound.

    Attributes:
        frames: the chunks in order; can be walked once.
        speech: the sound track, or None.
        fps: frames per second.
        num_frames: how many frames the chunks hold together.
        facts: what to write down about how it was made (method, version), for the provenance record.
        tags: how to code the colours, where the frames have those of a recording; None: as is usual.
    """

    frames: Iterator[Frames]
    speech: Speech | None
    fps: float
    num_frames: int
    facts: dict[str, str] = field(default_factory=dict)
    tags: ColourTags | None = None
