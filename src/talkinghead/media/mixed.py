"""One sound under another, and sounds of a given length."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from talkinghead.media.audio import USUAL_LAYOUTS, Samples
from talkinghead.types import Sound

_PIECE = 16_384


@dataclass
class MixedSound:
    """A sound with another one under it, at the first one's rate, as long as wanted.

    Attributes:
        over: the sound.
        under: the other one, or None.
        gain: factor of the other one.
        num_samples: how long, per channel; where a sound is shorter, it is silent.
        sample_rate: in Hz.
        channels: one or two.
    """

    over: Sound
    under: Sound | None
    gain: float
    num_samples: int
    sample_rate: int = field(init=False)
    channels: int = field(init=False)

    def __post_init__(self) -> None:
        self.sample_rate = self.over.sample_rate
        self.channels = min(2, max(self.over.channels, 0 if self.under is None else self.under.channels))

    def chunks(self) -> Iterator[Samples]:
        """(channels, n) float32 pieces in [-1, 1], ``num_samples`` in all."""
        over, under = self._read(self.over), None if self.under is None else self._read(self.under)
        for start in range(0, self.num_samples, _PIECE):
            count = min(_PIECE, self.num_samples - start)
            mixed = np.repeat(_take(over, count), self.channels // over.channels, axis=0)
            if under is not None:
                mixed = mixed + np.float32(self.gain) * _take(under, count)  # of one channel: for both
            yield np.clip(mixed, -1.0, 1.0)

    def _read(self, sound: Sound) -> _Reader:
        # A single channel is doubled here, because FFmpeg makes it softer.
        channels = min(sound.channels, self.channels)
        return _Reader(_convert(sound, self.sample_rate, USUAL_LAYOUTS[channels]), channels)


@dataclass
class _Reader:
    """Pieces of a sound, and what of the last one has not been taken."""

    pieces: Iterator[Samples]
    channels: int
    left: list[Samples] = field(default_factory=list)


def _take(reader: _Reader, count: int) -> Samples:
    """(channels, count) the next samples; silence after the end."""
    while sum(piece.shape[1] for piece in reader.left) < count and (piece := next(reader.pieces, None)) is not None:
        reader.left.append(piece)
    joined = np.concatenate([np.zeros((reader.channels, 0), np.float32), *reader.left], axis=1)
    reader.left = [joined[:, count:]]
    return np.pad(joined[:, :count], ((0, 0), (0, max(0, count - joined.shape[1]))))


def _convert(sound: Sound, rate: int, layout: str) -> Iterator[Samples]:
    """The pieces of a sound at a rate (Hz) and in a layout."""
    resampler = AudioResampler(format="fltp", layout=layout, rate=rate)
    own = getattr(sound, "layout", None) or USUAL_LAYOUTS[sound.channels]
    for block in sound.chunks():
        if not block.shape[1]:
            continue
        # Interleaved, because PyAV miscounts eight planes.
        frame = AudioFrame.from_ndarray(block.T.reshape(1, -1).astype(np.float32), format="flt", layout=own)
        frame.sample_rate = sound.sample_rate
        yield from (np.asarray(made.to_ndarray(), np.float32) for made in resampler.resample(frame))
    yield from (np.asarray(made.to_ndarray(), np.float32) for made in resampler.resample(None))
