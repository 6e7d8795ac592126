"""A video in the making."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from talkinghead.types.coded import CodedFrames
from talkinghead.types.frames import ColourTags, Frames
from talkinghead.types.speech import Speech


@dataclass(frozen=True)
class Video:
    """A video in the making: chunks of frames, never held whole in memory, and its sound.

    Attributes:
        frames: the chunks in order; can be walked once.
        speech: the sound track, or None.
        fps: frames per second.
        num_frames: how many frames the chunks hold together.
        facts: what to write down about how it was made (method, version), for the provenance record.
        tags: how to code the colours, where the frames have those of a recording; None: as is usual, or as coded frames
            say themselves.
    """

    frames: Iterator[Frames | CodedFrames]
    speech: Speech | None
    fps: float
    num_frames: int
    facts: dict[str, str] = field(default_factory=dict)
    tags: ColourTags | None = None
