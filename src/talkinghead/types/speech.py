"""Speech: sound with what is known of its text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from talkinghead.types.arrays import check_array


@dataclass(frozen=True)
class Interval:
    """A label from ``start`` to ``end`` (s): a word, an emotion, or an ARPAbet phone without stress, "sil" for none."""

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
        emotions: the emotion of each stretch of the speech ("happy", "sad", ...), in order, on the same clock, or
            None.
    """

    samples: npt.NDArray[np.float32]
    sample_rate: int
    phones: tuple[Interval, ...] | None = None
    words: tuple[Interval, ...] | None = None
    transcript: str | None = None
    sound: Sound | None = None
    emotions: tuple[Interval, ...] | None = None

    def __post_init__(self) -> None:
        check_array(self.samples, (None,), "samples", "f")
        if self.sample_rate <= 0:
            raise ValueError(f"sample_rate must be positive, got {self.sample_rate}")

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.sample_rate
